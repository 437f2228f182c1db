use ndarray::{ArrayBase, Data, Dimension, Ix4};

use crate::{ImageShape, InputError};

/// Values looked at together: many enough that the test after them costs nothing, few enough that
/// looking again at one part does not either.
const PART_LEN: usize = 1 << 14;

/// Checks that there is at least one value.
///
/// # Errors
/// [`InputError::Empty`] naming `place`.
pub fn ensure_not_empty<T>(place: &'static str, values: &[T]) -> Result<(), InputError> {
    if values.is_empty() { Err(InputError::Empty { place }) } else { Ok(()) }
}

/// Checks that no value is NaN or infinite.
///
/// # Errors
/// [`InputError::NotFinite`] with the first offending value and its row-major position.
pub fn ensure_finite<S, D>(place: &'static str, values: &ArrayBase<S, D>) -> Result<(), InputError>
where
    S: Data<Elem = f32>,
    D: Dimension,
{
    let found = match values.as_slice() {
        Some(values) => first_not_finite(values),
        None => values.iter().copied().enumerate().find(|(_, value)| !value.is_finite()),
    };
    match found {
        None => Ok(()),
        Some((index, value)) => Err(InputError::NotFinite { place, index, value }),
    }
}

/// Looks value by value only where [`all_finite`] says that there is something to find.
fn first_not_finite(values: &[f32]) -> Option<(usize, f32)> {
    let (part, bad) =
        values.chunks(PART_LEN).enumerate().find(|(_, values)| !all_finite(values))?;
    let position = bad.iter().position(|value| !value.is_finite())?;
    Some((part * PART_LEN + position, bad[position]))
}

/// Whether every value is finite. `x * 0` is 0 for a finite `x` and NaN otherwise, so that
/// sixteen independent sums answer at memory speed, with one test at the end.
fn all_finite(values: &[f32]) -> bool {
    let (blocks, rest) = values.as_chunks::<16>();
    let mut lanes = [0.0_f32; 16];
    for block in blocks {
        for (lane, value) in lanes.iter_mut().zip(block) {
            *lane += value * 0.0;
        }
    }
    lanes.iter().chain(rest).all(|value| value.is_finite())
}

/// Checks that two arrays have one shape.
///
/// # Errors
/// [`InputError::Shape`] naming `place`, with both shapes.
pub fn ensure_same_shape<S, T, D>(
    place: &'static str,
    got: &ArrayBase<S, D>,
    expected: &ArrayBase<T, D>,
) -> Result<(), InputError>
where
    S: Data<Elem = f32>,
    T: Data<Elem = f32>,
    D: Dimension,
{
    if got.shape() == expected.shape() {
        return Ok(());
    }
    let (expected, got) = (expected.shape().to_vec(), got.shape().to_vec());
    Err(InputError::Shape { place, expected, got })
}

/// Checks that a batch holds images of the given shape. The batch may be empty.
///
/// # Errors
/// [`InputError::Shape`] naming `place`, with both shapes.
pub fn ensure_image_shape<S>(
    place: &'static str,
    images: &ArrayBase<S, Ix4>,
    shape: ImageShape,
) -> Result<(), InputError>
where
    S: Data<Elem = f32>,
{
    let (n, channels, height, width) = images.dim();
    if (ImageShape { channels, height, width }) == shape {
        return Ok(());
    }
    Err(InputError::Shape {
        place,
        expected: vec![n, shape.channels, shape.height, shape.width],
        got: images.shape().to_vec(),
    })
}
