use novelty_data::{DataError, IdxArray, IdxDataset, IdxFault, read_idx};
use proptest::prelude::*;
use tempfile::tempdir;

use crate::allocation::peak_bytes;
use crate::files::{gzip, header, idx_u8, write};

/// What reading needs however small the file: two buffers and the decompressor's window.
const OVERHEAD: usize = 512 * 1024;

fn fault(bytes: &[u8]) -> IdxFault {
    IdxArray::from_bytes(bytes).unwrap_err()
}

#[test]
fn another_format_is_named_by_its_first_bytes() {
    assert!(matches!(fault(b"\x89PNG\r\n"), IdxFault::Magic { got: [0x89, b'P', b'N', b'G'] }));
    assert!(matches!(fault(&header(0x0a, &[1])), IdxFault::ElementType { code: 0x0a }));
    assert!(fault(&gzip(b"text instead")).to_string().starts_with("starts with [74, 65, 78, 74]"));
}

#[test]
fn truncation_is_found_at_every_length() {
    let bytes = idx_u8(&[2, 3], &[1, 2, 3, 4, 5, 6]);
    for len in 0..bytes.len() {
        let error = fault(&bytes[..len]);
        let IdxFault::Truncated { expected, got } = error else { panic!("{len}: {error}") };
        assert_eq!(got, len as u64);
        assert!(expected > got && expected <= bytes.len() as u64);
    }
}

#[test]
fn truncation_of_a_compressed_file_is_found_at_every_length() {
    let values: Vec<u8> = (0..2000_u32).map(|i| (i * i % 251) as u8).collect();
    let bytes = gzip(&idx_u8(&[2000], &values));
    for len in 0..bytes.len() {
        // Cut before the header ends, within the values, or within the check sum.
        let error = fault(&bytes[..len]);
        assert!(
            matches!(error, IdxFault::Truncated { .. } | IdxFault::Gzip { .. }),
            "{len}: {error}"
        );
    }
    assert!(matches!(
        fault(&gzip(&idx_u8(&[9], &[1, 2]))),
        IdxFault::Truncated { expected: 17, got: 10 }
    ));
}

#[test]
fn a_flipped_bit_in_a_compressed_file_is_found() {
    let values: Vec<u8> = (0..500_u32).map(|i| (i * i % 251) as u8).collect();
    let good = gzip(&idx_u8(&[500], &values));
    // The ten bytes of the gzip header hold a time stamp and the like, which nothing protects.
    for position in 10..good.len() {
        let mut bad = good.clone();
        bad[position] ^= 0x01;
        assert!(IdxArray::from_bytes(&bad).is_err(), "byte {position} of {}", good.len());
    }
}

#[test]
fn bytes_after_the_last_value_are_refused() {
    let bytes = idx_u8(&[2], &[1, 2, 3]);
    assert!(matches!(fault(&bytes), IdxFault::Trailing { expected: 10, got: 11 }));
    assert!(matches!(fault(&gzip(&bytes)), IdxFault::Trailing { expected: 10, got: 11 }));
}

#[test]
fn a_header_that_claims_too_much_costs_nothing() {
    let huge = [0xffff_ffff, 0x4000];
    for bytes in [header(8, &huge), [header(0x0e, &huge), vec![0; 1000]].concat()] {
        let (error, peak) = peak_bytes(|| fault(&bytes));
        assert!(matches!(error, IdxFault::Truncated { .. }), "{error}");
        assert!(peak < OVERHEAD, "{peak} bytes for {error}");
        let (error, peak) = peak_bytes(|| fault(&gzip(&bytes)));
        assert!(matches!(error, IdxFault::BeyondCompression { .. }), "{error}");
        assert!(peak < OVERHEAD, "{peak} bytes for {error}");
    }
    let overflowing = header(8, &[u32::MAX; 255]);
    assert!(matches!(fault(&overflowing), IdxFault::Overflow { .. }));
    assert!(matches!(fault(&gzip(&overflowing)), IdxFault::Overflow { .. }));
}

