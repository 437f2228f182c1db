//! Normalised scores, ensembles, tiles and submissions.

use ndarray::{Array2, Array3, Ix2, array};
use novelty_core::{Features, Fit, InputError, Score, check_scorer};
use novelty_scoring::{
    Combination, Ensemble, Hypersphere, HypersphereConfig, KNearestNeighborsConfig, Normalisation,
    Normalised, Pooling, ScoringError, TileAttentionConfig, mean_rank, tile_scores,
    write_submission,
};

#[test]
fn scales_are_their_formulas() {
    let reference = [1.0, 2.0, 4.0, 3.0, 10.0, 1.0];
    let on = |scale: Normalisation, scores: &[f32]| {
        scale.fit(&reference[..]).unwrap().normalise(scores).unwrap()
    };
    assert_eq!(on(Normalisation::MinMax, &[1.0, 5.5, 19.0]), [0.0, 0.5, 2.0]);
    let ranks = on(Normalisation::EmpiricalCdf, &[0.0, 1.0, 3.5, 10.0, 11.0]);
    assert_eq!(ranks, [0.0, 1.0 / 6.0, 4.0 / 6.0, 5.5 / 6.0, 1.0]);
    let z = on(Normalisation::RobustZ, &[2.5, 2.5 + 1.482_602_2 * 1.5]);
    assert!(z[0].abs() < 1e-6 && (z[1] - 1.0).abs() < 1e-6);
    for scale in [Normalisation::MinMax, Normalisation::RobustZ] {
        assert!(matches!(scale.fit(&[0.5; 9][..]), Err(ScoringError::NoSpread { .. })));
        assert!(scale.fit(&[][..]).is_err());
    }
    assert!(Normalisation::EmpiricalCdf.fit(&[0.5; 9][..]).is_ok());
    let fitted = Normalisation::MinMax.fit(&reference[..]).unwrap();
    assert!(fitted.normalise(&[f32::INFINITY]).is_err());
}

#[test]
fn scores_combine_by_mean_maximum_and_rank() {
    let (a, b): (&[f32], &[f32]) = (&[0.0, 1.0, 2.0], &[4.0, 4.0, 0.0]);
    let combined = |how: Combination, weights| how.combine(&[a, b], weights).unwrap();
    assert_eq!(combined(Combination::Mean, &[1.0, 1.0]), [2.0, 2.5, 1.0]);
    assert_eq!(combined(Combination::Mean, &[3.0, 1.0]), [1.0, 1.75, 1.5]);
    assert_eq!(combined(Combination::Max, &[1.0, 2.0]), [4.0, 4.0, 2.0]);
    assert_eq!(combined(Combination::Max, &[1.0, 0.0]), [0.0, 1.0, 2.0]);
    assert_eq!(mean_rank(&[a, b]).unwrap(), [0.375, 0.625, 0.5]);
    assert!(matches!(mean_rank(&[]), Err(InputError::Empty { .. })));
    assert!(matches!(mean_rank(&[a, &b[..2]]), Err(InputError::Length { .. })));
    for weights in [&[0.0, 0.0][..], &[1.0], &[-1.0, 2.0], &[f64::NAN, 1.0]] {
        assert!(Combination::Mean.combine(&[a, b], weights).is_err());
    }
}

fn features() -> Array2<f32> {
    Array2::from_shape_fn((40, 3), |(i, j)| {
        ((i + 1) * (j + 3) * 2_654_435_761 % 1009) as f32 / 1008.0
    })
}

