use ndarray::{Array4, Axis};
use novelty_report::{
    Histogram, ImageCard, ImageGrid, LineChart, Picture, Report, RocPlot, Section, Tile, Tone,
};

use super::{Digits, Measured, Metrics};
use crate::{Output, loss_chart};

/// What the model made of some images, for people to look at.
#[derive(Debug)]
pub struct Redrawn {
    /// Of the first images.
    pub first: Array4<f32>,
    /// Of the flagged images, by falling score.
    pub flagged: Array4<f32>,
}

/// Writes `report.html`, and its figures as PNG.
///
/// # Errors
/// If a figure cannot be drawn or a file not written.
pub fn write_report(
    output: &Output,
    digits: &Digits,
    measured: &Measured,
    metrics: &Metrics,
    redrawn: &Redrawn,
) -> anyhow::Result<()> {
    let report = Report::new("Odd ones out among handwritten ones")
        .lead(lead(metrics))
        .section(flagged_section(output, digits, measured, redrawn)?)
        .section(scores_section(output, digits, measured, redrawn)?)
        .section(
            output
                .section("The notebook, this run, and without a network")
                .paragraph(
                    "The notebook's figures are those of its published run; it reports neither \
                     ROC-AUC nor what lies above the 0.99 quantile. Principal components, as \
                     many as the code is long, rank by what they cannot redraw; nearest \
                     neighbours by the mean distance to the five training images next to it.",
                )
                .table(metrics.comparison.table())?
                .finish(),
        );
    output.write_report(tiles(metrics).into_iter().fold(report, Report::tile), &metrics.run)
}

fn flagged_section(
    output: &Output,
    digits: &Digits,
    measured: &Measured,
    redrawn: &Redrawn,
) -> anyhow::Result<Section> {
    let flagged = measured.autoencoder.flagged();
    let grid = pairs("Flagged images", digits, measured, &flagged, &redrawn.flagged)?;
    let section = output
        .section("What was flagged")
        .paragraph(
            "The images whose score lies above the 0.999 quantile of all scores, each beside \
             what the model made of it. A marked card is a three; the model was never told.",
        )
        .figure("flagged.png", &grid, "Flagged images by falling score.")?
        .figure("histogram.png", &histogram(digits, measured), "Scores of all images.")?;
    Ok(section.finish())
}

fn scores_section(
    output: &Output,
    digits: &Digits,
    measured: &Measured,
    redrawn: &Redrawn,
) -> anyhow::Result<Section> {
    let first: Vec<usize> = (0..redrawn.first.len_of(Axis(0))).collect();
    let grid = pairs("Reconstructions", digits, measured, &first, &redrawn.first)?;
    let section = output
        .section("How good the scores are")
        .figure("roc.png", &roc(measured), "True against false alarms at every threshold.")?
        .figure("losses.png", &losses(measured), "Mean squared error, epoch by epoch.")?
        .figure("reconstructions.png", &grid, "The first images and their reconstructions.")?;
    Ok(section.finish())
}

fn lead(metrics: &Metrics) -> String {
    format!(
        "A convolutional autoencoder saw {} images of handwritten ones with {} threes hidden \
         among them, unlabelled. It learned to redraw ones; what it redraws badly is flagged.",
        metrics.n_images, metrics.n_anomalous
    )
}

fn tiles(metrics: &Metrics) -> Vec<Tile> {
    let judged = &metrics.autoencoder;
    let share = |hits: usize, flagged: usize| format!("{hits} of {flagged}");
    vec![
        Tile::new("ROC-AUC", format!("{:.4}", judged.roc_auc))
            .note(format!("principal components: {:.4}", metrics.pca.roc_auc)),
        Tile::new("Threes among flagged", share(judged.n_true_flagged_q999, judged.n_flagged_q999))
            .note("above the 0.999 quantile"),
        Tile::new("Threes among flagged", share(judged.n_true_flagged_q99, judged.n_flagged_q99))
            .note("above the 0.99 quantile"),
        Tile::new("Training", format!("{:.0} s", metrics.seconds_train))
            .note(format!("{} epochs, {} threads", metrics.epochs, metrics.run.threads)),
    ]
}

fn pairs(
    title: &str,
    digits: &Digits,
    measured: &Measured,
    indices: &[usize],
    redrawn: &Array4<f32>,
) -> anyhow::Result<ImageGrid> {
    let mut grid = ImageGrid::new(title);
    for (&index, redrawn) in indices.iter().zip(redrawn.outer_iter()) {
        let image = Picture::from_image(digits.images().index_axis(Axis(0), index))?;
        let tone = if digits.labels[index] { Tone::Anomalous } else { Tone::Automatic };
        let card = ImageCard::new(format!("{:.4}", measured.autoencoder.scores[index]))
            .image("input", &image)
            .image("redrawn", &Picture::from_image(redrawn)?)
            .tone(tone);
        grid = grid.card(card);
    }
    Ok(grid)
}

fn losses(measured: &Measured) -> LineChart {
    loss_chart("Loss", "mean squared error", &measured.history, "validation").log_y(true)
}

fn histogram(digits: &Digits, measured: &Measured) -> Histogram {
    let of = |label: bool| -> Vec<f32> {
        let pairs = measured.autoencoder.scores.iter().zip(&digits.labels);
        pairs.filter(|pair| *pair.1 == label).map(|pair| *pair.0).collect()
    };
    let threshold = measured.autoencoder.threshold.value;
    Histogram::new("Scores")
        .x_label("mean squared error")
        .group("ones", &of(false), Tone::Normal)
        .group("threes", &of(true), Tone::Anomalous)
        .log_count(true)
        .threshold(f64::from(threshold), format!("0.999 quantile: {threshold:.4}"))
}

fn roc(measured: &Measured) -> RocPlot {
    let methods = [
        ("autoencoder", &measured.autoencoder),
        ("principal components", &measured.pca),
        ("nearest neighbours", &measured.nearest_neighbours),
    ];
    methods.into_iter().fold(RocPlot::new("ROC curve"), |plot, (name, method)| {
        plot.curve(name, &method.roc.fpr, &method.roc.tpr, method.judged.roc_auc)
    })
}
