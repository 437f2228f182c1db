use ndarray::{Array4, Axis};
use novelty_report::{
    Histogram, ImageCard, ImageGrid, Picture, Report, RocPlot, Section, Table, Tile, Tone,
};

use super::task::read;
use super::{Judged, Method, Metrics, Task};
use crate::Output;

/// Images shown at each end of the ranking.
const SHOWN: usize = 6;

/// Writes `report.html`, and its figures as PNG.
///
/// # Errors
/// If a figure cannot be drawn or a file not written.
pub fn write_report(
    output: &Output,
    task: &Task,
    methods: &[Method],
    metrics: &Metrics,
) -> anyhow::Result<()> {
    let Some(last) = methods.last() else { anyhow::bail!("no method was tried") };
    let report = Report::new("Faces, and what is not one").lead(lead(metrics));
    let report = tiles(metrics).into_iter().fold(report, Report::tile);
    let report = match curves_section(output, task, methods, metrics)? {
        Some(section) => report.section(section),
        None => report,
    };
    let report = report
        .section(images_section(output, task, methods, last)?)
        .section(comparison_section(output, task, metrics)?);
    output.write_report(report, &metrics.run)
}

fn lead(metrics: &Metrics) -> String {
    format!(
        "{}. Four networks and principal components learned from {} normal images without a \
         label, and scored {} others.",
        metrics.task, metrics.n_train, metrics.n_test
    )
}

fn tiles(metrics: &Metrics) -> Vec<Tile> {
    let mut tiles = Vec::new();
    if let Some((method, area)) = metrics.methods.last().and_then(|m| Some((m, m.roc_auc?))) {
        let tile = Tile::new("ROC-AUC", format!("{area:.4}"));
        tiles.push(tile.note(format!("{}: {}", method.name, method.description)));
    }
    if let Some((baseline, area)) = metrics.best_baseline() {
        let tile = Tile::new("Best cheap baseline", format!("{area:.4}"));
        tiles.push(tile.note(baseline.description.clone()));
    }
    tiles.push(
        Tile::new("Images scored", metrics.n_test.to_string())
            .note("their scores by the last method are in submission.csv"),
    );
    tiles.push(Tile::new("Training", format!("{:.0} s", metrics.seconds_train)).note(format!(
        "all methods, epochs: {}, threads: {}",
        metrics.epochs, metrics.run.threads
    )));
    tiles
}

/// None where labels are not known.
fn curves_section(
    output: &Output,
    task: &Task,
    methods: &[Method],
    metrics: &Metrics,
) -> anyhow::Result<Option<Section>> {
    let Some((plot, last)) = curves(methods, metrics).zip(methods.last()) else {
        return Ok(None);
    };
    let section = output
        .section("ROC curves")
        .paragraph(
            "Every method scores the same images; none has seen a label. Of the principal \
             components only the number that the labels like best is drawn.",
        )
        .figure("roc.png", &plot, "True against false alarms at every threshold.")?
        .figure(
            "histogram.png",
            &histogram(task, last),
            format!("Scores by the last method, {}.", last.name),
        )?;
    Ok(Some(section.finish()))
}

fn curves(methods: &[Method], metrics: &Metrics) -> Option<RocPlot> {
    let best = metrics.best_baseline().map(|(method, _)| &method.name);
    let is_shown = |method: &&Method| !method.is_baseline || best == Some(&method.name);
    let drawn: Vec<_> =
        methods.iter().filter(is_shown).filter_map(|m| Some((m, m.roc.as_ref()?))).collect();
    let plot = drawn.iter().fold(RocPlot::new("ROC curves"), |plot, (method, roc)| {
        plot.curve(&method.name, &roc.fpr, &roc.tpr, roc.area())
    });
    (!drawn.is_empty()).then_some(plot)
}

fn histogram(task: &Task, method: &Method) -> Histogram {
    let of = |wanted: bool| -> Vec<f32> {
        let labels = task.labels.iter().flatten();
        let pairs = method.scores.iter().zip(labels);
        pairs.filter(|pair| *pair.1 == wanted).map(|pair| *pair.0).collect()
    };
    Histogram::new("Scores")
        .x_label("standard deviations from training images")
        .group("normal", &of(false), Tone::Normal)
        .group("anomalous", &of(true), Tone::Anomalous)
}

