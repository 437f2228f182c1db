use ndarray::Array3;
use novelty_core::InputError;
use novelty_metrics::{
    Bounded, MetricsError, ScoreAccumulator, ScoreHistogram, average_precision, f1_max, fpr_at_tpr,
    precision_recall_curve, roc_auc, roc_auc_partial, roc_curve, tpr_at_fpr,
};
use proptest::prelude::*;
use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;

/// Samples, and the piece that each belongs to.
fn pieces() -> impl Strategy<Value = Vec<(f32, bool, usize)>> {
    let score = prop_oneof![(-4_i8..4).prop_map(f32::from), -1.0_f32..1.0, Just(-0.0_f32)];
    let sample = (score, any::<bool>(), 0..6_usize);
    proptest::collection::vec(sample, 2..300).prop_map(|mut samples| {
        (samples[0].1, samples[1].1) = (true, false);
        samples
    })
}

fn unzip(samples: &[(f32, bool, usize)]) -> (Vec<f32>, Vec<bool>) {
    samples.iter().map(|&(score, label, _)| (score, label)).unzip()
}

fn accumulate(samples: &[(f32, bool, usize)], piece: usize) -> ScoreAccumulator {
    let mut accumulator = ScoreAccumulator::new();
    for chunk in samples.chunks(7) {
        let own: Vec<_> = chunk.iter().copied().filter(|sample| sample.2 == piece).collect();
        let (scores, labels) = unzip(&own);
        accumulator.update(&scores, &labels).unwrap();
    }
    accumulator
}

proptest! {
    #[test]
    fn any_split_gives_the_same_bits(samples in pieces()) {
        let (scores, labels) = unzip(&samples);
        let mut whole = ScoreAccumulator::new();
        whole.update(&scores, &labels).unwrap();
        let mut merged = ScoreAccumulator::new();
        for piece in [3, 0, 5, 1, 4, 2] {
            let part = accumulate(&samples, piece);
            let json = serde_json::to_string(&part).unwrap();
            merged.merge(&serde_json::from_str(&json).unwrap());
        }
        prop_assert_eq!(&merged, &whole);
        prop_assert_eq!(merged.roc_curve(), roc_curve(&scores, &labels));
        prop_assert_eq!(merged.roc_auc(), roc_auc(&scores, &labels));
        prop_assert_eq!(merged.f1_max(), f1_max(&scores, &labels));
        prop_assert_eq!(merged.tpr_at_fpr(0.2), tpr_at_fpr(&scores, &labels, 0.2));
        prop_assert_eq!(merged.fpr_at_tpr(0.9), fpr_at_tpr(&scores, &labels, 0.9));
        prop_assert_eq!(
            merged.precision_recall_curve(),
            precision_recall_curve(&scores, &labels)
        );
        prop_assert_eq!(merged.average_precision(), average_precision(&scores, &labels));
        prop_assert_eq!(merged.roc_auc_partial(0.3), roc_auc_partial(&scores, &labels, 0.3));
    }

    #[test]
    fn the_limits_of_a_histogram_hold(samples in pieces(), bits in 9..=24_u32) {
        let (scores, labels) = unzip(&samples);
        let mut histogram = ScoreHistogram::with_bits(bits).unwrap();
        for piece in 0..6 {
            let own: Vec<_> = samples.iter().copied().filter(|s| s.2 == piece).collect();
            let (scores, labels) = unzip(&own);
            let mut part = ScoreHistogram::with_bits(bits).unwrap();
            part.update(&scores, &labels).unwrap();
            let json = serde_json::to_string(&part).unwrap();
            histogram.merge(&serde_json::from_str(&json).unwrap()).unwrap();
        }
        let mut whole = ScoreHistogram::with_bits(bits).unwrap();
        whole.update(&scores, &labels).unwrap();
        prop_assert_eq!(&histogram, &whole);
        let contains = |bounds: Bounded, exact: f64| {
            bounds.lower - 1e-12 <= exact && exact <= bounds.upper + 1e-12
        };
        prop_assert!(contains(histogram.roc_auc().unwrap(), roc_auc(&scores, &labels).unwrap()));
        prop_assert!(contains(
            histogram.average_precision().unwrap(),
            average_precision(&scores, &labels).unwrap()
        ));
        prop_assert!(histogram.f1_max().unwrap().f1 <= f1_max(&scores, &labels).unwrap().f1);
        // Every point of the histogram's curve is a point of the exact one.
        let exact = roc_curve(&scores, &labels).unwrap();
        let curve = histogram.roc_curve().unwrap();
        for point in curve.fpr.iter().zip(&curve.tpr) {
            prop_assert!(exact.fpr.iter().zip(&exact.tpr).any(|other| other == point));
        }
    }
}

