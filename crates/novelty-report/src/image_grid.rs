use crate::check::Check;
use crate::colormap::Colormap;
use crate::error::Result;
use crate::figure::{Canvas, Draw};
use crate::frame::{TEXT, shortened, wrapped};
use crate::palette::Tone;
use crate::picture::Picture;
use crate::scene::{Anchor, Fill, MARGIN, Mark, Rect, Scene, Text};

/// Images side by side that belong together, with a caption: an input beside its
/// reconstruction, say.
#[derive(Debug, Clone)]
pub struct ImageCard {
    pub(crate) caption: String,
    pub(crate) tone: Tone,
    pub(crate) images: Vec<(String, Picture)>,
}

impl ImageCard {
    /// A card without images; drawing one is an error until it has some.
    #[must_use]
    pub fn new(caption: impl Into<String>) -> Self {
        Self { caption: caption.into(), tone: Tone::Automatic, images: Vec::new() }
    }

    /// Adds an image and what it is, which may be nothing.
    #[must_use]
    pub fn image(mut self, label: impl Into<String>, picture: &Picture) -> Self {
        self.images.push((label.into(), picture.clone()));
        self
    }

    /// Marks the card, as one of a normal or an anomalous sample. Default: no mark.
    #[must_use]
    pub fn tone(mut self, tone: Tone) -> Self {
        self.tone = tone;
        self
    }
}

/// Cards of images, as many to a line as fit.
///
/// ```
/// use ndarray::Array3;
/// use novelty_report::{Figure, ImageCard, ImageGrid, Picture, Tone};
///
/// let digit = Picture::from_image(Array3::zeros((1, 28, 28)).view())?;
/// let grid = ImageGrid::new("Flagged").card(
///     ImageCard::new("score 0.031")
///         .image("input", &digit)
///         .image("reconstruction", &digit)
///         .tone(Tone::Anomalous),
/// );
/// assert!(grid.alt().contains("1 card"));
/// # Ok::<(), novelty_report::ReportError>(())
/// ```
#[derive(Debug, Clone)]
pub struct ImageGrid {
    pub(crate) title: String,
    edge: usize,
    pub(crate) cards: Vec<ImageCard>,
    pub(crate) bar: Option<ColourBar>,
}

/// What the colours of maps mean.
#[derive(Debug, Clone)]
pub(crate) struct ColourBar {
    pub(crate) colormap: Colormap,
    pub(crate) low: String,
    pub(crate) high: String,
}

const GAP: f32 = 8.0;
const CARD_GAP: f32 = 24.0;
const LABEL: f32 = 11.0;
/// The length of a colour bar.
const BAR: f32 = 200.0;
/// Images are stored at no more than this many pixels for each they are shown at.
const DENSITY: usize = 2;

impl ImageGrid {
    /// A grid without cards; drawing one is an error until it has some.
    #[must_use]
    pub fn new(title: impl Into<String>) -> Self {
        Self { title: title.into(), edge: 96, cards: Vec::new(), bar: None }
    }

    /// Adds a card.
    #[must_use]
    pub fn card(mut self, card: ImageCard) -> Self {
        self.cards.push(card);
        self
    }

    /// How long an image's longer edge is shown, 16 to 1,024 pixels. Default: 96.
    ///
    /// Smaller images are enlarged with sharp pixels, larger ones averaged down.
    #[must_use]
    pub fn edge(mut self, pixels: usize) -> Self {
        self.edge = pixels;
        self
    }

    pub(crate) fn colour_bar(mut self, bar: ColourBar) -> Self {
        self.bar = Some(bar);
        self
    }

    fn check(&self) -> Result<()> {
        let check = Check { figure: &self.title };
        check.within("edge", self.edge, (16..=1024).contains(&self.edge), "from 16 to 1024")?;
        check.not_empty("the list of cards", self.cards.len())?;
        for card in &self.cards {
            check.not_empty(&format!("the card {:?}", card.caption), card.images.len())?;
        }
        Ok(())
    }

    /// The size a picture is shown at: the longer edge is the grid's.
    pub(crate) fn shown(&self, picture: &Picture) -> (f32, f32) {
        let (width, height) = (picture.width() as f32, picture.height() as f32);
        let scale = self.edge as f32 / width.max(height);
        ((width * scale).max(1.0), (height * scale).max(1.0))
    }

    /// The picture with no more pixels than a dense screen shows.
    pub(crate) fn stored(&self, picture: &Picture) -> Picture {
        picture.reduced(self.edge * DENSITY)
    }

    /// The size of the room each image of the grid gets: that of the largest.
    fn tile(&self) -> (f32, f32) {
        let sizes = self.cards.iter().flat_map(|card| &card.images).map(|(_, p)| self.shown(p));
        sizes.fold((1.0, 1.0), |(w, h), (width, height)| (f32::max(w, width), f32::max(h, height)))
    }

