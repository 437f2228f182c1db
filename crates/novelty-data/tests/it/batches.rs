use novelty_data::BatchConfig;
use proptest::prelude::*;

#[test]
fn every_epoch_has_its_own_order() {
    let config = BatchConfig::new(10).seed(3);
    let order = |epoch| config.index_batches(50, epoch).unwrap().flatten().collect::<Vec<_>>();
    assert_eq!(order(0), order(0));
    assert_ne!(order(0), order(1));
    let other = config.clone().seed(4).index_batches(50, 0).unwrap().flatten().collect::<Vec<_>>();
    assert_ne!(order(0), other);
    let plain: Vec<_> = config.shuffle(false).index_batches(50, 0).unwrap().flatten().collect();
    assert_eq!(plain, (0..50).collect::<Vec<_>>());
}

#[test]
fn a_batch_of_nothing_is_refused() {
    let error = BatchConfig::new(0).index_batches(5, 0).unwrap_err();
    assert_eq!(error.to_string(), "batch_size is 0; it must be at least 1");
}

proptest! {
    #[test]
    fn batches_hold_every_sample_once(
        n in 0_usize..300,
        batch_size in prop_oneof![1_usize..400, Just(usize::MAX)],
        drop_last: bool,
        seed: u64,
    ) {
        let config = BatchConfig::new(batch_size).drop_last(drop_last).seed(seed);
        let batches = config.index_batches(n, 0).unwrap();
        let left = batches.len();
        let all: Vec<Vec<usize>> = batches.collect();
        prop_assert_eq!(all.len(), left);
        let n_full = all.iter().filter(|batch| batch.len() == batch_size).count();
        prop_assert_eq!(n_full, n / batch_size);
        prop_assert_eq!(left - n_full, usize::from(!drop_last && n % batch_size > 0));
        let mut samples = all.concat();
        samples.sort_unstable();
        samples.dedup();
        prop_assert_eq!(samples.len(), if drop_last { n - n % batch_size } else { n });
    }
}
