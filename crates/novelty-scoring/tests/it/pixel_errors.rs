use ndarray::{Array3, Array4, s};
use novelty_core::{Images, InputError, Reconstruct, Score, ScoreMap, check_scorer, ensure_finite};
use novelty_scoring::{PixelError, Pooling, ReconstructionError, ScoringError};
use serde_json::Value;

use crate::golden::{assert_close, byte_images};

const ALL: [PixelError; 6] = [
    PixelError::Squared,
    PixelError::Absolute,
    PixelError::BinaryCrossEntropy,
    PixelError::Ssim,
    PixelError::MultiScaleSsim { scales: 2 },
    PixelError::GradientMagnitude,
];
const POOLINGS: [Pooling; 4] =
    [Pooling::Mean, Pooling::Max, Pooling::TopMean { share: 0.1 }, Pooling::RootSum];

fn golden() -> (Value, Array4<f32>, Array4<f32>) {
    let golden: Value =
        serde_json::from_str(include_str!("../golden/reconstruction.json")).unwrap();
    let images = |name| byte_images(&golden["shape"], &golden[name]);
    let (x, y) = (images("x"), images("y"));
    (golden, x, y)
}

/// Reconstructs a fixed image, whatever comes in.
struct Fixed(Array3<f32>);

impl Reconstruct for Fixed {
    type Error = InputError;

    fn reconstruct(&self, x: Images<'_>) -> Result<Array4<f32>, InputError> {
        ensure_finite("images", &x)?;
        let (channels, height, width) = self.0.dim();
        novelty_core::ensure_image_shape(
            "images",
            &x,
            novelty_core::ImageShape::new(channels, height, width),
        )?;
        Ok(self.0.broadcast(x.dim()).unwrap().to_owned())
    }
}

/// Variations of one image.
fn images(n: usize) -> Array4<f32> {
    Array4::from_shape_fn((n, 2, 24, 23), |(n, c, y, x)| {
        let own = ((n + 1) * (y * 7 + x * x + 3 + c) * 2_654_435_761 % 1009) as f32 / 1008.0;
        0.25 * own + 0.375 * (1.0 + ((y * (c + 1)) as f32 * 0.9 + x as f32 * 0.7).sin())
    })
}

#[test]
fn image_scores_are_those_of_scikit_image_and_pytorch() {
    let (golden, x, y) = golden();
    let cases = [
        (PixelError::Squared, Pooling::Mean, "squared", 1e-7),
        (PixelError::Absolute, Pooling::Mean, "absolute", 1e-7),
        (PixelError::Squared, Pooling::RootSum, "root_sum", 1e-6),
        (PixelError::Squared, Pooling::Max, "max", 1e-7),
        (PixelError::Squared, Pooling::TopMean { share: 0.1 }, "top_10", 1e-7),
        (PixelError::BinaryCrossEntropy, Pooling::Mean, "bce", 1e-6),
    ];
    for (error, pooling, name, tolerance) in cases {
        let scores = error.scores(x.view(), y.view(), pooling).unwrap();
        assert_close(name, &scores, &golden[name], tolerance);
    }
}

#[test]
fn structure_is_compared_as_scikit_image_does() {
    let (golden, x, y) = golden();
    let cases = [
        (PixelError::Ssim, "ssim"),
        (PixelError::MultiScaleSsim { scales: 2 }, "multi_scale_2"),
        (PixelError::MultiScaleSsim { scales: 3 }, "multi_scale_3"),
        (PixelError::GradientMagnitude, "gradient"),
    ];
    for (error, name) in cases {
        let scores = error.channel_scores(x.view(), y.view(), Pooling::Mean).unwrap();
        assert_close(name, &scores, &golden[name], 1e-6);
    }
    for (error, name) in
        [(PixelError::Ssim, "ssim_map_0"), (PixelError::GradientMagnitude, "gradient_map_0")]
    {
        let maps = error.maps(x.view(), y.view()).unwrap();
        assert_close(name, maps.slice(s![0, 0, .., ..]), &golden[name], 1e-6);
    }
}

