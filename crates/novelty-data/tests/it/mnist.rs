use std::path::PathBuf;

use novelty_core::Dataset;
use novelty_data::{
    ContaminationConfig, IdxDataset, LabelledDataset, Split, train_validation_split,
};

use crate::files::bundled;

fn mnist(split: Split) -> Option<IdxDataset> {
    bundled("mnist").map(|dir| IdxDataset::open_dir(dir, split).unwrap())
}

fn class_counts(data: &IdxDataset) -> [usize; 10] {
    let mut counts = [0; 10];
    data.classes().iter().for_each(|&class| counts[class] += 1);
    counts
}

#[test]
fn the_training_digits_are_the_published_ones() {
    let Some(data) = mnist(Split::Train) else { return };
    assert_eq!((data.len(), data.image_shape().to_string()), (60_000, "1x28x28".into()));
    let counts = [5923, 6742, 5958, 6131, 5842, 5421, 5918, 6265, 5851, 5949];
    assert_eq!(class_counts(&data), counts);
    // The mean by numpy from the bytes, in f64; rounding to f32 moves it by 1e-9.
    let images = data.to_images(&(0..60_000).collect::<Vec<_>>()).unwrap();
    let mean = images.iter().map(|&x| f64::from(x)).sum::<f64>() / images.len() as f64;
    assert!((mean - 0.130_660_476_273_842_9).abs() < 2e-9, "{mean}");
}

#[test]
fn the_test_digits_are_the_published_ones() {
    let Some(data) = mnist(Split::Test) else { return };
    assert_eq!(data.len(), 10_000);
    assert_eq!(class_counts(&data), [980, 1135, 1032, 1010, 982, 892, 958, 1028, 974, 1009]);
    assert_eq!(data.classes()[..5], [7, 2, 1, 0, 4]);
}

#[test]
fn the_clothes_are_the_published_ones() {
    // Where `cargo xtask data get` may have put them, and where Debian's package does.
    let folders =
        std::env::var_os("NOVELTY_DATASETS").map(|dir| PathBuf::from(dir).join("fashion-mnist"));
    let mut folders =
        folders.into_iter().chain([PathBuf::from("/usr/share/datasets/fashion-mnist")]);
    let Some(dir) = folders.find(|dir| dir.is_dir()) else {
        println!("skipped: neither NOVELTY_DATASETS nor /usr/share/datasets has fashion-mnist");
        return;
    };
    // The means by numpy from the bytes, in f64.
    for (split, n, expected) in [
        (Split::Train, 60_000, 0.286_040_596_988_795_5),
        (Split::Test, 10_000, 0.286_849_280_712_284_9),
    ] {
        let data = IdxDataset::open_dir(&dir, split).unwrap();
        assert_eq!(class_counts(&data), [n / 10; 10]);
        let images = data.to_images(&(0..n).collect::<Vec<_>>()).unwrap();
        // Back to the byte: the means of 1/255 rounded to `f32` are off by 5e-9.
        let byte = |&x: &f32| (f64::from(x) * 255.0).round() / 255.0;
        let mean = images.iter().map(byte).sum::<f64>() / images.len() as f64;
        assert!((mean - expected).abs() < 1e-11, "{mean}");
    }
}

#[test]
fn ones_with_one_percent_of_threes() {
    let Some(data) = mnist(Split::Train) else { return };
    let train = ContaminationConfig::new(1, 3).seed(42).apply(&data).unwrap();
    assert_eq!(train.len(), 6809);
    let mut hidden = (0..train.len()).filter(|&i| train.is_anomalous(i) == Some(true));
    assert!(hidden.clone().all(|i| train.class(i) == Some(3)));
    assert_eq!(hidden.clone().count(), 67);
    // Shuffled: the first hidden sample is not behind all the normal ones.
    assert!(hidden.next().unwrap() < 1000);
    let split = train_validation_split(train.len(), 0.2, 42).unwrap();
    assert_eq!((split.train.len(), split.validation.len()), (5447, 1362));
}
