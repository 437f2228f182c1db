//! Scorers of feature vectors against scikit-learn, and on inputs that break them.

use ndarray::{Array1, Array2, Array4, ArrayView2, Axis, s};
use novelty_core::{Embed, Features, Fit, Images, InputError, Score, check_scorer, ensure_finite};
use novelty_scoring::{
    Bandwidth, Boundary, Distance, EmbeddingScore, Hypersphere, HypersphereConfig,
    IsolationForestConfig, KNearestNeighborsConfig, KernelDensityConfig, LocalOutlierFactorConfig,
    MahalanobisConfig, NeighborAggregation, ScoringError, Shrinkage,
};
use serde_json::Value;

use crate::golden::{assert_close, matrix, numbers};

struct Case {
    golden: Value,
    k: usize,
    x: Array2<f32>,
    queries: Array2<f32>,
}

fn cases() -> Vec<Case> {
    let all: Value = serde_json::from_str(include_str!("../golden/features.json")).unwrap();
    let case = |golden: &Value| Case {
        golden: golden.clone(),
        k: golden["k"].as_u64().unwrap() as usize,
        x: matrix(&golden["x"]),
        queries: matrix(&golden["queries"]),
    };
    all.as_array().unwrap().iter().map(case).collect()
}

/// Checks the contract, and scores.
trait Checked {
    fn checked(&self, x: ArrayView2<'_, f32>) -> Array1<f32>;
}

impl<S: for<'a> Score<Features<'a>, Error = ScoringError>> Checked for S {
    fn checked(&self, x: ArrayView2<'_, f32>) -> Array1<f32> {
        check_scorer(self, x).unwrap();
        self.score(x).unwrap()
    }
}

macro_rules! scored {
    ($config:expr, $case:expr) => {
        $config.fit($case.x.view()).unwrap().checked($case.queries.view())
    };
}

#[test]
fn nearest_neighbours_are_exact() {
    for case in cases() {
        for (distance, metric) in [(Distance::Euclidean, "euclidean"), (Distance::Cosine, "cosine")]
        {
            for (aggregation, name) in [
                (NeighborAggregation::Largest, "largest"),
                (NeighborAggregation::Mean, "mean"),
                (NeighborAggregation::Median, "median"),
            ] {
                let config = KNearestNeighborsConfig::new(case.k)
                    .distance(distance)
                    .aggregation(aggregation);
                assert_close(name, &scored!(config, case), &case.golden[metric][name], 1e-6);
            }
        }
    }
}

#[test]
fn outlier_factors_are_scikit_learns() {
    for case in cases() {
        let config = LocalOutlierFactorConfig::new().n_neighbors(case.k);
        assert_close("lof", &scored!(config, case), &case.golden["lof"], 1e-5);
        let fitted = config.fit(case.x.view()).unwrap();
        assert_close("own", fitted.reference_scores(), &case.golden["lof_reference"], 1e-5);
    }
}

#[test]
fn mahalanobis_distances_are_scikit_learns() {
    for case in cases() {
        let wolf = MahalanobisConfig::new();
        let shrinkage = wolf.fit(case.x.view()).unwrap().shrinkage() as f32;
        assert_close("share", [&shrinkage], &case.golden["ledoit_wolf_shrinkage"], 1e-6);
        assert_close("wolf", &scored!(wolf, case), &case.golden["ledoit_wolf"], 1e-5);
        let fixed = wolf.shrinkage(Shrinkage::Fixed(0.1));
        assert_close("fixed", &scored!(fixed, case), &case.golden["shrunk_0.1"], 1e-5);
        let pseudo = wolf.shrinkage(Shrinkage::Fixed(0.0));
        let got = pseudo.fit(case.x.view()).unwrap().score(case.queries.view()).unwrap();
        assert_close("empirical", &got, &case.golden["empirical"], 1e-4);
    }
}

#[test]
fn densities_are_the_formula() {
    for case in cases() {
        for (bandwidth, name) in [
            (Bandwidth::Scott, "scott"),
            (Bandwidth::Silverman, "silverman"),
            (Bandwidth::Fixed(2.0), "fixed_2"),
        ] {
            let config = KernelDensityConfig::new().bandwidth(bandwidth);
            let fitted = config.fit(case.x.view()).unwrap();
            let got = fitted.score(case.queries.view()).unwrap();
            assert_close(name, &got, &case.golden[name], 1e-6);
            // In 50 features each sample is alone under its kernel, and all score the same.
            if case.x.ncols() < 50 {
                check_scorer(&fitted, case.queries.view()).unwrap();
            }
        }
    }
}

/// Another generator draws other trees: 4,000 of each agree to 0.01.
#[test]
fn isolation_forests_agree_with_scikit_learns() {
    for case in cases() {
        let config = IsolationForestConfig::new().n_trees(4000).max_samples(64).seed(5);
        let got = config.fit(case.x.view()).unwrap().score(case.queries.view()).unwrap();
        for (got, expected) in got.iter().zip(numbers(&case.golden["forest"])) {
            assert!((f64::from(*got) - expected).abs() < 0.01, "{got} != {expected}");
        }
        let small = IsolationForestConfig::new().seed(1);
        scored!(small, case);
    }
}

#[test]
fn a_hypersphere_is_its_formula() {
    let x =
        Array2::from_shape_fn((20, 3), |(i, j)| ((i * 7 + j * 5) % 11) as f32 + 0.01 * i as f32);
    let centre = x.mean_axis(Axis(0)).unwrap();
    let sphere = HypersphereConfig::new().fit(x.view()).unwrap();
    let squared = |row: ndarray::ArrayView1<'_, f32>| (&row - &centre).mapv(|x| x * x).sum();
    let got = sphere.checked(x.view());
    for (got, row) in got.iter().zip(x.outer_iter()) {
        assert!((got - squared(row)).abs() < 1e-4 * squared(row));
    }
    let soft = HypersphereConfig::new().boundary(Boundary::Soft { nu: 0.25 });
    let soft = soft.fit(x.view()).unwrap();
    let outside = soft.score(x.view()).unwrap().iter().filter(|&&score| score > 0.0).count();
    assert_eq!(outside, 5);
    let by_hand = Hypersphere::new(centre.view(), soft.radius() as f32).unwrap();
    let (a, b) = (by_hand.score(x.view()).unwrap(), soft.score(x.view()).unwrap());
    assert!((a - b).iter().all(|d| d.abs() < 1e-4));
}

#[test]
fn a_coreset_covers_all_and_a_reference_sample_is_scored_among_the_others() {
    let x = Array2::from_shape_fn((60, 2), |(i, j)| if j == 0 { (i % 6) as f32 } else { i as f32 });
    let config = KNearestNeighborsConfig::new(1).coreset(12);
    let fitted = config.fit(x.view()).unwrap();
    assert_eq!(fitted.n_reference(), 12);
    // Twelve of sixty points on a line of slope one are at most two and a half steps apart.
    assert!(fitted.score(x.view()).unwrap().iter().all(|&score| score <= 6.0));
    let all = KNearestNeighborsConfig::new(1).fit(x.view()).unwrap();
    assert!(all.score(x.view()).unwrap().iter().all(|&score| score == 0.0));
    assert!(all.reference_scores().unwrap().iter().all(|&score| score >= 1.0));
    let neighbors = all.neighbors(x.slice(s![3..4, ..])).unwrap();
    assert_eq!(neighbors, [[(3, 0.0)]]);
}

#[test]
fn many_rows_in_many_panels_are_searched_exactly() {
    let x = Array2::from_shape_fn((2500, 7), |(i, j)| {
        ((i + 1) * (j + 3) * 2_654_435_761 % 10_007) as f32 / 100.0
    });
    let queries = Array2::from_shape_fn((300, 7), |(i, j)| {
        ((i + 5) * (j + 11) * 40_503 % 10_007) as f32 / 100.0
    });
    let fitted = KNearestNeighborsConfig::new(4).fit(x.view()).unwrap();
    let found = fitted.neighbors(queries.view()).unwrap();
    for (query, found) in queries.outer_iter().zip(found) {
        let mut naive: Vec<(f64, usize)> = x
            .outer_iter()
            .map(|row| (row.mapv(f64::from) - query.mapv(f64::from)).mapv(|x| x * x).sum().sqrt())
            .enumerate()
            .map(|(i, distance)| (distance, i))
            .collect();
        naive.sort_by(|a, b| a.partial_cmp(b).unwrap());
        for (found, naive) in found.iter().zip(naive) {
            assert_eq!(found.0, naive.1);
            assert!((found.1 - naive.0).abs() <= 1e-12 * naive.0);
        }
    }
    // One query at a time, the threads share the reference: the same bits.
    let together = fitted.score(queries.view()).unwrap();
    for i in 0..20 {
        let alone = fitted.score(queries.slice(s![i..=i, ..])).unwrap();
        assert_eq!(alone[0].to_bits(), together[i].to_bits());
    }
}

#[test]
fn the_number_of_threads_changes_no_bit() {
    let case = &cases()[0];
    let with_threads = |n: usize| {
        rayon::ThreadPoolBuilder::new().num_threads(n).build().unwrap().install(|| {
            let bits = |scores: Array1<f32>| scores.mapv(f32::to_bits);
            [
                bits(scored!(KNearestNeighborsConfig::new(3), case)),
                bits(scored!(LocalOutlierFactorConfig::new(), case)),
                bits(scored!(MahalanobisConfig::new(), case)),
                bits(scored!(KernelDensityConfig::new(), case)),
                bits(scored!(IsolationForestConfig::new().n_trees(300), case)),
                bits(scored!(HypersphereConfig::new(), case)),
            ]
        })
    };
    assert_eq!(with_threads(1), with_threads(3));
}

#[test]
fn huge_values_are_searched_too() {
    let mut x = Array2::from_shape_fn((40, 3), |(i, j)| ((i * 13 + j * 7) % 29) as f32);
    x[[7, 1]] = 3e38;
    x[[9, 2]] = -3e38;
    let fitted = KNearestNeighborsConfig::new(1).fit(x.view()).unwrap();
    let own = fitted.neighbors(x.view()).unwrap();
    assert!(own.iter().all(|found| found[0].1 == 0.0));
}

#[test]
fn degenerate_references_are_named() {
    let constant = Array2::from_elem((30, 4), 0.25);
    let one = Array2::from_elem((1, 4), 0.25);
    let no_spread = |error: ScoringError| {
        matches!(error, ScoringError::NoSpread { place: "reference samples" })
    };
    assert!(no_spread(MahalanobisConfig::new().fit(constant.view()).unwrap_err()));
    assert!(no_spread(KernelDensityConfig::new().fit(constant.view()).unwrap_err()));
    assert!(no_spread(IsolationForestConfig::new().fit(constant.view()).unwrap_err()));
    assert!(no_spread(KernelDensityConfig::new().fit(one.view()).unwrap_err()));
    let too_few =
        |error: ScoringError| matches!(error, ScoringError::TooFewSamples { n_samples: 1, .. });
    assert!(too_few(MahalanobisConfig::new().fit(one.view()).unwrap_err()));
    assert!(too_few(LocalOutlierFactorConfig::new().fit(one.view()).unwrap_err()));
    assert!(too_few(IsolationForestConfig::new().fit(one.view()).unwrap_err()));
    assert!(too_few(KNearestNeighborsConfig::new(2).fit(one.view()).unwrap_err()));
    // Copies of one sample: at no distance, and as dense as each other.
    let copies = KNearestNeighborsConfig::new(3).fit(constant.view()).unwrap();
    assert!(copies.reference_scores().unwrap().iter().all(|&score| score == 0.0));
    let copies = LocalOutlierFactorConfig::new().fit(constant.view()).unwrap();
    assert!(copies.reference_scores().iter().all(|&score| (score - 1.0).abs() < 1e-6));
    let far = copies.score(Array2::from_elem((1, 4), 9.0).view()).unwrap()[0];
    assert!(far.is_finite() && far > 1e6);
}

#[test]
fn bad_references_and_settings_are_named() {
    let mut x = Array2::from_shape_fn((30, 4), |(i, j)| ((i * 5 + j * 3) % 17) as f32);
    let setting = |error: ScoringError, expected: &str| {
        assert!(
            matches!(&error, ScoringError::Input(InputError::Setting { name, .. }) if *name == expected),
            "{error}"
        );
    };
    setting(KNearestNeighborsConfig::new(0).fit(x.view()).unwrap_err(), "n_neighbors");
    setting(KNearestNeighborsConfig::new(1).coreset(0).fit(x.view()).unwrap_err(), "coreset");
    let shrinkage = MahalanobisConfig::new().shrinkage(Shrinkage::Fixed(1.5));
    setting(shrinkage.fit(x.view()).unwrap_err(), "shrinkage");
    let soft = HypersphereConfig::new().boundary(Boundary::Soft { nu: f64::NAN });
    setting(soft.fit(x.view()).unwrap_err(), "nu");
    let narrow = KernelDensityConfig::new().bandwidth(Bandwidth::Fixed(0.0));
    setting(narrow.fit(x.view()).unwrap_err(), "bandwidth");
    setting(IsolationForestConfig::new().n_trees(0).fit(x.view()).unwrap_err(), "n_trees");
    setting(IsolationForestConfig::new().max_samples(1).fit(x.view()).unwrap_err(), "max_samples");
    x[[3, 2]] = f32::NAN;
    assert!(matches!(
        KNearestNeighborsConfig::new(1).fit(x.view()),
        Err(ScoringError::Input(InputError::NotFinite { place: "features", index: 14, .. }))
    ));
    assert!(matches!(
        HypersphereConfig::new().fit(Array2::zeros((0, 4)).view()),
        Err(ScoringError::Input(InputError::Empty { place: "features" }))
    ));
}

/// Each pixel is a feature.
struct Flatten;

impl Embed for Flatten {
    type Error = InputError;

    fn embed(&self, x: Images<'_>) -> Result<Array2<f32>, InputError> {
        ensure_finite("images", &x)?;
        let pixels = x.len() / x.len_of(Axis(0)).max(1);
        let rows = x.iter().copied().collect();
        Ok(Array2::from_shape_vec((x.len_of(Axis(0)), pixels), rows).unwrap())
    }
}

#[test]
fn a_scorer_of_features_scores_images() {
    let images = Array4::from_shape_fn((20, 1, 3, 4), |(n, _, y, x)| {
        ((n + 1) * (y * 4 + x + 3) * 2_654_435_761 % 1009) as f32 / 1008.0
    });
    let features = Flatten.embed(images.view()).unwrap();
    let scorer = MahalanobisConfig::new().fit(features.view()).unwrap();
    let scorer = EmbeddingScore { model: Flatten, scorer };
    check_scorer(&scorer, images.view()).unwrap();
    let wide = Array4::zeros((1, 1, 3, 5));
    let Err(ScoringError::Scorer(source)) = scorer.score(wide.view()) else { panic!() };
    assert!(source.to_string().contains("[1, 15]"), "{source}");
}
