use std::fmt;
use std::path::PathBuf;

use ndarray::{Array2, Array3};

/// The shape of one image.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct ImageShape {
    /// Colour channels: 1 for gray, 3 for RGB.
    pub channels: usize,
    /// Rows.
    pub height: usize,
    /// Columns.
    pub width: usize,
}

impl ImageShape {
    /// A shape from its three numbers.
    #[must_use]
    pub const fn new(channels: usize, height: usize, width: usize) -> Self {
        Self { channels, height, width }
    }

    /// Values in one image, `channels * height * width`; `None` if that overflows.
    #[must_use]
    pub const fn checked_len(self) -> Option<usize> {
        match self.height.checked_mul(self.width) {
            Some(pixels) => pixels.checked_mul(self.channels),
            None => None,
        }
    }
}

impl fmt::Display for ImageShape {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}x{}x{}", self.channels, self.height, self.width)
    }
}

/// One image with what is known about it.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct Sample {
    /// `(channels, height, width)`, values in `[0, 1]`.
    pub image: Array3<f32>,
    /// Whether the image is anomalous; `None` if nobody said.
    pub is_anomalous: Option<bool>,
    /// The class in the source, such as the digit or the defect's number.
    pub class: Option<usize>,
    /// The class by name, such as the defect.
    pub class_name: Option<String>,
    /// `(height, width)`, true where the image is anomalous.
    pub mask: Option<Array2<bool>>,
    /// The file it came from.
    pub path: Option<PathBuf>,
}

impl Sample {
    /// An image of which nothing else is known.
    #[must_use]
    pub fn new(image: Array3<f32>) -> Self {
        Self { image, is_anomalous: None, class: None, class_name: None, mask: None, path: None }
    }

    /// Says whether the image is anomalous.
    #[must_use]
    pub fn is_anomalous(mut self, is_anomalous: bool) -> Self {
        self.is_anomalous = Some(is_anomalous);
        self
    }

    /// Says which class the image has in its source.
    #[must_use]
    pub fn class(mut self, class: usize) -> Self {
        self.class = Some(class);
        self
    }

    /// Says the name of the image's class.
    #[must_use]
    pub fn class_name(mut self, name: impl Into<String>) -> Self {
        self.class_name = Some(name.into());
        self
    }

    /// Says which pixels are anomalous.
    #[must_use]
    pub fn mask(mut self, mask: Array2<bool>) -> Self {
        self.mask = Some(mask);
        self
    }

    /// Says which file the image came from.
    #[must_use]
    pub fn path(mut self, path: impl Into<PathBuf>) -> Self {
        self.path = Some(path.into());
        self
    }

    /// The image's shape.
    #[must_use]
    pub fn image_shape(&self) -> ImageShape {
        let (channels, height, width) = self.image.dim();
        ImageShape { channels, height, width }
    }
}
