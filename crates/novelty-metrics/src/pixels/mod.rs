//! Score maps against masks.

mod aupro;
mod regions;

use ndarray::{ArrayView, ArrayView3, Dimension};
use novelty_core::InputError;

use crate::MetricsError;
use crate::roc::roc_auc;

pub use aupro::{Aupro, aupro};

/// Fails unless masks have the shape of their maps.
pub(crate) fn ensure_masks<D: Dimension>(
    maps: &ArrayView<'_, f32, D>,
    masks: &ArrayView<'_, bool, D>,
) -> Result<(), InputError> {
    if maps.shape() == masks.shape() {
        return Ok(());
    }
    Err(InputError::Shape {
        place: "masks",
        expected: maps.shape().to_vec(),
        got: masks.shape().to_vec(),
    })
}

/// The area under the ROC curve of all pixels of all maps, `(n, height, width)`; masks are
/// true where anomalous.
///
/// It is [`roc_auc`] with pixels for samples: exact, 4 bytes a pixel of extra memory. Maps
/// that do not fit into memory go one by one into a
/// [`ScoreHistogram`](crate::ScoreHistogram). Large defects outweigh small ones here;
/// [`aupro`] weights them equally.
///
/// # Errors
/// If the shapes differ, there is no pixel, a score is NaN or infinite, or a class is
/// missing.
///
/// ```
/// use ndarray::array;
/// use novelty_metrics::pixel_roc_auc;
///
/// let maps = array![[[0.1, 0.4], [0.35, 0.8]]];
/// let masks = array![[[false, false], [true, true]]];
/// assert_eq!(pixel_roc_auc(maps.view(), masks.view())?, 0.75);
/// # Ok::<(), novelty_metrics::MetricsError>(())
/// ```
pub fn pixel_roc_auc(
    maps: ArrayView3<'_, f32>,
    masks: ArrayView3<'_, bool>,
) -> Result<f64, MetricsError> {
    ensure_masks(&maps, &masks)?;
    let (maps, masks) = (maps.as_standard_layout(), masks.as_standard_layout());
    roc_auc(maps.as_slice().unwrap_or(&[]), masks.as_slice().unwrap_or(&[]))
}

/// The intersection over union of two masks, also called Jaccard index: the pixels that both
/// mark against those that either does. `None` if neither marks any.
///
/// For a score map at a threshold, [`Confusion::iou`](crate::Confusion::iou) gives the same.
///
/// # Errors
/// If the lengths differ.
///
/// ```
/// use novelty_metrics::iou;
///
/// assert_eq!(iou(&[true, true, false, false], &[false, true, true, false])?, Some(1.0 / 3.0));
/// assert_eq!(iou(&[false], &[false])?, None);
/// # Ok::<(), novelty_metrics::MetricsError>(())
/// ```
pub fn iou(predicted: &[bool], truth: &[bool]) -> Result<Option<f64>, MetricsError> {
    if predicted.len() != truth.len() {
        return Err(InputError::Length {
            left: "predicted",
            left_len: predicted.len(),
            right: "truth",
            right_len: truth.len(),
        }
        .into());
    }
    let count = |marked: fn(bool, bool) -> bool| {
        predicted.iter().zip(truth).filter(|&(&a, &b)| marked(a, b)).count()
    };
    let (both, either) = (count(|a, b| a && b), count(|a, b| a || b));
    Ok((either > 0).then(|| both as f64 / either as f64))
}
