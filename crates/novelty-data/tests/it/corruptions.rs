use ndarray::{Array2, Array3, Array4};
use novelty_core::{Dataset, Sample};
use novelty_data::{
    CameraPart, Corrupt, Corruption, CorruptionKind, InMemoryDataset, LabelledDataset, Map,
    TileGrid, Tiled,
};
use proptest::prelude::*;

fn picture(channels: usize) -> Sample {
    let image = Array3::from_shape_fn((channels, 64, 80), |(c, y, x)| {
        let edge = if (16..40).contains(&y) && (20..60).contains(&x) { 0.4 } else { 0.0 };
        0.2 + edge + (y * 7 + x * 3 + c) as f32 % 20.0 / 100.0
    });
    Sample::new(image)
}

fn difference(a: &Array3<f32>, b: &Array3<f32>) -> f32 {
    (a - b).mapv(f32::abs).sum() / a.len() as f32
}

#[test]
fn every_kind_gets_worse_with_severity() {
    for kind in CorruptionKind::ALL {
        for channels in [1, 3] {
            // Averaged over seeds: where a scratch falls changes how much of it is seen.
            let damage = |severity| {
                let seeds = 0..20;
                let damage = seeds.map(|seed| {
                    let corruption = Corruption::new(kind, severity).unwrap().seed(seed);
                    let (sample, applied) = corruption.apply(picture(channels), 3).unwrap();
                    assert_eq!((applied.kind, applied.severity), (kind, severity));
                    assert!(!applied.parameters.is_empty());
                    assert!(sample.image.iter().all(|x| (0.0..=1.0).contains(x)), "{kind:?}");
                    difference(&sample.image, &picture(channels).image)
                });
                damage.sum::<f32>() / 20.0
            };
            let by_severity = [1, 3, 5].map(damage);
            assert!(
                by_severity[0] > 0.0 && by_severity.is_sorted() && by_severity[2] > by_severity[0],
                "{kind:?} {channels}: {by_severity:?}"
            );
        }
    }
}

#[test]
fn the_camera_keeps_its_problems_and_noise_comes_anew() {
    for kind in CorruptionKind::ALL {
        let corruption = Corruption::new(kind, 4).unwrap().seed(9);
        let take = |corruption: Corruption, index| corruption.apply(picture(1), index).unwrap();
        assert_eq!(take(corruption, 0), take(corruption, 0), "{kind:?}");
        let is_noise = matches!(
            kind,
            CorruptionKind::GaussianNoise
                | CorruptionKind::ShotNoise
                | CorruptionKind::SaltAndPepper
        );
        assert_eq!(take(corruption, 0).0 != take(corruption, 1).0, is_noise, "{kind:?}");
    }
}

#[test]
fn what_was_done_is_told() {
    let tell = |kind, names: &[&str]| {
        let (_, applied) = Corruption::new(kind, 5).unwrap().apply(picture(3), 0).unwrap();
        for name in names {
            assert!(applied.get(name).is_some_and(f64::is_finite), "{kind:?} has no {name}");
        }
        assert_eq!(applied.get("no such number"), None);
        applied
    };
    let shift = tell(CorruptionKind::Shift, &["shift_right", "shift_down"]);
    let length = shift.get("shift_right").unwrap().hypot(shift.get("shift_down").unwrap());
    // 24 of 256 for a shorter side of 64.
    assert!((length - 6.0).abs() < 1e-9);
    assert_eq!(tell(CorruptionKind::Jpeg, &["quality"]).get("quality"), Some(5.0));
    tell(CorruptionKind::ColourCast, &["red", "green", "blue"]);
    tell(CorruptionKind::MotionBlur, &["length", "direction_degrees"]);
    let parts: std::collections::HashSet<_> = CorruptionKind::ALL.map(CorruptionKind::part).into();
    assert_eq!(parts.len(), 6);
    assert!(parts.contains(&CameraPart::Compression));
}

