use ndarray::{Array2, Array4, Axis};
use novelty_cluster::{ClusterError, ImagePca, IncrementalPca, Pca, PcaConfig, PcaSolver};
use novelty_core::{Embed, Fit, InputError, Reconstruct};
use serde_json::Value;

use crate::data::{gaussian, with_threads};

fn fit(x: &Array2<f32>, k: usize) -> Result<Pca, ClusterError> {
    PcaConfig::new(k).fit(x.view())
}

fn numbers(value: &Value) -> Vec<f64> {
    value.as_array().unwrap().iter().map(|x| x.as_f64().unwrap()).collect()
}

fn assert_close(got: impl IntoIterator<Item = f64>, expected: &Value, tolerance: f64) {
    for (got, expected) in got.into_iter().zip(numbers(expected)) {
        let limit = tolerance * expected.abs().max(1.0);
        assert!((got - expected).abs() <= limit, "{got} != {expected}");
    }
}

/// The values of `pca.py`, to 1e-6 relative.
#[test]
fn it_agrees_with_scikit_learn() {
    let cases: Value = serde_json::from_str(include_str!("pca.json")).unwrap();
    for case in cases.as_array().unwrap() {
        let size = |name: &str| case[name].as_u64().unwrap() as usize;
        let x = numbers(&case["x"]).into_iter().map(|x| x as f32).collect();
        let x = Array2::from_shape_vec((size("n"), size("d")), x).unwrap();
        let pca = fit(&x, size("k")).unwrap();
        assert_close(pca.explained_variance().iter().copied(), &case["variance"], 1e-6);
        assert_close(pca.explained_variance_ratio(), &case["ratio"], 1e-6);
        let back = pca.inverse_transform(pca.transform(x.view()).unwrap().view()).unwrap();
        assert_close(back.iter().map(|&x| f64::from(x)), &case["reconstruction"], 1e-6);
    }
}

#[test]
fn images_are_redrawn_and_embedded() {
    let images = Array4::from_shape_fn((20, 1, 4, 4), |(n, _, y, x)| ((n * n + y * x) % 7) as f32);
    let pca: ImagePca = PcaConfig::new(15).fit(images.view()).unwrap();
    assert_eq!(pca.embed(images.view()).unwrap().dim(), (20, 15));
    let back = pca.reconstruct(images.view()).unwrap();
    assert!((&back - &images).iter().all(|d| d.abs() < 1e-4));
    let other = Array4::zeros((1, 1, 4, 5));
    assert!(matches!(
        pca.reconstruct(other.view()),
        Err(ClusterError::Input(InputError::Shape { place: "images", .. }))
    ));
}

#[test]
fn bad_input_is_named() {
    let x = Array2::from_shape_fn((6, 4), |(i, j)| (i * j) as f32);
    assert!(matches!(fit(&x, 5), Err(ClusterError::TooManyComponents { limit: 4, .. })));
    assert!(matches!(fit(&x, 0), Err(ClusterError::Input(InputError::Setting { .. }))));
    assert!(matches!(fit(&Array2::zeros((1, 4)), 1), Err(ClusterError::Input(_))));
    let mut bad = x.clone();
    bad[[2, 1]] = f32::NAN;
    assert!(matches!(
        fit(&bad, 2),
        Err(ClusterError::Input(InputError::NotFinite { index: 9, .. }))
    ));
    let pca = fit(&x, 2).unwrap();
    assert!(pca.transform(Array2::zeros((3, 5)).view()).is_err());
}

#[test]
fn constant_data_has_no_variance_and_comes_back() {
    let x = Array2::from_elem((10, 3), 0.25);
    let pca = fit(&x, 2).unwrap();
    assert_eq!(pca.explained_variance_ratio().to_vec(), [0.0, 0.0]);
    let back = pca.inverse_transform(pca.transform(x.view()).unwrap().view()).unwrap();
    assert!((back - x).iter().all(|d| d.abs() < 1e-7));
}

/// Sizes that end in the middle of a group of samples and of a tile of features; few strong
/// directions and many weak ones, far from the origin.
#[test]
fn the_randomised_solver_agrees_with_the_exact_one() {
    for (n, d, k) in [(1503, 701, 6), (701, 1503, 6), (1201, 1203, 20), (2049, 240, 3)] {
        let mut x = gaussian(n, d, 11);
        for (j, mut column) in x.axis_iter_mut(Axis(1)).enumerate() {
            column.mapv_inplace(|value| 30.0 + value * (1.0 + j as f32).powf(-0.7));
        }
        let fit = |solver, tolerance| {
            let config = PcaConfig::new(k).solver(solver).tolerance(tolerance);
            config.fit(x.view()).unwrap()
        };
        let exact = fit(PcaSolver::Exact, 0.0);
        // Singular values come out to the square of the tolerance, or nearly.
        for (tolerance, limit) in [(2e-3, 2e-5), (1e-4, 2e-6)] {
            let pca = fit(PcaSolver::Randomized, tolerance);
            for (got, expected) in pca.singular_values().iter().zip(exact.singular_values()) {
                let error = (got / expected - 1.0).abs();
                assert!(error < limit, "{n} x {d}, {tolerance}: {got}, not {expected}");
            }
            let (share, expected) =
                (pca.explained_variance_ratio().sum(), exact.explained_variance_ratio().sum());
            assert!((share / expected - 1.0).abs() < limit, "{share}, not {expected}");
            // The spans agree: the exact directions lie in it, to the root of the limit.
            for direction in exact.components().outer_iter() {
                let inside = pca.components().dot(&direction);
                assert!(inside.dot(&inside) > 1.0 - 5e-3, "{n} x {d}: {}", inside.dot(&inside));
            }
        }
    }
}

/// Every solver, on data tall and wide, and in pieces; the sizes make each work in several tasks.
#[test]
fn threads_change_no_bit() {
    let whole = |x: &Array2<f32>, solver| {
        let config = PcaConfig::new(6).solver(solver);
        config.fit(x.view()).unwrap()
    };
    for (n, d) in [(1500, 300), (300, 1500)] {
        let x = gaussian(n, d, 7);
        for solver in [PcaSolver::Exact, PcaSolver::Randomized] {
            let alone = with_threads(1, || whole(&x, solver));
            let embedded = with_threads(1, || alone.transform(x.view()).unwrap());
            for threads in [2, 3] {
                let pca = with_threads(threads, || whole(&x, solver));
                assert_eq!(pca, alone, "{n} x {d}, {solver:?}, {threads} threads");
                assert_eq!(with_threads(threads, || pca.transform(x.view()).unwrap()), embedded);
            }
        }
        let pieces = || {
            let mut pca = IncrementalPca::new(6);
            for piece in x.axis_chunks_iter(Axis(0), 100) {
                pca.update(piece).unwrap();
            }
            pca.finish().unwrap()
        };
        let alone = with_threads(1, pieces);
        for threads in [2, 3] {
            assert_eq!(with_threads(threads, pieces), alone, "{n} x {d}, {threads} threads");
        }
    }
}