#[test]
fn a_histogram_of_20_bits_is_close_on_a_million_pixels() {
    let mut random = ChaCha8Rng::seed_from_u64(1);
    let shape = (10, 320, 320);
    let masks = Array3::from_shape_fn(shape, |_| random.gen_bool(0.05));
    let maps = masks.map(|&mask| {
        let noise: f32 = (0..4).map(|_| random.gen_range(0.0..1.0_f32)).sum();
        noise + f32::from(u8::from(mask))
    });
    let mut histogram = ScoreHistogram::new();
    for (map, mask) in maps.outer_iter().zip(masks.outer_iter()) {
        // Transposed: the layout must not matter.
        histogram.update_pixels(map.t(), mask.t()).unwrap();
    }
    let exact = roc_auc(maps.as_slice().unwrap(), masks.as_slice().unwrap()).unwrap();
    let area = histogram.roc_auc().unwrap();
    assert!(area.upper - area.lower < 1e-3, "{area:?}");
    assert!(area.lower <= exact && exact <= area.upper && (area.value - exact).abs() < 1e-6);
    let exact = average_precision(maps.as_slice().unwrap(), masks.as_slice().unwrap()).unwrap();
    let area = histogram.average_precision().unwrap();
    assert!(area.lower <= exact && exact <= area.upper && area.upper - area.lower < 2e-3);
}

#[test]
fn bad_pieces_are_errors_and_add_nothing() {
    let mut exact = ScoreAccumulator::new();
    let mut histogram = ScoreHistogram::new();
    for (scores, labels) in
        [(vec![0.5, f32::NAN], vec![true, false]), (vec![0.5], vec![true, false])]
    {
        assert!(exact.update(&scores, &labels).is_err());
        assert!(histogram.update(&scores, &labels).is_err());
    }
    let (maps, masks) = (Array3::zeros((1, 2, 3)), Array3::from_elem((1, 3, 2), false));
    assert!(histogram.update_pixels(maps.view(), masks.view()).is_err());
    assert_eq!((exact.n_positives(), exact.n_negatives()), (0, 0));
    assert_eq!((histogram.n_positives(), histogram.n_negatives()), (0, 0));
    let missing = MetricsError::Input(InputError::Empty { place: "scores" });
    assert_eq!(exact.roc_auc(), Err(missing.clone()));
    assert_eq!(histogram.roc_auc(), Err(missing));
    let coarse = ScoreHistogram::with_bits(9).unwrap();
    assert_eq!(histogram.merge(&coarse), Err(MetricsError::Resolution { left: 20, right: 9 }));
    assert!(ScoreHistogram::with_bits(8).is_err() && ScoreHistogram::with_bits(25).is_err());
}

#[test]
fn damaged_documents_are_errors() {
    for (json, message) in [
        (r#"{"scores":[1,2],"positives":[1,1],"negatives":[0,0]}"#, "entry 1 is out of order"),
        (r#"{"scores":[2,1],"positives":[1],"negatives":[0,0]}"#, "2, 1 and 2 entries"),
        (r#"{"scores":[2,1],"positives":[1,0],"negatives":[0,0]}"#, "entry 1 has no samples"),
        (
            r#"{"scores":[2,1],"positives":[18446744073709551615,1],"negatives":[0,0]}"#,
            "more than 2^62 samples at entry 0",
        ),
    ] {
        let error = serde_json::from_str::<ScoreAccumulator>(json).unwrap_err().to_string();
        assert!(error.contains(message), "{error}");
    }
    for (json, message) in [
        (r#"{"bits":99,"bins":[],"positives":[],"negatives":[]}"#, "bits is 99"),
        (r#"{"bits":9,"bins":[512],"positives":[1],"negatives":[0]}"#, "entry 0 is out of order"),
        (r#"{"bits":9,"bins":[0],"positives":[1],"negatives":[0]}"#, "entry 0 is out of order"),
    ] {
        let error = serde_json::from_str::<ScoreHistogram>(json).unwrap_err().to_string();
        assert!(error.contains(message), "{error}");
    }
}
