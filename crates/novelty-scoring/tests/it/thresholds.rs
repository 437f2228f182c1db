use novelty_core::{InputError, SelectThreshold, Threshold};
use novelty_metrics::MetricsError;
use novelty_scoring::{
    ConformalPValues, ConformalThreshold, ContaminationThreshold, MaxF1Threshold, MaxFprThreshold,
    MedianDeviationThreshold, ParetoTail, PeaksOverThreshold, QuantileThreshold, ScoringError,
    StandardDeviationThreshold,
};
use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;
use serde_json::Value;

use crate::golden::numbers;

fn exponential(random: &mut ChaCha8Rng) -> f32 {
    -(1.0 - random.r#gen::<f32>()).ln()
}

#[test]
fn deviations_are_counted_from_the_middle() {
    // numpy 2.4.6: mean 3.5, std(ddof=1) 3.391165; median 2.5, MAD 1.5 of scipy 1.17.1.
    let scores = [1.0, 2.0, 4.0, 3.0, 10.0, 1.0];
    let value = |rule: &dyn SelectThreshold<Error = ScoringError>| {
        rule.select(&scores, None).unwrap().value
    };
    assert!((value(&StandardDeviationThreshold::new(2.0)) - 10.282_33).abs() < 1e-5);
    assert!((value(&MedianDeviationThreshold::new(2.0)) - 6.947_807).abs() < 1e-5);
    let contaminated = ContaminationThreshold::new(1.0 / 5.0).select(&scores, None).unwrap();
    assert_eq!((contaminated.value, contaminated.flagged(&scores)), (4.0, vec![4]));
}

#[test]
fn labels_choose_the_best_cut() {
    let scores = [0.1, 0.4, 0.35, 0.8, 0.7, 0.2];
    let labels = [false, false, true, true, true, false];
    let best = MaxF1Threshold::new().select(&scores, Some(&labels)).unwrap();
    // Flagging 0.8, 0.7, 0.4 and 0.35 finds all three at the price of one.
    assert_eq!(best.flagged(&scores), [1, 2, 3, 4]);
    let none = MaxFprThreshold::new(0.0).select(&scores, Some(&labels)).unwrap();
    assert_eq!((none.value, none.flagged(&scores)), (0.4, vec![3, 4]));
    let third = MaxFprThreshold::new(0.34).select(&scores, Some(&labels)).unwrap();
    assert_eq!((third.value, third.flagged(&scores)), (0.2, vec![1, 2, 3, 4]));
    assert!(third.rule.starts_with("TPR of 1 at FPR 0.34"), "{}", third.rule);
}

#[test]
fn tails_are_as_likely_as_scipys() {
    let cases: Value = serde_json::from_str(include_str!("../golden/tails.json")).unwrap();
    for case in cases.as_array().unwrap() {
        let tail = ParetoTail::fit(&numbers(&case["x"])).unwrap();
        let (shape, scale) = (case["shape"].as_f64().unwrap(), case["scale"].as_f64().unwrap());
        assert!((tail.shape - shape).abs() < 1e-4, "{tail:?}, not {shape} {scale}");
        assert!((tail.scale - scale).abs() < 1e-4 * scale, "{tail:?}, not {shape} {scale}");
        for (share, expected) in [0.1, 0.01, 0.001].into_iter().zip(numbers(&case["exceeded"])) {
            assert!((tail.exceeded_by(share) - expected).abs() < 1e-3 * expected);
        }
    }
}

#[test]
fn peaks_over_a_threshold_keep_a_rate_that_a_quantile_cannot_see() {
    // Of 1,000 exponential scores, on average over 200 runs: a rate of 1 in 5,000.
    let mut random = ChaCha8Rng::seed_from_u64(3);
    let rate: f64 = (0..200)
        .map(|_| {
            let scores: Vec<f32> = (0..1000).map(|_| exponential(&mut random)).collect();
            let threshold = PeaksOverThreshold::new(2e-4).select(&scores, None).unwrap();
            f64::from(-threshold.value).exp()
        })
        .sum::<f64>()
        / 200.0;
    assert!((1e-4..6e-4).contains(&rate), "{rate}");
}

/// At 1, 5 and 10 %: the rate of false alarms on average over 2,000 calibration sets is below
/// the promised one, and within three standard errors of what the formula says.
#[test]
fn conformal_rates_hold() {
    let mut random = ChaCha8Rng::seed_from_u64(9);
    for (significance, n) in [(0.01, 99), (0.01, 150), (0.05, 30), (0.05, 19), (0.1, 25)] {
        let runs = 2000;
        let rates: Vec<f64> = (0..runs)
            .map(|_| {
                let calibration: Vec<f32> = (0..n).map(|_| exponential(&mut random)).collect();
                let rule = ConformalThreshold::new(significance);
                let threshold = rule.select(&calibration, None).unwrap();
                let conformal = ConformalPValues::new(&calibration).unwrap();
                let fresh: Vec<f32> = (0..100).map(|_| exponential(&mut random)).collect();
                let p = conformal.p_values(&fresh).unwrap();
                for (p, &score) in p.iter().zip(&fresh) {
                    assert_eq!(*p <= significance, threshold.is_anomalous(score));
                }
                threshold.judge(&fresh).unwrap().len() as f64 / 100.0
            })
            .collect();
        let mean = rates.iter().sum::<f64>() / runs as f64;
        let variance = rates.iter().map(|r| (r - mean).powi(2)).sum::<f64>() / runs as f64;
        let error = (variance / runs as f64).sqrt();
        let exact = (significance * f64::from(n + 1) + 1e-9).floor() / f64::from(n + 1);
        assert!((mean - exact).abs() < 3.0 * error, "{significance} {n}: {mean} not {exact}");
        assert!(mean < significance + 3.0 * error);
    }
}

#[test]
fn a_threshold_does_not_judge_its_own_reference() {
    let scores: Vec<f32> = (0..50).map(|i| i as f32).collect();
    let labels: Vec<bool> = (0..50).map(|i| i > 40).collect();
    let chosen: [Threshold; 8] = [
        QuantileThreshold::new(0.9).select(&scores, None).unwrap(),
        ContaminationThreshold::new(0.1).select(&scores, None).unwrap(),
        StandardDeviationThreshold::new(1.0).select(&scores, None).unwrap(),
        MedianDeviationThreshold::new(1.0).select(&scores, None).unwrap(),
        PeaksOverThreshold::new(0.05).level(0.7).select(&scores, None).unwrap(),
        ConformalThreshold::new(0.1).select(&scores, None).unwrap(),
        MaxF1Threshold::new().select(&scores, Some(&labels)).unwrap(),
        MaxFprThreshold::new(0.1).select(&scores, Some(&labels)).unwrap(),
    ];
    for threshold in chosen {
        assert_eq!(threshold.n_reference, 50);
        assert!(matches!(threshold.judge(&scores), Err(InputError::InSample { n: 50, .. })));
        assert_eq!(threshold.judge(&[-1.0, 1e9]).unwrap(), [1], "{threshold}");
    }
}

#[test]
fn what_no_threshold_can_be_chosen_from_is_named() {
    let constant = [0.5; 30];
    let no_spread = |error| matches!(error, ScoringError::NoSpread { .. });
    assert!(no_spread(MedianDeviationThreshold::new(3.0).select(&constant, None).unwrap_err()));
    let flat = StandardDeviationThreshold::new(3.0).select(&constant, None).unwrap();
    assert_eq!(flat.value, 0.5);
    let few = |error| matches!(error, ScoringError::TooFewSamples { .. });
    assert!(few(PeaksOverThreshold::new(1e-3).select(&constant, None).unwrap_err()));
    assert!(few(StandardDeviationThreshold::new(1.0).select(&[1.0], None).unwrap_err()));
    assert!(matches!(
        ConformalThreshold::new(0.01).select(&[0.5; 98], None),
        Err(ScoringError::TooFewSamples { n_samples: 98, needed: 99, .. })
    ));
    let steps: Vec<f32> = (0..100).map(|i| if i < 80 { 0.0 } else { 1.0 }).collect();
    assert!(no_spread(PeaksOverThreshold::new(1e-3).level(0.5).select(&steps, None).unwrap_err()));
    assert!(matches!(
        MaxF1Threshold::new().select(&constant, None),
        Err(ScoringError::NoLabels { .. })
    ));
    assert!(matches!(
        MaxFprThreshold::new(0.1).select(&constant, Some(&[true; 30])),
        Err(ScoringError::Metric(MetricsError::OneClass { label: true, n: 30 }))
    ));
    let setting = |error| matches!(error, ScoringError::Input(InputError::Setting { .. }));
    for bad in [0.0, 1.0, -0.1, f64::NAN] {
        assert!(setting(ConformalThreshold::new(bad).select(&constant, None).unwrap_err()));
        assert!(setting(PeaksOverThreshold::new(bad).select(&constant, None).unwrap_err()));
        let level = PeaksOverThreshold::new(0.1).level(bad);
        assert!(setting(level.select(&constant, None).unwrap_err()));
    }
    assert!(setting(
        StandardDeviationThreshold::new(f64::NAN).select(&constant, None).unwrap_err()
    ));
    assert!(ContaminationThreshold::new(1.5).select(&constant, None).is_err());
    for rule in [
        &StandardDeviationThreshold::new(1.0) as &dyn SelectThreshold<Error = ScoringError>,
        &MedianDeviationThreshold::new(1.0),
        &PeaksOverThreshold::new(1e-3),
        &ConformalThreshold::new(0.1),
    ] {
        assert!(rule.select(&[], None).is_err());
        assert!(rule.select(&[1.0, f32::NAN], None).is_err());
    }
}
