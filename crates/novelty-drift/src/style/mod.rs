//! How a picture was taken, in numbers: what a camera problem changes and what is shown does not,
//! or hardly.

mod light;
mod lines;
mod texture;

use ndarray::{Array1, Array2, ArrayView2, ArrayView3, Axis};
use novelty_core::{Images, InputError, ensure_finite};
use rayon::prelude::*;

/// What describes the gray picture, in order; the channel means follow.
const GRAY: [&str; 17] = [
    "brightness",
    "contrast",
    "dark_share",
    "bright_share",
    "gradient",
    "laplacian",
    "edge_sharpness",
    "gradient_across",
    "gradient_diagonal",
    "noise",
    "blockiness",
    "shade_x",
    "shade_y",
    "vignette",
    "impulses",
    "bright_line",
    "dark_line",
];

/// The names of the columns of [`style_features`], for pictures of `channels` channels.
#[must_use]
pub fn style_names(channels: usize) -> Vec<String> {
    let means = (0..channels).map(|channel| format!("channel_mean_{channel}"));
    GRAY.iter().map(|&name| name.to_owned()).chain(means).collect()
}

/// Describes how pictures were taken, `(n, 17 + channels)`, for [`CameraDiagnosis`].
///
/// All but the last are of the mean of the channels, `g`, of `height x width` pixels:
///
/// | column | formula | rises with |
/// |---|---|---|
/// | brightness | mean of `g` | light |
/// | contrast | standard deviation of `g` | contrast |
/// | dark_share, bright_share | share of pixels at most 0.02, at least 0.98 | clipping |
/// | gradient | root of the mean of `gx^2 + gy^2`, forward differences | detail, noise |
/// | laplacian | standard deviation of the 4-neighbour Laplacian | sharpness, noise |
/// | edge_sharpness | largest `\|gx\| + \|gy\|` over the range of `g` | focus |
/// | gradient_across | `mean(gx^2 - gy^2) / mean(gx^2 + gy^2)` | vertical movement |
/// | gradient_diagonal | `mean(2 gx gy) / mean(gx^2 + gy^2)` | diagonal movement |
/// | noise | Immerkær's estimate of the noise's standard deviation | noise |
/// | blockiness | mean step across 8 x 8 block borders, less the mean step elsewhere | JPEG |
/// | shade_x, shade_y | slopes of the plane fitted to `g`, a picture's width or height | one-sided light |
/// | vignette | slope of `g` on the squared distance from the centre; corners are at 1 | light corners |
/// | impulses | share of pixels above or below all 8 neighbours by more than 0.2 | salt, pepper |
/// | bright_line, dark_line | the mean along a straight line, less that of the lines at 2 pixels on both sides; the largest of 16 directions | scratches |
/// | channel_mean_i | mean of channel `i` | colour cast |
///
/// Of pictures under 3 pixels high or wide, what needs neighbours is 0. One pass a column,
/// `O(pixels)` a picture; the pictures are done in parallel.
///
/// Immerkær, *Fast Noise Variance Estimation*, Computer Vision and Image Understanding, 1996.
///
/// ```
/// use ndarray::Array4;
/// use novelty_drift::{style_features, style_names};
///
/// // Brighter from left to right, by 0.5 in all.
/// let images = Array4::from_shape_fn((1, 1, 8, 16), |(_, _, _, x)| x as f32 / 32.0);
/// let shade_x = style_names(1).iter().position(|name| name == "shade_x").unwrap();
/// assert!((style_features(images.view())?[[0, shade_x]] - 0.5).abs() < 1e-6);
/// # Ok::<(), novelty_core::InputError>(())
/// ```
///
/// # Errors
/// If an image has no pixel, or a value is not finite.
///
/// [`CameraDiagnosis`]: crate::CameraDiagnosis
pub fn style_features(images: Images<'_>) -> Result<Array2<f32>, InputError> {
    let (n, channels, height, width) = images.dim();
    if n > 0 && channels * height * width == 0 {
        return Err(InputError::Empty { place: "image" });
    }
    ensure_finite("images", &images)?;
    let rows: Vec<Vec<f32>> =
        images.axis_iter(Axis(0)).into_par_iter().map(|image| style_of(&image)).collect();
    let n_features = GRAY.len() + channels;
    Ok(Array2::from_shape_fn((n, n_features), |(i, j)| rows[i][j]))
}

fn style_of(image: &ArrayView3<'_, f32>) -> Vec<f32> {
    let gray = gray_of(image);
    let gray = gray.view();
    let light = light::Light::of(&gray);
    let gradients = texture::Gradients::of(&gray);
    let (bright_line, dark_line) = lines::strongest(&gray);
    let values: [f64; GRAY.len()] = [
        light.mean,
        light.deviation,
        light.dark_share,
        light.bright_share,
        gradients.size,
        texture::laplacian(&gray),
        if light.range > 0.0 { gradients.largest / light.range } else { 0.0 },
        gradients.across,
        gradients.diagonal,
        texture::noise(&gray),
        texture::blockiness(&gray),
        light.shade_x,
        light.shade_y,
        light.vignette,
        texture::impulses(&gray),
        bright_line,
        dark_line,
    ];
    let means = image.axis_iter(Axis(0)).map(|channel| light::mean(&channel));
    values.into_iter().chain(means).map(|value| value as f32).collect()
}

fn gray_of(image: &ArrayView3<'_, f32>) -> Array2<f64> {
    let (channels, height, width) = image.dim();
    let mut gray = Array2::zeros((height, width));
    for channel in image.axis_iter(Axis(0)) {
        gray.zip_mut_with(&channel, |sum, &value| *sum += f64::from(value));
    }
    gray / channels as f64
}

/// The positions of `n` pixels along an axis, from -1 to 1; one pixel lies at 0.
fn positions(n: usize) -> Array1<f64> {
    let half = (n - 1) as f64 / 2.0;
    Array1::from_shape_fn(n, |i| if n > 1 { (i as f64 - half) / half } else { 0.0 })
}

type Gray<'a> = ArrayView2<'a, f64>;
