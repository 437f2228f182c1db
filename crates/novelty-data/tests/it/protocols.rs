use std::collections::HashSet;

use ndarray::Array4;
use novelty_core::Dataset;
use novelty_data::{
    AnomalyBudgetConfig, ContaminationConfig, DataError, InMemoryDataset, LabelledDataset,
    OneVsRestConfig, Subset, ensure_disjoint, train_validation_split,
};
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

fn labelled(classes: &[usize]) -> InMemoryDataset {
    let images = Array4::from_shape_fn((classes.len(), 1, 2, 2), |(i, ..)| i as f32 / 1000.0);
    InMemoryDataset::new(images).unwrap().classes(classes.to_vec()).unwrap()
}

#[test]
fn a_stratified_split_keeps_the_shares_of_the_classes() {
    let classes: Vec<usize> = (0..1000).map(|i| [0, 0, 0, 1, 1, 7, 0, 0, 1, 0][i % 10]).collect();
    let split = novelty_data::stratified_split(&classes, 0.25, 3).unwrap();
    let count = |part: &[usize], class| part.iter().filter(|&&i| classes[i] == class).count();
    assert_eq!([0, 1, 7].map(|c| count(&split.validation, c)), [150, 75, 25]);
    assert_eq!([0, 1, 7].map(|c| count(&split.train, c)), [450, 225, 75]);
    let mut all = [split.train.clone(), split.validation.clone()].concat();
    all.sort_unstable();
    assert_eq!(all, (0..1000).collect::<Vec<_>>());
    assert_ne!(split, novelty_data::stratified_split(&classes, 0.25, 4).unwrap());
    let error = novelty_data::stratified_split(&[0, 0, 1], 0.5, 0).unwrap_err();
    assert_eq!(error.to_string(), "class 1 has 1 samples, 2 are needed");
    assert!(novelty_data::stratified_split(&[], 0.5, 0).is_err());
}

#[test]
fn a_budget_reveals_anomalies_only() {
    let classes: Vec<usize> =
        (0..300).map(|i| usize::from(i >= 200) + usize::from(i >= 250)).collect();
    let data = labelled(&classes);
    let known = AnomalyBudgetConfig::new(0).share(0.1).seed(1).apply(&data).unwrap();
    // 22 of 222 are a tenth.
    assert_eq!(known.len(), 222);
    let revealed: Vec<usize> =
        (0..known.len()).filter(|&i| known.is_anomalous(i) == Some(true)).collect();
    assert_eq!(revealed.len(), 22);
    assert!(revealed.iter().any(|&i| known.class(i) == Some(1)));
    assert!(revealed.iter().any(|&i| known.class(i) == Some(2)));
    let hidden = (0..known.len()).find(|i| !revealed.contains(i)).unwrap();
    let sample = known.get(hidden).unwrap();
    assert_eq!((sample.is_anomalous, sample.class), (None, None));
    let one = AnomalyBudgetConfig::new(0).anomaly_class(2).share(0.1).apply(&data).unwrap();
    assert!((0..one.len()).all(|i| one.class(i).is_none_or(|class| class == 2)));
    let error = AnomalyBudgetConfig::new(0).share(0.5).apply(&data).unwrap_err();
    assert_eq!(error.to_string(), "there are 100 anomalous samples, 200 are needed");
    assert!(AnomalyBudgetConfig::new(0).share(1.0).apply(&data).is_err());
    assert!(AnomalyBudgetConfig::new(9).apply(&data).is_err());
    assert!(AnomalyBudgetConfig::new(0).anomaly_class(0).apply(&data).is_err());
}

#[test]
fn a_split_that_leaks_is_refused() {
    let data = labelled(&[0, 0, 1, 0, 1]);
    let part = |indices: &[usize]| Subset::new(&data, indices.to_vec()).unwrap();
    ensure_disjoint(&part(&[0, 1]), &part(&[2, 3, 4])).unwrap();
    let error = ensure_disjoint(&part(&[0, 1, 3]), &part(&[2, 3])).unwrap_err();
    assert_eq!(
        error.to_string(),
        "1 test images are among the training images, such as test sample 1, which is training \
         sample 2"
    );
    let task = OneVsRestConfig::new(0).apply(part(&[0, 1, 2]), part(&[3, 4, 2])).unwrap();
    assert_eq!((task.train.len(), task.test.is_anomalous(1)), (2, Some(true)));
    let leaking = OneVsRestConfig::new(0);
    assert!(matches!(
        leaking.apply(part(&[0, 1]), part(&[1, 2, 4])),
        Err(DataError::Leak { n_shared: 1, train: 1, test: 0 })
    ));
    assert!(leaking.max_shared(0.4).apply(part(&[0, 1]), part(&[1, 2, 4])).is_ok());
    assert!(OneVsRestConfig::new(5).apply(part(&[0]), part(&[1])).is_err());
    assert!(OneVsRestConfig::new(0).apply(part(&[0]), part(&[])).is_err());
}
