use novelty_core::{ImageShape, InputError, Sample};
use rand_chacha::ChaCha8Rng;

use super::{Affine, Transform, warp_image, warp_mask};
use crate::DataError;
use crate::random::{Purpose, between, generator, normal, uniform};

/// Random changes that a normal image may show.
///
/// Everything is off unless set. What happens to a sample is decided by the seed, the epoch and
/// the sample's position, not by threads or the order of reading.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct AugmentConfig {
    /// Whether half of the images are mirrored left to right.
    pub flip_horizontal: bool,
    /// Whether half of the images are mirrored upside down.
    pub flip_vertical: bool,
    /// The largest turn either way, in degrees, 0 to 180.
    pub rotation: f64,
    /// The largest shift in each direction, as a share of the side, 0 to 1.
    pub shift: f64,
    /// The largest change of size: between `1 - scale` and `1 + scale`, 0 to below 1.
    pub scale: f64,
    /// The smallest share of each side that a random crop keeps, before it is brought back to
    /// the full size; above 0, at most 1, which is off.
    pub crop: f64,
    /// The largest change of brightness, added to all values, 0 to 1.
    pub brightness: f64,
    /// The largest change of contrast: values move from or to the image's mean by a factor
    /// between `1 - contrast` and `1 + contrast`, 0 to 1.
    pub contrast: f64,
    /// Standard deviation of noise, at most 1.
    pub noise: f64,
    /// Decides together with the epoch; 0 unless set.
    pub seed: u64,
}

impl AugmentConfig {
    /// Everything off.
    #[must_use]
    pub fn new() -> Self {
        Self {
            flip_horizontal: false,
            flip_vertical: false,
            rotation: 0.0,
            shift: 0.0,
            scale: 0.0,
            crop: 1.0,
            brightness: 0.0,
            contrast: 0.0,
            noise: 0.0,
            seed: 0,
        }
    }

    /// Sets whether half of the images are mirrored left to right.
    #[must_use]
    pub fn flip_horizontal(mut self, flip: bool) -> Self {
        self.flip_horizontal = flip;
        self
    }

    /// Sets whether half of the images are mirrored upside down.
    #[must_use]
    pub fn flip_vertical(mut self, flip: bool) -> Self {
        self.flip_vertical = flip;
        self
    }

    /// Sets the largest turn, in degrees.
    #[must_use]
    pub fn rotation(mut self, degrees: f64) -> Self {
        self.rotation = degrees;
        self
    }

    /// Sets the largest shift, as a share of the side.
    #[must_use]
    pub fn shift(mut self, share: f64) -> Self {
        self.shift = share;
        self
    }

    /// Sets the largest change of size.
    #[must_use]
    pub fn scale(mut self, share: f64) -> Self {
        self.scale = share;
        self
    }

    /// Sets the smallest share of each side that a crop keeps.
    #[must_use]
    pub fn crop(mut self, share: f64) -> Self {
        self.crop = share;
        self
    }

    /// Sets the largest change of brightness.
    #[must_use]
    pub fn brightness(mut self, change: f64) -> Self {
        self.brightness = change;
        self
    }

    /// Sets the largest change of contrast.
    #[must_use]
    pub fn contrast(mut self, change: f64) -> Self {
        self.contrast = change;
        self
    }

    /// Sets the standard deviation of noise.
    #[must_use]
    pub fn noise(mut self, deviation: f64) -> Self {
        self.noise = deviation;
        self
    }

    /// Sets the seed.
    #[must_use]
    pub fn seed(mut self, seed: u64) -> Self {
        self.seed = seed;
        self
    }

    /// Checks the settings.
    ///
    /// # Errors
    /// If one is outside its range.
    pub fn validate(&self) -> Result<(), InputError> {
        let check = |name, value: f64, is_in: bool, range| {
            if is_in { Ok(()) } else { Err(InputError::setting(name, value, range)) }
        };
        let share = |value: f64| (0.0..=1.0).contains(&value);
        let turn = (0.0..=180.0).contains(&self.rotation);
        check("rotation", self.rotation, turn, "in [0, 180]")?;
        check("shift", self.shift, share(self.shift), "in [0, 1]")?;
        check("scale", self.scale, share(self.scale) && self.scale < 1.0, "in [0, 1)")?;
        check("crop", self.crop, share(self.crop) && self.crop > 0.0, "in (0, 1]")?;
        check("brightness", self.brightness, share(self.brightness), "in [0, 1]")?;
        check("contrast", self.contrast, share(self.contrast), "in [0, 1]")?;
        check("noise", self.noise, share(self.noise), "in [0, 1]")
    }

