use novelty_core::ImageShape;

use super::fault::NpyFault;

/// Which dimension of an array means what.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum NpyLayout {
    /// `(n, height, width)`, one channel.
    Gray,
    /// `(n, height, width, channels)`, as image libraries have it.
    ChannelsLast,
    /// `(n, channels, height, width)`, as PyTorch has it.
    ChannelsFirst,
}

impl NpyLayout {
    /// The layout of a shape, where it can only be one: three dimensions are gray images; of
    /// four, the channels are the one of 1 or 3.
    pub(super) fn infer(shape: &[usize]) -> Result<Self, NpyFault> {
        let &[_, second, third, last] = shape else {
            return match shape.len() {
                3 => Ok(Self::Gray),
                got => Err(rank(got)),
            };
        };
        let is_count = |channels| channels == 1 || channels == 3;
        match (is_count(second), is_count(last)) {
            (true, false) => Ok(Self::ChannelsFirst),
            (false, true) => Ok(Self::ChannelsLast),
            _ => Err(NpyFault::Ambiguous {
                shape: shape.to_vec(),
                channels_last: ImageShape::new(last, second, third).to_string(),
                channels_first: ImageShape::new(second, third, last).to_string(),
            }),
        }
    }

    /// The shape of one image, and the positions of channel, row and column in the array.
    pub(super) fn axes(
        self,
        shape: &[usize],
    ) -> Result<(ImageShape, [Option<usize>; 3]), NpyFault> {
        match (self, shape) {
            (Self::Gray, &[_, height, width]) => {
                Ok((ImageShape::new(1, height, width), [None, Some(1), Some(2)]))
            }
            (Self::ChannelsLast, &[_, height, width, channels]) => {
                Ok((ImageShape::new(channels, height, width), [Some(3), Some(1), Some(2)]))
            }
            (Self::ChannelsFirst, &[_, channels, height, width]) => {
                Ok((ImageShape::new(channels, height, width), [Some(1), Some(2), Some(3)]))
            }
            _ => Err(rank(shape.len())),
        }
    }
}

fn rank(got: usize) -> NpyFault {
    NpyFault::Rank { what: "images", expected: "three if gray, else four", got }
}
