//! Patches compared with the patches that reference images show in the same place.

mod level;
mod patches;
mod resample;
#[cfg(feature = "serde")]
mod saved;

use ndarray::{Array1, Array3};
use novelty_core::{
    Fit, ImageShape, Images, InputError, Score, ScoreMap, ensure_finite, ensure_image_shape,
};
use rayon::prelude::*;

use self::level::Level;
use self::patches::Grid;
use crate::features::finite_scores;
use crate::{Pooling, ScoringError};

/// Scores images of parts that are always seen in about the same place: by how far each patch
/// is from all patches that reference images show there.
///
/// An image is looked at in several sizes, each half the one before. Windows of each size are
/// described by their pixels, with the contrast taken out and the mean colour put back as a
/// feature of its own, and reduced by principal components. A patch's distance to the nearest
/// reference patch at most `radius` places away is divided by the median distance that reference
/// images have there from each other, so that a place of much variety does not drown the
/// others. The map is the mean over the sizes, and the score its pooled value: 1 is as usual.
///
/// It needs no network and no second data set. Images should be small (32x32 or 64x64) and
/// aligned. Scoring costs `places * kept * (2 radius + 1)^2 * n_components` a size and image;
/// fitting scores the reference once. PatchCore (Roth et al., *Towards Total Recall in
/// Industrial Anomaly Detection*, CVPR 2022) and PaDiM (Defard et al., 2021) do this on the
/// features of a pretrained network.
#[derive(Debug, Clone, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[non_exhaustive]
pub struct PatchMemoryConfig {
    /// Rows and columns of a patch, at least 2; 4 by default.
    pub window: usize,
    /// Pixels from patch to patch, at least 1; 1 by default.
    pub stride: usize,
    /// Sizes the image is looked at in, at least 1; 2 by default. The smallest must hold a
    /// window.
    pub scales: usize,
    /// Added to a patch's standard deviation before it is divided by: what counts as flat.
    /// Above 0; 0.015 by default. `None` takes the pixels as they are.
    pub contrast: Option<f32>,
    /// Principal components kept, at least 1 and at most what a patch has; 48 by default.
    pub n_components: usize,
    /// Places away that a reference patch may be; 1 by default.
    pub radius: usize,
    /// Reference patches kept a place, at least 1, chosen to cover all; 512 by default.
    pub max_kept: usize,
    /// How the map becomes a score: the mean of its highest hundredth by default.
    pub pooling: Pooling,
}

impl Default for PatchMemoryConfig {
    fn default() -> Self {
        Self {
            window: 4,
            stride: 1,
            scales: 2,
            contrast: Some(0.015),
            n_components: 48,
            radius: 1,
            max_kept: 512,
            pooling: Pooling::TopMean { share: 0.01 },
        }
    }
}

impl PatchMemoryConfig {
    /// The defaults, for images of about 32x32 pixels.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Rows and columns of a patch.
    #[must_use]
    pub fn window(mut self, window: usize) -> Self {
        self.window = window;
        self
    }

    /// Pixels from patch to patch.
    #[must_use]
    pub fn stride(mut self, stride: usize) -> Self {
        self.stride = stride;
        self
    }

    /// Sizes the image is looked at in.
    #[must_use]
    pub fn scales(mut self, scales: usize) -> Self {
        self.scales = scales;
        self
    }

    /// What counts as flat, or `None` to keep the contrast.
    #[must_use]
    pub fn contrast(mut self, contrast: Option<f32>) -> Self {
        self.contrast = contrast;
        self
    }

    /// Principal components kept.
    #[must_use]
    pub fn n_components(mut self, n_components: usize) -> Self {
        self.n_components = n_components;
        self
    }

    /// Places away that a reference patch may be.
    #[must_use]
    pub fn radius(mut self, radius: usize) -> Self {
        self.radius = radius;
        self
    }

    /// Reference patches kept a place.
    #[must_use]
    pub fn max_kept(mut self, max_kept: usize) -> Self {
        self.max_kept = max_kept;
        self
    }

    /// How the map becomes a score.
    #[must_use]
    pub fn pooling(mut self, pooling: Pooling) -> Self {
        self.pooling = pooling;
        self
    }

