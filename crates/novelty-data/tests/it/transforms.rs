use ndarray::{Array2, Array3, Array4};
use novelty_core::{Dataset, Fit, ImageShape, Sample};
use novelty_data::{
    AugmentConfig, BatchConfig, CentreCrop, ContrastNormalise, ContrastNormaliseConfig, Filter,
    Gray, IdxDataset, InMemoryDataset, LabelledDataset, Loader, LoaderConfig, Map, Normalise,
    OneVsRestConfig, Pipeline, Resize, Split, Subset, SymmetricRange, Transform,
    global_contrast_normalise,
};

use crate::files::bundled;

fn sample() -> Sample {
    let image = Array3::from_shape_fn((3, 6, 8), |(c, y, x)| (c * 48 + y * 8 + x) as f32 / 144.0);
    Sample::new(image).mask(Array2::from_shape_fn((6, 8), |(y, x)| y >= 3 && x >= 4))
}

#[test]
fn the_extremes_of_mnist_are_those_of_deep_svdd() {
    let Some(dir) = bundled("mnist") else { return };
    let published = [
        (-0.8827, 9.0015),
        (-0.6661, 20.1081),
        (-0.7820, 11.6651),
        (-0.7646, 12.8951),
        (-0.7254, 12.6832),
        (-0.7699, 13.1033),
        (-0.7784, 10.4578),
        (-0.7130, 12.0578),
        (-0.8280, 10.5815),
        (-0.7370, 10.6970),
    ];
    let data = IdxDataset::open_dir(dir, Split::Train).unwrap();
    for (class, (min, max)) in published.into_iter().enumerate() {
        let members = (0..data.len()).filter(|&i| data.class(i) == Some(class)).collect();
        let members = Subset::new(&data, members).unwrap();
        let fitted = ContrastNormaliseConfig::new().fit(&members).unwrap();
        assert!((fitted.min() - min).abs() < 1e-3, "class {class}: {} {min}", fitted.min());
        assert!((fitted.max() - max).abs() < 1e-3, "class {class}: {} {max}", fitted.max());
        let image = fitted.apply(members.get(0).unwrap(), 0).unwrap().image;
        assert!(image.iter().all(|x| (0.0..=1.0).contains(x)));
    }
}

#[test]
fn contrast_normalisation_has_mean_0_and_mean_deviation_1() {
    let mut image = sample().image;
    global_contrast_normalise(&mut image);
    let n = image.len() as f32;
    assert!((image.sum() / n).abs() < 1e-5);
    assert!((image.mapv(f32::abs).sum() / n - 1.0).abs() < 1e-5);
    let mut flat = Array3::from_elem((1, 3, 3), 0.3);
    global_contrast_normalise(&mut flat);
    assert!(flat.iter().all(|&x| x == 0.0));
    let flat = InMemoryDataset::new(Array4::from_elem((2, 1, 3, 3), 0.3)).unwrap();
    assert!(ContrastNormaliseConfig::new().fit(&flat).is_err());
    let none = InMemoryDataset::new(Array4::zeros((0, 1, 3, 3))).unwrap();
    let error = ContrastNormaliseConfig::new().fit(&none).unwrap_err();
    assert_eq!(error.to_string(), "the dataset is empty");
}

#[test]
fn fitted_statistics_come_back_from_a_checkpoint() {
    let pipeline = Pipeline::new()
        .then(Gray)
        .then(Resize::new(4, 4).filter(Filter::Lanczos3))
        .then(CentreCrop::new(3, 2))
        .then(ContrastNormalise::from_range(-0.882_712_3, 9.001_504).unwrap())
        .then(Normalise::new(vec![0.1], vec![0.3]).unwrap())
        .then(SymmetricRange);
    let text = serde_json::to_string(&pipeline).unwrap();
    let read: Pipeline = serde_json::from_str(&text).unwrap();
    assert_eq!(read, pipeline);
    let images = [&pipeline, &read].map(|p| p.apply(sample(), 0).unwrap().image);
    assert_eq!(images[0], images[1]);
    assert_eq!(images[0].dim(), (1, 3, 2));
    let shape = pipeline.output_shape(ImageShape::new(3, 6, 8)).unwrap();
    assert_eq!(shape, ImageShape::new(1, 3, 2));
}

#[test]
fn values_follow_their_formulas() {
    let image = sample().image;
    let gray = Gray.apply(sample(), 0).unwrap().image;
    let expected = 0.299 * image[[0, 2, 3]] + 0.587 * image[[1, 2, 3]] + 0.114 * image[[2, 2, 3]];
    assert_eq!(gray[[0, 2, 3]], expected);
    let normalise = Normalise::new(vec![0.1, 0.2, 0.3], vec![1.0, 2.0, 4.0]).unwrap();
    let normal = normalise.apply(sample(), 0).unwrap().image;
    assert_eq!(normal[[2, 1, 1]], (image[[2, 1, 1]] - 0.3) / 4.0);
    let symmetric = SymmetricRange.apply(sample(), 0).unwrap().image;
    assert_eq!(symmetric[[0, 0, 0]], -1.0);
    let cropped = CentreCrop::new(3, 4).apply(sample(), 0).unwrap();
    assert_eq!(cropped.image[[1, 0, 0]], image[[1, 1, 2]]);
    assert!(cropped.mask.unwrap()[[2, 2]]);
}

