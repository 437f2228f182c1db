use ndarray::{Array2, Axis};
use novelty_metrics::{
    MetricsError, adjusted_mutual_information, adjusted_rand_index, calinski_harabasz_score,
    davies_bouldin_score, silhouette_samples, silhouette_score, silhouette_score_sampled,
    v_measure,
};
use proptest::prelude::*;
use rand::seq::SliceRandom;
use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;

/// `k` Gaussian-like clusters of `n` samples in all, the labels in random order.
fn blobs(n: usize, d: usize, k: usize, seed: u64) -> (Array2<f32>, Vec<usize>) {
    let mut random = ChaCha8Rng::seed_from_u64(seed);
    let labels: Vec<usize> =
        (0..n).map(|i| if i < k { i } else { random.gen_range(0..k) }).collect();
    let x = Array2::from_shape_fn((n, d), |(i, _)| {
        labels[i] as f32 + (0..4).map(|_| random.gen_range(-1.0_f32..1.0)).sum::<f32>()
    });
    (x, labels)
}

/// The definition, sample by sample, in `f64`.
fn silhouettes_by_pairs(x: &Array2<f32>, labels: &[usize]) -> Vec<f64> {
    let k = labels.iter().max().unwrap() + 1;
    let distance = |i: usize, j: usize| {
        let squares =
            x.row(i).into_iter().zip(x.row(j)).map(|(&a, &b)| f64::from(a) - f64::from(b));
        squares.map(|difference| difference * difference).sum::<f64>().sqrt()
    };
    (0..labels.len())
        .map(|i| {
            let mut sums = vec![(0.0, 0.0); k];
            for j in (0..labels.len()).filter(|&j| j != i) {
                sums[labels[j]].0 += distance(i, j);
                sums[labels[j]].1 += 1.0;
            }
            let own = sums.remove(labels[i]);
            if own.1 == 0.0 {
                return 0.0;
            }
            let mean = |(sum, n): (f64, f64)| if n > 0.0 { sum / n } else { f64::INFINITY };
            let (a, b) = (mean(own), sums.into_iter().map(mean).fold(f64::INFINITY, f64::min));
            if a.max(b) == 0.0 { 0.0 } else { (b - a) / a.max(b) }
        })
        .collect()
}

#[test]
fn silhouettes_of_every_block_size_match_the_definition() {
    // Around the widths of panels, runs and strips, and clusters of several strips.
    for (n, d, k) in [(64, 1, 2), (65, 5, 2), (513, 3, 2), (1100, 2, 3), (900, 17, 4), (700, 4, 90)]
    {
        let (x, labels) = blobs(n, d, k, n as u64);
        let expected = silhouettes_by_pairs(&x, &labels);
        let got = silhouette_samples(x.view(), &labels).unwrap();
        for (got, expected) in got.iter().zip(expected) {
            assert!((got - expected).abs() < 2e-6, "{n} {d} {k}: {got} {expected}");
        }
    }
}

#[test]
fn clusters_far_from_one_another_keep_their_digits() {
    // By |a|^2 + |b|^2 - 2ab in f32 the first comes out as 0.826.
    let x = ndarray::array![[2000.0], [2000.1], [2000.5], [0.0], [0.3], [0.1]];
    let labels = [0, 0, 1, 2, 2, 2];
    let expected = silhouettes_by_pairs(&x, &labels);
    let got = silhouette_samples(x.view(), &labels).unwrap();
    assert!(got.iter().zip(expected).all(|(got, expected)| (got - expected).abs() < 1e-6));
}

#[test]
fn identical_points_score_zero() {
    let x = Array2::from_elem((6, 3), 2.5);
    assert_eq!(silhouette_score(x.view(), &[0, 0, 0, 1, 1, 1]), Ok(0.0));
    assert_eq!(davies_bouldin_score(x.view(), &[0, 0, 0, 1, 1, 1]), Ok(0.0));
    assert_eq!(calinski_harabasz_score(x.view(), &[0, 0, 0, 1, 1, 1]), Ok(1.0));
}

#[test]
fn the_largest_and_smallest_floats_are_no_danger() {
    for scale in [f32::MAX, f32::MIN_POSITIVE, 1e-44] {
        let x = ndarray::array![[-1.0], [-1.0], [1.0], [1.0]] * scale;
        assert_eq!(silhouette_score(x.view(), &[0, 0, 1, 1]), Ok(1.0), "{scale}");
        assert_eq!(silhouette_score(x.view(), &[0, 1, 0, 1]), Ok(-0.5), "{scale}");
    }
}

#[test]
fn an_estimate_lies_within_its_error_of_the_truth() {
    let (x, labels) = blobs(4000, 3, 3, 9);
    let exact = silhouette_score(x.view(), &labels).unwrap();
    let errors: Vec<f64> = (0..200)
        .map(|seed| {
            let estimate = silhouette_score_sampled(x.view(), &labels, 300, seed).unwrap();
            (estimate.value - exact) / estimate.standard_error
        })
        .collect();
    let mean = errors.iter().sum::<f64>() / 200.0;
    let spread = (errors.iter().map(|error| error * error).sum::<f64>() / 200.0).sqrt();
    // In units of the standard error: mean 0 +- 0.07, spread 1 +- 0.05.
    assert!(mean.abs() < 0.25 && (spread - 1.0).abs() < 0.2, "{mean} {spread}");
}

