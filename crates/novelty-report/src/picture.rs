use std::fmt;
use std::sync::Arc;

use base64::Engine;
use ndarray::{ArrayBase, ArrayView2, ArrayView3, Data, Dimension};

use crate::colormap::Colormap;
use crate::error::{ReportError, Result};

/// An image as figures show it: rows of RGB pixels.
///
/// Made from what the other crates hold: images `(channels, height, width)` in `[0, 1]`, score
/// maps `(height, width)`, masks. Cloning is cheap.
///
/// ```
/// use ndarray::{Array2, Array3};
/// use novelty_report::Picture;
///
/// let image = Array3::from_elem((1, 28, 28), 0.5);
/// let error = Array2::from_shape_fn((28, 28), |(y, _)| y as f32);
/// let overlay = Picture::from_image(image.view())?.with_heat(error.view(), 0.0..=27.0, Default::default(), 0.8)?;
/// assert_eq!((overlay.width(), overlay.height()), (28, 28));
/// assert_eq!(overlay.rgb()[..3], [128; 3]);
/// # Ok::<(), novelty_report::ReportError>(())
/// ```
#[derive(Clone, PartialEq, Eq)]
pub struct Picture {
    width: usize,
    height: usize,
    rgb: Arc<[u8]>,
}

impl fmt::Debug for Picture {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Picture({} x {})", self.width, self.height)
    }
}

/// The contour of a mask: seen on light, dark and hot ground.
const CONTOUR: [u8; 3] = [0x22, 0xd3, 0xee];

impl Picture {
    /// A gray `(1, height, width)` or RGB `(3, height, width)` image with values in `[0, 1]`.
    ///
    /// Values outside, as linear reconstructions have, are clipped.
    ///
    /// # Errors
    ///
    /// [`ReportError::Channels`], [`ReportError::NoPixels`], or [`ReportError::Pixel`] for a
    /// NaN or an infinite pixel.
    pub fn from_image(image: ArrayView3<'_, f32>) -> Result<Self> {
        let (channels, height, width) = image.dim();
        if channels != 1 && channels != 3 {
            return Err(ReportError::Channels { shape: [channels, height, width], channels });
        }
        check_pixels("image", &image)?;
        let byte = |value: f32| (value.clamp(0.0, 1.0) * 255.0).round() as u8;
        Ok(Self::from_pixels(width, height, |y, x| {
            std::array::from_fn(|c| byte(image[[c.min(channels - 1), y, x]]))
        }))
    }

    /// A map `(height, width)` in colours, `range` from the lowest colour to the highest.
    ///
    /// # Errors
    ///
    /// [`ReportError::NoPixels`], [`ReportError::Pixel`], or [`ReportError::OutOfRange`] when
    /// the range is not finite or ends below its start.
    pub fn from_map(
        map: ArrayView2<'_, f32>,
        range: std::ops::RangeInclusive<f32>,
        colormap: Colormap,
    ) -> Result<Self> {
        check_pixels("map", &map)?;
        check_range(&range)?;
        let (height, width) = map.dim();
        Ok(Self::from_pixels(width, height, |y, x| colormap.rgb(share(map[[y, x]], &range))))
    }

    /// Lays a map over the picture: where the map is at the start of `range` the picture shows
    /// through whole, at its end it is covered to `opacity` (`[0, 1]`).
    ///
    /// # Errors
    ///
    /// As [`from_map`](Self::from_map); [`ReportError::MapSize`] when the map is of another
    /// size; [`ReportError::OutOfRange`] for the opacity.
    pub fn with_heat(
        &self,
        map: ArrayView2<'_, f32>,
        range: std::ops::RangeInclusive<f32>,
        colormap: Colormap,
        opacity: f32,
    ) -> Result<Self> {
        self.check_size("map", map.dim())?;
        check_pixels("map", &map)?;
        check_range(&range)?;
        if !(0.0..=1.0).contains(&opacity) {
            return Err(out_of_range("opacity", opacity.to_string(), "between 0 and 1"));
        }
        Ok(Self::from_pixels(self.width, self.height, |y, x| {
            let value = share(map[[y, x]], &range);
            let (below, above, alpha) = (self.pixel(y, x), colormap.rgb(value), opacity * value);
            std::array::from_fn(|c| {
                (f32::from(below[c]) * (1.0 - alpha) + f32::from(above[c]) * alpha).round() as u8
            })
        }))
    }

    /// Draws the contour of a mask (`true` inside), such as a labelled defect.
    ///
    /// The contour lies inside the mask and is one pixel wide for each 160 of the picture.
    ///
    /// # Errors
    ///
    /// [`ReportError::MapSize`] when the mask is of another size.
    pub fn with_contour(&self, mask: ArrayView2<'_, bool>) -> Result<Self> {
        self.check_size("mask", mask.dim())?;
        let reach = self.width.max(self.height).div_ceil(160) as isize;
        let (height, width) = (self.height as isize, self.width as isize);
        let inside = |y: isize, x: isize| {
            (0..height).contains(&y) && (0..width).contains(&x) && mask[[y as usize, x as usize]]
        };
        let steps = [(-reach, 0), (reach, 0), (0, -reach), (0, reach)];
        Ok(Self::from_pixels(self.width, self.height, |y, x| {
            let (row, column) = (y as isize, x as isize);
            let edge = mask[[y, x]] && steps.iter().any(|(dy, dx)| !inside(row + dy, column + dx));
            if edge { CONTOUR } else { self.pixel(y, x) }
        }))
    }

