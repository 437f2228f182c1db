use ndarray::Axis;
use novelty_models::History;
use novelty_report::{
    BarChart, ImageCard, ImageGrid, LineChart, Picture, Report, Series, Table, Tile, Tone,
};

use super::{Judged, Metrics, Parts, right_side};
use crate::Output;

/// Writes `report.html`, and its figures as PNG.
///
/// # Errors
/// If a figure cannot be drawn or a file not written.
pub fn write_report(
    output: &Output,
    parts: &Parts,
    metrics: &Metrics,
    pretraining: Option<&History>,
    history: &History,
) -> anyhow::Result<()> {
    let mut training = output.section("Training").figure(
        "radius.png",
        &radii(history),
        "Radius of the sphere, epoch by epoch; 0 while warming up.",
    )?;
    if let Some(pretraining) = pretraining {
        training = training.figure(
            "pretraining.png",
            &redrawing(pretraining),
            "Pretraining: squared error of redrawing.",
        )?;
    }
    let report = Report::new("A sphere around golden samples")
        .lead(format!(
            "Deep SVDD with a soft boundary learned {} golden samples in {} changed copies. A \
             score is the squared distance from the centre less the squared radius: negative is \
             inside, positive outside.",
            metrics.n_golden, metrics.n_train
        ))
        .tile(tile("Good parts inside", metrics, true))
        .tile(tile("Bad parts outside", metrics, false))
        .tile(Tile::new("Training", format!("{:.0} s", metrics.seconds_train)))
        .section(
            output
                .section("Published and ours")
                .paragraph(
                    "Published scores are of other parts, so that only their order compares. The \
                     baseline is the error of redrawing from 16 principal components of the same \
                     images, as a share of its threshold above it.",
                )
                .table(metrics.comparison.table())?
                .table(table(metrics))?
                .finish(),
        )
        .section(
            output
                .section("What was judged")
                .figure(
                    "parts.png",
                    &pictures(parts, metrics)?,
                    "One part of each kind, and its score.",
                )?
                .figure("outside.png", &shares(metrics), "Share of each kind that is outside.")?
                .finish(),
        )
        .section(training.finish());
    output.write_report(report, &metrics.run)
}

fn tile(label: &str, metrics: &Metrics, of_good: bool) -> Tile {
    let share = |of| right_side(&metrics.kinds, of_good, of);
    Tile::new(label, share(|kind| &kind.svdd))
        .note(format!("principal components: {}", share(|kind| &kind.baseline)))
}

fn percent(share: f64) -> String {
    format!("{:.0} %", 100.0 * share)
}

fn table(metrics: &Metrics) -> Table {
    let header = [
        "part",
        "outside",
        "ROC-AUC",
        "principal components: outside",
        "principal components: ROC-AUC",
    ];
    let area =
        |judged: &Judged| judged.roc_auc.map_or("–".to_owned(), |area| format!("{area:.3}"));
    metrics.kinds.iter().fold(Table::new(header), |table, kind| {
        table.row([
            kind.name.clone(),
            percent(kind.svdd.share_outside),
            area(&kind.svdd),
            percent(kind.baseline.share_outside),
            area(&kind.baseline),
        ])
    })
}

fn shares(metrics: &Metrics) -> BarChart {
    let share = |of: fn(&super::KindMetrics) -> &Judged| -> Vec<f64> {
        metrics.kinds.iter().map(|kind| 100.0 * of(kind).share_outside).collect()
    };
    BarChart::new("Outside", metrics.kinds.iter().map(|kind| kind.name.clone()))
        .value_label("percent")
        .group("Deep SVDD", &share(|kind| &kind.svdd), Tone::Normal)
        .group("principal components", &share(|kind| &kind.baseline), Tone::Neutral)
        .range(0.0..=100.0)
}

fn pictures(parts: &Parts, metrics: &Metrics) -> anyhow::Result<ImageGrid> {
    let mut grid = ImageGrid::new("Parts");
    for (kind, judged) in parts.kinds.iter().zip(&metrics.kinds) {
        let Some(score) = judged.svdd.scores.first() else { continue };
        let picture = Picture::from_image(kind.images.index_axis(Axis(0), 0))?;
        let tone = if *score > 0.0 { Tone::Anomalous } else { Tone::Normal };
        let card = ImageCard::new(format!("{score:+.4}"));
        grid = grid.card(card.image(kind.name.clone(), &picture).tone(tone));
    }
    Ok(grid)
}

fn radii(history: &History) -> LineChart {
    let radii = history.measure("radius").unwrap_or_default().to_vec();
    LineChart::new("Radius")
        .x_label("epoch")
        .y_label("radius")
        .series(Series::from_values("radius", radii))
}

fn redrawing(history: &History) -> LineChart {
    let losses = history.epochs.iter().map(|epoch| epoch.train_loss);
    LineChart::new("Pretraining")
        .x_label("epoch")
        .y_label("squared error of an image")
        .log_y(true)
        .series(Series::from_values("training", losses))
}
