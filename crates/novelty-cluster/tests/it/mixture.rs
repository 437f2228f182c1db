use ndarray::{Array2, array, s};
use novelty_cluster::{ClusterError, CovarianceKind, GaussianMixtureConfig, MixtureInit};
use novelty_core::{Assign, Fit, InputError, Score, check_scorer};

use crate::data::{blobs, gaussian, with_threads};

const KINDS: [CovarianceKind; 4] = [
    CovarianceKind::Full,
    CovarianceKind::Tied,
    CovarianceKind::Diagonal,
    CovarianceKind::Spherical,
];

#[test]
fn it_finds_the_gaussians_of_blobs() {
    let (x, truth) = blobs(900, 3, 3, 10.0, 1);
    for kind in KINDS {
        let mixture = GaussianMixtureConfig::new(3).covariance(kind).fit(x.view()).unwrap();
        let labels: Vec<usize> =
            mixture.assign(x.view()).unwrap().into_iter().map(Option::unwrap).collect();
        let ari = novelty_metrics::adjusted_rand_index(&truth, &labels).unwrap();
        assert!(ari > 0.99, "{kind:?}: {ari}");
        for component in 0..3 {
            let covariance = mixture.covariance(component).unwrap();
            for ((i, j), value) in covariance.indexed_iter() {
                let expected = if i == j { 1.0 } else { 0.0 };
                assert!((value - expected).abs() < 0.25, "{kind:?} {value}");
            }
        }
    }
}

/// linfa's probabilities of an outlier are infinite; ours are finite and sum to one.
#[test]
fn an_outlier_has_finite_probabilities() {
    let (x, _) = blobs(300, 2, 3, 8.0, 4);
    let mixture = GaussianMixtureConfig::new(3).fit(x.view()).unwrap();
    let far = array![[1e4, -3e4], [1e30, 0.0], [f32::MAX, f32::MIN]];
    for row in mixture.responsibilities(far.view()).unwrap().outer_iter() {
        assert!((row.sum() - 1.0).abs() < 1e-12, "{row}");
    }
    let scores = mixture.score(far.view()).unwrap();
    assert!(scores.iter().all(|score| score.is_finite()) && scores[0] > 1e6);
    for values in [mixture.uncertainty(far.view()), mixture.entropy(far.view())] {
        assert!(values.unwrap().iter().all(|value| (0.0..=1.1).contains(value)));
    }
}

#[test]
fn uncertainty_is_highest_between_the_clusters() {
    let x = array![[-5.0], [-4.0], [-3.0], [3.0], [4.0], [5.0]];
    let kind = CovarianceKind::Tied;
    let mixture = GaussianMixtureConfig::new(2).covariance(kind).fit(x.view()).unwrap();
    let at = array![[-4.0], [0.0], [4.0]];
    let (unsure, entropy) =
        (mixture.uncertainty(at.view()).unwrap(), mixture.entropy(at.view()).unwrap());
    assert!((unsure[1] - 0.5).abs() < 1e-6 && (entropy[1] - 2_f64.ln()).abs() < 1e-6);
    assert!(unsure[0] < 1e-6 && unsure[2] < 1e-6 && entropy[0] < 1e-4);
}

#[test]
fn many_features_fit() {
    let x = gaussian(600, 256, 9);
    let mixture = GaussianMixtureConfig::new(2).max_iter(3).fit(x.view()).unwrap();
    assert!(mixture.lower_bound().is_finite());
}

#[test]
fn threads_change_nothing() {
    let (x, _) = blobs(6000, 5, 4, 3.0, 6);
    for kind in KINDS {
        let config = GaussianMixtureConfig::new(4).covariance(kind).n_init(2).max_iter(20);
        let alone = with_threads(1, || config.fit(x.view()).unwrap());
        for threads in [2, 5] {
            assert_eq!(with_threads(threads, || config.fit(x.view()).unwrap()), alone);
        }
    }
    // Many features: the factors of the covariances are large.
    let x = gaussian(600, 256, 9);
    let config = GaussianMixtureConfig::new(2).n_init(1).max_iter(3);
    let alone = with_threads(1, || config.fit(x.view()).unwrap());
    assert!(with_threads(3, || config.fit(x.view()).unwrap()) == alone);
}

#[test]
fn restarts_never_lower_the_likelihood() {
    let (x, _) = blobs(300, 2, 5, 3.0, 7);
    let config = GaussianMixtureConfig::new(5).init(MixtureInit::Random);
    let one = config.clone().fit(x.view()).unwrap().lower_bound();
    let many = config.n_init(8).fit(x.view()).unwrap().lower_bound();
    assert!(many >= one, "{many} {one}");
}

#[test]
fn it_scores_by_likelihood() {
    let (x, _) = blobs(400, 3, 3, 20.0, 2);
    let mixture = GaussianMixtureConfig::new(3).fit(x.slice(s![..300, ..])).unwrap();
    check_scorer(&mixture, x.slice(s![300.., ..])).unwrap();
}

#[test]
fn parameters_are_counted() {
    let (x, _) = blobs(100, 3, 2, 9.0, 2);
    for (kind, expected) in KINDS.into_iter().zip([1 + 6 + 12, 1 + 6 + 6, 1 + 6 + 6, 1 + 6 + 2]) {
        let mixture = GaussianMixtureConfig::new(2).covariance(kind).fit(x.view()).unwrap();
        assert_eq!(mixture.n_parameters(), expected, "{kind:?}");
    }
}

#[test]
fn bad_input_is_named() {
    let (x, _) = blobs(30, 2, 2, 9.0, 2);
    let fit = |config: GaussianMixtureConfig| config.fit(x.view()).unwrap_err();
    let config = GaussianMixtureConfig::new;
    assert_eq!(fit(config(31)), ClusterError::TooManyClusters { n_clusters: 31, n_samples: 30 });
    assert!(matches!(fit(config(0)), ClusterError::Input(InputError::Setting { .. })));
    assert!(matches!(
        fit(config(1).reg_covar(-1.0)),
        ClusterError::Input(InputError::Setting { name: "reg_covar", .. })
    ));
    let given = |table| config(2).init(MixtureInit::Responsibilities(table));
    assert!(matches!(
        fit(given(Array2::zeros((30, 3)))),
        ClusterError::Input(InputError::Shape { .. })
    ));
    let mut table = Array2::from_elem((30, 2), 0.5);
    table[[4, 1]] = 0.7;
    assert!(matches!(fit(given(table)), ClusterError::NotProbabilities { sample: 4, .. }));
    let constant = Array2::from_elem((10, 2), 1.0);
    for kind in KINDS {
        let config = config(1).covariance(kind).reg_covar(0.0);
        let error = config.fit(constant.view()).unwrap_err();
        assert_eq!(error, ClusterError::Singular { component: 0 }, "{kind:?}");
    }
}
