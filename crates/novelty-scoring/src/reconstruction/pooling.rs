use novelty_core::InputError;

/// How the errors of an image's pixels become one score.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[non_exhaustive]
pub enum Pooling {
    /// Their mean: good when an anomaly changes the whole image.
    #[default]
    Mean,
    /// The largest: good for a small defect, and the most sensitive to noise.
    Max,
    /// The mean of the largest share of the pixels, in `0 < share <= 1`, at least one pixel:
    /// good for defects of about that size.
    TopMean {
        /// The share of the pixels that counts.
        share: f64,
    },
    /// The square root of the sum over pixels and channels: with squared errors the Euclidean
    /// distance of the two images.
    RootSum,
}

impl Pooling {
    pub(crate) fn validate(self) -> Result<(), InputError> {
        match self {
            Self::TopMean { share } if !(share > 0.0 && share <= 1.0) => {
                Err(InputError::setting("share", share, "above 0 and at most 1"))
            }
            _ => Ok(()),
        }
    }

    /// Pools a map whose values are the means of `n_channels` channels. The map is reordered.
    pub(crate) fn of_map(self, map: &mut [f32], n_channels: usize) -> f64 {
        match self {
            Self::Mean => mean(map),
            Self::Max => map.iter().copied().max_by(f32::total_cmp).map_or(0.0, f64::from),
            Self::TopMean { share } => top_mean(map, share),
            Self::RootSum => root_sum(mean(map), map.len() * n_channels),
        }
    }
}

pub(super) fn root_sum(mean: f64, len: usize) -> f64 {
    (mean * len as f64).sqrt()
}

fn mean(values: &[f32]) -> f64 {
    values.iter().map(|&x| f64::from(x)).sum::<f64>() / values.len().max(1) as f64
}

/// The sum is taken in falling order, so that it does not depend on how the map was reordered.
fn top_mean(map: &mut [f32], share: f64) -> f64 {
    let len = map.len();
    let count = ((share * len as f64).ceil() as usize).max(1).min(len);
    if count < len {
        map.select_nth_unstable_by(count, |a, b| b.total_cmp(a));
    }
    let top = &mut map[..count];
    top.sort_unstable_by(|a, b| b.total_cmp(a));
    mean(top)
}

#[cfg(test)]
#[expect(clippy::float_cmp, reason = "small binary fractions are exact")]
mod tests {
    use super::*;

    #[test]
    fn each_way_of_pooling_is_its_formula() {
        let map = [0.25, 1.0, 0.5, 0.0, 0.75];
        let pooled = |pooling: Pooling| pooling.of_map(&mut map.clone(), 2);
        assert_eq!(pooled(Pooling::Mean), 0.5);
        assert_eq!(pooled(Pooling::Max), 1.0);
        assert_eq!(pooled(Pooling::TopMean { share: 0.4 }), 0.875);
        assert_eq!(pooled(Pooling::TopMean { share: 1e-9 }), 1.0);
        assert_eq!(pooled(Pooling::TopMean { share: 1.0 }), 0.5);
        assert_eq!(pooled(Pooling::RootSum), 5.0_f64.sqrt());
        assert_eq!(root_sum(0.5, 10), 5.0_f64.sqrt());
    }

    #[test]
    fn a_share_must_be_a_share() {
        for share in [0.0, -1.0, 1.5, f64::NAN] {
            assert!(Pooling::TopMean { share }.validate().is_err());
        }
    }
}