    /// The width in pixels.
    #[must_use]
    pub fn width(&self) -> usize {
        self.width
    }

    /// The height in pixels.
    #[must_use]
    pub fn height(&self) -> usize {
        self.height
    }

    /// The pixels, three bytes each, row by row from the top.
    #[must_use]
    pub fn rgb(&self) -> &[u8] {
        &self.rgb
    }

    /// The picture as a PNG file.
    ///
    /// # Errors
    ///
    /// [`ReportError::Png`] when the encoder fails.
    pub fn to_png(&self) -> Result<Vec<u8>> {
        let mut bytes = Vec::new();
        let mut encoder = png::Encoder::new(&mut bytes, self.width as u32, self.height as u32);
        encoder.set_color(png::ColorType::Rgb);
        encoder.set_depth(png::BitDepth::Eight);
        let mut writer = encoder.write_header()?;
        writer.write_image_data(&self.rgb)?;
        writer.finish()?;
        Ok(bytes)
    }

    pub(crate) fn from_opaque_rgba(width: usize, height: usize, rgba: &[u8]) -> Self {
        let rgb = rgba.chunks_exact(4).flat_map(|pixel| [pixel[0], pixel[1], pixel[2]]).collect();
        Self { width, height, rgb }
    }

    /// One row of a colormap, for a colour bar.
    pub(crate) fn colour_bar(colormap: Colormap) -> Self {
        Self::from_pixels(256, 1, |_, x| colormap.rgb(x as f32 / 255.0))
    }

    pub(crate) fn data_uri(&self) -> Result<String> {
        let png = base64::engine::general_purpose::STANDARD.encode(self.to_png()?);
        Ok(format!("data:image/png;base64,{png}"))
    }

    /// Whether a place of this width shows each pixel as a block.
    pub(crate) fn upscaled_to(&self, width: f32) -> bool {
        width > self.width as f32
    }

    /// The picture averaged down, by a whole factor, until its longer edge is at most `edge`.
    pub(crate) fn reduced(&self, edge: usize) -> Self {
        let factor = self.width.max(self.height).div_ceil(edge.max(1));
        if factor <= 1 {
            return self.clone();
        }
        let (width, height) = (self.width.div_ceil(factor), self.height.div_ceil(factor));
        Self::from_pixels(width, height, |y, x| self.block_mean(y * factor, x * factor, factor))
    }

    fn block_mean(&self, top: usize, left: usize, edge: usize) -> [u8; 3] {
        let (mut sum, mut count) = ([0u64; 3], 0);
        for y in top..(top + edge).min(self.height) {
            for x in left..(left + edge).min(self.width) {
                let pixel = self.pixel(y, x);
                sum = std::array::from_fn(|c| sum[c] + u64::from(pixel[c]));
                count += 1;
            }
        }
        sum.map(|total| ((total + count / 2) / count.max(1)) as u8)
    }

    fn from_pixels(width: usize, height: usize, pixel: impl Fn(usize, usize) -> [u8; 3]) -> Self {
        let pixel = &pixel;
        let rgb = (0..height).flat_map(|y| (0..width).flat_map(move |x| pixel(y, x)));
        let rgb = rgb.collect();
        Self { width, height, rgb }
    }

    fn pixel(&self, y: usize, x: usize) -> [u8; 3] {
        let start = 3 * (y * self.width + x);
        std::array::from_fn(|c| self.rgb[start + c])
    }

    fn check_size(&self, place: &'static str, got: (usize, usize)) -> Result<()> {
        let expected = (self.height, self.width);
        if got == expected { Ok(()) } else { Err(ReportError::MapSize { place, expected, got }) }
    }
}

fn check_pixels<S, D>(place: &'static str, pixels: &ArrayBase<S, D>) -> Result<()>
where
    S: Data<Elem = f32>,
    D: Dimension,
{
    if pixels.is_empty() {
        return Err(ReportError::NoPixels { place, shape: pixels.shape().to_vec() });
    }
    match pixels.iter().enumerate().find(|(_, value)| !value.is_finite()) {
        Some((index, &value)) => Err(ReportError::Pixel { place, index, value }),
        None => Ok(()),
    }
}

fn check_range(range: &std::ops::RangeInclusive<f32>) -> Result<()> {
    if range.start().is_finite() && range.end().is_finite() && range.start() <= range.end() {
        return Ok(());
    }
    Err(out_of_range("colour range", format!("{range:?}"), "finite and rising"))
}

fn out_of_range(part: &str, value: String, range: &'static str) -> ReportError {
    ReportError::OutOfRange { figure: "picture".to_owned(), part: part.to_owned(), value, range }
}

/// Where a value lies in a range, 0 to 1; a range of no width has nothing above its start.
fn share(value: f32, range: &std::ops::RangeInclusive<f32>) -> f32 {
    let (low, high) = (f64::from(*range.start()), f64::from(*range.end()));
    if high > low { ((f64::from(value) - low) / (high - low)).clamp(0.0, 1.0) as f32 } else { 0.0 }
}
