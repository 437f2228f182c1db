use novelty_core::InputError;

/// Which colour channels an image is read with.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[non_exhaustive]
pub enum Colour {
    /// One channel for gray files, three for coloured ones, among which are palettes and every
    /// BMP; alpha is dropped.
    #[default]
    AsStored,
    /// One channel: `0.299 R + 0.587 G + 0.114 B` (ITU-R BT.601) as Pillow rounds it.
    Gray,
    /// Three channels; a gray image gets three equal ones.
    Rgb,
}

/// The kernel an image is resized with. All but `Nearest` average over the source pixels that
/// a target pixel covers, as Pillow does, so that making an image smaller does not alias.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[non_exhaustive]
pub enum Filter {
    /// The nearest pixel.
    Nearest,
    /// A triangle.
    #[default]
    Bilinear,
    /// Catmull and Rom's cubic.
    Bicubic,
    /// A sinc over three lobes.
    Lanczos3,
}

/// What happens when an image cannot be read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
#[non_exhaustive]
pub enum BadImages {
    /// Reading it is an error.
    #[default]
    Stop,
    /// It is left out and counted.
    Skip,
}

/// How image files become images.
///
/// ```
/// use novelty_data::{Colour, ImageReadConfig};
///
/// let config = ImageReadConfig::new().colour(Colour::Gray).size(128, 128);
/// assert_eq!(config.size, Some((128, 128)));
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct ImageReadConfig {
    /// The channels; as stored unless set.
    pub colour: Colour,
    /// The `(height, width)` every image is resized to; `None`, which is the default, keeps the
    /// stored size, which then has to be the same for all.
    pub size: Option<(usize, usize)>,
    /// The kernel of resizing; bilinear unless set. Masks are always resized by the nearest
    /// pixel.
    pub filter: Filter,
    /// Images that claim more pixels are refused before any is decoded; 2^26 (67 million)
    /// unless set.
    pub max_pixels: u64,
    /// What happens when an image cannot be read; `Stop` unless set. `Skip` decodes every image
    /// once when the dataset is opened, to know which are to be left out.
    pub bad_images: BadImages,
}

impl ImageReadConfig {
    /// Colour and size as stored.
    #[must_use]
    pub fn new() -> Self {
        Self {
            colour: Colour::AsStored,
            size: None,
            filter: Filter::Bilinear,
            max_pixels: 1 << 26,
            bad_images: BadImages::Stop,
        }
    }

    /// Sets the channels.
    #[must_use]
    pub fn colour(mut self, colour: Colour) -> Self {
        self.colour = colour;
        self
    }

    /// Sets the size every image is resized to.
    #[must_use]
    pub fn size(mut self, height: usize, width: usize) -> Self {
        self.size = Some((height, width));
        self
    }

    /// Sets the kernel of resizing.
    #[must_use]
    pub fn filter(mut self, filter: Filter) -> Self {
        self.filter = filter;
        self
    }

    /// Sets the most pixels an image may claim.
    #[must_use]
    pub fn max_pixels(mut self, max_pixels: u64) -> Self {
        self.max_pixels = max_pixels;
        self
    }

    /// Sets what happens when an image cannot be read.
    #[must_use]
    pub fn bad_images(mut self, bad_images: BadImages) -> Self {
        self.bad_images = bad_images;
        self
    }

    /// Checks the settings.
    ///
    /// # Errors
    /// If the size has no or more than `max_pixels` pixels, or `max_pixels` is 0.
    pub fn validate(&self) -> Result<(), InputError> {
        if self.max_pixels == 0 {
            return Err(InputError::setting("max_pixels", self.max_pixels, "at least 1"));
        }
        let Some((height, width)) = self.size else { return Ok(()) };
        let pixels = height.checked_mul(width).map_or(u64::MAX, |n| n as u64);
        if pixels == 0 || pixels > self.max_pixels {
            let value = format!("{height}x{width}");
            return Err(InputError::setting("size", value, "1 to max_pixels pixels"));
        }
        Ok(())
    }
}

impl Default for ImageReadConfig {
    fn default() -> Self {
        Self::new()
    }
}