#[test]
fn a_shift_moves_image_and_mask_as_told() {
    let mut image = Array3::zeros((1, 64, 64));
    image[[0, 30, 30]] = 1.0;
    let mask = image.index_axis(ndarray::Axis(0), 0).mapv(|x: f32| x > 0.5);
    let corruption = Corruption::new(CorruptionKind::Shift, 5).unwrap().seed(2);
    let (sample, applied) = corruption.apply(Sample::new(image).mask(mask), 0).unwrap();
    let centre = |weights: &Array2<f32>| {
        let sum = weights.sum();
        let x: f32 = weights.indexed_iter().map(|((_, x), w)| x as f32 * w).sum();
        let y: f32 = weights.indexed_iter().map(|((y, _), w)| y as f32 * w).sum();
        (y / sum, x / sum)
    };
    let (y, x) = centre(&sample.image.index_axis(ndarray::Axis(0), 0).to_owned());
    assert!((f64::from(y) - 30.0 - applied.get("shift_down").unwrap()).abs() < 1e-4);
    assert!((f64::from(x) - 30.0 - applied.get("shift_right").unwrap()).abs() < 1e-4);
    let moved = sample.mask.unwrap();
    assert!(moved[[y.round() as usize, x.round() as usize]]);
}

#[test]
fn noise_has_the_strength_it_names() {
    let flat = Sample::new(Array3::from_elem((1, 200, 200), 0.5));
    let spread = |kind| {
        let (sample, _) = Corruption::new(kind, 3).unwrap().apply(flat.clone(), 0).unwrap();
        f64::from(sample.image.std(0.0))
    };
    assert!((spread(CorruptionKind::GaussianNoise) - 0.07).abs() < 0.001);
    // The root of 40 photons of 80.
    assert!((spread(CorruptionKind::ShotNoise) - 40.0_f64.sqrt() / 80.0).abs() < 0.001);
    let dim = Sample::new(Array3::from_elem((1, 200, 200), 0.1));
    let (sample, _) = Corruption::new(CorruptionKind::ShotNoise, 3).unwrap().apply(dim, 0).unwrap();
    // Few photons: Knuth's way.
    assert!((f64::from(sample.image.std(0.0)) - 8.0_f64.sqrt() / 80.0).abs() < 0.001);
    assert!((sample.image.mean().unwrap() - 0.1).abs() < 0.001);
}

#[test]
fn blur_keeps_the_sum_of_a_point() {
    for kind in [CorruptionKind::Defocus, CorruptionKind::MotionBlur] {
        for severity in 1..=5 {
            let mut image = Array3::zeros((1, 256, 256));
            image[[0, 128, 128]] = 1.0;
            let corruption = Corruption::new(kind, severity).unwrap();
            let (sample, _) = corruption.apply(Sample::new(image), 0).unwrap();
            assert!((sample.image.sum() - 1.0).abs() < 1e-4, "{kind:?} {severity}");
            assert!(sample.image[[0, 128, 128]] < 0.5);
        }
    }
}

#[test]
fn what_cannot_be_corrupted_is_refused() {
    assert!(Corruption::new(CorruptionKind::Dust, 0).is_err());
    assert!(Corruption::new(CorruptionKind::Dust, 6).is_err());
    for kind in CorruptionKind::ALL {
        let corruption = Corruption::new(kind, 5).unwrap();
        assert!(corruption.apply(Sample::new(Array3::zeros((1, 0, 5))), 0).is_err());
        assert!(corruption.apply(Sample::new(Array3::zeros((2, 5, 5))), 0).is_err());
        assert!(corruption.apply(Sample::new(Array3::zeros((1, 1, 1))), 0).is_ok(), "{kind:?}");
    }
}

#[test]
fn a_dataset_can_be_seen_through_a_bad_camera() {
    let data = InMemoryDataset::new(Array4::from_elem((3, 1, 32, 32), 0.5)).unwrap();
    let corruption = Corruption::new(CorruptionKind::Dust, 5).unwrap();
    let dusty = Map::new(data, Corrupt(corruption)).unwrap();
    assert_eq!(dusty.get(0).unwrap(), dusty.get(2).unwrap());
    assert!(dusty.get(0).unwrap().image.sum() < 0.5 * 32.0 * 32.0);
}