#[test]
fn bad_clusterings_are_errors() {
    let (x, labels) = blobs(10, 2, 3, 2);
    type Metric = fn(&Array2<f32>, &[usize]) -> Result<(), MetricsError>;
    let metrics: [Metric; 4] = [
        |x, labels| silhouette_samples(x.view(), labels).map(drop),
        |x, labels| silhouette_score_sampled(x.view(), labels, 5, 1).map(drop),
        |x, labels| davies_bouldin_score(x.view(), labels).map(drop),
        |x, labels| calinski_harabasz_score(x.view(), labels).map(drop),
    ];
    for metric in metrics {
        for (labels, n_clusters) in [(vec![4; 10], 1), ((0..10).collect(), 10)] {
            let error = MetricsError::ClusterCount { n_clusters, n_samples: 10 };
            assert_eq!(metric(&x, &labels), Err(error));
        }
        assert_eq!(
            metric(&x, &labels[1..]).unwrap_err().to_string(),
            "x has 10 entries, labels has 9; they must be equal"
        );
        assert_eq!(metric(&Array2::zeros((0, 3)), &[]).unwrap_err().to_string(), "x is empty");
        assert_eq!(metric(&Array2::zeros((10, 0)), &labels).unwrap_err().to_string(), "x is empty");
        for bad in [f32::NAN, f32::INFINITY] {
            let mut x = x.clone();
            x[[4, 1]] = bad;
            let message = metric(&x, &labels).unwrap_err().to_string();
            assert_eq!(message, format!("x holds {bad} at position 9; every value must be finite"));
        }
    }
    for n_sampled in [0, 1, 11] {
        assert!(silhouette_score_sampled(x.view(), &labels, n_sampled, 1).is_err());
    }
    assert!(adjusted_rand_index(&[], &[]).is_err());
    assert!(adjusted_mutual_information(&[1], &[1, 2]).is_err());
    assert!(v_measure(&[1, 2], &[]).is_err());
}

proptest! {
    #[test]
    fn neither_order_nor_names_nor_layout_matter(
        n in 4..120_usize, d in 1..6_usize, k in 2..4_usize, seed: u64,
    ) {
        let (x, labels) = blobs(n, d, k, seed);
        let mut order: Vec<usize> = (0..n).collect();
        order.shuffle(&mut ChaCha8Rng::seed_from_u64(seed));
        let shuffled = x.select(Axis(0), &order);
        let renamed: Vec<usize> = order.iter().map(|&i| 1_000_000 - 13 * labels[i]).collect();
        let transposed = shuffled.t().as_standard_layout().into_owned();
        let a = silhouette_samples(x.view(), &labels).unwrap();
        let b = silhouette_samples(transposed.t(), &renamed).unwrap();
        for (place, &i) in order.iter().enumerate() {
            prop_assert!((a[i] - b[place]).abs() < 1e-6);
        }
        let a = davies_bouldin_score(x.view(), &labels).unwrap();
        let b = davies_bouldin_score(transposed.t(), &renamed).unwrap();
        prop_assert!((a - b).abs() < 1e-9 * (1.0 + a));
        let a = calinski_harabasz_score(x.view(), &labels).unwrap();
        let b = calinski_harabasz_score(transposed.t(), &renamed).unwrap();
        prop_assert!((a - b).abs() < 1e-9 * (1.0 + a));
    }

    #[test]
    fn agreement_is_symmetric_and_blind_to_names(
        pairs in proptest::collection::vec((0..5_usize, 0..5_usize), 1..200),
    ) {
        let (truth, predicted): (Vec<usize>, Vec<usize>) = pairs.into_iter().unzip();
        let renamed: Vec<usize> = predicted.iter().map(|label| (label * 3) % 5 + 1000).collect();
        let rand = adjusted_rand_index(&truth, &predicted).unwrap();
        prop_assert_eq!(rand, adjusted_rand_index(&predicted, &truth).unwrap());
        prop_assert_eq!(rand, adjusted_rand_index(&truth, &renamed).unwrap());
        prop_assert!((-0.5..=1.0).contains(&rand));
        let information = adjusted_mutual_information(&truth, &predicted).unwrap();
        let swapped = adjusted_mutual_information(&renamed, &truth).unwrap();
        prop_assert!((information - swapped).abs() < 1e-9);
        let measure = v_measure(&truth, &predicted).unwrap();
        let swapped = v_measure(&renamed, &truth).unwrap();
        prop_assert!((measure.homogeneity - swapped.completeness).abs() < 1e-12);
        prop_assert!((measure.v_measure - swapped.v_measure).abs() < 1e-12);
        prop_assert_eq!(adjusted_rand_index(&truth, &truth), Ok(1.0));
    }
}

#[test]
fn independent_labellings_score_chance() {
    let mut random = ChaCha8Rng::seed_from_u64(5);
    let n = 200_000;
    let mut draw = |k: usize| -> Vec<usize> { (0..n).map(|_| random.gen_range(0..k)).collect() };
    let (truth, predicted) = (draw(50), draw(300));
    assert!(adjusted_rand_index(&truth, &predicted).unwrap().abs() < 1e-3);
    assert!(adjusted_mutual_information(&truth, &predicted).unwrap().abs() < 1e-3);
}
