use novelty_metrics::{
    RocCurve, average_precision, confusion, f1_max, precision_recall_curve, roc_auc,
    roc_auc_partial, roc_curve, tpr_at_fpr,
};
use proptest::prelude::*;
use rand::seq::SliceRandom;
use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;

/// Scores with many ties, of both signs and all magnitudes, and both classes.
fn samples() -> impl Strategy<Value = Vec<(f32, bool)>> {
    let score = prop_oneof![
        3 => (-4_i8..4).prop_map(f32::from),
        1 => Just(-0.0_f32),
        2 => -1.0_f32..1.0,
        1 => proptest::num::f32::NORMAL | proptest::num::f32::SUBNORMAL,
    ];
    proptest::collection::vec((score, any::<bool>()), 2..200).prop_map(|mut samples| {
        samples[0].1 = true;
        samples[1].1 = false;
        samples
    })
}

fn unzip(samples: &[(f32, bool)]) -> (Vec<f32>, Vec<bool>) {
    samples.iter().copied().unzip()
}

/// The definition, pair by pair.
fn auc_by_pairs(scores: &[f32], labels: &[bool]) -> f64 {
    let of = |class: bool| {
        let chosen = scores.iter().zip(labels).filter(move |(_, label)| **label == class);
        chosen.map(|(score, _)| *score)
    };
    let (mut won, mut pairs) = (0_u64, 0_u64);
    for positive in of(true) {
        for negative in of(false) {
            won += 2 * u64::from(positive > negative) + u64::from(positive == negative);
            pairs += 2;
        }
    }
    won as f64 / pairs as f64
}

proptest! {
    #[test]
    fn auc_is_the_share_of_pairs_won(samples in samples()) {
        let (scores, labels) = unzip(&samples);
        prop_assert_eq!(roc_auc(&scores, &labels).unwrap(), auc_by_pairs(&scores, &labels));
    }

    #[test]
    fn the_order_of_the_samples_changes_no_bit(samples in samples(), seed: u64) {
        let (scores, labels) = unzip(&samples);
        let mut shuffled = samples;
        shuffled.shuffle(&mut ChaCha8Rng::seed_from_u64(seed));
        let (scores2, labels2) = unzip(&shuffled);
        prop_assert_eq!(
            roc_curve(&scores, &labels).unwrap(),
            roc_curve(&scores2, &labels2).unwrap()
        );
        prop_assert_eq!(
            average_precision(&scores, &labels).unwrap().to_bits(),
            average_precision(&scores2, &labels2).unwrap().to_bits()
        );
        prop_assert_eq!(f1_max(&scores, &labels).unwrap(), f1_max(&scores2, &labels2).unwrap());
    }

    #[test]
    fn a_monotone_map_keeps_every_rate(samples in samples()) {
        let (scores, labels) = unzip(&samples);
        // Ranks: strictly monotone, and unlike any formula on floats free of rounding.
        let mut distinct = scores.clone();
        distinct.sort_by(f32::total_cmp);
        distinct.dedup_by(|a, b| a == b);
        let rank = |x: &f32| distinct.iter().position(|y| y == x).unwrap() as f32;
        let ranks: Vec<f32> = scores.iter().map(rank).collect();
        let (a, b) = (roc_curve(&scores, &labels).unwrap(), roc_curve(&ranks, &labels).unwrap());
        prop_assert_eq!((&a.fpr, &a.tpr), (&b.fpr, &b.tpr));
        prop_assert_eq!(roc_auc(&scores, &labels), roc_auc(&ranks, &labels));
        let (a, b) = (average_precision(&scores, &labels), average_precision(&ranks, &labels));
        prop_assert!((a.unwrap() - b.unwrap()).abs() < 1e-14);
    }

    #[test]
    fn negated_scores_give_the_rest_of_the_area(samples in samples()) {
        let (scores, labels) = unzip(&samples);
        let negated: Vec<f32> = scores.iter().map(|x| -x).collect();
        let sum = roc_auc(&scores, &labels).unwrap() + roc_auc(&negated, &labels).unwrap();
        prop_assert!((sum - 1.0).abs() < 1e-15, "{}", sum);
    }

    #[test]
    fn curve_area_and_partial_area_agree(samples in samples(), max_fpr in 0.01..1.0) {
        let (scores, labels) = unzip(&samples);
        let curve = roc_curve(&scores, &labels).unwrap();
        let area = roc_auc(&scores, &labels).unwrap();
        prop_assert!((curve.area() - area).abs() < 1e-12);
        prop_assert!((curve.drop_intermediate().area() - area).abs() < 1e-12);
        let whole = roc_auc_partial(&scores, &labels, 1.0).unwrap();
        prop_assert!((whole.raw - area).abs() < 1e-14 && (whole.standardised - area).abs() < 1e-14);
        let part = roc_auc_partial(&scores, &labels, max_fpr).unwrap().raw;
        prop_assert!((part - area_up_to(&curve, max_fpr)).abs() < 1e-12);
    }

    #[test]
    fn f1_max_is_the_best_of_all_thresholds(samples in samples()) {
        let (scores, labels) = unzip(&samples);
        let best = f1_max(&scores, &labels).unwrap();
        let f1_at = |threshold| confusion(&scores, &labels, threshold).unwrap().f1().unwrap();
        let curve = precision_recall_curve(&scores, &labels).unwrap();
        let reached = curve.thresholds.iter().map(|score| f1_at(score.next_down()));
        prop_assert_eq!(best.f1, reached.fold(0.0, f64::max));
        prop_assert_eq!(f1_at(best.threshold), best.f1);
    }

    #[test]
    fn a_higher_allowance_never_flags_less(samples in samples(), a in 0.0..1.0, b in 0.0..1.0) {
        let (scores, labels) = unzip(&samples);
        let tpr = |limit: f64| tpr_at_fpr(&scores, &labels, limit).unwrap().tpr;
        prop_assert!(tpr(f64::min(a, b)) <= tpr(f64::max(a, b)));
    }
}

