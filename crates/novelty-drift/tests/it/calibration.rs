//! Without drift, a test at level 0.05 fires in one window of twenty.

use ndarray::Array2;
use novelty_core::{DetectDrift, Fit};
use novelty_drift::{
    ClassifierTestConfig, EnergyTestConfig, MmdConfig, PerFeatureTestConfig, ScoreDriftConfig,
    ScoreTest, TwoSampleClassifier,
};
use rand::SeedableRng;
use rand_chacha::ChaCha8Rng;
use rayon::prelude::*;

pub(crate) use crate::digits::normal;
use crate::digits::{self, Model};

const N_WINDOWS: u64 = 1000;

/// Within 2 standard deviations of 0.05.
#[track_caller]
fn assert_level(name: &str, p_values: &[f64]) {
    let share = p_values.iter().filter(|&&p| p < 0.05).count() as f64 / p_values.len() as f64;
    let deviation = (0.05 * 0.95 / p_values.len() as f64).sqrt();
    assert!((share - 0.05).abs() < 2.0 * deviation, "{name}: {share} of p-values below 0.05");
}

#[test]
fn tests_of_scores_keep_their_level() {
    let tests = [
        ScoreTest::KolmogorovSmirnov,
        ScoreTest::CramerVonMises,
        ScoreTest::Wasserstein,
        ScoreTest::ChiSquare { n_bins: 10 },
        ScoreTest::PopulationStability { n_bins: 10 },
        ScoreTest::MeanIncrease { margin: 0.0 },
        ScoreTest::Exceedance { quantile: 0.8 },
    ];
    for test in tests {
        let config = ScoreDriftConfig::new(test);
        let p_values: Vec<f64> = (0..N_WINDOWS)
            .map(|trial| {
                let mut rng = ChaCha8Rng::seed_from_u64(1000 + trial);
                let mut sample = |n| (0..n).map(|_| normal(&mut rng).exp()).collect::<Vec<f32>>();
                let (reference, window) = (sample(400), sample(100));
                config.fit(&reference[..]).unwrap().detect(&window[..]).unwrap().p_value.unwrap()
            })
            .collect();
        assert_level(&format!("{test:?}"), &p_values);
    }
}

#[test]
fn tests_of_embeddings_keep_their_level() {
    let names = ["mmd", "energy", "per feature", "discriminant", "neighbors"];
    let mut p_values = vec![Vec::new(); names.len()];
    for trial in 0..N_WINDOWS {
        let mut rng = ChaCha8Rng::seed_from_u64(9000 + trial);
        let mut sample = |n| Array2::from_shape_simple_fn((n, 5), || normal(&mut rng));
        let (x, y) = (sample(120), sample(50));
        let (x, y) = (x.view(), y.view());
        let neighbors = TwoSampleClassifier::NearestNeighbors { k: 5 };
        let reports = [
            MmdConfig::new().n_permutations(399).fit(x).unwrap().detect(y),
            EnergyTestConfig::new().n_permutations(399).fit(x).unwrap().detect(y),
            PerFeatureTestConfig::new().fit(x).unwrap().detect(y),
            ClassifierTestConfig::new().fit(x).unwrap().detect(y),
            ClassifierTestConfig::new().classifier(neighbors).fit(x).unwrap().detect(y),
        ];
        for (list, report) in p_values.iter_mut().zip(reports) {
            list.push(report.unwrap().p_value.unwrap());
        }
    }
    for (name, p_values) in names.iter().zip(&p_values) {
        assert_level(name, p_values);
    }
}

/// What `examples/calibration.rs` does, on fewer windows.
#[test]
fn all_tests_keep_their_level_on_real_digits() {
    let data = digits::mnist().unwrap();
    let model = Model::new(&data).unwrap();
    let unseen = Model::unseen(&data);
    let population = model.describe_all(&data, &unseen[..8000], |images| images).unwrap();
    let p_values: Vec<Vec<f64>> = (0..500)
        .into_par_iter()
        .map(|number| {
            // A reference of its own for every window.
            let (reference, window) = population.draw(&mut ChaCha8Rng::seed_from_u64(number));
            reference.p_values(&window).unwrap()
        })
        .collect();
    for (test, name) in digits::names().enumerate() {
        assert_level(name, &p_values.iter().map(|p| p[test]).collect::<Vec<_>>());
    }
}
