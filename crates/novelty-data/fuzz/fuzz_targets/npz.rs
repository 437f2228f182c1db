//! `.npz` archives, stored or deflated.

#![no_main]

use libfuzzer_sys::fuzz_target;
use novelty_data::NpyArray;

fuzz_target!(|bytes: &[u8]| {
    let file = [b"PK", bytes].concat();
    if let Ok(array) = NpyArray::from_bytes(&file) {
        let values = array.to_f64().expect("a header that was accepted has its values");
        assert_eq!(values.shape(), array.shape());
    }
});
