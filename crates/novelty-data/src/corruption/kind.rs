/// What of a camera, or of its place, a problem comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[non_exhaustive]
pub enum CameraPart {
    /// The light on the scene.
    Lighting,
    /// Sharpness.
    Focus,
    /// Where the camera points.
    Movement,
    /// The sensor and its electronics.
    Sensor,
    /// The glass.
    Lens,
    /// What happens to the picture afterwards.
    Compression,
}

/// A problem that a camera may have. What each severity from 1 to 5 comes to is in the list;
/// lengths are for a picture whose shorter side has 256 pixels, and grow with it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[non_exhaustive]
pub enum CorruptionKind {
    /// Values raised or lowered by 0.05, 0.1, 0.15, 0.2, 0.3.
    Brightness,
    /// Distance from the mean shrunk to 0.8, 0.65, 0.5, 0.35, 0.2 of what it was.
    Contrast,
    /// Light that falls off across the picture, by 0.15, 0.25, 0.4, 0.55, 0.7.
    Shade,
    /// Channels raised or lowered by 5, 10, 15, 20 or 30 percent; gray pictures get darker or
    /// lighter.
    ColourCast,
    /// A disc of radius 1, 2, 3, 4.5 or 6.5 pixels in place of every point.
    Defocus,
    /// A line of 4, 7, 11, 16 or 22 pixels in place of every point.
    MotionBlur,
    /// Moved by 3, 6, 10, 16 or 24 pixels.
    Shift,
    /// Turned by 1, 2.5, 5, 9 or 15 degrees.
    Rotation,
    /// Enlarged by 3, 6, 10, 16 or 25 percent.
    Zoom,
    /// Independent noise of standard deviation 0.02, 0.04, 0.07, 0.11, 0.16.
    GaussianNoise,
    /// A sensor that collects 500, 200, 80, 40 or 15 photons at full brightness.
    ShotNoise,
    /// 0.2, 0.5, 1, 2.5 or 6 percent of the pixels black or white, other ones each time.
    SaltAndPepper,
    /// 0.02, 0.05, 0.15, 0.4 or 1 percent of the pixels black or white, always the same ones.
    DeadPixels,
    /// 1, 2, 3, 5 or 8 bright scratches, always the same ones.
    Scratches,
    /// 2, 4, 8, 14 or 22 soft dark spots, always the same ones.
    Dust,
    /// Corners darkened by 0.15, 0.3, 0.45, 0.6, 0.8.
    Vignette,
    /// Through JPEG at quality 40, 25, 15, 9 or 5.
    Jpeg,
}

impl CorruptionKind {
    /// All of them.
    pub const ALL: [Self; 17] = [
        Self::Brightness,
        Self::Contrast,
        Self::Shade,
        Self::ColourCast,
        Self::Defocus,
        Self::MotionBlur,
        Self::Shift,
        Self::Rotation,
        Self::Zoom,
        Self::GaussianNoise,
        Self::ShotNoise,
        Self::SaltAndPepper,
        Self::DeadPixels,
        Self::Scratches,
        Self::Dust,
        Self::Vignette,
        Self::Jpeg,
    ];

    /// What it comes from.
    #[must_use]
    pub fn part(self) -> CameraPart {
        match self {
            Self::Brightness | Self::Contrast | Self::Shade | Self::ColourCast => {
                CameraPart::Lighting
            }
            Self::Defocus | Self::MotionBlur => CameraPart::Focus,
            Self::Shift | Self::Rotation | Self::Zoom => CameraPart::Movement,
            Self::GaussianNoise | Self::ShotNoise | Self::SaltAndPepper | Self::DeadPixels => {
                CameraPart::Sensor
            }
            Self::Scratches | Self::Dust | Self::Vignette => CameraPart::Lens,
            Self::Jpeg => CameraPart::Compression,
        }
    }

    /// Its name in lower case, such as `motion_blur`.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Brightness => "brightness",
            Self::Contrast => "contrast",
            Self::Shade => "shade",
            Self::ColourCast => "colour_cast",
            Self::Defocus => "defocus",
            Self::MotionBlur => "motion_blur",
            Self::Shift => "shift",
            Self::Rotation => "rotation",
            Self::Zoom => "zoom",
            Self::GaussianNoise => "gaussian_noise",
            Self::ShotNoise => "shot_noise",
            Self::SaltAndPepper => "salt_and_pepper",
            Self::DeadPixels => "dead_pixels",
            Self::Scratches => "scratches",
            Self::Dust => "dust",
            Self::Vignette => "vignette",
            Self::Jpeg => "jpeg",
        }
    }

    /// The strength at severity 1 to 5, in the unit the list says.
    pub(super) fn strength(self, severity: u8) -> f64 {
        let by_severity: [f64; 5] = match self {
            Self::Brightness => [0.05, 0.1, 0.15, 0.2, 0.3],
            Self::Contrast => [0.8, 0.65, 0.5, 0.35, 0.2],
            Self::Shade => [0.15, 0.25, 0.4, 0.55, 0.7],
            Self::ColourCast => [0.05, 0.1, 0.15, 0.2, 0.3],
            Self::Defocus => [1.0, 2.0, 3.0, 4.5, 6.5],
            Self::MotionBlur => [4.0, 7.0, 11.0, 16.0, 22.0],
            Self::Shift => [3.0, 6.0, 10.0, 16.0, 24.0],
            Self::Rotation => [1.0, 2.5, 5.0, 9.0, 15.0],
            Self::Zoom => [1.03, 1.06, 1.1, 1.16, 1.25],
            Self::GaussianNoise => [0.02, 0.04, 0.07, 0.11, 0.16],
            Self::ShotNoise => [500.0, 200.0, 80.0, 40.0, 15.0],
            Self::SaltAndPepper => [0.002, 0.005, 0.01, 0.025, 0.06],
            Self::DeadPixels => [0.0002, 0.0005, 0.0015, 0.004, 0.01],
            Self::Scratches => [1.0, 2.0, 3.0, 5.0, 8.0],
            Self::Dust => [2.0, 4.0, 8.0, 14.0, 22.0],
            Self::Vignette => [0.15, 0.3, 0.45, 0.6, 0.8],
            Self::Jpeg => [40.0, 25.0, 15.0, 9.0, 5.0],
        };
        by_severity[usize::from(severity.clamp(1, 5)) - 1]
    }
}
