use ndarray::{Array2, Array3, ArrayView3, Axis, s};
use novelty_core::{ImageShape, Images};
use rayon::prelude::*;

use super::PatchMemoryConfig;

/// Where the patches of one size of an image lie, and how they are described.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Grid {
    /// Pixels of the image in one of this size, in each direction.
    factor: usize,
    channels: usize,
    window: usize,
    contrast: Option<f32>,
    /// First rows and columns of the patches.
    pub(super) rows: Vec<usize>,
    pub(super) columns: Vec<usize>,
    /// The size of the whole image.
    pub(super) image: (usize, usize),
}

impl Grid {
    pub(super) fn new(shape: ImageShape, scale: usize, config: &PatchMemoryConfig) -> Self {
        let factor = 1 << scale;
        let starts = |side: usize| {
            let last = side / factor - config.window;
            // The last patch ends where the image does.
            (0..last).step_by(config.stride).chain([last]).collect()
        };
        Self {
            factor,
            channels: shape.channels,
            window: config.window,
            contrast: config.contrast,
            rows: starts(shape.height),
            columns: starts(shape.width),
            image: (shape.height, shape.width),
        }
    }

    pub(super) fn n_places(&self) -> usize {
        self.rows.len() * self.columns.len()
    }

    /// Numbers that describe a patch.
    pub(super) fn n_features(&self) -> usize {
        let pixels = self.channels * self.window * self.window;
        if self.contrast.is_some() { pixels + self.channels } else { pixels }
    }

    /// The middle of a patch in pixels of the image, from its first row or column.
    pub(super) fn middle(&self, start: usize) -> f32 {
        self.factor as f32 * (start as f32 + self.window as f32 / 2.0) - 0.5
    }

    /// All patches of all images: one row each, image by image and place by place.
    pub(super) fn patches(&self, images: &Images<'_>) -> Array2<f32> {
        let n = images.len_of(Axis(0));
        let (places, d) = (self.n_places(), self.n_features());
        let mut values = vec![0.0; n * places * d];
        values.par_chunks_mut(places * d).enumerate().for_each(|(i, out)| {
            let image = self.shrunk(images.index_axis(Axis(0), i));
            let places = self.rows.iter().flat_map(|&y| self.columns.iter().map(move |&x| (y, x)));
            for ((y, x), out) in places.zip(out.chunks_exact_mut(d)) {
                self.describe(image.slice(s![.., y..y + self.window, x..x + self.window]), out);
            }
        });
        Array2::from_shape_vec((n * places, d), values).unwrap_or_default()
    }

    /// The means of blocks of `factor` pixels each way.
    fn shrunk(&self, image: ArrayView3<'_, f32>) -> Array3<f32> {
        let f = self.factor;
        let size = (self.channels, self.image.0 / f, self.image.1 / f);
        let scale = 1.0 / (f * f) as f32;
        Array3::from_shape_fn(size, |(c, y, x)| {
            image.slice(s![c, y * f..(y + 1) * f, x * f..(x + 1) * f]).sum() * scale
        })
    }

    /// The pixels; or, without contrast, their deviations from the mean of each channel in units
    /// of their standard deviation, divided by the root of their number, and those means: then
    /// form and colour weigh alike however large the window is.
    fn describe(&self, patch: ArrayView3<'_, f32>, out: &mut [f32]) {
        out.iter_mut().zip(&patch).for_each(|(to, from)| *to = *from);
        let Some(flat) = self.contrast else { return };
        let area = self.window * self.window;
        let (pixels, means) = out.split_at_mut(self.channels * area);
        let mut squares = 0.0;
        for (channel, mean) in pixels.chunks_exact_mut(area).zip(means) {
            *mean = channel.iter().sum::<f32>() / area as f32;
            for pixel in channel {
                *pixel -= *mean;
                squares += *pixel * *pixel;
            }
        }
        let n = pixels.len() as f32;
        let scale = 1.0 / (((squares / n).sqrt() + flat) * n.sqrt());
        pixels.iter_mut().for_each(|pixel| *pixel *= scale);
    }
}