fn numbered(n: usize, height: usize, width: usize) -> Array4<f32> {
    Array4::from_shape_fn((n, 1, height, width), |(i, _, y, x)| {
        (i * height * width + y * width + x) as f32
    })
}

#[test]
fn tiles_know_their_place_and_their_part_of_the_mask() {
    let data = InMemoryDataset::new(numbered(2, 10, 12)).unwrap();
    let data = data.is_anomalous(vec![false, true]).unwrap();
    let grid = TileGrid::new((10, 12), (4, 6), (1, 2)).unwrap();
    assert_eq!((grid.n_rows(), grid.n_columns(), grid.len()), (3, 3, 9));
    let tiled = Tiled::new(&data, grid.clone()).unwrap();
    assert_eq!((tiled.len(), tiled.image_shape().to_string()), (18, "1x4x6".into()));
    let sample = tiled.get(9 + 8).unwrap();
    assert_eq!(sample.image[[0, 3, 5]], 239.0);
    assert_eq!((sample.class, sample.is_anomalous), (Some(8), None));
    assert_eq!(
        (tiled.class(17), tiled.is_anomalous(3), tiled.is_anomalous(12)),
        (Some(8), Some(false), None)
    );
    assert!(tiled.get(18).is_err());
    assert!(Tiled::new(&data, TileGrid::new((10, 13), (4, 4), (0, 0)).unwrap()).is_err());
    let tiles = grid.split(data.images().index_axis(ndarray::Axis(0), 0)).unwrap();
    assert_eq!(tiles.index_axis(ndarray::Axis(0), 4), tiled.get(4).unwrap().image);
}

#[test]
fn grids_that_cannot_be_are_refused() {
    assert!(TileGrid::new((10, 10), (11, 5), (0, 0)).is_err());
    assert!(TileGrid::new((10, 10), (0, 5), (0, 0)).is_err());
    assert!(TileGrid::new((10, 10), (5, 5), (5, 0)).is_err());
    let grid = TileGrid::new((10, 10), (5, 5), (0, 0)).unwrap();
    assert!(grid.merge(Array3::zeros((3, 5, 5)).view()).is_err());
    assert!(grid.split(Array3::zeros((1, 9, 10)).view()).is_err());
    assert_eq!(grid.origin(4), None);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    #[test]
    fn tiles_put_together_are_the_image(
        (height, tile_height, overlap_y) in (1_usize..30).prop_flat_map(|n| (Just(n), 1..=n)).prop_flat_map(|(n, t)| (Just(n), Just(t), 0..t)),
        (width, tile_width, overlap_x) in (1_usize..30).prop_flat_map(|n| (Just(n), 1..=n)).prop_flat_map(|(n, t)| (Just(n), Just(t), 0..t)),
    ) {
        let grid = TileGrid::new((height, width), (tile_height, tile_width), (overlap_y, overlap_x)).unwrap();
        let image = numbered(1, height, width).index_axis_move(ndarray::Axis(0), 0);
        let tiles = grid.split(image.view()).unwrap();
        let maps = tiles.index_axis_move(ndarray::Axis(1), 0);
        let merged = grid.merge(maps.view()).unwrap();
        let whole = image.index_axis(ndarray::Axis(0), 0);
        for (a, b) in merged.iter().zip(whole.iter()) {
            prop_assert!((a - b).abs() <= 1e-4 * b.abs().max(1.0), "{} {}", a, b);
        }
        for pair in (0..grid.n_columns()).collect::<Vec<_>>().windows(2) {
            let (left, right) = (grid.origin(pair[0]).unwrap().1, grid.origin(pair[1]).unwrap().1);
            prop_assert!(left + tile_width >= right + overlap_x);
        }
    }
}