#[test]
fn resizing_keeps_averages_and_takes_masks_along() {
    let small = Resize::new(3, 4).apply(sample(), 0).unwrap();
    let mean = |image: &Array3<f32>| image.sum() / image.len() as f32;
    assert!((mean(&small.image) - mean(&sample().image)).abs() < 1e-4);
    let mask = small.mask.unwrap();
    assert_eq!((mask.dim(), mask.iter().filter(|&&x| x).count()), ((3, 4), 4));
    let same = Resize::new(6, 8).apply(sample(), 0).unwrap();
    assert_eq!(same, sample());
}

#[test]
fn what_does_not_fit_is_refused() {
    let shape = ImageShape::new(3, 6, 8);
    assert!(CentreCrop::new(7, 8).output_shape(shape).is_err());
    assert!(CentreCrop::new(0, 8).output_shape(shape).is_err());
    assert!(Resize::new(0, 8).output_shape(shape).is_err());
    assert!(Resize::new(1 << 20, 8).output_shape(shape).is_err());
    assert!(Resize::new(4, 4).output_shape(ImageShape::new(1, 0, 4)).is_err());
    assert!(Gray.output_shape(ImageShape::new(2, 6, 8)).is_err());
    assert!(Normalise::new(vec![0.0], vec![0.0]).is_err());
    assert!(Normalise::new(vec![0.0], vec![1.0, 2.0]).is_err());
    assert!(Normalise::new(vec![f32::NAN], vec![1.0]).is_err());
    assert!(Normalise::new(vec![0.0], vec![1.0]).unwrap().output_shape(shape).is_err());
    assert!(ContrastNormalise::from_range(1.0, 1.0).is_err());
    let config = AugmentConfig::new();
    for bad in [
        config.clone().rotation(181.0),
        config.clone().shift(f64::NAN),
        config.clone().scale(1.0),
        config.clone().crop(0.0),
        config.clone().noise(-0.1),
    ] {
        assert!(bad.epoch(0).is_err(), "{bad:?}");
    }
}

fn everything() -> AugmentConfig {
    AugmentConfig::new()
        .flip_horizontal(true)
        .flip_vertical(true)
        .rotation(10.0)
        .shift(0.1)
        .scale(0.1)
        .crop(0.8)
        .brightness(0.2)
        .contrast(0.2)
        .noise(0.05)
        .seed(11)
}

#[test]
fn augmentations_follow_from_seed_epoch_and_position() {
    let apply = |config: AugmentConfig, epoch, index| {
        config.epoch(epoch).unwrap().apply(sample(), index).unwrap().image
    };
    let first = apply(everything(), 0, 4);
    assert_eq!(first, apply(everything(), 0, 4));
    assert_ne!(first, apply(everything(), 1, 4));
    assert_ne!(first, apply(everything(), 0, 5));
    assert_ne!(first, apply(everything().seed(12), 0, 4));
    assert_eq!(apply(AugmentConfig::new(), 0, 4), sample().image);
    for index in 0..50 {
        let image = apply(everything(), 0, index);
        assert!(image.iter().all(|x| (0.0..=1.0).contains(x)));
    }
}

#[test]
fn augmentations_do_not_depend_on_the_number_of_threads() {
    let run = |n_workers| {
        let images = Array4::from_shape_fn((40, 1, 8, 8), |(i, _, y, x)| {
            ((i * 7 + y * 8 + x) % 64) as f32 / 64.0
        });
        let data = InMemoryDataset::new(images).unwrap();
        let map = Map::new(data, everything().epoch(2).unwrap()).unwrap();
        let config = LoaderConfig::new(BatchConfig::new(6)).n_workers(n_workers);
        let loader = Loader::new(map, &config).unwrap();
        let batches = loader.epoch(2).unwrap();
        batches.map(|batch| batch.unwrap().images).collect::<Vec<_>>()
    };
    assert_eq!(run(1), run(7));
}

#[test]
fn masks_move_with_their_images() {
    // The image is its own mask.
    let mask =
        Array2::from_shape_fn((32, 32), |(y, x)| (8..20).contains(&y) && (10..16).contains(&x));
    let image = mask.mapv(|x| f32::from(u8::from(x))).insert_axis(ndarray::Axis(0));
    let config = AugmentConfig::new().flip_horizontal(true).rotation(30.0).shift(0.1).crop(0.8);
    let augment = config.epoch(0).unwrap();
    for index in 0..20 {
        let moved = augment.apply(Sample::new(image.clone()).mask(mask.clone()), index).unwrap();
        let pairs = moved.image.iter().zip(moved.mask.as_ref().unwrap());
        let n_off = pairs.filter(|&(&x, &marked)| (x > 0.5) != marked).count();
        assert!(n_off < 12, "{index}: {n_off}");
    }
}

#[test]
fn one_vs_rest_of_mnist_shares_no_image() {
    let Some(dir) = bundled("mnist") else { return };
    let [train, test] = [Split::Train, Split::Test].map(|s| IdxDataset::open_dir(&dir, s).unwrap());
    let task = OneVsRestConfig::new(3).apply(&train, &test).unwrap();
    assert_eq!((task.train.len(), task.test.len()), (6131, 10_000));
    let n_anomalous = (0..10_000).filter(|&i| task.test.is_anomalous(i) == Some(true)).count();
    assert_eq!(n_anomalous, 10_000 - 1010);
    let error = OneVsRestConfig::new(3).apply(&test, &test).unwrap_err().to_string();
    assert!(error.starts_with("1010 test images are among the training images"), "{error}");
}
