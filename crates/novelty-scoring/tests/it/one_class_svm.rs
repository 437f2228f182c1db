//! One-class support vector machines beside scikit-learn's.

use ndarray::Array2;
use novelty_core::{Fit, InputError, Score};
use novelty_scoring::{KernelScale, OneClassSvmConfig, ScoringError};
use serde_json::Value;

use crate::golden::{assert_close, matrix};

#[test]
fn scores_are_those_of_scikit_learn() {
    let cases: Value = serde_json::from_str(include_str!("../golden/svm.json")).unwrap();
    for case in cases.as_array().unwrap() {
        let mut config = OneClassSvmConfig::new().nu(case["nu"].as_f64().unwrap());
        if let Some(gamma) = case["gamma"].as_f64() {
            config = config.kernel_scale(KernelScale::Fixed(gamma));
        }
        let machine = config.fit(matrix(&case["reference"]).view()).unwrap();
        let scores = machine.score(matrix(&case["queries"]).view()).unwrap();
        assert_close(&format!("{config:?}"), &scores, &case["scores"], 1e-5);
    }
}

#[test]
fn at_most_nu_of_the_reference_is_outside() {
    let x = Array2::from_shape_fn((400, 3), |(i, j)| ((i * 37 + j * 101) % 211) as f32 / 50.0);
    for nu in [0.05, 0.3] {
        let machine = OneClassSvmConfig::new().nu(nu).fit(x.view()).unwrap();
        let scores = machine.score(x.view()).unwrap();
        // Those on the surface itself are 0 but for the solver's tolerance.
        let n_outside = scores.iter().filter(|&&score| score > 1e-3).count();
        assert!(n_outside as f64 <= nu * 400.0, "{n_outside} outside at {nu}");
        assert!(machine.n_support() as f64 >= nu * 400.0, "{} support", machine.n_support());
    }
}

#[test]
fn settings_and_sizes_are_bounded() {
    let x = Array2::from_shape_fn((50, 2), |(i, j)| ((i * 7 + j * 3) % 11) as f32);
    for nu in [0.0, -0.1, 1.5, f64::NAN] {
        let fitted = OneClassSvmConfig::new().nu(nu).fit(x.view());
        assert!(matches!(fitted, Err(ScoringError::Input(InputError::Setting { .. }))), "{nu}");
    }
    for gamma in [0.0, -1.0, f64::NAN, f64::INFINITY] {
        let config = OneClassSvmConfig::new().kernel_scale(KernelScale::Fixed(gamma));
        assert!(config.fit(x.view()).is_err(), "{gamma}");
    }
    assert!(OneClassSvmConfig::new().max_reference(0).fit(x.view()).is_err());
    let few = OneClassSvmConfig::new().max_reference(10).fit(x.view()).unwrap();
    assert!(few.n_support() <= 10);
    let same = Array2::from_elem((20, 2), 3.0);
    let fixed = OneClassSvmConfig::new().kernel_scale(KernelScale::Fixed(1.0));
    let scores = fixed.fit(same.view()).unwrap().score(x.view()).unwrap();
    assert!(scores.iter().all(|score| score.is_finite()));
}
