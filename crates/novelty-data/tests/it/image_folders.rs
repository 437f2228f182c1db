use std::fs;
use std::path::Path;

use image::{GrayImage, Luma, Rgb, RgbImage};
use ndarray::Axis;
use novelty_core::Dataset;
use novelty_data::{
    Colour, DataError, Filter, ImageFileDataset, ImageReadConfig, LabelledDataset, ManifestConfig,
    MvtecDataset, Split,
};
use tempfile::{TempDir, tempdir};

use crate::files::{reference, write};

fn gray(path: &Path, value: u8) {
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    GrayImage::from_pixel(6, 4, Luma([value])).save(path).unwrap();
}

fn mask(path: &Path, value: u8) {
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    let marked = |x, y| x >= 4 && y >= 2;
    GrayImage::from_fn(6, 4, |x, y| Luma([if marked(x, y) { value } else { 0 }]))
        .save(path)
        .unwrap();
}

fn tree() -> TempDir {
    let dir = tempdir().unwrap();
    let at = |name: &str| dir.path().join("screw").join(name);
    gray(&at("train/good/000.png"), 10);
    gray(&at("train/good/001.PNG"), 20);
    gray(&at("test/good/000.png"), 30);
    gray(&at("test/scratch/000.Tif"), 40);
    gray(&at("test/scratch/001.tiff"), 50);
    gray(&at("test/bent/000.png"), 60);
    mask(&at("ground_truth/scratch/000_MASK.png"), 255);
    mask(&at("ground_truth/scratch/001.png"), 1);
    write(&at("train/good"), "Thumbs.db", b"x");
    write(&at("train/good"), ".hidden.png", b"x");
    write(&at("train/good"), "notes.txt", b"x");
    fs::create_dir_all(dir.path().join("empty")).unwrap();
    dir
}

#[test]
fn the_layout_of_mvtec_is_read() {
    let dir = tree();
    let train = MvtecDataset::open(dir.path(), "screw", Split::Train).unwrap();
    assert_eq!(train.class_names(), ["good", "bent", "scratch"]);
    assert_eq!((train.len(), train.image_shape().to_string()), (2, "1x4x6".into()));
    let sample = train.get(1).unwrap();
    assert_eq!(sample.image[[0, 0, 0]], 20.0 / 255.0);
    assert_eq!((sample.is_anomalous, sample.mask), (Some(false), None));
    let test = MvtecDataset::open(dir.path(), "screw", Split::Test).unwrap();
    let labels: Vec<_> = (0..4).map(|i| (test.class(i), test.is_anomalous(i))).collect();
    let (good, bent, scratch) =
        ((Some(0), Some(false)), (Some(1), Some(true)), (Some(2), Some(true)));
    assert_eq!(labels, [good, bent, scratch, scratch]);
    let sample = test.get(2).unwrap();
    assert_eq!(sample.class_name.as_deref(), Some("scratch"));
    assert_eq!(sample.path.as_deref(), test.path(2));
}

#[test]
fn masks_are_found_by_either_name_in_any_case() {
    let dir = tree();
    let test = MvtecDataset::open(dir.path(), "screw", Split::Test).unwrap();
    let marked = |i: usize| test.get(i).unwrap().mask.map(|m| m.iter().filter(|&&x| x).count());
    assert_eq!([marked(0), marked(1), marked(2), marked(3)], [Some(0), None, Some(4), Some(4)]);
    assert!(test.get(2).unwrap().mask.unwrap()[[2, 4]]);
    let config = ImageReadConfig::new().size(8, 12);
    let large = MvtecDataset::open_with(dir.path(), "screw", Split::Test, &config).unwrap();
    let mask = large.get(2).unwrap().mask.unwrap();
    assert_eq!((mask.dim(), mask.iter().filter(|&&x| x).count()), ((8, 12), 16));
    fs::remove_dir_all(dir.path().join("screw/ground_truth")).unwrap();
    let test = MvtecDataset::open(dir.path(), "screw", Split::Test).unwrap();
    assert!((0..4).all(|i| test.get(i).unwrap().mask.is_none()));
}

#[test]
fn a_mask_of_another_size_is_refused() {
    let dir = tree();
    let path = dir.path().join("screw/ground_truth/scratch/000_MASK.png");
    GrayImage::new(5, 4).save(&path).unwrap();
    let test = MvtecDataset::open(dir.path(), "screw", Split::Test).unwrap();
    let error = test.get(2).unwrap_err().to_string();
    assert_eq!(error, format!("{}: is a mask of 4 x 5 for an image of 4 x 6", path.display()));
}

#[test]
fn a_missing_category_names_those_that_exist() {
    let dir = tree();
    let error = MvtecDataset::open(dir.path(), "nut", Split::Test).unwrap_err();
    assert!(error.to_string().ends_with("has no category \"nut\"; it has screw"), "{error}");
    for odd in ["../screw", "", ".", "screw/train"] {
        let error = MvtecDataset::open(dir.path(), odd, Split::Train).unwrap_err();
        assert!(matches!(error, DataError::Category { .. }), "{error}");
    }
}

