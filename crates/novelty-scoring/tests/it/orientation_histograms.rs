//! Histograms of edge directions: golden values, invariances, the contract, bad settings.

use ndarray::{Array4, Axis};
use novelty_core::{Embed, Fit, ImageShape, check_scorer};
use novelty_scoring::{EmbeddingScore, KNearestNeighborsConfig, OrientationHistograms};
use serde::Deserialize;

#[derive(Deserialize)]
struct Golden {
    cases: Vec<Case>,
}

#[derive(Deserialize)]
struct Case {
    shape: [usize; 3],
    settings: (usize, f32, f32, usize, f32),
    image: Vec<f32>,
    features: Vec<f32>,
}

/// Bars of many slants, with some structure beside.
fn drawings(n: usize, side: usize) -> Array4<f32> {
    Array4::from_shape_fn((n, 1, side, side), |(n, _, y, x)| {
        let slant = (n % 7) as f32 / 3.0 - 1.0;
        let away = x as f32 - side as f32 / 2.0 - slant * (y as f32 - side as f32 / 2.0);
        let spot = ((n * 31 + y * 17 + x * 13) % 29) as f32 / 29.0;
        (1.0 - away.abs() / 3.0).clamp(0.0, 1.0) * 0.8 + 0.2 * spot
    })
}

#[test]
fn features_are_those_of_numpy() {
    let text = include_str!("../golden/orientation_histograms.json");
    let golden: Golden = serde_json::from_str(text).unwrap();
    assert_eq!(golden.cases.len(), 4);
    for case in golden.cases {
        let [channels, height, width] = case.shape;
        let (n_orientations, smoothing, spread, stride, power) = case.settings;
        let histograms = OrientationHistograms::new(ImageShape { channels, height, width })
            .n_orientations(n_orientations)
            .smoothing(smoothing)
            .spread(spread)
            .stride(stride)
            .power(power);
        let image = Array4::from_shape_vec((1, channels, height, width), case.image).unwrap();
        let features = histograms.embed(image.view()).unwrap();
        assert_eq!(features.ncols(), case.features.len());
        assert_eq!(features.ncols(), histograms.n_features());
        for (got, wanted) in features.iter().zip(&case.features) {
            assert!((got - wanted).abs() < 1e-5, "{:?}: {got} for {wanted}", case.settings);
        }
    }
}

#[test]
fn brightness_and_contrast_do_not_count() {
    let images = drawings(6, 20);
    let histograms = OrientationHistograms::new(ImageShape::new(1, 20, 20));
    let features = histograms.embed(images.view()).unwrap();
    let darker = histograms.embed(images.mapv(|x| 0.25 + 0.5 * x).view()).unwrap();
    let largest = (&features - &darker).mapv(f32::abs).fold(0.0, |a: f32, &b| a.max(b));
    assert!(largest < 2e-3, "{largest}");
}

#[test]
fn an_image_without_edges_is_zero_and_others_have_length_one() {
    let histograms = OrientationHistograms::new(ImageShape::new(1, 8, 8));
    let flat = histograms.embed(Array4::from_elem((1, 1, 8, 8), 0.5).view()).unwrap();
    assert!(flat.iter().all(|&x| x == 0.0));
    let lengths = histograms.embed(drawings(5, 8).view()).unwrap();
    for row in lengths.outer_iter() {
        assert!((row.dot(&row) - 1.0).abs() < 1e-5);
    }
    let none = histograms.embed(Array4::zeros((0, 1, 8, 8)).view()).unwrap();
    assert_eq!(none.dim(), (0, histograms.n_features()));
}

#[test]
fn an_image_does_not_depend_on_its_batch() {
    let images = drawings(40, 16);
    let histograms = OrientationHistograms::new(ImageShape::new(1, 16, 16));
    let all = histograms.embed(images.view()).unwrap();
    let turned = images.permuted_axes([0, 1, 3, 2]);
    let one = histograms.embed(turned.select(Axis(0), &[17]).view()).unwrap();
    assert_eq!(one.row(0), histograms.embed(turned.view()).unwrap().row(17));
    assert_ne!(one.row(0), all.row(17));
}

#[test]
fn nearest_histograms_keep_the_contract_of_scorers() {
    let images = drawings(48, 16);
    let histograms = OrientationHistograms::new(ImageShape::new(1, 16, 16));
    let reference = histograms.embed(images.slice_axis(Axis(0), (..24).into()).view()).unwrap();
    let scorer = KNearestNeighborsConfig::new(2).fit(reference.view()).unwrap();
    let scorer = EmbeddingScore { model: histograms, scorer };
    check_scorer(&scorer, images.slice_axis(Axis(0), (24..).into())).unwrap();
}

#[test]
fn bad_settings_and_images_are_errors() {
    let good = OrientationHistograms::new(ImageShape::new(1, 8, 8));
    let images = drawings(2, 8);
    for (bad, names) in [
        (good.n_orientations(0), "n_orientations"),
        (good.n_orientations(65), "n_orientations"),
        (good.smoothing(-0.1), "smoothing"),
        (good.smoothing(f32::NAN), "smoothing"),
        (good.spread(64.5), "spread"),
        (good.stride(0), "stride"),
        (good.power(0.0), "power"),
        (good.power(f32::NAN), "power"),
        (OrientationHistograms::new(ImageShape::new(1, 0, 8)), "image_shape"),
    ] {
        let error = bad.embed(images.view()).unwrap_err().to_string();
        assert!(error.contains(names), "{error}");
    }
    assert!(good.embed(drawings(2, 9).view()).is_err());
    let mut broken = images.clone();
    broken[[1, 0, 3, 3]] = f32::NAN;
    assert!(good.embed(broken.view()).is_err());
    broken[[1, 0, 3, 3]] = f32::MAX;
    broken[[1, 0, 3, 5]] = -f32::MAX;
    let large = good.embed(broken.view());
    assert!(large.map_or(true, |features| features.iter().all(|x| x.is_finite())));
    assert!(good.stride(1000).embed(images.view()).is_ok());
}
