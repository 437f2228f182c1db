//! Score maps against masks; `tests/golden/make_pixels.py` made the values.

use std::collections::BTreeMap;

use ndarray::{Array3, Axis, s};
use novelty_metrics::{
    MetricsError, ScoreHistogram, aupro, confusion, iou, pixel_roc_auc, roc_auc_partial,
};
use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;
use serde::Deserialize;

#[derive(Deserialize)]
struct Document {
    cases: Vec<Case>,
}

#[derive(Deserialize)]
struct Case {
    name: String,
    shape: (usize, usize, usize),
    maps: Vec<f32>,
    masks: String,
    n_regions: usize,
    aupro: BTreeMap<String, f64>,
    pixel_roc_auc: f64,
    iou: f64,
    iou_threshold: f32,
}

impl Case {
    fn arrays(&self) -> (Array3<f32>, Array3<bool>) {
        let masks = self.masks.bytes().map(|mark| mark == b'#').collect();
        (
            Array3::from_shape_vec(self.shape, self.maps.clone()).unwrap(),
            Array3::from_shape_vec(self.shape, masks).unwrap(),
        )
    }
}

#[test]
fn golden_values() {
    let document: Document = serde_json::from_str(include_str!("../golden/pixels.json")).unwrap();
    for case in document.cases {
        let (maps, masks) = case.arrays();
        let close = |got: f64, expected: f64| {
            assert!((got - expected).abs() < 1e-12, "{}: {got}, expected {expected}", case.name);
        };
        for (limit, &expected) in &case.aupro {
            let area = aupro(maps.view(), masks.view(), limit.parse().unwrap()).unwrap();
            close(area.value, expected);
            assert_eq!(area.n_regions, case.n_regions, "{}", case.name);
        }
        close(pixel_roc_auc(maps.view(), masks.view()).unwrap(), case.pixel_roc_auc);
        let (scores, labels) = (maps.as_slice().unwrap(), masks.as_slice().unwrap());
        let counts = confusion(scores, labels, case.iou_threshold).unwrap();
        close(counts.iou().unwrap(), case.iou);
        let flagged: Vec<bool> = scores.iter().map(|&score| score > case.iou_threshold).collect();
        assert_eq!(iou(&flagged, labels), Ok(counts.iou()));
    }
}

fn random_maps(shape: (usize, usize, usize), seed: u64) -> (Array3<f32>, Array3<bool>) {
    let mut random = ChaCha8Rng::seed_from_u64(seed);
    let masks = Array3::from_shape_fn(shape, |_| random.gen_bool(0.03));
    let maps = masks.map(|&mask| random.gen_range(0.0..1.0) + 0.3 * f32::from(u8::from(mask)));
    (maps, masks)
}

#[test]
fn layout_changes_no_bit() {
    let (maps, masks) = random_maps((4, 150, 200), 1);
    let one = aupro(maps.view(), masks.view(), 0.3).unwrap();
    // The same pixels, mirrored: other places, the same regions.
    let mirrored = |x: ndarray::ArrayView3<'_, f32>| x.slice(s![..;-1, .., ..;-1]).to_owned();
    let mirrored_masks = masks.slice(s![..;-1, .., ..;-1]);
    assert_eq!(aupro(mirrored(maps.view()).view(), mirrored_masks, 0.3), Ok(one));
}

#[test]
fn regions_of_one_size_make_it_the_partial_area() {
    let (maps, _) = random_maps((3, 40, 40), 2);
    let masks = Array3::from_shape_fn(maps.dim(), |(_, y, x)| y % 7 == 3 && x % 9 == 4);
    let (scores, labels) = (maps.as_slice().unwrap(), masks.as_slice().unwrap());
    for limit in [0.02, 0.3, 1.0] {
        let area = roc_auc_partial(scores, labels, limit).unwrap().raw / limit;
        let value = aupro(maps.view(), masks.view(), limit).unwrap().value;
        assert!((value - area).abs() < 1e-12, "{value} {area}");
    }
}

#[test]
fn a_stream_of_maps_adds_up_to_the_pixels_of_all() {
    let (maps, masks) = random_maps((6, 64, 64), 3);
    let mut stream = ScoreHistogram::with_bits(24).unwrap();
    for image in 0..6 {
        let (map, mask) = (maps.index_axis(Axis(0), image), masks.index_axis(Axis(0), image));
        stream.update_pixels(map, mask).unwrap();
    }
    let exact = pixel_roc_auc(maps.view(), masks.view()).unwrap();
    let area = stream.roc_auc().unwrap();
    assert!(area.lower <= exact && exact <= area.upper && area.upper - area.lower < 1e-4);
}

#[test]
fn bad_maps_are_errors() {
    let (mut maps, masks) = random_maps((2, 5, 5), 4);
    let error = aupro(maps.view(), masks.slice(s![.., .., ..4]), 0.3).unwrap_err();
    assert_eq!(error.to_string(), "masks has shape [2, 5, 4], expected [2, 5, 5]");
    assert!(pixel_roc_auc(maps.view(), masks.slice(s![..1, .., ..])).is_err());
    for limit in [0.0, -1.0, 1.1, f64::NAN] {
        assert!(aupro(maps.view(), masks.view(), limit).is_err());
    }
    for label in [true, false] {
        let masks = Array3::from_elem((2, 5, 5), label);
        let error = MetricsError::OneClass { label, n: 50 };
        assert_eq!(aupro(maps.view(), masks.view(), 0.3), Err(error));
    }
    let empty = (Array3::zeros((0, 5, 5)), Array3::from_elem((0, 5, 5), true));
    assert!(aupro(empty.0.view(), empty.1.view(), 0.3).is_err());
    maps[[1, 2, 3]] = f32::NAN;
    let error = aupro(maps.view(), masks.view(), 0.3).unwrap_err();
    assert_eq!(error.to_string(), "scores holds NaN at position 38; every value must be finite");
    assert!(iou(&[true], &[true, false]).is_err());
}