#[test]
fn folders_are_classes_in_the_order_of_their_names() {
    let dir = tempdir().unwrap();
    gray(&dir.path().join("b/deep/er.png"), 2);
    gray(&dir.path().join("a/0.png"), 1);
    gray(&dir.path().join("a/1.jpg"), 1);
    gray(&dir.path().join("a/2.BMP"), 7);
    let config = ImageReadConfig::new().colour(Colour::Gray);
    let data = ImageFileDataset::open_classes(dir.path(), &config).unwrap();
    assert_eq!(data.class_names(), ["a", "b"]);
    let classes: Vec<_> = (0..4).map(|i| data.class(i)).collect();
    assert_eq!(classes, [Some(0), Some(0), Some(0), Some(1)]);
    assert_eq!(data.get(2).unwrap().image[[0, 3, 5]], 7.0 / 255.0);
    assert_eq!(data.get(3).unwrap().image[[0, 3, 5]], 2.0 / 255.0);
    let flat = ImageFileDataset::open_flat(dir.path(), &ImageReadConfig::new()).unwrap();
    assert_eq!((flat.len(), flat.class(0)), (4, None));
}

#[test]
fn a_manifest_names_images_labels_and_masks() {
    let dir = tempdir().unwrap();
    gray(&dir.path().join("x/0.png"), 1);
    gray(&dir.path().join("x/1.png"), 2);
    gray(&dir.path().join("x/2.png"), 3);
    mask(&dir.path().join("m.png"), 255);
    let text = "\u{feff}Path, Label ,mask\nx/0.png,OK,\nx/1.png,dent,m.png\nx/2.png,,\n";
    let list = write(dir.path(), "list.csv", text.as_bytes());
    let (manifest, config) = (ManifestConfig::new(), ImageReadConfig::new());
    let data = ImageFileDataset::open_manifest(&list, &manifest, &config).unwrap();
    assert_eq!(data.class_names(), ["OK", "dent"]);
    let labels: Vec<_> = (0..3).map(|i| data.is_anomalous(i)).collect();
    assert_eq!(labels, [Some(false), Some(true), None]);
    assert_eq!(data.get(1).unwrap().mask.unwrap().iter().filter(|&&x| x).count(), 4);
    let none = ManifestConfig::new().normal_labels(["dent"]);
    let data = ImageFileDataset::open_manifest(&list, &none, &config).unwrap();
    assert_eq!(data.is_anomalous(0), Some(true));
}

#[test]
fn a_damaged_manifest_names_its_line() {
    let dir = tempdir().unwrap();
    let error = |text: &[u8]| {
        let list = write(dir.path(), "list.csv", text);
        let (manifest, config) = (ManifestConfig::new(), ImageReadConfig::new());
        let error = ImageFileDataset::open_manifest(&list, &manifest, &config).unwrap_err();
        error.to_string().replace(&format!("{}", list.display()), "list")
    };
    assert_eq!(error(b"file,label\n"), "list, line 1: has the columns file, label, no path");
    assert_eq!(error(b"path,label\na.png,0\n,1\n"), "list, line 3: has no path");
    assert!(error(b"path,label\na.png\n").starts_with("list, line 2: "));
    assert!(error(b"path\n\xff\n").starts_with("list, line 2: "));
    assert!(error(b"path\n").contains("holds no image"));
    assert!(error(b"path\ngone.png\n").contains("gone.png"));
}

#[test]
fn mixed_colours_and_sizes_are_read_with_settings() {
    let dir = tempdir().unwrap();
    gray(&dir.path().join("0.png"), 100);
    RgbImage::from_pixel(9, 5, Rgb([255, 0, 0])).save(dir.path().join("1.png")).unwrap();
    let plain = ImageFileDataset::open_flat(dir.path(), &ImageReadConfig::new()).unwrap();
    assert!(plain.get(1).unwrap_err().to_string().contains("is 3x5x9, the dataset 1x4x6"));
    let config = ImageReadConfig::new().colour(Colour::Rgb).size(3, 3);
    let data = ImageFileDataset::open_flat(dir.path(), &config).unwrap();
    assert!(data.get(0).unwrap().image.iter().all(|&x| x == 100.0 / 255.0));
    let red = data.get(1).unwrap().image;
    assert!(red.index_axis(Axis(0), 0).iter().all(|&x| x == 1.0));
    assert!(red.index_axis(Axis(0), 2).iter().all(|&x| x == 0.0));
    for filter in [Filter::Nearest, Filter::Bicubic, Filter::Lanczos3] {
        let data = ImageFileDataset::open_flat(dir.path(), &config.clone().filter(filter));
        assert!(data.unwrap().get(0).unwrap().image.iter().all(|&x| x == 100.0 / 255.0));
    }
}

#[test]
fn the_bottles_of_mvtec() {
    let Some(root) = reference("mvtec-256") else { return };
    assert_eq!(MvtecDataset::categories(&root).unwrap(), ["bottle", "transistor"]);
    let train = MvtecDataset::open(&root, "bottle", Split::Train).unwrap();
    assert_eq!((train.len(), train.image_shape().to_string()), (209, "3x256x256".into()));
    let test = MvtecDataset::open(&root, "bottle", Split::Test).unwrap();
    let names = ["good", "broken_large", "broken_small", "contamination"];
    assert_eq!(test.class_names(), names);
    let counts =
        [0, 1, 2, 3].map(|c| (0..test.len()).filter(|&i| test.class(i) == Some(c)).count());
    assert_eq!(counts, [20, 20, 22, 21]);
    for index in (0..test.len()).step_by(9) {
        let sample = test.get(index).unwrap();
        let is_marked = sample.mask.unwrap().iter().any(|&marked| marked);
        assert_eq!(Some(is_marked), sample.is_anomalous);
    }
}
