//! IDX files, compressed or not.

#![no_main]

use libfuzzer_sys::fuzz_target;
use novelty_data::IdxArray;

fuzz_target!(|bytes: &[u8]| {
    let _ = IdxArray::from_bytes(bytes);
});
