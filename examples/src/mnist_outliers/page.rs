use ndarray::{Array4, Axis};
use novelty_report::{
    Histogram, ImageCard, ImageGrid, LineChart, Picture, Report, RocPlot, Section, Series, Table,
    Tile, Tone,
};

use super::{Digits, Measured, Metrics};
use crate::{Output, provenance};

/// Writes `report.html`, and its figures as PNG.
///
/// `flagged` are the positions of the flagged images by falling score; `redrawn_first` and
/// `redrawn_flagged` what the model made of the first images and of the flagged ones.
///
/// # Errors
/// If a figure cannot be drawn or a file not written.
pub fn write_report(
    output: &Output,
    digits: &Digits,
    measured: &Measured,
    flagged: &[usize],
    redrawn_first: &Array4<f32>,
    redrawn_flagged: &Array4<f32>,
) -> anyhow::Result<()> {
    let first: Vec<usize> = (0..redrawn_first.len_of(Axis(0))).collect();
    let flagged_grid = pairs("Flagged images", digits, measured, flagged, redrawn_flagged)?;
    let pair_grid = pairs("Reconstructions", digits, measured, &first, redrawn_first)?;
    let (losses, histogram, roc) = (losses(measured), histogram(digits, measured), roc(measured));
    output.save_png("flagged.png", &flagged_grid)?;
    output.save_png("reconstructions.png", &pair_grid)?;
    output.save_png("losses.png", &losses)?;
    output.save_png("histogram.png", &histogram)?;
    output.save_png("roc.png", &roc)?;

    let metrics = &measured.metrics;
    let report = Report::new("Odd ones out among handwritten ones").lead(lead(metrics));
    let report = tiles(metrics).into_iter().fold(report, Report::tile);
    let report = report
        .section(
            Section::new("What was flagged")
                .paragraph(
                    "The images whose score lies above the 0.999 quantile of all scores, each \
                     beside what the model made of it. A marked card is a three; the model was \
                     never told.",
                )
                .figure(&flagged_grid, "Flagged images by falling score.")?
                .figure(&histogram, "Scores of all images, and the threshold.")?,
        )
        .section(
            Section::new("How good the scores are")
                .figure(&roc, "True against false alarms at every threshold.")?
                .figure(&losses, "Mean squared error, epoch by epoch.")?
                .figure(&pair_grid, "The first images and their reconstructions.")?,
        )
        .section(Section::new("Notebook and this run").table(comparison(metrics))?);
    let report = provenance()
        .into_iter()
        .chain([
            ("Seed".to_owned(), metrics.seed.to_string()),
            ("Threads".to_owned(), metrics.threads.to_string()),
        ])
        .fold(report, |report, (name, value)| report.provenance(name, value));
    Ok(report.save(output.path("report.html"))?)
}

fn lead(metrics: &Metrics) -> String {
    format!(
        "A convolutional autoencoder saw {} images of handwritten ones with {} threes hidden \
         among them, unlabelled. It learned to redraw ones; what it redraws badly is flagged.",
        metrics.n_images, metrics.n_anomalous
    )
}

fn tiles(metrics: &Metrics) -> Vec<Tile> {
    let share = |hits: usize, flagged: usize| format!("{hits} of {flagged}");
    vec![
        Tile::new("ROC-AUC", format!("{:.4}", metrics.roc_auc))
            .note(format!("principal components: {:.4}", metrics.roc_auc_pca)),
        Tile::new(
            "Threes among flagged",
            share(metrics.n_true_flagged_q999, metrics.n_flagged_q999),
        )
        .note("above the 0.999 quantile"),
        Tile::new("Threes among flagged", share(metrics.n_true_flagged_q99, metrics.n_flagged_q99))
            .note("above the 0.99 quantile"),
        Tile::new("Training", format!("{:.0} s", metrics.seconds_train))
            .note(format!("{} epochs, {} threads", metrics.epochs, metrics.threads)),
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
        let card = ImageCard::new(format!("{:.4}", measured.scores[index]))
            .image("input", &image)
            .image("redrawn", &Picture::from_image(redrawn)?)
            .tone(tone);
        grid = grid.card(card);
    }
    Ok(grid)
}

fn losses(measured: &Measured) -> LineChart {
    let epochs = &measured.history.epochs;
    let train = epochs.iter().map(|e| (e.epoch as f64, e.train_loss));
    let validation = epochs.iter().filter_map(|e| Some((e.epoch as f64, e.validation_loss?)));
    LineChart::new("Loss")
        .x_label("epoch")
        .y_label("mean squared error")
        .log_y(true)
        .series(Series::new("training", train))
        .series(Series::new("validation", validation))
}

fn histogram(digits: &Digits, measured: &Measured) -> Histogram {
    let of = |label: bool| -> Vec<f32> {
        let pairs = measured.scores.iter().zip(&digits.labels);
        pairs.filter(|pair| *pair.1 == label).map(|pair| *pair.0).collect()
    };
    let threshold = measured.threshold.value;
    Histogram::new("Scores")
        .x_label("mean squared error")
        .group("ones", &of(false), Tone::Normal)
        .group("threes", &of(true), Tone::Anomalous)
        .log_count(true)
        .threshold(f64::from(threshold), format!("0.999 quantile: {threshold:.4}"))
}

fn roc(measured: &Measured) -> RocPlot {
    let (model, pca) = (&measured.roc, &measured.roc_pca);
    RocPlot::new("ROC curve").curve("autoencoder", &model.fpr, &model.tpr, model.area()).curve(
        "principal components",
        &pca.fpr,
        &pca.tpr,
        pca.area(),
    )
}

/// The notebook's figures are those of the published runs; it reports no ROC-AUC.
fn comparison(metrics: &Metrics) -> Table {
    let rows = [
        ("Images", "6,809".to_owned(), metrics.n_images.to_string()),
        (
            "Parameters",
            "178,769 (384 of them not trained)".to_owned(),
            metrics.n_parameters.to_string(),
        ),
        (
            "Validation loss, last epoch",
            "0.0022".to_owned(),
            format!("{:.5}", metrics.final_val_mse),
        ),
        (
            "Threshold at quantile 0.999",
            "0.02864".to_owned(),
            format!("{:.5}", metrics.threshold_q999),
        ),
        ("Flagged", "7".to_owned(), metrics.n_flagged_q999.to_string()),
        ("Threes among them", "5".to_owned(), metrics.n_true_flagged_q999.to_string()),
        ("Flagged at quantile 0.99", "–".to_owned(), metrics.n_flagged_q99.to_string()),
        ("Threes among them", "–".to_owned(), metrics.n_true_flagged_q99.to_string()),
        ("ROC-AUC", "–".to_owned(), format!("{:.4}", metrics.roc_auc)),
        ("ROC-AUC of principal components", "–".to_owned(), format!("{:.4}", metrics.roc_auc_pca)),
    ];
    rows.into_iter().fold(Table::new(["", "notebook", "ours"]), |table, (what, notebook, ours)| {
        table.row([what.to_owned(), notebook, ours])
    })
}
