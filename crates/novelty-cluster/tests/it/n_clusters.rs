use ndarray::{Array2, Axis, s};
use novelty_cluster::{
    ClusterCriterion, PcaConfig, SelectNClustersConfig, select_n_clusters, select_n_clusters_in,
};
use novelty_core::Fit;
use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;

use crate::data::{blobs, gaussian, normal, with_threads};

const CRITERIA: [ClusterCriterion; 4] = [
    ClusterCriterion::Silhouette,
    ClusterCriterion::Bic,
    ClusterCriterion::Gap,
    ClusterCriterion::Stability,
];

fn quick() -> SelectNClustersConfig {
    SelectNClustersConfig::new().n_references(39).n_init(2).max_clusters(6)
}

/// One cluster of some shape.
fn one(shape: &str, n: usize, d: usize, seed: u64) -> Array2<f32> {
    let mut x = gaussian(n, d, seed);
    let mut random = ChaCha8Rng::seed_from_u64(seed + 1000);
    match shape {
        "elongated" => x.column_mut(0).mapv_inplace(|v| v * 6.0),
        "heavy-tailed" => {
            for mut row in x.outer_iter_mut() {
                // Student's t with three degrees of freedom.
                let chi: f64 = (0..3).map(|_| normal(&mut random).powi(2)).sum();
                row *= (3.0 / chi).sqrt() as f32;
            }
        }
        "uniform" => x.mapv_inplace(|_| random.gen_range(0.0..1.0)),
        _ => {}
    }
    x
}

/// At a significance of 0.05, 4 shapes, 3 sizes, 10 sets each. The false alarms are printed;
/// more than the nominal share allows for the worst shape fails.
#[test]
fn one_cluster_is_one() {
    let mut worst = 0;
    for shape in ["round", "elongated", "heavy-tailed", "uniform"] {
        let mut alarms = 0;
        for (n, d) in [(100, 2), (200, 8), (400, 3)] {
            for seed in 0..10 {
                let x = one(shape, n, d, seed);
                let selection = select_n_clusters(x.view(), &quick()).unwrap();
                alarms += usize::from(selection.n_clusters != 1);
            }
        }
        println!("{shape}: {alarms} false alarms of 30");
        worst = worst.max(alarms);
    }
    assert!(worst <= 5, "{worst}");
}

#[test]
fn separate_clusters_are_counted_by_every_criterion() {
    for k in 2..=4 {
        let (x, _) = blobs(300, 3, k, 8.0, k as u64);
        for criterion in CRITERIA {
            let config = quick().criterion(criterion);
            let selection = select_n_clusters(x.view(), &config).unwrap();
            assert_eq!(selection.n_clusters, k, "{criterion:?} {selection:?}");
            assert!(selection.one_cluster.p_value <= 0.05);
            let first = if matches!(criterion, ClusterCriterion::Bic | ClusterCriterion::Gap) {
                1
            } else {
                2
            };
            let counted: Vec<usize> = selection.curve.iter().map(|at| at.n_clusters).collect();
            assert_eq!(counted, (first..=6).collect::<Vec<_>>());
        }
    }
}

#[test]
fn a_small_cluster_is_found() {
    let mut x = gaussian(200, 4, 3);
    x.slice_mut(s![..20, ..]).mapv_inplace(|value| value + 6.0);
    assert_eq!(select_n_clusters(x.view(), &quick()).unwrap().n_clusters, 2);
}

#[test]
fn units_and_offsets_change_nothing() {
    let (x, _) = blobs(120, 2, 3, 9.0, 1);
    for (scale, offset) in [(1e-9, 0.0), (1e9, 0.0), (1.0, 1e4)] {
        let moved = x.mapv(|value| value * scale + offset);
        for criterion in CRITERIA {
            let selection = select_n_clusters(moved.view(), &quick().criterion(criterion)).unwrap();
            assert_eq!(selection.n_clusters, 3, "{scale} {offset} {criterion:?}");
        }
    }
}

#[test]
fn threads_change_nothing() {
    let (x, _) = blobs(150, 3, 2, 5.0, 1);
    for criterion in CRITERIA {
        let config = quick().criterion(criterion);
        let alone = with_threads(1, || select_n_clusters(x.view(), &config).unwrap());
        let three = with_threads(3, || select_n_clusters(x.view(), &config).unwrap());
        assert_eq!(alone, three);
    }
}

#[test]
fn equal_samples_are_one_cluster() {
    let x = Array2::from_elem((20, 3), 7.0);
    for criterion in CRITERIA {
        let selection = select_n_clusters(x.view(), &quick().criterion(criterion)).unwrap();
        assert_eq!(selection.n_clusters, 1, "{criterion:?}");
    }
}

#[test]
fn bad_input_is_named() {
    let x = gaussian(30, 2, 1);
    let fails = |config: SelectNClustersConfig| select_n_clusters(x.view(), &config).is_err();
    assert!(fails(quick().max_clusters(1)));
    assert!(fails(quick().n_references(18)));
    assert!(fails(quick().significance(0.0)));
    assert!(fails(quick().n_init(0)));
    assert!(select_n_clusters(x.slice(s![..5, ..]), &quick()).is_err());
    let other = gaussian(29, 2, 1);
    assert!(select_n_clusters_in(x.view(), other.view(), &quick()).is_err());
    let mut bad = x.clone();
    bad[[0, 0]] = f32::NAN;
    assert!(select_n_clusters(bad.view(), &quick()).is_err());
}

/// Digits of the bundled MNIST, in the space of the first principal components of all digits.
fn digits(classes: &[usize], n_each: usize) -> Array2<f32> {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../../datasets/mnist");
    let dataset = novelty_data::IdxDataset::open_dir(folder, novelty_data::Split::Test).unwrap();
    let all = dataset.to_images(&(0..4000).collect::<Vec<_>>()).unwrap();
    let all = all.into_shape_with_order((4000, 784)).unwrap();
    let embedded = PcaConfig::new(10).fit(all.view()).unwrap().transform(all.view()).unwrap();
    let of = |class: &usize| {
        let members = (0..4000).filter(|&i| dataset.classes()[i] == *class);
        members.take(n_each).collect::<Vec<_>>()
    };
    embedded.select(Axis(0), &classes.iter().flat_map(of).collect::<Vec<_>>())
}

/// A class of real pictures is no ellipsoid: its components depend on each other, and the test
/// takes some classes for several. It never takes several for one.
#[test]
fn classes_of_digits() {
    let select = |classes: &[usize], n_each| {
        let x = digits(classes, n_each);
        select_n_clusters(x.view(), &quick()).unwrap().n_clusters
    };
    let ones = (0..10).filter(|&class| select(&[class], 200) == 1).count();
    assert!(ones >= 6, "{ones} of 10 digits are one cluster");
    for classes in [[0, 1].as_slice(), &[0, 1, 7], &[0, 1, 6]] {
        assert!(select(classes, 100) >= 2, "{classes:?}");
    }
}
