use novelty_core::Sample;
use rand_chacha::ChaCha8Rng;

use super::kind::CorruptionKind;
use super::{blur, jpeg, lens, light, noise};
use crate::DataError;
use crate::random::{between, uniform};
use crate::transform::{Affine, warp_image, warp_mask};

/// What a [`Corruption`](crate::Corruption) did to a picture.
#[derive(Debug, Clone, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[non_exhaustive]
pub struct Applied {
    /// The kind.
    pub kind: CorruptionKind,
    /// The severity, 1 to 5.
    pub severity: u8,
    /// The numbers it came to, by name, such as `("shift_right", -4.2)`; lengths in pixels.
    pub parameters: Vec<(&'static str, f64)>,
}

impl Applied {
    /// The number of that name; `None` if there is none.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<f64> {
        self.parameters.iter().find(|(known, _)| *known == name).map(|&(_, value)| value)
    }
}

pub(super) type Parameters = Vec<(&'static str, f64)>;

pub(super) fn apply(
    mut sample: Sample,
    kind: CorruptionKind,
    severity: u8,
    [camera, picture]: [&mut ChaCha8Rng; 2],
) -> Result<(Sample, Applied), DataError> {
    use CorruptionKind as Kind;
    let strength = kind.strength(severity);
    let (_, height, width) = sample.image.dim();
    // Lengths are given for a shorter side of 256 pixels.
    let length = strength * height.min(width) as f64 / 256.0;
    let image = &mut sample.image;
    let parameters = match kind {
        Kind::Brightness => light::brightness(image, strength, camera),
        Kind::Contrast => light::contrast(image, strength),
        Kind::Shade => light::shade(image, strength, camera),
        Kind::ColourCast => light::colour_cast(image, strength, camera),
        Kind::Defocus => blur::defocus(image, length),
        Kind::MotionBlur => blur::motion(image, length, camera),
        Kind::Shift | Kind::Rotation | Kind::Zoom => moved(&mut sample, kind, strength, camera),
        Kind::GaussianNoise => noise::gaussian(image, strength, picture),
        Kind::ShotNoise => noise::shot(image, strength, picture),
        Kind::SaltAndPepper => noise::salt_and_pepper(image, strength, picture),
        Kind::DeadPixels => noise::salt_and_pepper(image, strength, camera),
        Kind::Scratches => lens::scratches(image, strength as usize, camera),
        Kind::Dust => lens::dust(image, strength as usize, camera),
        Kind::Vignette => lens::vignette(image, strength),
        Kind::Jpeg => jpeg::compress(image, strength as u8)?,
    };
    Ok((sample, Applied { kind, severity, parameters }))
}

fn moved(
    sample: &mut Sample,
    kind: CorruptionKind,
    strength: f64,
    rng: &mut ChaCha8Rng,
) -> Parameters {
    let (_, height, width) = sample.image.dim();
    let length = strength * height.min(width) as f64 / 256.0;
    let (affine, parameters) = match kind {
        CorruptionKind::Shift => {
            let (sin, cos) = between(rng, 0.0, std::f64::consts::TAU).sin_cos();
            let (right, down) = (length * cos, length * sin);
            let parameters = vec![("shift_right", right), ("shift_down", down)];
            (Affine::new(0.0, 1.0, (right, down)), parameters)
        }
        CorruptionKind::Rotation => {
            let degrees = if uniform(rng) < 0.5 { strength } else { -strength };
            (Affine::new(degrees, 1.0, (0.0, 0.0)), vec![("degrees", degrees)])
        }
        _ => (Affine::new(0.0, strength, (0.0, 0.0)), vec![("magnification", strength)]),
    };
    sample.image = warp_image(&sample.image, &affine);
    sample.mask = sample.mask.take().map(|mask| warp_mask(&mask, &affine));
    parameters
}
