use ndarray::{Array2, array, s};
use novelty_cluster::{ClusterError, KMeans, KMeansConfig, KMeansInit};
use novelty_core::{Assign, Fit, InputError, Score, check_scorer};
use proptest::prelude::*;

use crate::data::{blobs, with_threads};

#[test]
fn it_finds_the_clusters_of_blobs() {
    let (x, truth) = blobs(600, 4, 5, 40.0, 3);
    let model = KMeansConfig::new(5).fit(x.view()).unwrap();
    let ari = novelty_metrics::adjusted_rand_index(&truth, model.labels()).unwrap();
    assert!(ari > 0.999, "{ari}");
    assert!(model.has_converged());
    let assigned = model.assign(x.view()).unwrap();
    assert!(assigned.iter().zip(model.labels()).all(|(a, b)| *a == Some(*b)));
}

/// Bit by bit, whatever the threads; and only the seed decides.
#[test]
fn threads_change_nothing_and_the_seed_decides() {
    let (x, _) = blobs(5000, 7, 6, 4.0, 5);
    let config = KMeansConfig::new(9).n_init(3).seed(11);
    let alone = with_threads(1, || config.fit(x.view()).unwrap());
    for threads in [2, 3, 7] {
        let model: KMeans = with_threads(threads, || config.fit(x.view()).unwrap());
        assert_eq!(model, alone);
        assert_eq!(model.inertia().to_bits(), alone.inertia().to_bits());
    }
    assert_ne!(config.seed(12).fit(x.view()).unwrap().centroids(), alone.centroids());
}

#[test]
fn an_empty_cluster_takes_the_farthest_sample() {
    let x = array![[0.0], [0.1], [0.2], [9.0]];
    let init = KMeansInit::Centroids(array![[0.1], [1e6]]);
    let model = KMeansConfig::new(2).init(init).fit(x.view()).unwrap();
    assert_eq!(model.labels(), [0, 0, 0, 1]);
    assert_eq!(model.cluster_sizes(), [3, 1]);
}

#[test]
fn equal_samples_leave_clusters_empty_and_break_nothing() {
    let x = Array2::from_elem((8, 3), 2.5);
    for init in [KMeansInit::PlusPlus, KMeansInit::Random] {
        let model = KMeansConfig::new(3).init(init).fit(x.view()).unwrap();
        assert_eq!(model.inertia(), 0.0);
        assert_eq!(model.cluster_sizes().iter().sum::<usize>(), 8);
    }
}

/// A frame without care would lose all digits here, or overflow.
#[test]
fn offsets_and_scales_change_no_label() {
    let (x, _) = blobs(300, 3, 4, 20.0, 8);
    let config = KMeansConfig::new(4);
    let labels = config.fit(x.view()).unwrap().labels().to_vec();
    for scale in [1e-30, 1e-9, 1e9, 1e30] {
        let model = config.fit((&x * scale).view()).unwrap();
        assert_eq!(model.labels(), labels, "{scale}");
        assert!(model.inertia().is_finite() && model.inertia() > 0.0);
    }
    assert_eq!(config.fit((&x + 1e4).view()).unwrap().labels(), labels);
}

#[test]
fn one_cluster_is_the_mean_and_k_clusters_of_k_samples_are_the_samples() {
    let x = array![[0.0, 2.0], [4.0, 6.0], [8.0, 1.0]];
    let one = KMeansConfig::new(1).fit(x.view()).unwrap();
    assert_eq!(one.centroids(), array![[4.0, 3.0]]);
    assert_eq!(KMeansConfig::new(3).fit(x.view()).unwrap().inertia(), 0.0);
}

#[test]
fn it_scores_by_distance() {
    let (x, _) = blobs(400, 3, 3, 20.0, 2);
    let model = KMeansConfig::new(3).fit(x.slice(s![..300, ..])).unwrap();
    check_scorer(&model, x.slice(s![300.., ..])).unwrap();
    let centroids = model.centroids().mapv(|c| c as f32);
    assert!(model.score(centroids.view()).unwrap().iter().all(|&score| score < 1e-5));
}

#[test]
fn bad_input_is_named() {
    let x = Array2::from_shape_fn((6, 2), |(i, j)| (i + j) as f32);
    let fit = |config: KMeansConfig, x: &Array2<f32>| config.fit(x.view()).unwrap_err();
    assert_eq!(
        fit(KMeansConfig::new(7), &x),
        ClusterError::TooManyClusters { n_clusters: 7, n_samples: 6 }
    );
    let setting = |error, expected| match error {
        ClusterError::Input(InputError::Setting { name, .. }) => assert_eq!(name, expected),
        other => panic!("{other}"),
    };
    setting(fit(KMeansConfig::new(0), &x), "n_clusters");
    setting(fit(KMeansConfig::new(1).n_init(0), &x), "n_init");
    setting(fit(KMeansConfig::new(1).max_iter(0), &x), "max_iter");
    setting(fit(KMeansConfig::new(1).tolerance(f64::NAN), &x), "tolerance");
    let wrong = KMeansInit::Centroids(Array2::zeros((2, 3)));
    let error = fit(KMeansConfig::new(2).init(wrong), &x);
    assert!(matches!(error, ClusterError::Input(InputError::Shape { .. })), "{error}");
    for bad in [f32::NAN, f32::INFINITY] {
        let mut x = x.clone();
        x[[4, 1]] = bad;
        let error = fit(KMeansConfig::new(2), &x);
        assert!(matches!(error, ClusterError::Input(InputError::NotFinite { index: 9, .. })));
    }
    for empty in [Array2::zeros((0, 3)), Array2::zeros((3, 0))] {
        assert!(matches!(
            fit(KMeansConfig::new(1), &empty),
            ClusterError::Input(InputError::Empty { .. })
        ));
    }
    let model = KMeansConfig::new(2).fit(x.view()).unwrap();
    assert!(model.assign(Array2::zeros((2, 3)).view()).is_err());
    assert!(model.assign(Array2::zeros((0, 2)).view()).unwrap().is_empty());
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    /// A partition, never worse than one cluster fewer from the same start would allow, and no
    /// sample is nearer to another centroid.
    #[test]
    fn every_sample_is_with_its_nearest_centroid(
        values in prop::collection::vec(-1e3_f32..1e3, 4..120),
        width in 1..4_usize,
        k in 1..5_usize,
    ) {
        let n = values.len() / width;
        let x = Array2::from_shape_vec((n, width), values[..n * width].to_vec()).unwrap();
        let k = k.min(n);
        let model = KMeansConfig::new(k).n_init(2).fit(x.view()).unwrap();
        let mut inertia = 0.0;
        for (row, &label) in x.outer_iter().zip(model.labels()) {
            let squares: Vec<f64> = model.centroids().outer_iter()
                .map(|c| row.iter().zip(c).map(|(&a, &b)| (f64::from(a) - b).powi(2)).sum())
                .collect();
            let best = squares.iter().copied().fold(f64::MAX, f64::min);
            prop_assert!(squares[label] <= best * (1.0 + 1e-4) + 1e-3);
            inertia += squares[label];
        }
        prop_assert!((inertia - model.inertia()).abs() <= 1e-9 * inertia.max(1.0));
    }
}
