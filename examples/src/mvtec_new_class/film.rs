//! The dynamic run as pictures: the part that has just come, and the error so far.

use ndarray::{Array3, ArrayView3, Axis, s};
use novelty_report::{Animation, Figure, LineChart, Picture, Series, Tone};

use super::kinds::PartKind;
use super::stream::Stream;

/// Pictures of the film, at most.
const FRAMES: usize = 72;
/// Rows and columns that a part is shown with.
const SHOWN: usize = 250;

/// The error along the stream up to an image, with what happened.
pub(super) fn chart(stream: &Stream, parts: &[PartKind], upto: usize) -> LineChart {
    let n = stream.ratios.len();
    let highest = stream.ratios.iter().copied().fold(1.0, f64::max);
    let lowest = stream.ratios.iter().copied().fold(1.0, f64::min).max(1e-3);
    let points = |explained: bool| {
        let of = (0..upto.min(n)).filter(move |&i| stream.is_explained[i] == explained);
        of.map(|i| (i as f64, stream.ratios[i].max(1e-3)))
    };
    let mut chart = LineChart::new("Error over threshold")
        .x_label("image")
        .y_label("error / threshold")
        .log_y(true)
        .x_range(0.0..=n as f64)
        .y_range(lowest / 2.0..=highest * 2.0)
        .series(
            Series::new(
                "all images",
                (0..upto.min(n)).map(|i| (i as f64, stream.ratios[i].max(1e-3))),
            )
            .tone(Tone::Neutral),
        );
    let unexplained: Vec<(f64, f64)> = points(false).collect();
    if !unexplained.is_empty() {
        chart = chart.series(Series::new("unexplained", unexplained).tone(Tone::Anomalous));
    }
    for (kind, &arrival) in stream.arrivals.iter().enumerate().skip(1) {
        let end = stream.arrivals.get(kind + 1).copied().unwrap_or(n);
        if arrival < upto {
            let label = format!("{} arrive", parts[kind].name);
            chart = chart.span(arrival as f64..=end.min(upto) as f64, label);
        }
    }
    let named = ["proposed", "learned"];
    for happened in stream.events.iter().filter(|happened| happened.image < upto) {
        if let Some(word) = named.iter().find(|word| happened.event.contains(*word)) {
            chart = chart.event(happened.image as f64, (*word).to_owned());
        }
    }
    chart
}

/// The film.
///
/// # Errors
/// If a picture cannot be drawn.
pub(super) fn film(stream: &Stream, parts: &[PartKind]) -> anyhow::Result<Animation> {
    let n = stream.ratios.len();
    let step = n.div_ceil(FRAMES).max(1);
    // The whole chart is the tallest: its legend has every line.
    let height = (chart(stream, parts, n).to_picture()?.height() / 2).max(SHOWN);
    let mut film = Animation::new("The dynamic run").delay_ms(160);
    for i in (0..n).step_by(step) {
        let drawn = chart(stream, parts, i + 1).to_picture()?;
        let part = stream.images.index_axis(Axis(0), i);
        film = film.frame(beside(part, &drawn, height)?);
    }
    Ok(film)
}

/// A part to the left of a chart, which is halved: it was drawn for dense screens.
fn beside(
    part: ArrayView3<'_, f32>,
    chart: &Picture,
    frame_height: usize,
) -> anyhow::Result<Picture> {
    let (height, width) = ((chart.height() / 2).min(frame_height), chart.width() / 2);
    let mut frame = Array3::from_elem((3, frame_height, SHOWN + width), 1.0);
    let (channels, rows, columns) = part.dim();
    for ((c, y, x), value) in frame.slice_mut(s![.., ..SHOWN, ..SHOWN]).indexed_iter_mut() {
        *value = part[[c.min(channels - 1), y * rows / SHOWN, x * columns / SHOWN]];
    }
    let rgb = chart.rgb();
    let byte = |y: usize, x: usize, c: usize| f32::from(rgb[3 * (y * chart.width() + x) + c]);
    for ((c, y, x), value) in frame.slice_mut(s![.., ..height, SHOWN..]).indexed_iter_mut() {
        let (y, x) = (2 * y, 2 * x);
        let sum = byte(y, x, c) + byte(y + 1, x, c) + byte(y, x + 1, c) + byte(y + 1, x + 1, c);
        *value = sum / (4.0 * 255.0);
    }
    Ok(Picture::from_image(frame.view())?)
}
