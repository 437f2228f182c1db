use std::collections::HashSet;

use ndarray::Array4;
use novelty_core::Dataset;
use novelty_data::{ContaminationConfig, InMemoryDataset, LabelledDataset, train_validation_split};
use proptest::prelude::*;

/// 100 samples of class 1, 40 of class 3, 10 of class 5; every pixel of an image is its number.
fn classes() -> InMemoryDataset {
    let images = Array4::from_shape_fn((150, 1, 2, 2), |(i, ..)| i as f32);
    let class = |i| {
        if i < 100 {
            1
        } else if i < 140 {
            3
        } else {
            5
        }
    };
    InMemoryDataset::new(images).unwrap().classes((0..150).map(class).collect()).unwrap()
}

#[test]
fn contamination_takes_all_normal_samples_and_the_share() {
    let data = classes();
    let train = ContaminationConfig::new(1, 3).share(0.29).seed(5).apply(&data).unwrap();
    // 0.29 * 100 is 28.999999999999996 in floating point.
    assert_eq!(train.len(), 129);
    let indices: HashSet<usize> = train.indices().iter().copied().collect();
    assert_eq!(indices.len(), 129);
    assert!((0..100).all(|i| indices.contains(&i)) && indices.iter().all(|&i| i < 140));
    for i in 0..train.len() {
        let sample = train.get(i).unwrap();
        assert_eq!(sample.is_anomalous, Some(train.indices()[i] >= 100));
        assert_eq!(sample.image[[0, 0, 0]], train.indices()[i] as f32);
        assert_eq!((sample.class, sample.is_anomalous), (train.class(i), train.is_anomalous(i)));
    }
}

#[test]
fn the_seed_decides_which_samples_and_which_order() {
    let data = classes();
    let indices = |seed| {
        let config = ContaminationConfig::new(1, 3).share(0.1).seed(seed);
        config.apply(&data).unwrap().indices().to_vec()
    };
    assert_eq!(indices(1), indices(1));
    let hidden = |seed| indices(seed).into_iter().filter(|&i| i >= 100).collect::<HashSet<_>>();
    assert_ne!(hidden(1), hidden(2));
    assert_ne!(indices(1), {
        let mut sorted = indices(1);
        sorted.sort_unstable();
        sorted
    });
}

#[test]
fn contamination_refuses_what_cannot_be() {
    let data = classes();
    let error = |config: ContaminationConfig| config.apply(&data).unwrap_err().to_string();
    assert_eq!(
        error(ContaminationConfig::new(1, 5).share(0.2)),
        "class 5 has 10 samples, 20 are needed"
    );
    assert_eq!(error(ContaminationConfig::new(2, 5)), "class 2 has 0 samples, 1 are needed");
    assert_eq!(
        error(ContaminationConfig::new(1, 5).share(-0.1)),
        "share is -0.1; it must be in [0, 1]"
    );
    assert_eq!(
        error(ContaminationConfig::new(1, 5).share(f64::NAN)),
        "share is NaN; it must be in [0, 1]"
    );
    assert_eq!(
        error(ContaminationConfig::new(1, 1)),
        "anomaly_class is 1; it must be another class than normal_class"
    );
    assert_eq!(ContaminationConfig::new(1, 9).share(0.0).apply(&data).unwrap().len(), 100);
}

#[test]
fn splits_refuse_an_empty_part() {
    let error = |n, share| train_validation_split(n, share, 0).unwrap_err().to_string();
    assert_eq!(error(1, 0.5), "1 samples split with a share of 0.5 leave the training part empty");
    assert_eq!(
        error(0, 0.5),
        "0 samples split with a share of 0.5 leave the validation part empty"
    );
    for share in [0.0, 1.0, -0.1, f64::NAN, f64::INFINITY] {
        assert!(error(10, share).starts_with("validation_share is "), "{share}");
    }
}

proptest! {
    #[test]
    fn a_split_loses_and_repeats_nothing(n in 2_usize..500, share in 0.01_f64..0.99, seed: u64) {
        let Ok(split) = train_validation_split(n, share, seed) else {
            prop_assert!((n as f64 * share).ceil() as usize >= n);
            return Ok(());
        };
        prop_assert_eq!(split.validation.len(), (n as f64 * share).ceil() as usize);
        let mut all = [split.train.clone(), split.validation.clone()].concat();
        all.sort_unstable();
        prop_assert_eq!(all, (0..n).collect::<Vec<_>>());
        prop_assert_eq!(&split, &train_validation_split(n, share, seed).unwrap());
    }
}
