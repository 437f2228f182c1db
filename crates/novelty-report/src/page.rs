//! The templates, and what they ask of the types they show.

use askama::Template;

use crate::error::Result;
use crate::image_grid::{ColourBar, ImageGrid};
use crate::palette::{self, Tone};
use crate::picture::Picture;
use crate::report::{Block, Report};

#[derive(Template)]
#[template(path = "report.html")]
struct Page<'a> {
    report: &'a Report,
    palette: String,
    layout: &'static str,
    version: &'static str,
}

pub(crate) fn report_html(report: &Report) -> Result<String> {
    let page = Page {
        report,
        palette: palette::css(),
        layout: include_str!("../templates/report.css"),
        version: env!("CARGO_PKG_VERSION"),
    };
    Ok(page.render()?)
}

#[derive(Template)]
#[template(path = "image_grid.html")]
struct Grid<'a> {
    title: &'a str,
    cards: Vec<Card<'a>>,
    bar: Option<(&'a ColourBar, String)>,
}

struct Card<'a> {
    caption: &'a str,
    tone: &'static str,
    images: Vec<Image<'a>>,
}

struct Image<'a> {
    label: &'a str,
    alt: String,
    uri: String,
    width: u32,
    height: u32,
    rendering: &'static str,
}

pub(crate) fn grid_html(grid: &ImageGrid) -> Result<String> {
    let bar = match &grid.bar {
        Some(bar) => Some((bar, Picture::colour_bar(bar.colormap).data_uri()?)),
        None => None,
    };
    let cards = grid.cards.iter().map(|card| {
        let images =
            card.images.iter().map(|(label, picture)| image(grid, &card.caption, label, picture));
        Ok(Card {
            caption: &card.caption,
            tone: tone_class(card.tone),
            images: images.collect::<Result<_>>()?,
        })
    });
    let page = Grid { title: &grid.title, cards: cards.collect::<Result<_>>()?, bar };
    Ok(page.render()?)
}

fn image<'a>(
    grid: &ImageGrid,
    caption: &str,
    label: &'a str,
    picture: &Picture,
) -> Result<Image<'a>> {
    let (width, height) = grid.shown(picture);
    let stored = grid.stored(picture);
    let rendering = if stored.upscaled_to(width) { "pixelated" } else { "auto" };
    let words = [label, caption].into_iter().filter(|text| !text.is_empty());
    let alt = words.collect::<Vec<_>>().join(", ");
    let alt = if alt.is_empty() { "image".to_owned() } else { alt };
    let (width, height) = (width.round() as u32, height.round() as u32);
    Ok(Image { label, alt, uri: stored.data_uri()?, width, height, rendering })
}

fn tone_class(tone: Tone) -> &'static str {
    match tone {
        Tone::Automatic => "",
        Tone::Normal => "normal",
        Tone::Anomalous => "anomalous",
        Tone::Neutral => "neutral",
    }
}
