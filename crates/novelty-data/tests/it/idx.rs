use novelty_core::Dataset;
use novelty_data::{DataError, IdxArray, IdxDataset, LabelledDataset, Split, read_idx};
use tempfile::tempdir;

use crate::files::{gzip, header, idx_u8, write};

#[test]
fn every_element_type_is_read_big_endian() {
    let read = |code, bytes: &[u8]| {
        IdxArray::from_bytes(&[header(code, &[2, 1]), bytes.to_vec()].concat()).unwrap()
    };
    let shape = [2, 1];
    let check = |array: IdxArray, name: &str, text: &str| {
        assert_eq!((array.shape(), array.element_type()), (&shape[..], name));
        assert!(format!("{array:?}").contains(text), "{array:?} has no {text}");
    };
    check(read(0x08, &[1, 255]), "u8", "[255]");
    check(read(0x09, &[1, 255]), "i8", "[-1]");
    check(read(0x0b, &[0x01, 0x02, 0xff, 0xfe]), "i16", "[[258],\n [-2]]");
    check(read(0x0c, &[0, 1, 0, 2, 0xff, 0xff, 0xff, 0xfd]), "i32", "[[65538],\n [-3]]");
    let floats = [1.5_f32.to_be_bytes(), (-0.25_f32).to_be_bytes()].concat();
    check(read(0x0d, &floats), "f32", "[[1.5],\n [-0.25]]");
    let doubles = [1e300_f64.to_be_bytes(), 0.1_f64.to_be_bytes()].concat();
    check(read(0x0e, &doubles), "f64", "[0.1]");
}

#[test]
fn the_first_bytes_decide_about_compression_not_the_name() {
    let dir = tempdir().unwrap();
    let bytes = idx_u8(&[3], &[7, 8, 9]);
    let raw = read_idx(write(dir.path(), "raw.gz", &bytes)).unwrap();
    let packed = read_idx(write(dir.path(), "packed.idx", &gzip(&bytes))).unwrap();
    let IdxArray::U8(values) = &raw else { panic!("{raw:?}") };
    assert_eq!(values.iter().copied().collect::<Vec<_>>(), [7, 8, 9]);
    assert_eq!(raw, packed);
}

#[test]
fn a_stream_in_several_gzip_members_is_one_file() {
    let bytes = idx_u8(&[4], &[1, 2, 3, 4]);
    let (front, back) = bytes.split_at(10);
    let joined = IdxArray::from_bytes(&[gzip(front), gzip(back)].concat()).unwrap();
    assert_eq!(joined, IdxArray::from_bytes(&bytes).unwrap());
}

fn small_dataset(dir: &std::path::Path) -> IdxDataset {
    let pixels: Vec<u8> = (0..12).map(|i| i * 23).collect();
    let images = write(dir, "images", &idx_u8(&[2, 2, 3], &pixels));
    let labels = write(dir, "labels", &gzip(&idx_u8(&[2], &[4, 9])));
    IdxDataset::open(images, labels).unwrap()
}

#[test]
fn pixels_are_divided_by_255_with_correct_rounding() {
    let dir = tempdir().unwrap();
    let data = small_dataset(dir.path());
    let sample = data.get(1).unwrap();
    let expected: Vec<u32> = (6..12).map(|i| (f32::from(i * 23_u8) / 255.0).to_bits()).collect();
    assert_eq!(sample.image.iter().map(|x| x.to_bits()).collect::<Vec<_>>(), expected);
    assert_eq!((sample.class, sample.is_anomalous), (Some(9), None));
    assert_eq!((data.class(0), data.class(2)), (Some(4), None));
    assert_eq!(data.pixels(0), Some(&[0, 23, 46, 69, 92, 115][..]));
    assert!(matches!(data.get(2), Err(DataError::Index { index: 2, len: 2 })));
}

#[test]
fn a_batch_holds_the_same_values_as_its_samples() {
    let dir = tempdir().unwrap();
    let data = small_dataset(dir.path());
    // Enough images for the parallel path.
    for n in [0, 5, 50_000] {
        let indices: Vec<usize> = (0..n).map(|i| i * 7 % 2).collect();
        let batch = data.to_images(&indices).unwrap();
        assert_eq!(batch.dim(), (n, 1, 2, 3));
        for (image, &i) in batch.outer_iter().zip(&indices) {
            assert_eq!(image, data.get(i).unwrap().image);
        }
    }
    assert!(matches!(data.to_images(&[1, 2]), Err(DataError::Index { index: 2, len: 2 })));
}

#[test]
fn a_batch_may_be_any_view() {
    let dir = tempdir().unwrap();
    let data = small_dataset(dir.path());
    let mut buffer = ndarray::Array4::from_elem((2, 1, 3, 2), -1.0);
    data.fill_images(&[1, 0], buffer.view_mut().permuted_axes([0, 1, 3, 2])).unwrap();
    assert_eq!(buffer.permuted_axes([0, 1, 3, 2]), data.to_images(&[1, 0]).unwrap());
    let mut wrong = ndarray::Array4::from_elem((2, 1, 3, 2), -1.0);
    let error = data.fill_images(&[1, 0], wrong.view_mut()).unwrap_err();
    assert_eq!(error.to_string(), "batch has shape [2, 1, 3, 2], expected [2, 1, 2, 3]");
    assert!(wrong.iter().all(|&x| x < 0.0));
}

#[test]
fn transposing_turns_every_image() {
    let dir = tempdir().unwrap();
    let data = small_dataset(dir.path());
    let (image, turned) = (data.get(1).unwrap().image, data.transposed());
    let mut expected = image;
    expected.swap_axes(1, 2);
    assert_eq!(turned.get(1).unwrap().image, expected);
    assert_eq!(turned.image_shape().to_string(), "1x3x2");
}

#[test]
fn a_folder_may_use_either_spelling() {
    let images = idx_u8(&[1, 1, 1], &[5]);
    let labels = idx_u8(&[1], &[3]);
    for (images_name, labels_name, split) in [
        ("train-images-idx3-ubyte", "train-labels.idx1-ubyte", Split::Train),
        ("t10k-images.idx3-ubyte.gz", "t10k-labels-idx1-ubyte.gz", Split::Test),
    ] {
        let dir = tempdir().unwrap();
        write(dir.path(), images_name, &gzip(&images));
        write(dir.path(), labels_name, &labels);
        let data = IdxDataset::open_dir(dir.path(), split).unwrap();
        assert_eq!(data.classes(), [3]);
    }
    let dir = tempdir().unwrap();
    let error = IdxDataset::open_dir(dir.path(), Split::Test).unwrap_err().to_string();
    assert!(error.contains("t10k-images-idx3-ubyte.gz"), "{error}");
}

#[test]
fn images_of_no_pixels_are_images() {
    let dir = tempdir().unwrap();
    let images = write(dir.path(), "images", &idx_u8(&[2, 0, 5], &[]));
    let labels = write(dir.path(), "labels", &idx_u8(&[2], &[0, 1]));
    let data = IdxDataset::open(images, labels).unwrap().transposed();
    assert_eq!(data.to_images(&[0, 1, 1]).unwrap().dim(), (3, 1, 5, 0));
    assert!(data.get(1).unwrap().image.is_empty());
}