    /// Checks the settings.
    ///
    /// # Errors
    /// If one is outside its range.
    pub fn validate(&self) -> Result<(), InputError> {
        let at_least = |name, value: usize, least: usize, range| {
            if value < least { Err(InputError::setting(name, value, range)) } else { Ok(()) }
        };
        at_least("window", self.window, 2, "at least 2")?;
        at_least("stride", self.stride, 1, "at least 1")?;
        at_least("scales", self.scales, 1, "at least 1")?;
        at_least("n_components", self.n_components, 1, "at least 1")?;
        at_least("max_kept", self.max_kept, 1, "at least 1")?;
        match self.contrast {
            Some(flat) if !(flat > 0.0 && flat.is_finite()) => {
                return Err(InputError::setting("contrast", flat, "finite and above 0"));
            }
            _ => {}
        }
        self.pooling.validate()
    }

    fn check_images(&self, images: &Images<'_>) -> Result<ImageShape, ScoringError> {
        let (n_samples, channels, height, width) = images.dim();
        if images.is_empty() {
            return Err(InputError::Empty { place: "images" }.into());
        }
        if n_samples < 2 {
            let place = "reference images";
            return Err(ScoringError::TooFewSamples { place, n_samples, needed: 2 });
        }
        ensure_finite("images", images)?;
        let shape = ImageShape { channels, height, width };
        self.check_size(shape)?;
        Ok(shape)
    }

    fn check_size(&self, ImageShape { height, width, .. }: ImageShape) -> Result<(), ScoringError> {
        let shift = u32::try_from(self.scales - 1).unwrap_or(u32::MAX);
        let needed = self.window.checked_shl(shift).filter(|needed| needed >> shift == self.window);
        let needed = needed.unwrap_or(usize::MAX);
        if height.min(width) < needed {
            let what = "a window at the smallest of the scales";
            return Err(ScoringError::ImageTooSmall { height, width, what, needed });
        }
        Ok(())
    }
}

impl Fit<Images<'_>> for PatchMemoryConfig {
    type Fitted = PatchMemory;
    type Error = ScoringError;

    fn fit(&self, images: Images<'_>) -> Result<PatchMemory, ScoringError> {
        self.validate()?;
        let image_shape = self.check_images(&images)?;
        let levels = (0..self.scales)
            .map(|scale| {
                let grid = Grid::new(image_shape, scale, self);
                Level::fit(grid, &images, self)
            })
            .collect::<Result<Vec<_>, _>>()?;
        tracing::debug!(
            places = levels.iter().map(Level::n_places).sum::<usize>(),
            patches = levels.iter().map(Level::n_patches).sum::<usize>(),
            "patch memory fitted"
        );
        Ok(PatchMemory { levels, image_shape, config: self.clone() })
    }
}

/// A fitted [`PatchMemoryConfig`].
#[derive(Debug, Clone, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(try_from = "saved::SavedMemory"))]
#[cfg_attr(feature = "serde", serde(into = "saved::SavedMemory"))]
pub struct PatchMemory {
    levels: Vec<Level>,
    image_shape: ImageShape,
    config: PatchMemoryConfig,
}

impl PatchMemory {
    /// Reference patches kept, over all places and sizes.
    #[must_use]
    pub fn n_patches(&self) -> usize {
        self.levels.iter().map(Level::n_patches).sum()
    }

    fn maps(&self, images: &Images<'_>) -> Result<Vec<Vec<f32>>, ScoringError> {
        ensure_image_shape("images", images, self.image_shape)?;
        ensure_finite("images", images)?;
        let levels = self.levels.iter().map(|level| level.features(images));
        let features = levels.collect::<Result<Vec<_>, _>>()?;
        let share = 1.0 / self.levels.len() as f32;
        let n = images.len_of(ndarray::Axis(0));
        let map = |image: usize| {
            let mut map = vec![0.0; self.image_shape.height * self.image_shape.width];
            for (level, features) in self.levels.iter().zip(&features) {
                level.add_map(features, image, share, &mut map);
            }
            map
        };
        Ok((0..n).into_par_iter().map(map).collect())
    }
}

impl Score<Images<'_>> for PatchMemory {
    type Error = ScoringError;

    fn score(&self, images: Images<'_>) -> Result<Array1<f32>, ScoringError> {
        let maps = self.maps(&images)?;
        Ok(finite_scores(
            maps.into_iter().map(|mut map| self.config.pooling.of_map(&mut map, 1)).collect(),
        )?)
    }
}

impl ScoreMap<Images<'_>> for PatchMemory {
    fn score_map(&self, images: Images<'_>) -> Result<Array3<f32>, ScoringError> {
        let values = self.maps(&images)?.concat();
        let ImageShape { height, width, .. } = self.image_shape;
        let mut maps = Array3::zeros((images.len_of(ndarray::Axis(0)), height, width));
        maps.iter_mut().zip(values).for_each(|(to, from)| *to = from);
        ensure_finite("scores", &maps)?;
        Ok(maps)
    }
}