#[test]
fn ensembles_keep_the_contract() {
    let x = features();
    let sphere = HypersphereConfig::new().fit(x.view()).unwrap();
    let scores = sphere.score(x.view()).unwrap().to_vec();
    for scale in [Normalisation::MinMax, Normalisation::RobustZ, Normalisation::EmpiricalCdf] {
        let normaliser = scale.fit(&scores[..]).unwrap();
        check_scorer(&Normalised { scorer: sphere.clone(), normaliser }, x.view()).unwrap();
    }
    for combination in [Combination::Mean, Combination::Max] {
        let near = KNearestNeighborsConfig::new(3).fit(x.view()).unwrap();
        let near_scores = near.reference_scores().unwrap().to_vec();
        let ensemble = Ensemble::<Ix2>::new(Normalisation::RobustZ, combination)
            .with(sphere.clone(), &scores, 1.0)
            .unwrap()
            .with(near, &near_scores, 0.5)
            .unwrap();
        check_scorer(&ensemble, x.view()).unwrap();
    }
    let alone = Ensemble::<Ix2>::new(Normalisation::MinMax, Combination::Mean);
    assert!(alone.score(x.view()).is_err());
    assert!(alone.with(sphere, &scores, f64::NAN).is_err());
}

/// One member sees one kind of anomaly, the other the other; the ensemble sees both.
#[test]
fn an_ensemble_sees_what_one_member_misses() {
    let on = |axis: usize| {
        let centre = if axis == 0 { array![0.0, 0.0] } else { array![0.0, 1.0] };
        Hypersphere::new(centre.view(), 0.0).unwrap()
    };
    let reference: Vec<f32> = (0..20).map(|i| i as f32 / 20.0).collect();
    let ensemble = Ensemble::<Ix2>::new(Normalisation::MinMax, Combination::Max)
        .with(on(0), &reference, 1.0)
        .unwrap()
        .with(on(1), &reference, 1.0)
        .unwrap();
    let x = array![[0.0, 0.5], [0.0, -2.0], [0.0, 3.0]];
    let scores = ensemble.score(Features::from(&x)).unwrap();
    assert!(scores[0] < 1.0 && scores[1] > 5.0 && scores[2] > 5.0);
}

#[test]
fn attention_is_on_the_tile_that_changed() {
    // The right half is always rough, the left always smooth.
    let map = |n: usize, y: usize, x: usize| {
        let wave = ((n * 31 + y * 7 + x * 3) % 11) as f32 / 110.0;
        if x >= 4 { 1.0 + wave } else { 0.1 * wave }
    };
    let normal = Array3::from_shape_fn((20, 6, 8), |(n, y, x)| map(n, y, x));
    let reference = tile_scores(normal.view(), (3, 2), Pooling::Mean).unwrap();
    assert_eq!(reference.dim(), (20, 3, 2));
    let attention = TileAttentionConfig::new().fit(reference.view()).unwrap();
    let mut odd = Array3::from_shape_fn((1, 6, 8), |(_, y, x)| map(77, y, x));
    // Far below what the rough half always has, and yet unusual here.
    odd[[0, 2, 1]] = 0.5;
    let tiles = tile_scores(odd.view(), (3, 2), Pooling::Mean).unwrap();
    assert_eq!(attention.most_anomalous(tiles.view()).unwrap(), [(1, 0)]);
    assert!(attention.attention(tiles.view()).unwrap()[[0, 1, 0]] > 10.0);
    assert!(matches!(
        attention.attention(Array3::zeros((1, 2, 2)).view()),
        Err(ScoringError::Input(InputError::Shape { place: "tile scores", .. }))
    ));
    assert!(tile_scores(odd.view(), (7, 2), Pooling::Mean).is_err());
    assert!(tile_scores(odd.view(), (0, 2), Pooling::Mean).is_err());
    let flat = Array3::zeros((5, 2, 2));
    assert!(matches!(
        TileAttentionConfig::new().fit(flat.view()),
        Err(ScoringError::NoSpread { place: "tile scores" })
    ));
}

#[test]
fn a_submission_is_whole_or_not_there() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("submission.csv");
    write_submission(&path, &[0.5, 1e-7, 3.0]).unwrap();
    assert_eq!(std::fs::read_to_string(&path).unwrap(), "id,score\n0,0.5\n1,0.0000001\n2,3\n");
    assert!(write_submission(&path, &[0.5, f32::NAN]).is_err());
    assert!(std::fs::read_to_string(&path).unwrap().starts_with("id,score\n0,0.5\n"));
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 1);
    let nowhere = folder.path().join("missing/submission.csv");
    assert!(matches!(write_submission(&nowhere, &[0.5]), Err(ScoringError::Write { .. })));
}
