//! Bad and degenerate inputs: a typed error or a documented value, never a panic.

use ndarray::{Array2, array};
use novelty_core::{DetectDrift, DriftReport, Features, Fit};
use novelty_drift::{
    ClassifierTestConfig, DriftError, EnergyTestConfig, MmdConfig, PerFeatureTestConfig,
    ScoreDriftConfig, ScoreTest, TwoSampleClassifier,
};

const SCORE_TESTS: [ScoreTest; 7] = [
    ScoreTest::KolmogorovSmirnov,
    ScoreTest::CramerVonMises,
    ScoreTest::Wasserstein,
    ScoreTest::ChiSquare { n_bins: 4 },
    ScoreTest::PopulationStability { n_bins: 4 },
    ScoreTest::MeanIncrease { margin: 0.1 },
    ScoreTest::Exceedance { quantile: 0.9 },
];

const NEIGHBORS: TwoSampleClassifier = TwoSampleClassifier::NearestNeighbors { k: 3 };

/// Every test of embeddings, by name.
const EMBEDDING_TESTS: [&str; 5] = ["mmd", "energy", "per feature", "discriminant", "neighbors"];

fn run(test: &str, x: Features<'_>, y: Features<'_>) -> Result<DriftReport, DriftError> {
    match test {
        "mmd" => MmdConfig::new().fit(x)?.detect(y),
        "energy" => EnergyTestConfig::new().fit(x)?.detect(y),
        "per feature" => PerFeatureTestConfig::new().fit(x)?.detect(y),
        "discriminant" => ClassifierTestConfig::new().fit(x)?.detect(y),
        _ => ClassifierTestConfig::new().classifier(NEIGHBORS).fit(x)?.detect(y),
    }
}

#[test]
fn scores_that_cannot_be_tested_are_named() {
    let good: Vec<f32> = (1..=30).map(|i| i as f32).collect();
    for test in SCORE_TESTS {
        let config = ScoreDriftConfig::new(test);
        let detector = config.fit(&good[..]).unwrap();
        let error = detector.detect(&[1.0, f32::NAN].repeat(20)[..]).unwrap_err();
        assert!(error.to_string().contains("window holds NaN at position 1"), "{test:?}: {error}");
        assert!(matches!(detector.detect(&[][..]), Err(DriftError::TooFew { .. })), "{test:?}");
        assert!(config.fit(&[f32::INFINITY, 1.0][..]).is_err(), "{test:?}");
        let constant = config.fit(&[3.0; 40][..]).unwrap_err().to_string();
        assert_eq!(constant, "every value of reference is 3; a reference must vary", "{test:?}");
        // A window of one value only is an extreme window, not an error.
        let report = detector.detect(&[1000.0; 40][..]).unwrap();
        assert!(report.is_drift && report.p_value.unwrap() > 0.0, "{test:?} {report:?}");
    }
}

#[test]
fn settings_out_of_range_are_named() {
    let config = ScoreDriftConfig::new(ScoreTest::KolmogorovSmirnov);
    for (config, message) in [
        (config.clone().significance(0.0), "significance is 0; it must be above 0 and below 1"),
        (config.clone().significance(f64::NAN), "significance is NaN"),
        (config.clone().n_permutations(0), "n_permutations is 0; it must be at least 1"),
        (ScoreDriftConfig::new(ScoreTest::ChiSquare { n_bins: 1 }), "n_bins is 1"),
        (ScoreDriftConfig::new(ScoreTest::Exceedance { quantile: 1.0 }), "quantile is 1"),
        (ScoreDriftConfig::new(ScoreTest::MeanIncrease { margin: -1.0 }), "margin is -1"),
    ] {
        let error = config.fit(&[1.0, 2.0][..]).unwrap_err().to_string();
        assert!(error.starts_with(message), "{error}");
    }
    let x = array![[1.0, 2.0], [3.0, 4.0], [5.0, 6.0], [7.0, 8.0]];
    assert!(MmdConfig::new().bandwidth(0.0).fit(x.view()).is_err());
    assert!(MmdConfig::new().max_reference(1).fit(x.view()).is_err());
    assert!(PerFeatureTestConfig::new().significance(1.0).fit(x.view()).is_err());
    let ridge = TwoSampleClassifier::LinearDiscriminant { ridge: 0.0 };
    assert!(ClassifierTestConfig::new().classifier(ridge).fit(x.view()).is_err());
}

#[test]
fn embeddings_that_cannot_be_tested_are_named() {
    let good = Array2::from_shape_fn((20, 3), |(i, j)| ((i * 7 + j * 5) % 11) as f32);
    let mut bad = good.clone();
    bad[[2, 1]] = f32::NAN;
    let wide = Array2::zeros((20, 4));
    for test in EMBEDDING_TESTS {
        let error = run(test, bad.view(), good.view()).unwrap_err().to_string();
        assert!(error.contains("reference holds NaN"), "{test}: {error}");
        let error = run(test, good.view(), bad.view()).unwrap_err().to_string();
        assert!(error.contains("window holds NaN at position 7"), "{test}: {error}");
        let error = run(test, good.view(), wide.view()).unwrap_err().to_string();
        assert_eq!(error, "window has shape [20, 4], expected [20, 3]", "{test}");
        let none = Array2::zeros((0, 3));
        let error = run(test, good.view(), none.view());
        assert!(matches!(error, Err(DriftError::TooFew { .. })), "{test}");
        assert!(run(test, none.view(), good.view()).is_err(), "{test}");
        let no_features = Array2::zeros((20, 0));
        assert!(run(test, no_features.view(), no_features.view()).is_err(), "{test}");
    }
}

#[test]
fn degenerate_embeddings_are_no_drift_when_they_are_the_same() {
    let constant = Array2::from_elem((20, 3), 2.0);
    let far = Array2::from_elem((20, 3), 1e30);
    // More features than samples.
    let thin = Array2::from_shape_fn((5, 40), |(i, j)| ((i * 13 + j * 7) % 17) as f32);
    for test in EMBEDDING_TESTS {
        for same in [&constant, &far, &thin] {
            let report = run(test, same.view(), same.view()).unwrap();
            assert!(!report.is_drift, "{test} {report:?}");
        }
    }
}

#[test]
fn the_number_of_threads_changes_no_bit() {
    let x = Array2::from_shape_fn((700, 6), |(i, j)| ((i * 37 + j * 61) % 101) as f32 / 101.0);
    let y = Array2::from_shape_fn((90, 6), |(i, j)| ((i * 41 + j * 53) % 103) as f32 / 99.0);
    let (reference, window) = (x.column(0).to_vec(), y.column(0).to_vec());
    let reports = || {
        let embeddings = EMBEDDING_TESTS.map(|test| run(test, x.view(), y.view()).unwrap());
        let scores = SCORE_TESTS.map(|test| {
            let detector = ScoreDriftConfig::new(test).fit(&reference[..]).unwrap();
            detector.detect(&window[..]).unwrap()
        });
        format!("{embeddings:?} {scores:?}")
    };
    let on = |threads: usize| {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
        pool.install(reports)
    };
    let one = on(1);
    for threads in [2, 3, 7] {
        assert_eq!(one, on(threads));
    }
}