#[test]
fn one_scale_is_ssim() {
    let (_, x, y) = golden();
    let of = |error: PixelError| error.scores(x.view(), y.view(), Pooling::Mean).unwrap();
    let (one, plain) = (of(PixelError::MultiScaleSsim { scales: 1 }), of(PixelError::Ssim));
    assert!((one - plain).iter().all(|d| d.abs() < 1e-6));
}

#[test]
fn every_error_in_every_pooling_keeps_the_contract() {
    let x = images(17);
    for error in ALL {
        for pooling in POOLINGS {
            let scorer = ReconstructionError::new(
                Fixed(x.index_axis(ndarray::Axis(0), 16).to_owned()),
                error,
            )
            .pooling(pooling);
            // The first sixteen: the reconstructed image itself is equal to no other.
            check_scorer(&scorer, x.slice(s![..16, .., .., ..]))
                .unwrap_or_else(|failure| panic!("{error:?} {pooling:?}: {failure}"));
        }
    }
}

#[test]
fn maps_channels_and_images_agree() {
    let (_, x, y) = golden();
    for error in ALL {
        let maps = error.maps(x.view(), y.view()).unwrap();
        let scorer = ReconstructionError::new(Fixed(y.slice(s![0, .., .., ..]).to_owned()), error)
            .pooling(Pooling::Max);
        let one = x.slice(s![..1, .., .., ..]);
        let map = scorer.score_map(one).unwrap();
        assert_eq!(map.dim(), (1, 45, 50));
        let largest = map.iter().copied().fold(f32::MIN, f32::max);
        assert!((scorer.score(one).unwrap()[0] - largest).abs() <= 1e-6 * largest, "{error:?}");
        let channels = scorer.channel_scores(one).unwrap();
        for c in 0..2 {
            let largest = maps.slice(s![0, c, .., ..]).iter().copied().fold(f32::MIN, f32::max);
            assert_eq!(channels[[0, c]], largest, "{error:?}");
        }
    }
}

#[test]
fn equal_and_constant_images_score_zero() {
    for value in [0.0, 0.5, 1.0] {
        let flat = Array4::from_elem((1, 1, 30, 30), value);
        for error in ALL {
            if error == PixelError::BinaryCrossEntropy && value == 0.5 {
                continue;
            }
            let score = error.scores(flat.view(), flat.view(), Pooling::Mean).unwrap()[0];
            assert!(score.abs() < 1e-7, "{error:?} of {value}: {score}");
        }
    }
}

#[test]
fn what_cannot_be_compared_is_named() {
    let small = Array4::zeros((1, 1, 10, 40));
    assert!(matches!(
        PixelError::Ssim.scores(small.view(), small.view(), Pooling::Mean),
        Err(ScoringError::ImageTooSmall { height: 10, width: 40, needed: 11, .. })
    ));
    assert!(matches!(
        PixelError::MultiScaleSsim { scales: 3 }.maps(small.view(), small.view()),
        Err(ScoringError::ImageTooSmall { needed: 44, .. })
    ));
    for scales in [0, 6] {
        assert!(matches!(
            PixelError::MultiScaleSsim { scales }.maps(small.view(), small.view()),
            Err(ScoringError::Input(InputError::Setting { name: "scales", .. }))
        ));
    }
    let mut bright = small.clone();
    bright[[0, 0, 1, 2]] = 1.5;
    assert!(matches!(
        PixelError::BinaryCrossEntropy.maps(small.view(), bright.view()),
        Err(ScoringError::OutOfRange { place: "reconstruction", index: 42, .. })
    ));
    bright[[0, 0, 1, 2]] = f32::NAN;
    for error in ALL {
        for pooling in POOLINGS {
            let wide = Array4::<f32>::zeros((1, 1, 40, 40));
            let mut bad = wide.clone();
            bad[[0, 0, 39, 39]] = f32::NAN;
            assert!(matches!(
                error.scores(wide.view(), bad.view(), pooling),
                Err(ScoringError::Input(InputError::NotFinite { index: 1599, .. }))
            ));
        }
    }
}