#[test]
fn a_gzip_bomb_is_left_at_the_first_byte_too_many() {
    let bomb = gzip(&idx_u8(&[1000], &vec![0; 200 << 20]));
    let (error, peak) = peak_bytes(|| fault(&bomb));
    assert!(matches!(error, IdxFault::Trailing { expected: 1008, got: 1009 }), "{error}");
    assert!(peak < OVERHEAD, "{peak} bytes");
}

#[test]
fn faults_name_the_file() {
    let dir = tempdir().unwrap();
    let path = write(dir.path(), "short", &idx_u8(&[9], &[1]));
    let error = read_idx(&path).unwrap_err();
    assert_eq!(
        error.to_string(),
        format!("{}: is truncated: expected 17 bytes, got 9", path.display())
    );
    let missing = dir.path().join("missing");
    let error = read_idx(&missing).unwrap_err();
    assert!(matches!(&error, DataError::Io { path, .. } if *path == missing), "{error}");
    assert!(matches!(read_idx(dir.path()), Err(DataError::Io { .. })));
}

fn open(images: &[u8], labels: &[u8]) -> String {
    let dir = tempdir().unwrap();
    let images = write(dir.path(), "images", images);
    let labels = write(dir.path(), "labels", labels);
    let error = IdxDataset::open(images, labels).unwrap_err().to_string();
    error.replace(&format!("{}/", dir.path().display()), "")
}

#[test]
fn images_and_labels_have_to_fit_each_other() {
    let (images, labels) = (idx_u8(&[2, 1, 1], &[0, 0]), idx_u8(&[2], &[0, 0]));
    let three = idx_u8(&[3], &[0, 0, 0]);
    assert_eq!(open(&images, &three), "images holds 2 images, labels holds 3 labels");
    assert_eq!(open(&labels, &labels), "images: has 1 dimensions, images have 3");
    assert_eq!(open(&images, &images), "labels: has 3 dimensions, labels have 1");
    let wide = [header(0x0b, &[1, 1, 1]), vec![0, 0]].concat();
    assert_eq!(open(&wide, &labels), "images: holds i16 values, images are u8");
    let reals = [header(0x0d, &[1]), vec![0; 4]].concat();
    assert_eq!(open(&images, &reals), "labels: holds f32 values, labels are integers");
    let negative = [header(0x09, &[2]), vec![0, 0xff]].concat();
    assert_eq!(
        open(&images, &negative),
        "labels: has the label -1 at position 1; labels count from 0"
    );
}

fn bytes_like_idx() -> impl Strategy<Value = Vec<u8>> {
    let code =
        prop_oneof![Just(8_u8), Just(9), Just(11), Just(12), Just(13), Just(14), any::<u8>()];
    let dim = prop_oneof![0_u32..5, any::<u32>(), Just(0), Just(u32::MAX)];
    let dims = prop::collection::vec(dim, 0..6);
    let rest = prop::collection::vec(any::<u8>(), 0..200);
    let cut = prop::option::of(any::<prop::sample::Index>());
    (code, dims, rest, cut).prop_map(|(code, dims, rest, cut)| {
        let mut bytes = [header(code, &dims), rest].concat();
        if let Some(cut) = cut {
            bytes.truncate(cut.index(bytes.len()));
        }
        bytes
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2000))]

    #[test]
    fn no_header_makes_the_reader_panic_or_reserve(bytes in bytes_like_idx()) {
        let (raw, peak) = peak_bytes(|| IdxArray::from_bytes(&bytes));
        prop_assert!(peak <= 16 * bytes.len() + 4096, "{peak} bytes for {} of input", bytes.len());
        let packed = gzip(&bytes);
        let (unpacked, peak) = peak_bytes(|| IdxArray::from_bytes(&packed));
        prop_assert!(peak <= OVERHEAD, "{peak} bytes for {} of input", packed.len());
        prop_assert_eq!(raw.is_ok(), unpacked.is_ok());
    }

    #[test]
    fn no_bytes_make_the_reader_panic(bytes in prop::collection::vec(any::<u8>(), 0..300)) {
        let _ = IdxArray::from_bytes(&bytes);
        let _ = IdxArray::from_bytes(&[&[0x1f, 0x8b, 8, 0][..], &bytes].concat());
    }
}