    /// The changes of one epoch.
    ///
    /// # Errors
    /// If a setting is outside its range.
    pub fn epoch(&self, epoch: u64) -> Result<Augment, InputError> {
        self.validate()?;
        Ok(Augment { config: self.clone(), epoch })
    }
}

impl Default for AugmentConfig {
    fn default() -> Self {
        Self::new()
    }
}

/// Random changes of one epoch; made by [`AugmentConfig::epoch`].
///
/// Pixels that come from beyond the edge are mirrored at it. Values stay in `[0, 1]` where
/// brightness, contrast or noise changes them.
#[derive(Debug, Clone, PartialEq)]
pub struct Augment {
    config: AugmentConfig,
    epoch: u64,
}

impl Augment {
    /// Draws all numbers of the geometry, whichever are used, so that switching one change on
    /// leaves the others as they were.
    fn geometry(&self, rng: &mut ChaCha8Rng, height: usize, width: usize) -> Option<Affine> {
        let config = &self.config;
        let mut either = |largest: f64| between(rng, -largest, largest);
        let degrees = either(config.rotation);
        let (right, down) = (either(config.shift), either(config.shift));
        let scale = 1.0 + either(config.scale);
        let kept = 1.0 + (config.crop - 1.0) * uniform(rng);
        // A crop of a share is a magnification, and its place a shift of the magnified image.
        let (crop_right, crop_down) = (between(rng, -0.5, 0.5), between(rng, -0.5, 0.5));
        let margin = (1.0 - kept) / kept;
        let (flip_x, flip_y) = (uniform(rng) < 0.5, uniform(rng) < 0.5);
        let moved = (
            (right / kept + crop_right * margin) * width as f64,
            (down / kept + crop_down * margin) * height as f64,
        );
        let is_used = config.rotation > 0.0
            || config.shift > 0.0
            || config.scale > 0.0
            || config.crop < 1.0
            || (config.flip_horizontal && flip_x)
            || (config.flip_vertical && flip_y);
        is_used.then(|| {
            Affine::new(degrees, scale / kept, moved)
                .mirrored(config.flip_horizontal && flip_x, config.flip_vertical && flip_y)
        })
    }
}

impl Transform for Augment {
    fn output_shape(&self, input: ImageShape) -> Result<ImageShape, InputError> {
        Ok(input)
    }

    fn apply(&self, mut sample: Sample, index: usize) -> Result<Sample, DataError> {
        let (_, height, width) = sample.image.dim();
        if sample.image.is_empty() {
            return Ok(sample);
        }
        let counter = self.epoch.wrapping_shl(40).wrapping_add(index as u64);
        let mut rng = generator(self.config.seed, Purpose::Augment, counter);
        if let Some(affine) = self.geometry(&mut rng, height, width) {
            sample.image = warp_image(&sample.image, &affine);
            sample.mask = sample.mask.map(|mask| warp_mask(&mask, &affine));
        }
        let AugmentConfig { brightness, contrast, noise, .. } = self.config;
        let added = between(&mut rng, -brightness, brightness) as f32;
        let factor = (1.0 + between(&mut rng, -contrast, contrast)) as f32;
        if brightness > 0.0 || contrast > 0.0 {
            let sum: f64 = sample.image.iter().map(|&x| f64::from(x)).sum();
            let mean = (sum / sample.image.len() as f64) as f32;
            let change = |x: f32| ((x - mean) * factor + mean + added).clamp(0.0, 1.0);
            sample.image.mapv_inplace(change);
        }
        if noise > 0.0 {
            let mut noisy = |x: f32| (x + (noise * normal(&mut rng)) as f32).clamp(0.0, 1.0);
            sample.image.mapv_inplace(&mut noisy);
        }
        Ok(sample)
    }
}