    fn has_labels(&self) -> bool {
        self.cards.iter().flat_map(|card| &card.images).any(|(label, _)| !label.is_empty())
    }
}

/// Where things go: sizes all cards share.
struct Layout {
    tile: (f32, f32),
    label_height: f32,
    card: (f32, f32),
    per_line: usize,
}

impl Layout {
    fn new(grid: &ImageGrid, width: f32) -> Self {
        let (tile_width, tile_height) = grid.tile();
        let images = grid.cards.iter().map(|card| card.images.len()).max().unwrap_or(1) as f32;
        let label_height = if grid.has_labels() { 18.0 } else { 4.0 };
        let card_width = images * (tile_width + GAP) - GAP;
        let captions = grid.cards.iter().map(|card| wrapped(&card.caption, card_width, TEXT).len());
        let caption_height = captions.max().unwrap_or(0) as f32 * 18.0;
        let card = (card_width, tile_height + label_height + caption_height);
        let per_line = ((width - 2.0 * MARGIN + CARD_GAP) / (card.0 + CARD_GAP)) as usize;
        Self { tile: (tile_width, tile_height), label_height, card, per_line: per_line.max(1) }
    }

    fn place(&self, i: usize, top: f32) -> (f32, f32) {
        let (column, line) = ((i % self.per_line) as f32, (i / self.per_line) as f32);
        (MARGIN + column * (self.card.0 + CARD_GAP), top + line * (self.card.1 + CARD_GAP))
    }
}

impl ImageGrid {
    fn draw_card(&self, scene: &mut Scene, layout: &Layout, card: &ImageCard, at: (f32, f32)) {
        let (tile_width, tile_height) = layout.tile;
        for (i, (label, picture)) in card.images.iter().enumerate() {
            let x = at.0 + i as f32 * (tile_width + GAP);
            let (width, height) = self.shown(picture);
            let rect = Rect { x, y: at.1 + tile_height - height, width, height };
            scene.marks.push(Mark::Picture { rect, picture: self.stored(picture) });
            let label = shortened(label, tile_width, LABEL);
            scene.text(Text::new(label, (x, at.1 + tile_height + 13.0), LABEL));
        }
        let mut y = at.1 + tile_height + layout.label_height + 13.0;
        if card.tone != Tone::Automatic {
            let mark = Rect { x: at.0 - 8.0, y: at.1, width: 3.0, height: layout.card.1 };
            scene.rect(mark, Fill::solid(card.tone.paint(0)));
        }
        for line in wrapped(&card.caption, layout.card.0, TEXT) {
            scene.text(Text::new(line, (at.0, y), TEXT).ink());
            y += 18.0;
        }
    }

    fn draw_bar(scene: &mut Scene, bar: &ColourBar, top: f32) {
        let rect = Rect { x: MARGIN, y: top, width: BAR, height: 10.0 };
        scene.marks.push(Mark::Picture { rect, picture: Picture::colour_bar(bar.colormap) });
        scene.text(Text::new(&bar.low, (rect.x, rect.bottom() + 16.0), TEXT));
        let high = Text::new(&bar.high, (rect.right(), rect.bottom() + 16.0), TEXT);
        scene.text(high.anchor(Anchor::End));
    }
}

impl Draw for ImageGrid {
    fn name(&self) -> String {
        self.title.clone()
    }

    fn describe(&self) -> String {
        let count = self.cards.len();
        format!("Images: {}. {count} card{}.", self.title, if count == 1 { "" } else { "s" })
    }

    fn draw(&self, canvas: Canvas) -> Result<Scene> {
        self.check()?;
        let width = match canvas {
            Canvas::Wide => 1000.0,
            Canvas::Narrow => canvas.size().0,
        };
        let layout = Layout::new(self, width);
        // No wider than the cards of a line, even if one card is wider than the canvas.
        let columns = layout.per_line.min(self.cards.len()) as f32;
        let width = columns * (layout.card.0 + CARD_GAP) - CARD_GAP + 2.0 * MARGIN;
        let width = if self.bar.is_some() { width.max(BAR + 2.0 * MARGIN) } else { width };
        let mut scene = Scene::new(width, 0.0);
        let top = crate::frame::draw_title(&mut scene, &self.title);
        for (i, card) in self.cards.iter().enumerate() {
            self.draw_card(&mut scene, &layout, card, layout.place(i, top));
        }
        let lines = self.cards.len().div_ceil(layout.per_line) as f32;
        scene.height = top + lines * (layout.card.1 + CARD_GAP);
        if let Some(bar) = &self.bar {
            let top = scene.height;
            Self::draw_bar(&mut scene, bar, top);
            scene.height += 40.0;
        }
        Ok(scene)
    }

    /// Cards as elements of the page, which flow, with the images as they are.
    fn to_html(&self) -> Result<String> {
        self.check()?;
        crate::page::grid_html(self)
    }

    fn is_wide(&self) -> bool {
        true
    }
}
