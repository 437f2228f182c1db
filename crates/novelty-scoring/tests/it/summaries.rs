//! Summaries that merge: any split is the single machine's answer.

use ndarray::{Array2, ArrayView2, Axis, array, s};
use novelty_core::{InputError, Threshold};
use novelty_scoring::{EmbeddingMoments, ScoreSummary, ScoringError, SummaryConfig, quantile};
use proptest::prelude::*;

fn config() -> SummaryConfig {
    let config = SummaryConfig::new().threshold(&Threshold::manual(0.5));
    config.edges([-1.0, 0.0, 0.25, 10.0]).n_features(3)
}

fn summary(scores: &[f32], x: ArrayView2<'_, f32>) -> ScoreSummary {
    let mut summary = config().start().unwrap();
    summary.update(scores).unwrap();
    summary.update_embeddings(x).unwrap();
    summary
}

fn score() -> impl Strategy<Value = f32> {
    prop_oneof![
        5 => -2.0_f32..2.0,
        1 => -1e30_f32..1e30,
        1 => -1e-30_f32..1e-30,
        1 => Just(0.25),
        1 => Just(-0.0),
        1 => Just(f32::MAX),
        1 => Just(f32::MIN),
    ]
}

fn feature() -> impl Strategy<Value = f32> {
    prop_oneof![4 => -3.0_f32..3.0, 1 => -65_536.0_f32..65_536.0, 1 => -1e-20_f32..1e-20]
}

/// Scores and embeddings, a shard of each, and the order of the shards.
type Split = (Vec<(f32, [f32; 3], usize)>, Vec<usize>);

fn split() -> impl Strategy<Value = Split> {
    let sample = (score(), [feature(), feature(), feature()], 0_usize..4);
    (prop::collection::vec(sample, 1..300), Just(vec![0, 1, 2, 3]).prop_shuffle())
}

fn embeddings(samples: &[(f32, [f32; 3], usize)]) -> Array2<f32> {
    Array2::from_shape_fn((samples.len(), 3), |(i, j)| samples[i].1[j])
}

proptest! {
    #[test]
    fn any_split_is_the_single_answer((samples, order) in split()) {
        let scores: Vec<f32> = samples.iter().map(|sample| sample.0).collect();
        let whole = summary(&scores, embeddings(&samples).view());
        let mut merged = config().start().unwrap();
        for shard in order {
            let own: Vec<_> = samples.iter().filter(|sample| sample.2 == shard).copied().collect();
            let own_scores: Vec<f32> = own.iter().map(|sample| sample.0).collect();
            let part = summary(&own_scores, embeddings(&own).view());
            // As it arrives from another machine.
            let sent = serde_json::to_string(&part).unwrap();
            merged.merge(&serde_json::from_str(&sent).unwrap()).unwrap();
        }
        prop_assert_eq!(&merged, &whole);
        prop_assert_eq!(merged.mean().map(f64::to_bits), whole.mean().map(f64::to_bits));
    }

    #[test]
    fn quantiles_lie_within_their_limits(
        scores in prop::collection::vec(score(), 1..300),
        q in 0.0_f64..=1.0,
        bits in 9_u32..=24,
    ) {
        let mut summary = SummaryConfig::new().bits(bits).start().unwrap();
        summary.update(&scores).unwrap();
        for q in [q, 0.0, 0.5, 1.0] {
            let exact = f64::from(quantile(&scores, q).unwrap());
            let found = summary.quantile(q).unwrap();
            // The exact one is rounded to f32.
            let rounding = 1e-7 * exact.abs() + 1e-45;
            prop_assert!(found.lower - rounding <= exact && exact <= found.upper + rounding);
            prop_assert!(found.lower <= found.value && found.value <= found.upper);
        }
    }

    /// The width that the documentation states, for scores of one sign.
    #[test]
    fn quantiles_are_as_narrow_as_stated(
        scores in prop::collection::vec(1e-6_f32..1e6, 1..300),
        q in 0.0_f64..=1.0,
        bits in 10_u32..=24,
    ) {
        let mut summary = SummaryConfig::new().bits(bits).start().unwrap();
        summary.update(&scores).unwrap();
        let found = summary.quantile(q).unwrap();
        let width = 2.0_f64.powi(9 - bits.cast_signed());
        prop_assert!(found.upper - found.lower <= width * found.upper * (1.0 + 1e-12));
    }
}

/// Covariances in `f64` around the mean, the plain way.
fn covariance(x: &Array2<f64>) -> Array2<f64> {
    let mean = x.mean_axis(Axis(0)).unwrap();
    let centred = x - &mean;
    centred.t().dot(&centred) / (x.nrows() - 1) as f64
}

#[test]
fn moments_are_the_formula() {
    for offset in [0.0, 1.0, 1000.0, 60_000.0] {
        let x = Array2::from_shape_fn((3000, 5), |(i, j)| {
            let mixed = ((i * 5 + j) as u32).wrapping_mul(2_654_435_761) >> 8;
            offset + (j + 1) as f32 * mixed as f32 / (1 << 24) as f32
        });
        let mut moments = EmbeddingMoments::new(5).unwrap();
        moments.update(x.view()).unwrap();
        let exact = x.mapv(f64::from);
        let (mean, own) = (exact.mean_axis(Axis(0)).unwrap(), moments.mean().unwrap());
        assert!((&own - &mean).iter().all(|off| off.abs() <= 1e-12 * (1.0 + mean[0])));
        let (expected, found) = (covariance(&exact), moments.covariance().unwrap());
        let bound = (2.0 * f64::from(offset) + 13.0) * f64::EPSILON;
        // Means beyond 2,048 are multiplied in f64.
        let beyond = if offset > 2048.0 { mean[0] * mean[0] * f64::EPSILON } else { 0.0 };
        for (found, expected) in found.iter().zip(&expected) {
            let off = (found - expected).abs();
            assert!(off <= bound + beyond + 1e-11 * expected.abs(), "{offset}: {off}");
        }
        assert_eq!(found, found.t());
    }
}

