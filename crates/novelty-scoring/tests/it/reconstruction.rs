use ndarray::{Array1, Array4, s};
use novelty_core::{Images, InputError, Reconstruct, Score, check_scorer};
use novelty_scoring::{ReconstructionError, ScoringError, mean_absolute_error, mean_squared_error};

/// Redraws every image as its left-right mirror image.
struct Mirror;

impl Reconstruct for Mirror {
    type Error = InputError;

    fn reconstruct(&self, x: Images<'_>) -> Result<Array4<f32>, InputError> {
        novelty_core::ensure_finite("images", &x)?;
        novelty_core::ensure_image_shape("images", &x, novelty_core::ImageShape::new(1, 5, 7))?;
        Ok(x.slice(s![.., .., .., ..;-1]).to_owned())
    }
}

fn images(n: usize) -> Array4<f32> {
    Array4::from_shape_fn((n, 1, 5, 7), |(n, _, y, x)| {
        ((n + 1) * (y * 7 + x * x + 3) * 2_654_435_761 % 1009) as f32 / 1008.0
    })
}

#[test]
fn both_errors_are_the_mean_over_pixels() {
    let x = images(9);
    let y = Mirror.reconstruct(x.view()).unwrap();
    let naive = |cost: fn(f64) -> f64| -> Array1<f32> {
        let pairs = x.outer_iter().zip(y.outer_iter());
        pairs
            .map(|(x, y)| {
                let sum: f64 = x.iter().zip(&y).map(|(x, y)| cost(f64::from(x - y))).sum();
                (sum / x.len() as f64) as f32
            })
            .collect()
    };
    let close = |a: Array1<f32>, b: Array1<f32>| (a - b).iter().all(|d| d.abs() < 1e-7);
    assert!(close(mean_squared_error(x.view(), y.view()).unwrap(), naive(|d| d * d)));
    assert!(close(mean_absolute_error(x.view(), y.view()).unwrap(), naive(f64::abs)));
    // The layout of the arrays does not matter.
    let flipped = x.slice(s![.., .., ..;-1, ..]);
    let flipped_y = y.slice(s![.., .., ..;-1, ..]);
    assert!(close(mean_squared_error(flipped, flipped_y).unwrap(), naive(|d| d * d)));
}

#[test]
fn the_scorers_keep_the_contract() {
    check_scorer(&ReconstructionError::mse(Mirror), images(20).view()).unwrap();
    check_scorer(&ReconstructionError::mae(&Mirror), images(20).view()).unwrap();
}

#[test]
fn bad_input_is_named() {
    let x = images(3);
    assert!(matches!(
        mean_squared_error(x.view(), images(2).view()),
        Err(InputError::Shape { place: "reconstruction", .. })
    ));
    let mut bad = x.clone();
    bad[[1, 0, 0, 2]] = f32::NAN;
    assert!(matches!(
        mean_squared_error(x.view(), bad.view()),
        Err(InputError::NotFinite { place: "reconstruction", index: 37, .. })
    ));
    assert!(matches!(
        ReconstructionError::mse(Mirror).score(bad.view()),
        Err(ScoringError::Model(InputError::NotFinite { place: "images", .. }))
    ));
    let hollow = Array4::zeros((2, 1, 0, 7));
    assert!(matches!(
        mean_squared_error(hollow.view(), hollow.view()),
        Err(InputError::Empty { place: "image" })
    ));
}
