use novelty_core::{InputError, SelectThreshold};
use novelty_scoring::{QuantileThreshold, quantile};
use proptest::prelude::*;

/// `numpy.quantile(v, q)` of numpy 2.4 with `v = (arange(n) * 7919 % 104729) / 104729` in
/// float64, rounded to float32.
const NUMPY: [(usize, f64, f32); 6] = [
    (10, 0.5, 0.340_263_93),
    (10, 0.999, 0.679_847_3),
    (6809, 0.99, 0.990_100_9),
    (6809, 0.999, 0.999_329_03),
    (6809, 0.0, 0.0),
    (6809, 1.0, 0.999_914_05),
];

fn values(n: u64) -> Vec<f32> {
    (0..n).map(|i| ((i * 7919 % 104_729) as f64 / 104_729.0) as f32).collect()
}

#[test]
fn it_is_numpys_linear_rule() {
    for (n, q, expected) in NUMPY {
        let got = quantile(&values(n as u64), q).unwrap();
        assert!((got - expected).abs() <= 1e-7, "n {n}, q {q}: {got} != {expected}");
    }
}

#[test]
fn at_q_0_999_of_6809_distinct_scores_seven_are_flagged() {
    let scores = values(6809);
    let threshold = QuantileThreshold::new(0.999).select(&scores, None).unwrap();
    assert_eq!(threshold.flagged(&scores).len(), 7);
    assert_eq!((threshold.rule.as_str(), threshold.n_reference), ("quantile(0.999)", 6809));
}

#[test]
fn bad_input_is_named() {
    assert_eq!(quantile(&[], 0.5), Err(InputError::Empty { place: "values" }));
    assert!(matches!(
        quantile(&[0.0, f32::INFINITY], 0.5),
        Err(InputError::NotFinite { index: 1, .. })
    ));
    for q in [-0.1, 1.1, f64::NAN] {
        assert!(matches!(quantile(&[0.0], q), Err(InputError::Setting { name: "quantile", .. })));
    }
}

proptest! {
    #[test]
    fn it_lies_between_its_neighbours_in_sorted_order(
        mut values in prop::collection::vec(-1e6_f32..1e6, 1..200),
        q in 0.0_f64..=1.0,
    ) {
        let got = quantile(&values, q).unwrap();
        values.sort_by(f32::total_cmp);
        let position = q * (values.len() - 1) as f64;
        prop_assert!(values[position.floor() as usize] <= got);
        prop_assert!(got <= values[position.ceil() as usize]);
    }
}
