//! Parity with scikit-learn: the values of `tests/golden/golden.py`.

use ndarray::Array2;
use novelty_cluster::{
    CovarianceKind, DbscanConfig, GaussianMixtureConfig, KMeansConfig, KMeansInit, MixtureInit,
    PcaConfig,
};
use novelty_core::Fit;
use serde_json::Value;

fn golden() -> Value {
    serde_json::from_str(include_str!("../golden/golden.json")).unwrap()
}

fn numbers(value: &Value) -> Vec<f64> {
    value.as_array().unwrap().iter().map(|x| x.as_f64().unwrap()).collect()
}

fn size(value: &Value) -> usize {
    value.as_u64().unwrap() as usize
}

fn number(value: &Value) -> f64 {
    value.as_f64().unwrap()
}

fn table(value: &Value, columns: usize) -> Array2<f32> {
    let values: Vec<f32> = numbers(value).into_iter().map(|x| x as f32).collect();
    Array2::from_shape_vec((values.len() / columns, columns), values).unwrap()
}

fn each_case(golden: &Value, kind: &str, mut check: impl FnMut(&Value, &Array2<f32>, &str)) {
    let mut n_cases = 0;
    for case in golden[kind].as_array().unwrap() {
        let name = case["data"].as_str().unwrap();
        let data = &golden["data"][name];
        check(case, &table(&data["x"], size(&data["d"])), name);
        n_cases += 1;
    }
    assert!(n_cases >= 40, "{kind}: {n_cases}");
}

fn labels(value: &Value) -> Vec<Option<usize>> {
    value.as_array().unwrap().iter().map(|x| x.as_u64().map(|x| x as usize)).collect()
}

#[track_caller]
fn assert_close(got: f64, expected: f64, relative: f64, absolute: f64, what: &str) {
    let limit = relative * expected.abs() + absolute;
    assert!((got - expected).abs() <= limit, "{what}: {got}, expected {expected}");
}

/// The spread of the data, to which absolute tolerances belong.
fn spread(x: &Array2<f32>) -> f64 {
    let mean = x.iter().map(|&x| f64::from(x)).sum::<f64>() / x.len() as f64;
    x.iter().map(|&x| (f64::from(x) - mean).abs()).fold(0.0, f64::max)
}

#[test]
fn k_means() {
    let golden = golden();
    each_case(&golden, "k_means", |case, x, name| {
        let k = size(&case["k"]);
        let init = KMeansInit::Centroids(table(&case["init"], x.ncols()));
        let model = KMeansConfig::new(k).init(init).fit(x.view()).unwrap();
        let what = format!("{name}, k {k}");
        let expected: Vec<usize> =
            labels(&case["labels"]).into_iter().map(Option::unwrap).collect();
        assert_eq!(model.labels(), expected, "{what}");
        let spread = spread(x);
        assert_close(
            model.inertia(),
            number(&case["inertia"]),
            1e-9,
            1e-12 * spread.powi(2),
            &what,
        );
        for (&got, expected) in model.centroids().iter().zip(numbers(&case["centroids"])) {
            assert_close(got, expected, 1e-12, 1e-9 * spread, &what);
        }
        assert_eq!(model.cluster_sizes().iter().sum::<usize>(), x.nrows());
    });
}

#[test]
fn mixtures() {
    let golden = golden();
    each_case(&golden, "mixtures", |case, x, name| {
        let kind = match case["kind"].as_str().unwrap() {
            "full" => CovarianceKind::Full,
            "tied" => CovarianceKind::Tied,
            "diag" => CovarianceKind::Diagonal,
            _ => CovarianceKind::Spherical,
        };
        let k = size(&case["k"]);
        let mixture = GaussianMixtureConfig::new(k)
            .covariance(kind)
            .init(MixtureInit::Responsibilities(table(&case["given"], k)))
            .reg_covar(number(&case["reg_covar"]))
            .max_iter(15)
            .tolerance(0.0)
            .fit(x.view())
            .unwrap();
        let what = format!("{name}, {kind:?}, k {k}");
        let expected = number(&case["lower_bound"]);
        assert_close(mixture.lower_bound(), expected, 1e-6, 1e-6, &what);
        let score = mixture.mean_log_likelihood(x.view()).unwrap();
        assert_close(score, number(&case["score"]), 1e-6, 1e-6, &what);
        assert_close(mixture.bic(x.view()).unwrap(), number(&case["bic"]), 1e-6, 1e-4, &what);
        assert_close(mixture.aic(x.view()).unwrap(), number(&case["aic"]), 1e-6, 1e-4, &what);
        for (got, expected) in mixture.weights().iter().zip(numbers(&case["weights"])) {
            assert_close(*got, expected, 1e-4, 1e-5, &what);
        }
        for (got, expected) in mixture.means().iter().zip(numbers(&case["means"])) {
            assert_close(*got, expected, 1e-9, 1e-4 * spread(x), &what);
        }
    });
}

#[test]
fn dbscan() {
    let golden = golden();
    each_case(&golden, "dbscan", |case, x, name| {
        let (eps, min_samples) = (number(&case["eps"]), size(&case["min_samples"]));
        let model = DbscanConfig::new(eps).min_samples(min_samples).fit(x.view()).unwrap();
        let what = format!("{name}, eps {eps}, min_samples {min_samples}");
        assert_eq!(model.labels(), labels(&case["labels"]), "{what}");
        let core: Vec<usize> = case["core"].as_array().unwrap().iter().map(size).collect();
        assert_eq!(model.core_samples(), core, "{what}");
    });
}

#[test]
fn pca() {
    let golden = golden();
    each_case(&golden, "pca", |case, x, name| {
        let k = size(&case["k"]);
        let pca = PcaConfig::new(k).fit(x.view()).unwrap();
        let what = format!("{name}, k {k}");
        let largest = number(&case["singular_values"][0]);
        for (got, expected) in pca.singular_values().iter().zip(numbers(&case["singular_values"])) {
            assert_close(*got, expected, 1e-9, 1e-7 * largest, &what);
        }
        for (got, expected) in pca.explained_variance_ratio().iter().zip(numbers(&case["ratio"])) {
            assert_close(*got, expected, 1e-9, 1e-9, &what);
        }
    });
}