#[test]
fn what_is_counted_is_exact() {
    let mut summary = config().start().unwrap();
    assert_eq!((summary.n_scores(), summary.mean(), summary.range()), (0, None, None));
    summary.update(&[-1.0, 0.0, 0.5, 0.75, 10.0]).unwrap();
    assert_eq!(summary.histogram(), [0, 1, 1, 2, 1]);
    assert_eq!((summary.n_scores(), summary.n_anomalous()), (5, 2));
    assert_eq!((summary.mean(), summary.range()), (Some(2.05), Some((-1.0, 10.0))));
    let plain = SummaryConfig::new().start().unwrap();
    assert!(plain.histogram().is_empty() && plain.moments().is_none());
}

#[test]
fn what_cannot_be_summarised_is_named_and_leaves_no_trace() {
    let mut summary = summary(&[0.5, 1.0], array![[1.0, 2.0, 3.0]].view());
    let before = summary.clone();
    assert!(matches!(
        summary.update(&[0.25, f32::NAN]),
        Err(ScoringError::Input(InputError::NotFinite { place: "scores", index: 1, .. }))
    ));
    let beyond = summary.update_embeddings(array![[0.0, 0.0, 1.0], [0.0, 65_537.0, 0.0]].view());
    assert!(matches!(beyond, Err(ScoringError::OutOfRange { place: "features", index: 4, .. })));
    assert!(summary.update_embeddings(Array2::zeros((2, 4)).view()).is_err());
    let other = SummaryConfig::new().start().unwrap();
    assert!(matches!(summary.merge(&other), Err(ScoringError::Unlike { .. })));
    assert_eq!(summary, before);
    assert!(matches!(
        other.quantile(0.5),
        Err(ScoringError::Metric(novelty_metrics::MetricsError::Input(InputError::Empty { .. })))
    ));
    assert!(summary.quantile(1.5).is_err());
    assert!(EmbeddingMoments::new(0).is_err() && EmbeddingMoments::new(usize::MAX).is_err());
    let one = before.moments().unwrap();
    assert_eq!(one.mean().unwrap().to_vec(), [1.0, 2.0, 3.0]);
    assert!(matches!(one.covariance(), Err(ScoringError::TooFewSamples { needed: 2, .. })));
    for bad in [
        SummaryConfig::new().bits(8),
        SummaryConfig::new().edges([1.0, 1.0]),
        SummaryConfig::new().edges([f32::NAN]),
        SummaryConfig::new().n_features(0),
        SummaryConfig::new().threshold(&Threshold::manual(f32::NAN)),
    ] {
        assert!(bad.start().is_err(), "{bad:?}");
    }
}

#[test]
fn a_mangled_summary_is_refused() {
    let summary = summary(&[0.5, 1.0, -3.0], array![[1.0, 2.0, 3.0], [0.5, 0.0, 2.0]].view());
    let saved = serde_json::to_string(&summary).unwrap();
    let mangled = [
        ("\"n_scores\":3", "\"n_scores\":4"),
        ("\"n_anomalous\":1", "\"n_anomalous\":9"),
        ("\"bits\":20", "\"bits\":25"),
        ("\"n_features\":3", "\"n_features\":2"),
        ("\"n_samples\":2", "\"n_samples\":3"),
        ("\"edges\":[-1.0,", "\"edges\":["),
        ("\"range\":[-3.0,1.0]", "\"range\":[3.0,1.0]"),
        ("\"range\":[-3.0,1.0]", "\"range\":null"),
    ];
    assert_eq!(serde_json::from_str::<ScoreSummary>(&saved).unwrap(), summary);
    for (from, to) in mangled {
        assert!(saved.contains(from), "{from} in {saved}");
        let mangled = saved.replace(from, to);
        assert!(serde_json::from_str::<ScoreSummary>(&mangled).is_err(), "{to}");
    }
}

/// 10,000 rows are ten blocks: the threads may take them in any order.
#[test]
fn the_number_of_threads_changes_no_bit() {
    let x = Array2::from_shape_fn((10_000, 4), |(i, j)| ((i * 7 + j * 13) % 1009) as f32 / 7.0);
    let with_threads = |n: usize| {
        rayon::ThreadPoolBuilder::new().num_threads(n).build().unwrap().install(|| {
            let mut moments = EmbeddingMoments::new(4).unwrap();
            moments.update(x.view()).unwrap();
            moments
        })
    };
    let one = with_threads(1);
    assert_eq!(one, with_threads(3));
    let mut halves = EmbeddingMoments::new(4).unwrap();
    halves.update(x.slice(s![4001.., ..])).unwrap();
    halves.update(x.slice(s![..4001, ..])).unwrap();
    assert_eq!(one, halves);
}
