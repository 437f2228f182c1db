use std::ops::RangeInclusive;

use ndarray::{Array2, ArrayView2, ArrayView3};

use crate::axis::ends_in_words;
use crate::check::Check;
use crate::colormap::Colormap;
use crate::error::Result;
use crate::figure::{Canvas, Draw};
use crate::image_grid::{ColourBar, ImageCard, ImageGrid};
use crate::palette::Tone;
use crate::picture::Picture;
use crate::scene::Scene;

/// Where images are anomalous: each beside itself under its score map.
///
/// All maps share one range of colours, so that a hot spot means the same in every image.
///
/// ```
/// use ndarray::{Array2, Array3};
/// use novelty_report::{Figure, HeatMap, HeatSample};
///
/// let (image, map) = (Array3::from_elem((3, 64, 64), 0.5), Array2::from_shape_fn((64, 64), |(y, _)| y as f32));
/// let figure = HeatMap::new("Defects").sample(HeatSample::new("no. 7", image.view(), map.view())?);
/// assert!(!figure.to_png()?.is_empty());
/// # Ok::<(), novelty_report::ReportError>(())
/// ```
#[derive(Debug, Clone)]
pub struct HeatMap {
    title: String,
    range: Option<RangeInclusive<f32>>,
    colormap: Colormap,
    opacity: f32,
    edge: usize,
    samples: Vec<HeatSample>,
}

/// An image, its score map, and the mask of its defect where one is known.
#[derive(Debug, Clone)]
pub struct HeatSample {
    caption: String,
    image: Picture,
    map: Array2<f32>,
    mask: Option<Array2<bool>>,
    tone: Tone,
}

impl HeatSample {
    /// An image `(channels, height, width)` in `[0, 1]` and its map `(height, width)`.
    ///
    /// # Errors
    ///
    /// Those of [`Picture::from_image`] and [`Picture::with_heat`].
    pub fn new(
        caption: impl Into<String>,
        image: ArrayView3<'_, f32>,
        map: ArrayView2<'_, f32>,
    ) -> Result<Self> {
        let image = Picture::from_image(image)?;
        // Asks for what drawing needs, while the caller still knows the sample.
        image.with_heat(map, 0.0..=1.0, Colormap::default(), 1.0)?;
        let (caption, map) = (caption.into(), map.to_owned());
        Ok(Self { caption, image, map, mask: None, tone: Tone::Automatic })
    }

    /// Draws the contour of a mask `(height, width)` on the image and its map.
    ///
    /// # Errors
    ///
    /// [`ReportError::MapSize`](crate::ReportError::MapSize).
    pub fn mask(mut self, mask: ArrayView2<'_, bool>) -> Result<Self> {
        self.image.with_contour(mask)?;
        self.mask = Some(mask.to_owned());
        Ok(self)
    }

    /// Marks the sample as normal or anomalous. Default: no mark.
    #[must_use]
    pub fn tone(mut self, tone: Tone) -> Self {
        self.tone = tone;
        self
    }

    fn outlined(&self, picture: &Picture) -> Result<Picture> {
        self.mask.as_ref().map_or(Ok(picture.clone()), |mask| picture.with_contour(mask.view()))
    }
}

impl HeatMap {
    /// A figure without samples; drawing one is an error until it has some.
    #[must_use]
    pub fn new(title: impl Into<String>) -> Self {
        Self {
            title: title.into(),
            range: None,
            colormap: Colormap::Inferno,
            opacity: 0.85,
            edge: 192,
            samples: Vec::new(),
        }
    }

    /// Adds a sample.
    #[must_use]
    pub fn sample(mut self, sample: HeatSample) -> Self {
        self.samples.push(sample);
        self
    }

    /// The scores of the coldest and the hottest colour. Default: the lowest and the highest
    /// of all maps.
    #[must_use]
    pub fn range(mut self, range: RangeInclusive<f32>) -> Self {
        self.range = Some(range);
        self
    }

    /// The colours. Default: inferno.
    #[must_use]
    pub fn colormap(mut self, colormap: Colormap) -> Self {
        self.colormap = colormap;
        self
    }

    /// How much the hottest colour covers of the image, 0 to 1. Default: 0.85.
    #[must_use]
    pub fn opacity(mut self, opacity: f32) -> Self {
        self.opacity = opacity;
        self
    }

    /// How long an image's longer edge is shown, 16 to 1,024 pixels. Default: 192.
    #[must_use]
    pub fn edge(mut self, pixels: usize) -> Self {
        self.edge = pixels;
        self
    }

    fn shared_range(&self) -> RangeInclusive<f32> {
        self.range.clone().unwrap_or_else(|| {
            let scores = self.samples.iter().flat_map(|sample| &sample.map);
            let low_high = scores.fold((f32::INFINITY, f32::NEG_INFINITY), |(low, high), score| {
                (low.min(*score), high.max(*score))
            });
            low_high.0..=low_high.1
        })
    }

    fn grid(&self) -> Result<ImageGrid> {
        Check { figure: &self.title }.not_empty("the list of samples", self.samples.len())?;
        let range = self.shared_range();
        let mut grid = ImageGrid::new(&self.title).edge(self.edge);
        for sample in &self.samples {
            let (map, range) = (sample.map.view(), range.clone());
            let hot = sample.image.with_heat(map, range, self.colormap, self.opacity)?;
            let [image, hot] = [sample.outlined(&sample.image)?, sample.outlined(&hot)?];
            let card = ImageCard::new(&sample.caption).image("image", &image);
            grid = grid.card(card.image("score map", &hot).tone(sample.tone));
        }
        let ends = [f64::from(*range.start()), f64::from(*range.end())];
        let [low, high] = ends_in_words(ends);
        Ok(grid.colour_bar(ColourBar { colormap: self.colormap, low, high }))
    }
}

impl Draw for HeatMap {
    fn name(&self) -> String {
        self.title.clone()
    }

    fn describe(&self) -> String {
        let captions: Vec<&str> = self.samples.iter().map(|s| s.caption.as_str()).collect();
        format!("Heat maps: {}. Samples: {}.", self.title, captions.join(", "))
    }

    fn draw(&self, canvas: Canvas) -> Result<Scene> {
        self.grid()?.draw(canvas)
    }

    fn to_html(&self) -> Result<String> {
        self.grid()?.to_html()
    }

    fn is_wide(&self) -> bool {
        true
    }
}
