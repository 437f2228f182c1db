//! The bridge to linfa, and what linfa 0.8.1 gets wrong, row by row beside our answer.

use linfa::DatasetBase;
use linfa::traits::{Predict as _, Transformer as _};
use linfa_nn::CommonNearestNeighbour;
use linfa_nn::distance::L2Dist;
use ndarray::{Array1, Array2, array};
use novelty_cluster::{
    ClusterError, Dbscan, DbscanConfig, GaussianMixtureConfig, KMeans, KMeansConfig, LinfaAssign,
    PcaConfig, guarded,
};
use novelty_core::{Assign, Fit};
use rand::SeedableRng;
use rand_chacha::ChaCha8Rng;

use crate::data::{blobs, gaussian};

fn random() -> ChaCha8Rng {
    ChaCha8Rng::seed_from_u64(1)
}

fn their_k_means(
    x: Array2<f64>,
    k: usize,
) -> Result<linfa_clustering::KMeans<f64, L2Dist>, ClusterError> {
    let init = linfa_clustering::KMeansInit::Random;
    let params =
        linfa_clustering::KMeans::params_with(k, random(), L2Dist).init_method(init).n_runs(1);
    guarded(|| linfa::traits::Fit::fit(&params, &DatasetBase::from(x)).unwrap())
}

#[test]
fn ours_through_their_traits() {
    let (x, _) = blobs(90, 2, 3, 20.0, 1);
    let dataset = DatasetBase::from(x.clone());
    let model: KMeans = linfa::traits::Fit::fit(&KMeansConfig::new(3), &dataset).unwrap();
    let labels: Array1<Option<usize>> = model.predict(&x);
    assert_eq!(labels.to_vec(), model.assign(x.view()).unwrap());
    let wrong: Array1<Option<usize>> = model.predict(&Array2::<f32>::zeros((2, 5)));
    assert_eq!(wrong.to_vec(), [None, None]);
    let dense: Dbscan = linfa::traits::Fit::fit(&DbscanConfig::new(2.0), &dataset).unwrap();
    assert_eq!(dense.n_clusters(), 3);
    let pca = linfa::traits::Fit::fit(&PcaConfig::new(1), &dataset).unwrap();
    let z: Result<Array2<f32>, ClusterError> = linfa::traits::Transformer::transform(&pca, &x);
    assert_eq!(z.unwrap().dim(), (90, 1));
}

#[test]
fn theirs_as_ours() {
    let (x, truth) = blobs(90, 2, 3, 20.0, 1);
    let params = linfa_clustering::KMeans::params_with(3, random(), L2Dist);
    let dataset = DatasetBase::from(x.mapv(f64::from));
    let model = linfa::traits::Fit::fit(&params, &dataset).unwrap();
    let wrapped = LinfaAssign::new(model, 2);
    let labels: Vec<usize> =
        wrapped.assign(x.view()).unwrap().into_iter().map(Option::unwrap).collect();
    assert_eq!(novelty_metrics::adjusted_rand_index(&truth, &labels).unwrap(), 1.0);
    assert!(wrapped.assign(Array2::zeros((2, 3)).view()).is_err());
    assert!(wrapped.assign(array![[f32::NAN, 0.0]].view()).is_err());
}

#[test]
fn k_means_on_unusable_input_is_an_error_and_theirs_panics() {
    for (n, d, k) in [(0, 2, 2), (2, 2, 5)] {
        let theirs = their_k_means(Array2::zeros((n, d)), k);
        assert!(matches!(theirs, Err(ClusterError::PeerPanicked { .. })), "{n} {d} {k}");
        assert!(KMeansConfig::new(k).fit(Array2::zeros((n, d)).view()).is_err());
    }
}

#[test]
fn an_outlier_of_a_mixture_has_probabilities_and_theirs_are_infinite() {
    let (x, _) = blobs(300, 2, 3, 8.0, 4);
    let params = linfa_clustering::GaussianMixtureModel::params_with_rng(3, random());
    let dataset = DatasetBase::from(x.mapv(f64::from));
    let theirs = linfa::traits::Fit::fit(&params, &dataset).unwrap();
    let far = theirs.predict_proba(&array![[1e4, -3e4]]);
    assert!(far.iter().any(|p| !p.is_finite()), "{far}");
    let ours = GaussianMixtureConfig::new(3).fit(x.view()).unwrap();
    let far = ours.responsibilities(array![[1e4, -3e4]].view()).unwrap();
    assert!((far.sum() - 1.0).abs() < 1e-12);
}

#[test]
fn a_distance_of_eps_counts_and_theirs_depends_on_the_search() {
    let x = array![[0.0], [1.0], [2.0]];
    let theirs = |search| -> Vec<Option<usize>> {
        let params = linfa_clustering::Dbscan::params_with(2, L2Dist, search).tolerance(1.0);
        let labels: Array1<Option<usize>> = params.transform(&x).unwrap();
        labels.to_vec()
    };
    let right = [Some(0); 3];
    assert_eq!(theirs(CommonNearestNeighbour::KdTree), right);
    assert_ne!(theirs(CommonNearestNeighbour::LinearSearch), right);
    assert_ne!(theirs(CommonNearestNeighbour::BallTree), right);
    let ours = DbscanConfig::new(1.0).min_samples(2).fit(x.mapv(|v| v as f32).view()).unwrap();
    assert_eq!(ours.labels(), right);
}

#[test]
fn variances_of_components_are_of_the_samples_and_theirs_of_the_components() {
    let x = gaussian(200, 12, 3);
    let dataset = DatasetBase::from(x.mapv(f64::from));
    let theirs = linfa::traits::Fit::fit(&linfa_reduction::Pca::params(3), &dataset).unwrap();
    let ours = PcaConfig::new(3).fit(x.view()).unwrap();
    for (a, b) in theirs.singular_values().iter().zip(ours.singular_values()) {
        assert!((a - b).abs() < 1e-6 * b, "{a} {b}");
    }
    // Divided by k - 1 = 2, not by n - 1 = 199.
    let wrong = theirs.explained_variance()[0] / ours.explained_variance()[0];
    assert!((wrong - 199.0 / 2.0).abs() < 1e-3, "{wrong}");
    assert!((theirs.explained_variance_ratio().sum() - 1.0).abs() < 1e-9);
    assert!(ours.explained_variance_ratio().sum() < 0.5);
}
