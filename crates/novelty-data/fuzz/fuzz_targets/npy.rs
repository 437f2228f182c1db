//! `.npy` files. What comes after the magic number is the fuzzer's, so that it does not have to
//! find that first.

#![no_main]

use libfuzzer_sys::fuzz_target;
use novelty_data::NpyArray;

fuzz_target!(|bytes: &[u8]| {
    let file = [b"\x93NUMPY", bytes].concat();
    if let Ok(array) = NpyArray::from_bytes(&file) {
        let values = array.to_f64().expect("a header that was accepted has its values");
        assert_eq!(values.shape(), array.shape());
    }
});
