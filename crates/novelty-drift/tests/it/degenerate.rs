//! Every test on every degenerate input: a typed error, or a report that says so.

use ndarray::Array2;
use novelty_core::{DetectDrift, DriftReport, Fit};
use novelty_drift::{
    ClassifierTestConfig, DriftError, EnergyTestConfig, MmdConfig, OnlineDriftConfig,
    OnlineMmdConfig, OnlineTest, PerFeatureTestConfig, ScoreDriftConfig, ScoreTest,
    TwoSampleClassifier,
};
use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;

/// What is to come of an input.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Outcome {
    TooFew,
    Constant,
    /// An input error, such as for NaN.
    Input,
    Drift,
    NoDrift,
}
use Outcome::{Constant, Drift, Input, NoDrift, TooFew};

fn outcome(found: Result<DriftReport, DriftError>) -> Outcome {
    match found {
        Err(DriftError::TooFew { .. }) => TooFew,
        Err(DriftError::Constant { .. }) => Constant,
        Err(_) => Input,
        Ok(report) => {
            assert!(report.statistic.is_finite(), "{report:?}");
            let p = report.p_value.unwrap();
            assert!((0.0..=1.0).contains(&p), "{report:?}");
            assert!(report.effect.is_none_or(f64::is_finite), "{report:?}");
            assert!(report.moved.is_empty() || report.is_drift, "{report:?}");
            if report.is_drift { Drift } else { NoDrift }
        }
    }
}

const SCORE_TESTS: [ScoreTest; 7] = [
    ScoreTest::KolmogorovSmirnov,
    ScoreTest::CramerVonMises,
    ScoreTest::Wasserstein,
    ScoreTest::ChiSquare { n_bins: 4 },
    ScoreTest::PopulationStability { n_bins: 4 },
    ScoreTest::MeanIncrease { margin: 0.1 },
    ScoreTest::Exceedance { quantile: 0.9 },
];

fn scores(n: usize, seed: u64) -> Vec<f32> {
    let mut rng = ChaCha8Rng::seed_from_u64(seed);
    (0..n).map(|_| rng.gen_range(1.0..2.0)).collect()
}

#[test]
fn tests_of_scores() {
    let good = scores(60, 1);
    let same = scores(40, 2);
    let far: Vec<f32> = same.iter().map(|x| x + 5.0).collect();
    let twice = good.repeat(2);
    let huge: Vec<f32> = good.iter().map(|x| x * 1e38).collect();
    let huge_same: Vec<f32> = same.iter().map(|x| x * 1e38).collect();
    let tiny: Vec<f32> = good.iter().map(|x| x * 1e-38).collect();
    let tiny_same: Vec<f32> = same.iter().map(|x| x * 1e-38).collect();
    let (one, nan) = (vec![1.0], vec![f32::NAN; 40]);
    let (constant, zero) = (vec![9.0; 40], vec![0.0; 40]);
    for (name, reference, window, expected) in [
        ("no drift", &good, &same, NoDrift),
        ("drift", &good, &far, Drift),
        ("an empty window", &good, &vec![], TooFew),
        ("an empty reference", &vec![], &good, TooFew),
        ("a window of one", &good, &one, TooFew),
        ("a reference of one", &one, &good, TooFew),
        ("a constant reference", &constant, &good, Constant),
        ("a constant window far off", &good, &constant, Drift),
        ("all constant and equal", &constant, &constant, Constant),
        ("zeros", &zero, &zero, Constant),
        ("NaN in the window", &good, &nan, Input),
        ("NaN in the reference", &nan, &good, Input),
        ("a duplicated reference", &twice, &same, NoDrift),
        ("huge values", &huge, &huge_same, NoDrift),
        ("tiny values", &tiny, &tiny_same, NoDrift),
        ("huge and not", &good, &huge, Drift),
    ] {
        for test in SCORE_TESTS {
            let found = ScoreDriftConfig::new(test)
                .fit(&reference[..])
                .and_then(|fitted| fitted.detect(&window[..]));
            assert_eq!(outcome(found), expected, "{name}: {test:?}");
        }
    }
}

const EMBEDDING_TESTS: [&str; 5] = ["mmd", "energy", "per feature", "discriminant", "neighbors"];

