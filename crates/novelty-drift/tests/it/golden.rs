//! Against scipy: see `tests/golden/drift.py`.

use ndarray::Array2;
use novelty_core::{DetectDrift, Fit};
use novelty_drift::{
    EnergyTestConfig, MmdConfig, Permutations, TwoSample, chi_square, cramer_von_mises, exceedance,
    kolmogorov_smirnov, mean_increase, population_stability_index, wasserstein,
};
use serde_json::Value;

const PERMUTATIONS: Permutations = Permutations { n: 9, seed: 1 };

fn golden() -> Value {
    serde_json::from_str(include_str!("../golden/drift.json")).unwrap()
}

fn numbers(value: &Value) -> Vec<f32> {
    value.as_array().unwrap().iter().map(|x| x.as_f64().unwrap() as f32).collect()
}

fn rows(value: &Value) -> Array2<f32> {
    let rows: Vec<Vec<f32>> = value.as_array().unwrap().iter().map(numbers).collect();
    Array2::from_shape_fn((rows.len(), rows[0].len()), |(i, j)| rows[i][j])
}

#[track_caller]
fn assert_close(what: &str, got: f64, expected: &Value, tolerance: f64) {
    let expected = expected.as_f64().unwrap();
    let allowed = tolerance * expected.abs().max(1e-12);
    assert!((got - expected).abs() <= allowed, "{what}: {got}, not {expected}");
}

#[track_caller]
fn assert_test(what: &str, got: TwoSample, expected: &Value, tolerance: f64) {
    assert_close(&format!("{what}, statistic"), got.statistic, &expected[0], 1e-9);
    assert_close(&format!("{what}, p-value"), got.p_value, &expected[1], tolerance);
}

#[test]
fn tests_of_scores_agree_with_scipy() {
    for case in golden()["scores"].as_array().unwrap() {
        let name = &case["name"];
        let (x, y) = (numbers(&case["reference"]), numbers(&case["window"]));
        let ks = kolmogorov_smirnov(&x, &y).unwrap();
        assert_test(&format!("{name}: ks"), ks, &case["ks"], 1e-9);
        // scipy stops the series of its p-value at 1e-7.
        let cvm = cramer_von_mises(&x, &y).unwrap();
        assert_close(&format!("{name}: cvm"), cvm.statistic, &case["cvm"][0], 1e-9);
        let p_value = case["cvm"][1].as_f64().unwrap();
        assert!((cvm.p_value - p_value).abs() < 1e-6, "{name}: {} {p_value}", cvm.p_value);
        let distance = wasserstein(&x, &y, PERMUTATIONS).unwrap().statistic;
        assert_close(&format!("{name}: wasserstein"), distance, &case["wasserstein"], 1e-9);
        let test = exceedance(&x, &y, 0.9, 1).unwrap();
        let expected = &case["exceedance"];
        assert_close(&format!("{name}: exceedance"), test.statistic, &expected[0], 1e-12);
        let (low, high) = (expected[1].as_f64().unwrap(), expected[2].as_f64().unwrap());
        let range = low * (1.0 - 1e-9)..=high * (1.0 + 1e-9);
        assert!(range.contains(&test.p_value), "{name}: {} not in {range:?}", test.p_value);
        if !case["mean_increase"].is_null() {
            let increase = mean_increase(&x, &y, PERMUTATIONS).unwrap().statistic;
            assert!((increase - case["mean_increase"].as_f64().unwrap()).abs() < 1e-9, "{name}");
        }
        if !case["chi_square"].is_null() {
            let test = chi_square(&x, &y, 5).unwrap();
            assert_test(&format!("{name}: chi-square"), test, &case["chi_square"], 1e-8);
            let psi = population_stability_index(&x, &y, 5, PERMUTATIONS).unwrap().statistic;
            assert_close(&format!("{name}: psi"), psi, &case["psi"], 1e-9);
        }
    }
}

#[test]
fn kernel_statistics_agree_with_their_definitions() {
    for case in golden()["embeddings"].as_array().unwrap() {
        let (x, y) = (rows(&case["reference"]), rows(&case["window"]));
        let sigma = case["sigma"].as_f64().unwrap() as f32;
        let config = MmdConfig::new().bandwidth(sigma).n_permutations(9);
        let mmd = config.fit(x.view()).unwrap().detect(y.view()).unwrap();
        let close = |got: f64, expected: &Value| (got - expected.as_f64().unwrap()).abs() < 2e-6;
        assert!(close(mmd.statistic, &case["mmd"]), "{} {}", mmd.statistic, case["mmd"]);
        let config = EnergyTestConfig::new().n_permutations(9);
        let energy = config.fit(x.view()).unwrap().detect(y.view()).unwrap();
        let expected = &case["energy"];
        assert!(close(energy.statistic, expected), "{} {expected}", energy.statistic);
    }
}
