use ndarray::{Array2, Array4, s};
use novelty_core::{ImageShape, InputError, ensure_finite, ensure_image_shape, ensure_not_empty};

#[test]
fn finite_values_pass_in_every_layout() {
    let x = Array2::from_shape_fn((7, 9), |(i, j)| (i * 9 + j) as f32 * 1e36);
    assert_eq!(ensure_finite("x", &x), Ok(()));
    assert_eq!(ensure_finite("x", &x.t()), Ok(()));
    assert_eq!(ensure_finite("x", &x.slice(s![..;2, ..;-1])), Ok(()));
}

#[test]
fn the_first_bad_value_is_named_wherever_it_stands() {
    for index in [0, 5, 16, 31, 62] {
        for bad in [f32::NAN, f32::INFINITY, f32::NEG_INFINITY] {
            let mut x = Array2::zeros((7, 9));
            x[[index / 9, index % 9]] = bad;
            match ensure_finite("window", &x) {
                Err(InputError::NotFinite { place: "window", index: at, value }) => {
                    assert_eq!((at, value.to_bits()), (index, bad.to_bits()));
                }
                other => panic!("{other:?}"),
            }
        }
    }
}

#[test]
fn the_first_of_several_is_named_far_into_an_array() {
    for (first, second) in [(16_383, 16_384), (16_384, 99_999), (99_999, 99_999)] {
        let mut x = ndarray::Array1::zeros(100_000);
        x[second] = f32::NAN;
        x[first] = f32::INFINITY;
        match ensure_finite("x", &x) {
            Err(InputError::NotFinite { index, value, .. }) => {
                assert_eq!((index, value), (first, f32::INFINITY));
            }
            other => panic!("{other:?}"),
        }
    }
}

#[test]
fn shapes_are_named_on_both_sides() {
    let images = Array4::<f32>::zeros((3, 1, 28, 27));
    let error = ensure_image_shape("images", &images, ImageShape::new(1, 28, 28)).unwrap_err();
    assert_eq!(error.to_string(), "images has shape [3, 1, 28, 27], expected [3, 1, 28, 28]");
}

#[test]
fn emptiness_is_an_error() {
    assert_eq!(ensure_not_empty::<f32>("scores", &[]), Err(InputError::Empty { place: "scores" }));
}

#[test]
fn a_shape_too_large_to_count_says_so() {
    assert_eq!(ImageShape::new(3, 2, 2).checked_len(), Some(12));
    assert_eq!(ImageShape::new(3, usize::MAX, 2).checked_len(), None);
}
