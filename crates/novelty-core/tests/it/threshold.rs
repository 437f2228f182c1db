use novelty_core::{DriftReport, Threshold};

#[test]
fn anomalous_is_strictly_above() {
    let threshold = Threshold::manual(0.5);
    assert_eq!(threshold.flagged(&[0.4, 0.5, 0.6, f32::NAN]), [2]);
}

#[test]
fn a_threshold_survives_json_bit_for_bit() {
    let threshold = Threshold::new(0.1 + f32::EPSILON, "quantile(0.999)", 6809);
    let json = serde_json::to_string(&threshold).unwrap();
    assert_eq!(serde_json::from_str::<Threshold>(&json).unwrap(), threshold);
}

#[test]
fn drift_is_a_p_value_below_the_significance() {
    assert!(DriftReport::from_p_value(1.0, 0.049, 0.05).is_drift);
    assert!(!DriftReport::from_p_value(1.0, 0.05, 0.05).is_drift);
}
