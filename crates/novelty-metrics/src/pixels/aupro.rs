use ndarray::{ArrayView3, Axis};
use novelty_core::InputError;
use rayon::prelude::*;

use super::ensure_masks;
use super::regions::Regions;
use crate::MetricsError;
use crate::bucket::{Bucket, Group};
use crate::order::key;
use crate::ranking::{Ranked, Ranking};

/// What a whole region weighs. A pixel weighs this over the size of its region, rounded:
/// weights are integers, so that their sums do not depend on the order.
const REGION: u64 = 1 << 60;

/// The area under the per-region overlap curve, and what it rests on.
#[derive(Debug, Clone, Copy, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[non_exhaustive]
pub struct Aupro {
    /// The area up to `max_fpr`, divided by `max_fpr`: 1 is perfect.
    pub value: f64,
    /// The largest false-positive rate that counts.
    pub max_fpr: f64,
    /// How many anomalous regions there are.
    pub n_regions: usize,
}

/// The area under the per-region overlap (PRO) curve up to the false-positive rate
/// `max_fpr`, normalised, as the MVTec AD benchmark defines it (there `max_fpr = 0.3`).
///
/// The overlap at a threshold is the mean, over all connected anomalous regions of all
/// images, of the share of the region's pixels at or above it; the false-positive rate is
/// that of all normal pixels, those of defect-free images included. Regions are connected
/// through edges and corners. Between thresholds and at the limit the curve is linear.
///
/// `maps` and `masks` are `(n, height, width)`, masks true where anomalous. A small defect
/// counts as much as a large one, unlike in [`pixel_roc_auc`](crate::pixel_roc_auc). All
/// thresholds are used, none is sampled. `O(n)` in practice; only the pixels above the limit
/// are sorted.
///
/// Source: Bergmann et al., The MVTec Anomaly Detection Dataset, IJCV 129 (2021).
///
/// # Errors
/// If the shapes differ, there is no pixel, a score is NaN or infinite, no pixel or every
/// pixel is anomalous, or `max_fpr` is not in `(0, 1]`.
///
/// ```
/// use ndarray::array;
/// use novelty_metrics::aupro;
///
/// // Two regions: one is found before any normal pixel, one after half of them.
/// let maps = array![[[0.9, 0.5, 0.1, 0.3]]];
/// let masks = array![[[true, false, false, true]]];
/// assert_eq!(aupro(maps.view(), masks.view(), 1.0)?.value, 0.75);
/// # Ok::<(), novelty_metrics::MetricsError>(())
/// ```
pub fn aupro(
    maps: ArrayView3<'_, f32>,
    masks: ArrayView3<'_, bool>,
    max_fpr: f64,
) -> Result<Aupro, MetricsError> {
    if !(max_fpr > 0.0 && max_fpr <= 1.0) {
        return Err(InputError::setting("max_fpr", max_fpr, "above 0 and at most 1").into());
    }
    ensure_masks(&maps, &masks)?;
    let (maps, masks) = (maps.as_standard_layout(), masks.as_standard_layout());
    let scores = maps.as_slice().unwrap_or(&[]);
    let ranking = Ranking::new(scores, masks.as_slice().unwrap_or(&[]))?;
    let total = ranking.total().ensure_both()?;
    let regions = RegionWeights::new(maps.view(), masks.view());
    let limit = max_fpr * total.negatives as f64;
    let parts = ranking.fold(|bucket| regions.area_in(bucket, limit));
    let whole: u128 = parts.iter().map(|part| part.0).sum();
    let cut: f64 = parts.iter().map(|part| part.1).sum();
    let weight = regions.n_regions as f64 * REGION as f64;
    let area = (whole as f64 + cut) / (2.0 * weight * total.negatives as f64);
    Ok(Aupro { value: area / max_fpr, max_fpr, n_regions: regions.n_regions })
}

/// The weights of the pixels of all regions, summed in descending order of score.
struct RegionWeights {
    n_regions: usize,
    /// The weight of the first `i` pixels.
    sums: Vec<u128>,
}

impl RegionWeights {
    fn new(maps: ArrayView3<'_, f32>, masks: ArrayView3<'_, bool>) -> Self {
        let images: Vec<(usize, Vec<(u32, u64)>)> = (0..maps.dim().0)
            .into_par_iter()
            .map(|image| {
                let map = maps.index_axis(Axis(0), image);
                let scores = map.as_slice().unwrap_or(&[]);
                let regions = Regions::new(masks.index_axis(Axis(0), image));
                let weight = |size: u64| (REGION + size / 2) / size;
                let pixel = |&(place, region): &(usize, u32)| {
                    (key(scores[place]), weight(regions.sizes[region as usize]))
                };
                (regions.sizes.len(), regions.pixels.iter().map(pixel).collect())
            })
            .collect();
        let n_regions = images.iter().map(|image| image.0).sum();
        let mut pixels: Vec<_> = images.into_iter().flat_map(|image| image.1).collect();
        pixels.par_sort_unstable_by(|a, b| b.cmp(a));
        let mut sum = 0;
        let sums = pixels.iter().map(|&(_, weight)| {
            sum += u128::from(weight);
            sum
        });
        Self { n_regions, sums: std::iter::once(0).chain(sums).collect() }
    }

    /// Twice the area below the bucket's steps, in weight times pixels: that of the whole
    /// ones, and that of the one which the limit cuts.
    fn area_in(&self, bucket: &mut Bucket<'_>, limit: f64) -> (u128, f64) {
        let (mut whole, mut cut) = (0, 0.0);
        let above = bucket.above;
        if bucket.inside.negatives == 0 || above.negatives as f64 >= limit {
            return (whole, cut);
        }
        // Positives are region pixels, so their number is a place in the sums.
        let mut n_regional = above.positives as usize;
        let mut negatives = above.negatives;
        bucket.for_each_group(|Group { counts, .. }| {
            let (before, next) = (self.sums[n_regional], n_regional + counts.positives as usize);
            let after = self.sums[next];
            let end = negatives + counts.negatives;
            if end as f64 <= limit {
                whole += u128::from(counts.negatives) * (before + after);
            } else if (negatives as f64) < limit {
                let width = limit - negatives as f64;
                let rise = (after - before) as f64 * width / counts.negatives as f64;
                cut = width * (2.0 * before as f64 + rise);
            }
            (n_regional, negatives) = (next, end);
        });
        (whole, cut)
    }
}