/// The area below the curve's segments up to `limit`, each cut by itself.
fn area_up_to(curve: &RocCurve, limit: f64) -> f64 {
    (1..curve.fpr.len())
        .map(|i| {
            let (x0, x1) = (curve.fpr[i - 1], curve.fpr[i]);
            let (y0, y1) = (curve.tpr[i - 1], curve.tpr[i]);
            let width = (limit.min(x1) - x0).max(0.0);
            let rise = if x1 > x0 { (y1 - y0) * width / (x1 - x0) } else { 0.0 };
            width * (y0 + rise / 2.0)
        })
        .sum()
}

fn normal_scores(n: usize, seed: u64) -> (Vec<f32>, Vec<bool>) {
    let mut random = ChaCha8Rng::seed_from_u64(seed);
    (0..n)
        .map(|_| {
            let label = random.gen_bool(0.1);
            let sum: f32 = (0..6).map(|_| random.gen_range(-1.0..1.0)).sum();
            (sum + f32::from(u8::from(label)), label)
        })
        .unzip()
}

#[test]
fn large_sets_match_a_plain_sort() {
    for outlier in [None, Some(3e38), Some(-3e38)] {
        let (mut scores, labels) = normal_scores(150_000, 2);
        scores[77] = outlier.unwrap_or(scores[77]);
        let mut order: Vec<usize> = (0..scores.len()).collect();
        order.sort_by(|&a, &b| scores[b].total_cmp(&scores[a]));
        let (mut seen, mut sum) = (0.0, 0.0);
        for (rank, &i) in order.iter().enumerate() {
            if labels[i] {
                seen += 1.0;
                sum += seen / (rank + 1) as f64;
            }
        }
        let distinct = order.windows(2).all(|pair| scores[pair[0]] != scores[pair[1]]);
        let tolerance = if distinct { 1e-12 } else { 1e-5 };
        let got = average_precision(&scores, &labels).unwrap();
        assert!((got - sum / seen).abs() < tolerance, "{got} {}", sum / seen);
        assert_eq!(roc_curve(&scores, &labels).unwrap().n_positives, seen as u64);
    }
}

#[test]
fn a_million_and_more_samples_are_counted_exactly() {
    // In f32 a counter sticks at 16,777,216.
    let n = 17_000_000;
    let labels: Vec<bool> = (0..n).map(|i| i == 0).collect();
    let mut scores = vec![0.0; n];
    assert_eq!(roc_auc(&scores, &labels), Ok(0.5));
    scores[0] = 1.0;
    assert_eq!(roc_auc(&scores, &labels), Ok(1.0));
    let curve = roc_curve(&scores, &labels).unwrap();
    assert_eq!((curve.n_negatives, curve.fpr.len()), (16_999_999, 3));
}
