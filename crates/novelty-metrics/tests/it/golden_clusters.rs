//! Parity with scikit-learn; `tests/golden/make_clusters.py` made the values.

use ndarray::Array2;
use novelty_metrics::{
    adjusted_mutual_information, adjusted_rand_index, calinski_harabasz_score,
    davies_bouldin_score, silhouette_samples, silhouette_score, silhouette_score_sampled,
    v_measure,
};
use serde::Deserialize;

#[derive(Deserialize)]
struct Document {
    clusterings: Vec<Clustering>,
    agreements: Vec<Agreement>,
}

#[derive(Deserialize)]
struct Clustering {
    name: String,
    x: Vec<Vec<f32>>,
    labels: Vec<usize>,
    silhouettes: Vec<f64>,
    davies_bouldin: f64,
    calinski_harabasz: f64,
}

impl Clustering {
    fn x(&self) -> Array2<f32> {
        let shape = (self.x.len(), self.x[0].len());
        Array2::from_shape_vec(shape, self.x.concat()).unwrap()
    }
}

#[derive(Deserialize)]
struct Agreement {
    name: String,
    truth: Vec<usize>,
    predicted: Vec<usize>,
    adjusted_rand_index: f64,
    adjusted_mutual_information: f64,
    homogeneity: f64,
    completeness: f64,
    v_measure: f64,
}

fn document() -> Document {
    serde_json::from_str(include_str!("../golden/clusters.json")).unwrap()
}

#[test]
fn silhouettes() {
    for case in document().clusterings {
        let x = case.x();
        let samples = silhouette_samples(x.view(), &case.labels).unwrap();
        assert_eq!(samples.len(), case.silhouettes.len());
        for (got, expected) in samples.iter().zip(&case.silhouettes) {
            assert!((got - expected).abs() < 2e-6, "{}: {got}, expected {expected}", case.name);
        }
        let n = samples.len();
        let mean = case.silhouettes.iter().sum::<f64>() / n as f64;
        assert!((silhouette_score(x.view(), &case.labels).unwrap() - mean).abs() < 1e-6);
        let all = silhouette_score_sampled(x.view(), &case.labels, n, 1).unwrap();
        assert!((all.value - mean).abs() < 1e-6, "{}", case.name);
        assert_eq!((all.standard_error, all.n_sampled), (0.0, n));
    }
}

#[test]
fn dispersions() {
    let close = |got: f64, expected: f64| (got - expected).abs() <= 1e-6 * (1.0 + expected.abs());
    for case in document().clusterings {
        let got = davies_bouldin_score(case.x().view(), &case.labels).unwrap();
        assert!(close(got, case.davies_bouldin), "{}: {got}", case.name);
        let got = calinski_harabasz_score(case.x().view(), &case.labels).unwrap();
        assert!(close(got, case.calinski_harabasz), "{}: {got}", case.name);
    }
}

#[test]
fn agreements() {
    for case in document().agreements {
        let (truth, predicted) = (&case.truth, &case.predicted);
        let measure = v_measure(truth, predicted).unwrap();
        let pairs = [
            (adjusted_rand_index(truth, predicted).unwrap(), case.adjusted_rand_index),
            (
                adjusted_mutual_information(truth, predicted).unwrap(),
                case.adjusted_mutual_information,
            ),
            (measure.homogeneity, case.homogeneity),
            (measure.completeness, case.completeness),
            (measure.v_measure, case.v_measure),
        ];
        for (index, (got, expected)) in pairs.into_iter().enumerate() {
            let what = format!("{} ({index}): {got}, expected {expected}", case.name);
            assert!((got - expected).abs() < 1e-12, "{what}");
        }
    }
}