fn images_section(
    output: &Output,
    task: &Task,
    methods: &[Method],
    last: &Method,
) -> anyhow::Result<Section> {
    let section = output
        .section("Images")
        .paragraph(
            "A network that redraws an anomaly as well as a normal image cannot see it. Marked \
             cards are anomalies, where that is known.",
        )
        .figure("redrawn.png", &redrawn(task, methods)?, "What each network makes of an image.")?
        .figure(
            "examples.png",
            &examples(task, last)?,
            "The most and the least anomalous images by the last method, and their scores.",
        )?;
    Ok(section.finish())
}

fn tone(task: &Task, i: usize) -> Tone {
    match &task.labels {
        Some(labels) if labels[i] => Tone::Anomalous,
        Some(_) => Tone::Normal,
        None => Tone::Automatic,
    }
}

/// Some images, each beside what the networks make of it.
fn redrawn(task: &Task, methods: &[Method]) -> anyhow::Result<ImageGrid> {
    let places = task.shown();
    let images = read(&*task.test, places.iter().copied())?;
    let mut grid = ImageGrid::new("Redrawn").edge(48);
    for (row, &i) in places.iter().enumerate() {
        let picture = |x: &Array4<f32>| Picture::from_image(x.index_axis(Axis(0), row));
        let mut card = ImageCard::new("").image("input", &picture(&images)?).tone(tone(task, i));
        for method in methods {
            if let Some(redrawn) = &method.redrawn {
                card = card.image(&method.name, &picture(redrawn)?);
            }
        }
        grid = grid.card(card);
    }
    Ok(grid)
}

/// The most and the least anomalous images.
fn examples(task: &Task, method: &Method) -> anyhow::Result<ImageGrid> {
    let mut order: Vec<usize> = (0..method.scores.len()).collect();
    order.sort_by(|&a, &b| method.scores[b].total_cmp(&method.scores[a]));
    let n = order.len();
    let is_end = |rank: usize| rank < SHOWN || rank + SHOWN >= n;
    let ends: Vec<usize> = (0..n).filter(|&rank| is_end(rank)).map(|rank| order[rank]).collect();
    let images = read(&*task.test, ends.iter().copied())?;
    let mut grid = ImageGrid::new("Most and least anomalous").edge(64);
    for (&i, image) in ends.iter().zip(images.outer_iter()) {
        let card = ImageCard::new(format!("{:.2}", method.scores[i]));
        grid = grid.card(card.image("", &Picture::from_image(image)?).tone(tone(task, i)));
    }
    Ok(grid)
}

fn comparison_section(output: &Output, task: &Task, metrics: &Metrics) -> anyhow::Result<Section> {
    let published = if task.is_published {
        "The published figures are of these images."
    } else {
        "The published figures are of other images, 140,001 faces to learn from and 19,999 to \
         score, which cannot be had: they show the order of the tiers, not what to reach here."
    };
    let section = output
        .section("Published, and here")
        .paragraph(format!(
            "{published} The last of them is that of the best published tier, whose network was \
             not. Principal components come in several numbers, as nobody could know the best \
             one without labels; the best one by the labels stands in the table, in its favour."
        ))
        .table(metrics.comparison.table())?
        .table(sizes(metrics))?;
    Ok(section.finish())
}

fn label(method: &Judged) -> String {
    if method.is_baseline {
        return method.name.clone();
    }
    format!("{}: {}", method.name, method.description)
}

fn sizes(metrics: &Metrics) -> Table {
    let head = ["method", "ROC-AUC", "parameters", "seconds to learn", "seconds to score"];
    let table = Table::new(head).caption("What each method costs, and what it is worth");
    metrics.methods.iter().fold(table, |table, method| {
        table.row([
            label(method),
            method.roc_auc.map_or_else(|| "–".to_owned(), |area| format!("{area:.4}")),
            method.n_parameters.to_string(),
            format!("{:.1}", method.seconds_train),
            format!("{:.2}", method.seconds_score),
        ])
    })
}
