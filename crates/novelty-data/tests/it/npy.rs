use std::fs::{self, File};
use std::io::{Cursor, Read};
use std::path::{Path, PathBuf};

use ndarray::{Array3, s};
use novelty_core::Dataset;
use novelty_data::{
    DataError, LabelledDataset, NpyArray, NpyConfig, NpyDataset, NpyFault, NpyLayout, read_labels,
};
use tempfile::tempdir;

use crate::allocation::peak_bytes;
use crate::files::{reference, write};

fn golden(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden/npy").join(name)
}

fn members(archive: &Path) -> Vec<(String, Vec<u8>)> {
    let mut archive = zip::ZipArchive::new(File::open(archive).unwrap()).unwrap();
    let read = |index| {
        let (mut file, mut bytes): (zip::read::ZipFile<'_, _>, _) =
            (archive.by_index(index).unwrap(), Vec::new());
        file.read_to_end(&mut bytes).unwrap();
        (file.name().to_owned(), bytes)
    };
    (0..48).map(read).collect()
}

fn bits(array: &NpyArray) -> Vec<u64> {
    array.to_f64().unwrap().iter().map(|x| x.to_bits()).collect()
}

#[test]
fn every_kind_of_file_holds_the_values_numpy_wrote() {
    let expected = golden("expected.npz");
    let mut n_compared = 0;
    for archive in ["version1.npz", "version2.npz", "version3.npz", "compressed.npz"] {
        for (name, bytes) in members(&golden(archive)) {
            let kind = name.split('_').next().unwrap();
            let expected = NpyArray::open_member(&expected, &format!("{kind}_f64")).unwrap();
            let member = NpyArray::open_member(golden(archive), &name).unwrap();
            assert_eq!(member.shape(), [2, 3, 4]);
            assert_eq!(member.is_fortran(), name.ends_with("F.npy"));
            assert_eq!(bits(&member), bits(&expected), "{archive} {name}");
            let dir = tempdir().unwrap();
            let file = NpyArray::open(write(dir.path(), &name, &bytes)).unwrap();
            assert_eq!(bits(&file), bits(&expected), "{archive} {name} as a file");
            n_compared += 1;
        }
    }
    assert_eq!(n_compared, 4 * 48);
}

#[test]
fn images_are_what_numpy_computes_from_the_values() {
    for kind in ["u1", "u2", "f2", "f4"] {
        let expected = NpyArray::open_member(golden("expected.npz"), &format!("{kind}_image"));
        let expected = expected.unwrap().to_f64().unwrap();
        for end in ["little_C", "little_F", "big_C", "big_F"] {
            let name = format!("{kind}_{end}");
            let config = NpyConfig::new();
            let data = NpyDataset::open_member(golden("version1.npz"), &name, &config).unwrap();
            assert_eq!((data.len(), data.image_shape().to_string()), (2, "1x3x4".into()));
            for index in 0..2 {
                let image = data.get(index).unwrap().image;
                let expected = expected.slice(s![index, .., ..]);
                let same = image.iter().zip(expected.iter()).all(|(&a, &b)| f64::from(a) == b);
                assert!(same, "{name} {index}");
            }
        }
    }
}

/// A `.npy` file of `u8`.
fn npy(shape: &str, fortran: bool, values: &[u8]) -> Vec<u8> {
    let order = if fortran { "True" } else { "False" };
    let text = format!("{{'descr': '|u1', 'fortran_order': {order}, 'shape': {shape}, }}\n");
    let len = u16::try_from(text.len()).unwrap().to_le_bytes();
    [&b"\x93NUMPY\x01\x00"[..], &len, text.as_bytes(), values].concat()
}

fn open(bytes: &[u8], config: &NpyConfig) -> Result<NpyDataset, String> {
    let dir = tempdir().unwrap();
    let path = write(dir.path(), "x.npy", bytes);
    NpyDataset::open_with(&path, config)
        .map_err(|error| error.to_string().replace(&path.display().to_string(), "x.npy"))
}

#[test]
fn layouts_are_inferred_where_they_can_only_be_one() {
    let values: Vec<u8> = (0..2 * 3 * 4 * 5).collect();
    let config = NpyConfig::new().divisor(1.0);
    let first = open(&npy("(2, 3, 4, 5)", false, &values), &config).unwrap();
    assert_eq!(first.image_shape().to_string(), "3x4x5");
    assert_eq!(first.get(1).unwrap().image[[2, 3, 4]], 119.0);
    assert_eq!(first.get(1).unwrap().image[[0, 0, 1]], 61.0);
    let last = open(&npy("(2, 4, 5, 3)", false, &values), &config).unwrap();
    assert_eq!(last.image_shape().to_string(), "3x4x5");
    assert_eq!(last.get(0).unwrap().image[[1, 0, 1]], 4.0);
    let gray = open(&npy("(6, 4, 5)", false, &values), &config).unwrap();
    assert_eq!((gray.len(), gray.image_shape().to_string()), (6, "1x4x5".into()));
}

#[test]
fn a_layout_that_may_be_either_names_both() {
    let values = vec![0; 36];
    let error = open(&npy("(1, 3, 4, 3)", false, &values), &NpyConfig::new()).unwrap_err();
    assert_eq!(
        error,
        "x.npy: has the shape [1, 3, 4, 3], which is 3x3x4 as (n, height, width, channels) or \
         3x4x3 as (n, channels, height, width); say which"
    );
    let config = NpyConfig::new().layout(NpyLayout::ChannelsLast);
    let data = open(&npy("(1, 3, 4, 3)", false, &values), &config).unwrap();
    assert_eq!(data.image_shape().to_string(), "3x3x4");
    let error = open(&npy("(1, 5, 4, 2)", false, &[0; 40]), &NpyConfig::new()).unwrap_err();
    assert!(error.contains("say which"), "{error}");
    let error = open(&npy("(1, 36)", false, &values), &NpyConfig::new()).unwrap_err();
    assert_eq!(error, "x.npy: has 2 dimensions, images have three if gray, else four");
}

#[test]
fn orders_and_layouts_give_the_same_images() {
    let image = Array3::from_shape_fn((3, 4, 5), |(c, y, x)| (c * 20 + y * 5 + x) as u8);
    let config = NpyConfig::new().divisor(1.0);
    let check = |shape: &str, fortran, axes: [usize; 3]| {
        let view = image.view().permuted_axes(axes);
        // Fortran order stores the first axis fastest: the transposed array in C order.
        let view = if fortran { view.reversed_axes() } else { view };
        let values: Vec<u8> = view.iter().copied().collect();
        let data = open(&npy(shape, fortran, &values), &config).unwrap();
        assert_eq!(data.get(0).unwrap().image, image.mapv(f32::from), "{shape} {fortran}");
        let mut turned = ndarray::Array4::zeros((1, 3, 5, 4));
        data.fill_images(&[0], turned.view_mut().permuted_axes([0, 1, 3, 2])).unwrap();
        assert_eq!(turned.permuted_axes([0, 1, 3, 2]), data.to_images(&[0]).unwrap());
    };
    for fortran in [false, true] {
        check("(1, 3, 4, 5)", fortran, [0, 1, 2]);
        check("(1, 4, 5, 3)", fortran, [1, 2, 0]);
    }
}

#[test]
fn large_batches_hold_the_same_values_as_samples() {
    let values: Vec<u8> = (0..40 * 32 * 32 * 3_u32).map(|i| (i % 4001 * 7 % 251) as u8).collect();
    let data = open(&npy("(40, 32, 32, 3)", false, &values), &NpyConfig::new()).unwrap();
    let indices: Vec<usize> = (0..100).map(|i| i * 7 % 40).collect();
    let batch = data.to_images(&indices).unwrap();
    for (image, &index) in batch.outer_iter().zip(&indices) {
        assert_eq!(image, data.get(index).unwrap().image);
    }
    assert!(matches!(data.to_images(&[40]), Err(DataError::Index { index: 40, len: 40 })));
}

#[test]
fn values_that_are_not_finite_are_placed() {
    let text = "{'descr': '<f8', 'fortran_order': False, 'shape': (2, 1, 2), }\n";
    let len = u16::try_from(text.len()).unwrap().to_le_bytes();
    let values: Vec<u8> = [0.5, 1.0, 0.0, f64::NAN].iter().flat_map(|x| x.to_le_bytes()).collect();
    let bytes = [&b"\x93NUMPY\x01\x00"[..], &len, text.as_bytes(), &values].concat();
    let data = open(&bytes, &NpyConfig::new()).unwrap();
    assert_eq!(data.get(0).unwrap().image[[0, 0, 0]], 0.5);
    let error = data.get(1).unwrap_err().to_string();
    assert!(error.ends_with("holds NaN at position 1 of image 1; every value must be finite"));
}

#[test]
fn damage_is_named_with_its_numbers() {
    let fault = |bytes: &[u8]| NpyArray::from_bytes(bytes).unwrap_err();
    let good = npy("(2, 3)", false, &[1, 2, 3, 4, 5, 6]);
    for len in 0..good.len() {
        let error = fault(&good[..len]);
        let is_fitting = matches!(error, NpyFault::Truncated { .. } | NpyFault::Magic { .. });
        assert!(is_fitting, "{len}: {error}");
    }
    assert!(matches!(fault(&[&good[..], &[0]].concat()), NpyFault::Trailing { .. }));
    assert!(matches!(fault(b"\x93NUMPY\x04\x00\x00\x00"), NpyFault::Version { major: 4, .. }));
    assert!(matches!(fault(b"\x89PNG\r\n"), NpyFault::Magic { .. }));
    let huge = npy("(4294967296, 4294967296, 4294967296)", false, &[]);
    assert!(matches!(fault(&huge), NpyFault::Overflow { .. }));
    let claims = npy("(1000000, 1000000)", false, &[0; 10]);
    let (error, peak) = peak_bytes(|| fault(&claims));
    assert!(matches!(error, NpyFault::Truncated { .. }), "{error}");
    assert!(peak < 4096, "{peak}");
}

#[test]
fn a_file_that_is_cut_after_opening_is_an_error() {
    let dir = tempdir().unwrap();
    let path = write(dir.path(), "x.npy", &npy("(9, 100, 100)", false, &[7; 90_000]));
    let data = NpyDataset::open(&path).unwrap();
    assert!(data.get(8).is_ok());
    File::options().write(true).open(&path).unwrap().set_len(5000).unwrap();
    let error = data.get(8).unwrap_err();
    assert!(matches!(error, DataError::Npy { fault: NpyFault::Changed { .. }, .. }), "{error}");
}

#[test]
fn archives_name_their_arrays() {
    let error = NpyArray::open(golden("expected.npz")).unwrap_err().to_string();
    assert!(error.contains("has no array \"\"; it has b1_f64, i1_f64"), "{error}");
    let error = NpyArray::open_member(golden("expected.npz"), "x").unwrap_err().to_string();
    assert!(error.contains("has no array \"x\"; it has"), "{error}");
    let cut = fs::read(golden("version1.npz")).unwrap();
    let error = NpyArray::from_bytes(&cut[..cut.len() / 2]).unwrap_err();
    assert!(matches!(error, NpyFault::Archive { .. }), "{error}");
}

#[test]
fn an_archive_that_claims_too_much_is_refused() {
    let mut archive = zip::ZipWriter::new(Cursor::new(Vec::new()));
    let options: zip::write::SimpleFileOptions = Default::default();
    archive
        .start_file("x.npy", options.compression_method(zip::CompressionMethod::Deflated))
        .unwrap();
    std::io::Write::write_all(&mut archive, &npy("(1000,)", false, &vec![0; 50 << 20])).unwrap();
    let bomb = archive.finish().unwrap().into_inner();
    let (error, peak) = peak_bytes(|| NpyArray::from_bytes(&bomb).unwrap_err());
    assert!(matches!(error, NpyFault::Trailing { .. }), "{error}");
    assert!(peak < 1 << 20, "{peak}");
}

#[test]
fn labels_come_from_arrays_and_from_csv() {
    let dir = tempdir().unwrap();
    let labels = |name: &str, bytes: &[u8]| {
        read_labels(write(dir.path(), name, bytes))
            .map_err(|error| error.to_string().rsplit('/').next().unwrap().to_owned())
    };
    assert_eq!(labels("a.npy", &npy("(3,)", false, &[4, 0, 9])), Ok(vec![4, 0, 9]));
    assert_eq!(labels("a.csv", b"3\n1\n2\n"), Ok(vec![3, 1, 2]));
    assert_eq!(labels("b.CSV", b"label\n3\n1\n"), Ok(vec![3, 1]));
    assert_eq!(labels("c.csv", b"id,label\n7,3\n8,1\n"), Ok(vec![3, 1]));
    let error = labels("d.csv", b"label\n3\n-1\n").unwrap_err();
    assert_eq!(error, "d.csv, line 3: has the label \"-1\", no number from 0");
    assert!(labels("e.csv", b"a,b\n1,2\n").unwrap_err().contains("none named label"));
    let error = labels("f.npy", &npy("(3, 1)", false, &[0; 3])).unwrap_err();
    assert_eq!(error, "f.npy: has 2 dimensions, labels have one");
    let negative = "{'descr': '|i1', 'fortran_order': False, 'shape': (2,)}".to_owned();
    let len = (negative.len() as u16).to_le_bytes();
    let bytes = [b"\x93NUMPY\x01\x00", &len[..], negative.as_bytes(), &[1, 0xfe]].concat();
    let error = labels("g.npy", &bytes).unwrap_err();
    assert_eq!(error, "g.npy: has the label -2 at position 1; labels count from 0");
}

#[test]
fn the_faces() {
    let Some(path) = reference("faces/lfw_subset.npy") else { return };
    let labels = (0..200).map(|i| i >= 100).collect();
    let data = NpyDataset::open(path).unwrap().is_anomalous(labels).unwrap();
    assert_eq!((data.len(), data.image_shape().to_string()), (200, "1x25x25".into()));
    assert_eq!(LabelledDataset::is_anomalous(&data, 100), Some(true));
    let images = data.to_images(&(0..200).collect::<Vec<_>>()).unwrap();
    assert!(images.iter().all(|x| (0.0..=1.0).contains(x)));
}
