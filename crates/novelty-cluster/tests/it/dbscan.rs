use ndarray::{Array2, array};
use novelty_cluster::{ClusterError, DbscanConfig, k_distances};
use novelty_core::{Assign, Fit, InputError};
use proptest::prelude::*;

use crate::data::{blobs, gaussian, with_threads};

/// The definition, sample by sample.
fn by_definition(x: &Array2<f32>, eps: f64, min_samples: usize) -> Vec<Option<usize>> {
    let n = x.nrows();
    let near = |i: usize, j: usize| {
        let pairs = x.row(i).to_vec().into_iter().zip(x.row(j).to_vec());
        let square: f64 = pairs.map(|(a, b)| (f64::from(a) - f64::from(b)).powi(2)).sum();
        square <= eps * eps
    };
    let neighbours: Vec<Vec<usize>> =
        (0..n).map(|i| (0..n).filter(|&j| near(i, j)).collect()).collect();
    let mut labels = vec![None; n];
    let mut n_clusters = 0;
    for seed in 0..n {
        if labels[seed].is_some() || neighbours[seed].len() < min_samples {
            continue;
        }
        labels[seed] = Some(n_clusters);
        let mut open = vec![seed];
        while let Some(i) = open.pop() {
            if neighbours[i].len() < min_samples {
                continue;
            }
            for &j in &neighbours[i] {
                if labels[j].is_none() {
                    labels[j] = Some(n_clusters);
                    open.push(j);
                }
            }
        }
        n_clusters += 1;
    }
    labels
}

#[test]
fn many_leaves_agree_with_the_definition() {
    for (d, eps) in [(1, 0.05), (2, 0.3), (5, 1.2), (17, 4.2)] {
        let (x, _) = blobs(700, d, 3, 6.0, d as u64);
        for min_samples in [1, 4, 12] {
            let model = DbscanConfig::new(eps).min_samples(min_samples).fit(x.view()).unwrap();
            assert_eq!(model.labels(), by_definition(&x, eps, min_samples), "{d} {min_samples}");
        }
    }
}

#[test]
fn threads_change_nothing() {
    let (x, _) = blobs(3000, 3, 4, 7.0, 1);
    let config = DbscanConfig::new(0.5);
    let alone = with_threads(1, || config.fit(x.view()).unwrap());
    for threads in [2, 6] {
        assert_eq!(with_threads(threads, || config.fit(x.view()).unwrap()), alone);
    }
}

#[test]
fn a_distance_equal_to_eps_counts() {
    let x = array![[0.1, 0.0], [0.1, 3.0], [4.1, 0.0]];
    let labels =
        |eps| DbscanConfig::new(eps).min_samples(2).fit(x.view()).unwrap().labels().to_vec();
    assert_eq!(labels(3.0), [Some(0), Some(0), None]);
    assert_eq!(labels(3.0 - 1e-9), [None, None, None]);
    assert_eq!(labels(4.0), [Some(0), Some(0), Some(0)]);
}

#[test]
fn extreme_radii_and_values() {
    let x = array![[1e30], [1.5e30], [-1e30], [0.0], [1e-30], [1e-38]];
    let labels =
        |eps| DbscanConfig::new(eps).min_samples(2).fit(x.view()).unwrap().labels().to_vec();
    assert_eq!(labels(1e-29), [None, None, None, Some(0), Some(0), Some(0)]);
    assert_eq!(labels(6e29), [Some(0), Some(0), None, Some(1), Some(1), Some(1)]);
    assert_eq!(labels(1e300), [Some(0); 6]);
    assert_eq!(labels(1e-300), [None; 6]);
}

#[test]
fn new_samples_join_the_nearest_core_sample() {
    let x = array![[0.0], [1.0], [2.0], [10.0], [11.0], [50.0]];
    let model = DbscanConfig::new(1.0).min_samples(2).fit(x.view()).unwrap();
    let new = array![[2.9], [10.4], [50.0], [3.1]];
    assert_eq!(model.assign(new.view()).unwrap(), [Some(0), Some(1), None, None]);
    assert_eq!((model.n_clusters(), model.n_noise()), (2, 1));
    let noise = DbscanConfig::new(0.1).min_samples(2).fit(x.view()).unwrap();
    assert_eq!(noise.assign(new.view()).unwrap(), [None; 4]);
}

#[test]
fn k_distances_make_core_samples() {
    let x = gaussian(500, 3, 5);
    for min_samples in [1, 5, 40, 500] {
        let curve = k_distances(x.view(), min_samples).unwrap();
        assert!(curve.distances.is_sorted());
        for quantile in [0.0, 0.3, 0.9] {
            let at = (quantile * 499.0) as usize;
            // Just above, for a square root was taken and is squared again.
            let eps = curve.distances[at] * (1.0 + 1e-12) + f64::MIN_POSITIVE;
            let model = DbscanConfig::new(eps).min_samples(min_samples).fit(x.view()).unwrap();
            let expected = curve.core_share(eps) * 500.0;
            assert_eq!(model.core_samples().len(), expected.round() as usize);
        }
    }
}

#[test]
fn the_knee_separates_clusters_from_noise() {
    let (mut x, _) = blobs(400, 2, 2, 20.0, 3);
    for i in 0..20 {
        x.row_mut(i * 20).assign(&array![i as f32 * 40.0 + 300.0, (i * i) as f32 * 17.0]);
    }
    let eps = k_distances(x.view(), 5).unwrap().suggested_eps();
    let model = DbscanConfig::new(eps).fit(x.view()).unwrap();
    assert_eq!(model.n_clusters(), 2, "{eps}");
    assert!((20..40).contains(&model.n_noise()), "{}", model.n_noise());
}

#[test]
fn bad_input_is_named() {
    let x = gaussian(10, 2, 1);
    let setting = |result: Result<(), ClusterError>, expected| match result.unwrap_err() {
        ClusterError::Input(InputError::Setting { name, .. }) => assert_eq!(name, expected),
        other => panic!("{other}"),
    };
    for eps in [0.0, -1.0, f64::NAN, f64::INFINITY] {
        setting(DbscanConfig::new(eps).fit(x.view()).map(drop), "eps");
    }
    setting(DbscanConfig::new(1.0).min_samples(0).fit(x.view()).map(drop), "min_samples");
    setting(k_distances(x.view(), 11).map(drop), "min_samples");
    let mut bad = x.clone();
    bad[[3, 0]] = f32::NAN;
    assert!(DbscanConfig::new(1.0).fit(bad.view()).is_err());
    assert!(DbscanConfig::new(1.0).fit(Array2::zeros((0, 2)).view()).is_err());
    let model = DbscanConfig::new(1.0).fit(x.view()).unwrap();
    assert!(model.assign(Array2::zeros((1, 3)).view()).is_err());
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    /// Coordinates on a coarse lattice, where distances are often equal to eps.
    #[test]
    fn lattices_agree_with_the_definition(
        values in prop::collection::vec(0..6_i32, 2..240),
        width in 1..4_usize,
        eps in 1..4_i32,
        min_samples in 1..6_usize,
    ) {
        let n = values.len() / width;
        prop_assume!(n > 0);
        let values: Vec<f32> = values[..n * width].iter().map(|&v| v as f32 * 0.1).collect();
        let x = Array2::from_shape_vec((n, width), values).unwrap();
        let eps = f64::from(eps as f32 * 0.1);
        let model = DbscanConfig::new(eps).min_samples(min_samples).fit(x.view()).unwrap();
        prop_assert_eq!(model.labels(), by_definition(&x, eps, min_samples));
    }
}
