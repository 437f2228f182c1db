//! Numbers from other people's programs.

use ndarray::{Array2, Array4};
use serde_json::Value;

pub(crate) fn numbers(value: &Value) -> Vec<f64> {
    match value {
        Value::Array(values) => values.iter().flat_map(numbers).collect(),
        other => vec![other.as_f64().unwrap()],
    }
}

pub(crate) fn floats(value: &Value) -> Vec<f32> {
    numbers(value).into_iter().map(|x| x as f32).collect()
}

/// A list of lists of equal length.
pub(crate) fn matrix(value: &Value) -> Array2<f32> {
    let rows = value.as_array().unwrap().len();
    let values = floats(value);
    Array2::from_shape_vec((rows, values.len() / rows), values).unwrap()
}

/// Images of bytes, of which 255 is 1.
pub(crate) fn byte_images(shape: &Value, bytes: &Value) -> Array4<f32> {
    let shape: Vec<usize> = numbers(shape).into_iter().map(|x| x as usize).collect();
    let values = floats(bytes).into_iter().map(|x| x / 255.0).collect();
    Array4::from_shape_vec((shape[0], shape[1], shape[2], shape[3]), values).unwrap()
}

/// `|got - expected| <= tolerance * max(1, |expected|)` everywhere.
pub(crate) fn assert_close<'a>(
    what: &str,
    got: impl IntoIterator<Item = &'a f32>,
    expected: &Value,
    tolerance: f64,
) {
    let (got, expected): (Vec<_>, _) = (got.into_iter().collect(), numbers(expected));
    assert_eq!(got.len(), expected.len(), "{what}");
    for (i, (&&got, expected)) in got.iter().zip(expected).enumerate() {
        let off = (f64::from(got) - expected).abs();
        assert!(off <= tolerance * expected.abs().max(1.0), "{what} {i}: {got} != {expected}");
    }
}
