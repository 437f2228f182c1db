use novelty_core::{ImageShape, InputError, Sample};

use super::apply::{Applied, apply};
use super::kind::CorruptionKind;
use crate::random::{Purpose, generator};
use crate::{DataError, Transform};

/// A camera problem of one kind and severity.
///
/// What belongs to the camera (which way the light falls off or the camera has moved, the dead
/// pixels, scratches and dust) follows from the seed and is the same for every picture; what
/// comes anew with each picture (noise) follows from the seed and the picture's number.
///
/// ```
/// use ndarray::Array3;
/// use novelty_core::Sample;
/// use novelty_data::{CameraPart, Corruption, CorruptionKind};
///
/// let corruption = Corruption::new(CorruptionKind::Vignette, 3)?.seed(7);
/// let (sample, applied) = corruption.apply(Sample::new(Array3::from_elem((3, 64, 64), 0.5)), 0)?;
/// assert!(sample.image[[0, 0, 0]] < 0.3 && sample.image[[0, 32, 32]] > 0.49);
/// assert_eq!((applied.kind.part(), applied.get("darkening")), (CameraPart::Lens, Some(0.45)));
/// # Ok::<(), novelty_data::DataError>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Corruption {
    kind: CorruptionKind,
    severity: u8,
    seed: u64,
}

impl Corruption {
    /// `kind` at `severity`, 1 (hardly visible) to 5 (severe).
    ///
    /// # Errors
    /// If the severity is outside its range.
    pub fn new(kind: CorruptionKind, severity: u8) -> Result<Self, InputError> {
        if (1..=5).contains(&severity) {
            return Ok(Self { kind, severity, seed: 0 });
        }
        Err(InputError::setting("severity", severity, "1 to 5"))
    }

    /// Sets the seed; 0 unless set.
    #[must_use]
    pub fn seed(mut self, seed: u64) -> Self {
        self.seed = seed;
        self
    }

    /// The kind.
    #[must_use]
    pub fn kind(&self) -> CorruptionKind {
        self.kind
    }

    /// The severity.
    #[must_use]
    pub fn severity(&self) -> u8 {
        self.severity
    }

    /// Takes picture `index` with this problem: the picture, and what was done to it. Masks move
    /// with what they mark. Values stay in `[0, 1]` if they were.
    ///
    /// # Errors
    /// If the image is empty, or has neither one nor three channels.
    pub fn apply(&self, sample: Sample, index: usize) -> Result<(Sample, Applied), DataError> {
        check_shape(sample.image_shape())?;
        let pattern = (self.kind as u64) << 8;
        let mut camera = generator(self.seed, Purpose::CorruptionPattern, pattern);
        let counter = pattern.wrapping_shl(48) ^ index as u64;
        let mut picture = generator(self.seed, Purpose::Corruption, counter);
        apply(sample, self.kind, self.severity, [&mut camera, &mut picture])
    }
}

/// A [`Corruption`] as a transform, which keeps to itself what it did.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Corrupt(pub Corruption);

impl Transform for Corrupt {
    fn output_shape(&self, input: ImageShape) -> Result<ImageShape, InputError> {
        check_shape(input)?;
        Ok(input)
    }

    fn apply(&self, sample: Sample, index: usize) -> Result<Sample, DataError> {
        Ok(self.0.apply(sample, index)?.0)
    }
}

fn check_shape(shape: ImageShape) -> Result<(), InputError> {
    if shape.height == 0 || shape.width == 0 {
        return Err(InputError::Empty { place: "the image" });
    }
    if shape.channels != 1 && shape.channels != 3 {
        return Err(InputError::setting("channels", shape.channels, "1 or 3"));
    }
    Ok(())
}
