use std::path::Path;

use askama::Template;
use base64::Engine;

use crate::atomic_file::write_atomic;
use crate::check::Check;
use crate::error::{ReportError, Result};
use crate::figure::{Canvas, Draw};
use crate::image_grid::{ImageCard, ImageGrid};
use crate::picture::Picture;
use crate::scene::Scene;

/// Pictures of one size shown one after the other, for ever: an animated PNG.
///
/// On a page it moves; [`Figure::to_png`](crate::Figure::to_png) and
/// [`Figure::to_svg`](crate::Figure::to_svg) show its last picture, which is also what a viewer
/// shows that knows no animations.
///
/// ```
/// use ndarray::Array3;
/// use novelty_report::{Animation, Picture};
///
/// let frame = |x: f32| Picture::from_image(Array3::from_elem((1, 8, 8), x).view());
/// let film = Animation::new("Fading").frame(frame(0.0)?).frame(frame(1.0)?).delay_ms(200);
/// assert!(film.to_apng()?.windows(4).any(|name| name == b"acTL"));
/// # Ok::<(), novelty_report::ReportError>(())
/// ```
#[derive(Debug, Clone)]
pub struct Animation {
    title: String,
    delay_ms: u16,
    frames: Vec<Picture>,
}

/// Pixels of all pictures together at most.
const MOST_PIXELS: usize = 1 << 30;

#[derive(Template)]
#[template(path = "animation.html")]
struct Moving<'a> {
    title: &'a str,
    alt: String,
    uri: String,
    width: usize,
    height: usize,
}

impl Animation {
    /// An animation without pictures; drawing one is an error until it has some.
    #[must_use]
    pub fn new(title: impl Into<String>) -> Self {
        Self { title: title.into(), delay_ms: 150, frames: Vec::new() }
    }

    /// How long each picture is shown, in thousandths of a second. Default: 150.
    #[must_use]
    pub fn delay_ms(mut self, delay_ms: u16) -> Self {
        self.delay_ms = delay_ms;
        self
    }

    /// Adds a picture.
    #[must_use]
    pub fn frame(mut self, picture: Picture) -> Self {
        self.frames.push(picture);
        self
    }

    /// The animation as a file.
    ///
    /// # Errors
    ///
    /// [`ReportError::Empty`] without pictures, [`ReportError::MapSize`] when one is of another
    /// size than the first, [`ReportError::TooLarge`], [`ReportError::Png`].
    pub fn to_apng(&self) -> Result<Vec<u8>> {
        let first = self.first()?;
        let (width, height) = (first.width(), first.height());
        for frame in &self.frames {
            let (expected, got) = ((height, width), (frame.height(), frame.width()));
            if got != expected {
                return Err(ReportError::MapSize { place: "frame", expected, got });
            }
        }
        if width.saturating_mul(height).saturating_mul(self.frames.len()) > MOST_PIXELS {
            let (figure, width, height) = (self.title.clone(), width as u64, height as u64);
            return Err(ReportError::TooLarge { figure, width, height });
        }
        let mut bytes = Vec::new();
        let mut encoder = png::Encoder::new(&mut bytes, width as u32, height as u32);
        encoder.set_color(png::ColorType::Rgb);
        encoder.set_depth(png::BitDepth::Eight);
        // The still picture, which is no part of the animation, is the last one.
        encoder.set_animated(self.frames.len() as u32, 0)?;
        encoder.set_sep_def_img(true)?;
        encoder.set_frame_delay(self.delay_ms, 1000)?;
        let mut writer = encoder.write_header()?;
        let still = self.frames.last().unwrap_or(first);
        writer.write_image_data(still.rgb())?;
        for frame in &self.frames {
            writer.write_image_data(frame.rgb())?;
        }
        writer.finish()?;
        Ok(bytes)
    }

    /// Saves [`to_apng`](Self::to_apng) whole or not at all.
    ///
    /// # Errors
    ///
    /// As [`to_apng`](Self::to_apng) and [`write_atomic`].
    pub fn save_apng(&self, path: impl AsRef<Path>) -> Result<()> {
        write_atomic(path, self.to_apng()?)
    }

    fn first(&self) -> Result<&Picture> {
        Check { figure: &self.title }.not_empty("the list of pictures", self.frames.len())?;
        let empty = || ReportError::Empty { figure: self.title.clone(), part: "pictures".into() };
        self.frames.first().ok_or_else(empty)
    }
}

impl Draw for Animation {
    fn name(&self) -> String {
        self.title.clone()
    }

    fn describe(&self) -> String {
        format!("Animation: {}, {} pictures.", self.title, self.frames.len())
    }

    fn draw(&self, canvas: Canvas) -> Result<Scene> {
        let last = self.frames.last().unwrap_or(self.first()?);
        let edge = last.width().max(last.height()).clamp(16, 1024);
        ImageGrid::new(&self.title).edge(edge).card(ImageCard::new("").image("", last)).draw(canvas)
    }

    fn to_html(&self) -> Result<String> {
        let (width, height) = (self.first()?.width(), self.first()?.height());
        let apng = base64::engine::general_purpose::STANDARD.encode(self.to_apng()?);
        let uri = format!("data:image/png;base64,{apng}");
        Ok(Moving { title: &self.title, alt: self.describe(), uri, width, height }.render()?)
    }

    fn is_wide(&self) -> bool {
        true
    }
}

#[cfg(test)]
mod tests {
    use ndarray::Array3;

    use super::*;

    fn picture(value: f32, side: usize) -> Picture {
        Picture::from_image(Array3::from_elem((3, side, side), value).view()).unwrap()
    }

    /// Read back by the decoder: the still picture, then every frame with its delay.
    #[test]
    fn a_decoder_sees_every_picture_in_order() {
        let film = Animation::new("Fading").delay_ms(70);
        let film = [0.0, 0.5, 1.0].iter().fold(film, |film, &x| film.frame(picture(x, 5)));
        let bytes = film.to_apng().unwrap();
        let mut reader = png::Decoder::new(std::io::Cursor::new(bytes)).read_info().unwrap();
        assert_eq!(reader.info().animation_control.unwrap().num_frames, 3);
        let mut seen = Vec::new();
        let mut pixels = vec![0; reader.output_buffer_size().unwrap()];
        for _ in 0..4 {
            reader.next_frame(&mut pixels).unwrap();
            seen.push(pixels[0]);
        }
        assert_eq!(seen, [255, 0, 128, 255]);
        let control = reader.info().frame_control.unwrap();
        assert_eq!((control.delay_num, control.delay_den), (70, 1000));
    }

    #[test]
    fn without_pictures_or_with_unequal_ones_it_is_an_error() {
        assert!(matches!(Animation::new("None").to_apng(), Err(ReportError::Empty { .. })));
        let film = Animation::new("Two sizes").frame(picture(0.0, 4)).frame(picture(0.0, 5));
        assert!(matches!(
            film.to_apng(),
            Err(ReportError::MapSize { place: "frame", expected: (4, 4), got: (5, 5) })
        ));
    }
}