fn run(test: &str, x: &Array2<f32>, y: &Array2<f32>) -> Result<DriftReport, DriftError> {
    let (x, y) = (x.view(), y.view());
    let neighbors = TwoSampleClassifier::NearestNeighbors { k: 3 };
    match test {
        "mmd" => MmdConfig::new().fit(x)?.detect(y),
        "energy" => EnergyTestConfig::new().fit(x)?.detect(y),
        "per feature" => PerFeatureTestConfig::new().fit(x)?.detect(y),
        "discriminant" => ClassifierTestConfig::new().fit(x)?.detect(y),
        _ => ClassifierTestConfig::new().classifier(neighbors).fit(x)?.detect(y),
    }
}

fn rows(n: usize, d: usize, seed: u64) -> Array2<f32> {
    let mut rng = ChaCha8Rng::seed_from_u64(seed);
    Array2::from_shape_simple_fn((n, d), || rng.gen_range(0.0..1.0))
}

#[test]
fn tests_of_embeddings() {
    let (good, same) = (rows(80, 3, 1), rows(60, 3, 2));
    let far = &same + 5.0;
    let constant = Array2::from_elem((60, 3), 2.0);
    let mut one_constant = good.clone();
    one_constant.column_mut(1).fill(7.0);
    let mut one_constant_same = same.clone();
    one_constant_same.column_mut(1).fill(7.0);
    let twice = ndarray::concatenate![ndarray::Axis(0), good, good];
    let mut nan = good.clone();
    nan[[3, 1]] = f32::NAN;
    let mut infinite = good.clone();
    infinite[[3, 1]] = f32::INFINITY;
    let cases = [
        ("no drift", good.clone(), same.clone(), NoDrift),
        ("drift", good.clone(), far.clone(), Drift),
        ("an empty window", good.clone(), rows(0, 3, 3), TooFew),
        ("an empty reference", rows(0, 3, 3), good.clone(), TooFew),
        ("a window of one", good.clone(), rows(1, 3, 3), TooFew),
        ("a reference of one", rows(1, 3, 3), good.clone(), TooFew),
        ("all constant and equal", constant.clone(), constant.clone(), NoDrift),
        ("a constant reference", constant.clone(), &good + 5.0, Drift),
        ("a constant window", &good + 5.0, constant, Drift),
        ("a constant feature", one_constant, one_constant_same, NoDrift),
        ("a duplicated reference", twice, same.clone(), NoDrift),
        ("NaN in the window", good.clone(), nan.clone(), Input),
        ("NaN in the reference", nan, good.clone(), Input),
        ("infinite values", good.clone(), infinite, Input),
        ("no features", rows(80, 0, 1), rows(60, 0, 2), Input),
        ("another width", good.clone(), rows(60, 4, 2), Input),
        ("more features than samples, and drift", rows(20, 300, 4), &rows(16, 300, 6) + 2.0, Drift),
        ("huge values", &good * 1e38, &same * 1e38, NoDrift),
        ("huge values, and drift", &good * 1e37, &far * 1e37, Drift),
        ("tiny values", &good * 1e-37, &same * 1e-37, NoDrift),
        ("tiny values, and drift", &good * 1e-37, &far * 1e-37, Drift),
    ];
    let mut wrong = Vec::new();
    for (name, reference, window, expected) in &cases {
        for test in EMBEDDING_TESTS {
            let found = outcome(run(test, reference, window));
            if found != *expected {
                wrong.push(format!("{name}: {test}: {found:?}"));
            }
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

/// One window may be a false alarm by chance; of many, no more than two standard deviations above
/// the level.
#[test]
fn more_features_than_samples_keep_the_level() {
    const N_WINDOWS: u64 = 400;
    let level = 0.05 * N_WINDOWS as f64;
    let most = level + 2.0 * (0.95 * level).sqrt();
    let mut alarms = [0; EMBEDDING_TESTS.len()];
    for seed in 0..N_WINDOWS {
        let (reference, window) = (rows(20, 300, 10_000 + seed), rows(16, 300, 20_000 + seed));
        for (count, test) in alarms.iter_mut().zip(EMBEDDING_TESTS) {
            match outcome(run(test, &reference, &window)) {
                Drift => *count += 1,
                found => assert_eq!(found, NoDrift, "{test}"),
            }
        }
    }
    for (count, test) in alarms.into_iter().zip(EMBEDDING_TESTS) {
        assert!(f64::from(count) <= most, "{test}: {alarms:?} of {N_WINDOWS}, at most {most}");
    }
}

#[test]
fn every_report_is_complete() {
    let (good, same) = (scores(60, 1), scores(40, 2));
    let far: Vec<f32> = same.iter().map(|x| x + 5.0).collect();
    for test in SCORE_TESTS {
        let fitted = ScoreDriftConfig::new(test).significance(0.01).fit(&good[..]).unwrap();
        let (quiet, loud) = (fitted.detect(&same[..]).unwrap(), fitted.detect(&far[..]).unwrap());
        assert!(loud.p_value < quiet.p_value && loud.statistic > quiet.statistic, "{test:?}");
        assert!((loud.significance - 0.01).abs() < 1e-12 && loud.is_drift, "{test:?}");
        // Those without a unit of their own have no effect, as their docs say.
        let is_without = matches!(test, ScoreTest::CramerVonMises | ScoreTest::ChiSquare { .. });
        assert_eq!(loud.effect.is_none(), is_without, "{test:?}");
        assert!(loud.moved.is_empty(), "{test:?}");
    }
    let (good, same) = (rows(80, 6, 1), rows(60, 6, 2));
    let mut moved = same.clone();
    moved.column_mut(4).mapv_inplace(|x| x + 2.0);
    for test in EMBEDDING_TESTS {
        let (quiet, loud) = (run(test, &good, &same).unwrap(), run(test, &good, &moved).unwrap());
        assert!(loud.p_value < quiet.p_value && loud.is_drift && !quiet.is_drift, "{test}");
        assert!(loud.effect > quiet.effect && loud.statistic > quiet.statistic, "{test}");
        assert!((loud.significance - 0.05).abs() < 1e-12, "{test}");
        let columns: Vec<usize> = loud.moved.iter().map(|feature| feature.index).collect();
        assert_eq!(columns, [4], "{test}");
        assert!(loud.moved[0].p_value < 0.05 && loud.moved[0].statistic > 0.9, "{test}");
        assert!(quiet.moved.is_empty(), "{test}");
    }
}

#[test]
fn online_detectors() {
    let online = |reference: &[f32]| {
        let test = OnlineTest::Cusum { slack: 0.5 };
        OnlineDriftConfig::new(test).expected_run_time(100).fit(reference)
    };
    assert!(matches!(online(&[]), Err(DriftError::TooFew { .. })));
    assert!(matches!(online(&[1.0; 19]), Err(DriftError::TooFew { .. })));
    assert!(matches!(online(&[1.0; 50]), Err(DriftError::Constant { .. })));
    assert!(matches!(online(&[f32::NAN; 50]), Err(DriftError::Input(_))));
    for scale in [1e38, 1e-38] {
        let reference: Vec<f32> = scores(100, 1).iter().map(|x| x * scale).collect();
        let mut detector = online(&reference).unwrap();
        let quiet = reference.iter().take(50).filter(|&&x| detector.update(x).unwrap().is_drift);
        assert!(quiet.count() <= 3, "{scale}");
        assert!((0..20).any(|_| detector.update(scale * 3.0).unwrap().is_drift), "{scale}");
    }
    let mmd = |reference: Array2<f32>| {
        let config = OnlineMmdConfig::new().window(10).max_reference(100).expected_run_time(100);
        config.fit(reference.view())
    };
    assert!(matches!(mmd(rows(0, 3, 1)), Err(DriftError::TooFew { .. })));
    assert!(matches!(mmd(rows(39, 3, 1)), Err(DriftError::TooFew { .. })));
    assert!(matches!(mmd(Array2::from_elem((80, 3), 2.0)), Err(DriftError::Constant { .. })));
    assert!(matches!(mmd(Array2::from_elem((80, 3), f32::NAN)), Err(DriftError::Input(_))));
    assert!(matches!(mmd(rows(80, 0, 1)), Err(DriftError::Input(_))));
    for scale in [1e37, 1.0, 1e-37] {
        // More features than samples.
        let mut detector = mmd(rows(80, 120, 1) * scale).unwrap();
        for row in (rows(9, 120, 2) * scale).outer_iter() {
            assert!(!detector.update(&row.to_vec()).unwrap().is_drift);
        }
        let far = rows(10, 120, 3) * scale + 2.0 * scale;
        let mut reports = far.outer_iter().map(|row| detector.update(&row.to_vec()).unwrap());
        assert!(reports.any(|report| report.statistic.is_finite() && report.is_drift), "{scale}");
        // Out of all proportion.
        assert!(detector.update(&[f32::MAX; 120]).unwrap().statistic.is_finite());
        assert!(detector.update(&[f32::MIN; 120]).unwrap().statistic.is_finite());
    }
}
