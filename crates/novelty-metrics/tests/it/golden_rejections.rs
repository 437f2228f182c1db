//! What scikit-learn rejects or answers with a warning is a typed error here;
//! `tests/golden/make_rejections.py` collected the inputs.

use ndarray::Array2;
use novelty_core::InputError;
use novelty_metrics::{
    MetricsError, adjusted_mutual_information, adjusted_rand_index, average_precision,
    calinski_harabasz_score, davies_bouldin_score, precision_recall_curve, roc_auc,
    roc_auc_partial, roc_curve, silhouette_samples, silhouette_score, v_measure,
};
use serde::Deserialize;

#[derive(Deserialize)]
struct Document {
    cases: Vec<Case>,
}

#[derive(Deserialize)]
struct Case {
    function: String,
    error: String,
    #[serde(default)]
    scores: Vec<String>,
    #[serde(default)]
    truth: Vec<bool>,
    #[serde(default)]
    labels: Vec<usize>,
    #[serde(default)]
    predicted: Vec<usize>,
    #[serde(default)]
    shape: (usize, usize),
    #[serde(default)]
    max_fpr: Option<f64>,
}

impl Case {
    fn result(&self) -> Result<(), MetricsError> {
        let scores: Vec<f32> = self.scores.iter().map(|score| score.parse().unwrap()).collect();
        let x = || Array2::from_shape_vec(self.shape, scores.clone()).unwrap();
        let (truth, labels, predicted) = (&self.truth, &self.labels, &self.predicted);
        match self.function.as_str() {
            "roc_curve" => roc_curve(&scores, truth).map(drop),
            "roc_auc" => roc_auc(&scores, truth).map(drop),
            "roc_auc_partial" => {
                roc_auc_partial(&scores, truth, self.max_fpr.unwrap_or(0.3)).map(drop)
            }
            "precision_recall_curve" => precision_recall_curve(&scores, truth).map(drop),
            "average_precision" => average_precision(&scores, truth).map(drop),
            "silhouette_samples" => silhouette_samples(x().view(), labels).map(drop),
            "silhouette_score" => silhouette_score(x().view(), labels).map(drop),
            "davies_bouldin_score" => davies_bouldin_score(x().view(), labels).map(drop),
            "calinski_harabasz_score" => calinski_harabasz_score(x().view(), labels).map(drop),
            "adjusted_rand_index" => adjusted_rand_index(labels, predicted).map(drop),
            "adjusted_mutual_information" => {
                adjusted_mutual_information(labels, predicted).map(drop)
            }
            "v_measure" => v_measure(labels, predicted).map(drop),
            other => unreachable!("{other} is no function"),
        }
    }
}

fn name(error: &MetricsError) -> &'static str {
    match error {
        MetricsError::Input(InputError::Empty { .. }) => "Empty",
        MetricsError::Input(InputError::Length { .. }) => "Length",
        MetricsError::Input(InputError::NotFinite { .. }) => "NotFinite",
        MetricsError::Input(InputError::Setting { .. }) => "Setting",
        MetricsError::OneClass { .. } => "OneClass",
        MetricsError::ClusterCount { .. } => "ClusterCount",
        _ => "another",
    }
}

#[test]
fn every_rejected_input_is_a_typed_error() {
    let text = include_str!("../golden/rejections.json");
    let document: Document = serde_json::from_str(text).unwrap();
    assert!(document.cases.len() > 200);
    for case in document.cases {
        let error = case.result().unwrap_err();
        assert_eq!(name(&error), case.error, "{}: {error}", case.function);
    }
}
