use novelty_report::{
    Histogram, ImageCard, ImageGrid, Picture, Report, RocPlot, Section, Table, Tile, Tone,
};
use novelty_scoring::write_submission;
use serde_json::{Value, json};

use super::task::read;
use super::{Method, Settings, Task};
use crate::{Output, provenance};

/// Writes `metrics.json`, `submission.csv` of the last method, the figures and the report.
///
/// # Errors
/// If a figure cannot be drawn or a file not written.
pub fn write_results(
    output: &Output,
    task: &Task,
    settings: &Settings,
    methods: &[Method],
) -> anyhow::Result<()> {
    let Some(best) = methods.last() else { anyhow::bail!("no method was tried") };
    output.write_metrics(&metrics(task, settings, methods))?;
    write_submission(output.path("submission.csv"), &best.scores)?;
    let examples = examples(task, best)?;
    output.save_png("examples.png", &examples)?;
    let mut report = Report::new("Faces, and what is not one").lead(lead(task));
    for tile in tiles(task, methods) {
        report = report.tile(tile);
    }
    if let Some(plot) = curves(methods) {
        output.save_png("roc.png", &plot)?;
        let histogram = histogram(task, best);
        output.save_png("histogram.png", &histogram)?;
        let section = Section::new("ROC curves")
            .paragraph("Every method scores the same images; none has seen a label.")
            .figure(&plot, "True against false alarms at every threshold.")?
            .figure(&histogram, "Scores of the critic with its autoencoder.")?;
        report = report.section(section);
    }
    let section =
        Section::new("Published and here").paragraph(note(task)).table(table(task, methods))?;
    report = report.section(section).section(
        Section::new("Images")
            .figure(&examples, "The most and the least anomalous images, by the last method.")?,
    );
    for (name, value) in provenance() {
        report = report.provenance(name, value);
    }
    let report = report
        .provenance("Seed", settings.seed.to_string())
        .provenance("Threads", settings.threads.to_string());
    Ok(report.save(output.path("report.html"))?)
}

fn metrics(task: &Task, settings: &Settings, methods: &[Method]) -> Value {
    let methods: Vec<Value> = methods
        .iter()
        .map(|method| {
            json!({
                "name": method.name,
                "is_baseline": method.is_baseline,
                "n_parameters": method.n_parameters,
                "seconds_train": method.seconds,
                "roc_auc": method.roc.as_ref().map(|roc| roc.area()),
                "roc_auc_published": method.published,
            })
        })
        .collect();
    json!({
        "task": task.name,
        "n_train": task.train.len(),
        "n_test": task.test.len(),
        "n_anomalous": task.labels.as_ref().map(|l| l.iter().filter(|&&label| label).count()),
        "epochs": settings.epochs,
        "batch_size": settings.batch_size,
        "seed": settings.seed,
        "threads": settings.threads,
        "methods": methods,
    })
}

fn lead(task: &Task) -> String {
    format!(
        "{}. Every network saw {} normal images and scores {} others.",
        task.name,
        task.train.len(),
        task.test.len()
    )
}

fn note(task: &Task) -> String {
    let published = if task.is_published {
        "The published figures are of these images."
    } else {
        "The published figures are of other images, 140,001 faces to learn from and 19,999 to \
         score, which cannot be had: they show the order of the tiers, not what to reach here."
    };
    format!(
        "{published} The last one is that of the best published tier, whose network was not. \
         Principal components come in several numbers, as nobody could know the best one \
         without labels."
    )
}

fn area(method: &Method) -> Option<f64> {
    method.roc.as_ref().map(novelty_metrics::RocCurve::area)
}

/// The best baseline, chosen in its own favour by the labels.
fn best_baseline(methods: &[Method]) -> Option<(&Method, f64)> {
    let baselines = methods.iter().filter(|method| method.is_baseline);
    let areas = baselines.filter_map(|method| Some((method, area(method)?)));
    areas.max_by(|a, b| a.1.total_cmp(&b.1))
}

fn tiles(task: &Task, methods: &[Method]) -> Vec<Tile> {
    let mut tiles = Vec::new();
    if let Some((method, area)) = methods.last().and_then(|m| Some((m, area(m)?))) {
        let tile = Tile::new("ROC-AUC", format!("{area:.4}"));
        tiles.push(tile.note(format!("{}, {}", method.name, method.description)));
    }
    if let Some((baseline, area)) = best_baseline(methods) {
        let tile = Tile::new("Best cheap baseline", format!("{area:.4}"));
        tiles.push(tile.note(baseline.description.clone()));
    }
    let seconds: f64 = methods.iter().map(|m| m.seconds).sum();
    tiles.push(Tile::new("Images scored", task.test.len().to_string()));
    tiles.push(Tile::new("All methods", format!("{seconds:.0} s")).note("learning, in all"));
    tiles
}

fn curves(methods: &[Method]) -> Option<RocPlot> {
    let shown: Vec<_> = methods.iter().filter_map(|m| Some((m, m.roc.as_ref()?))).collect();
    let best = best_baseline(methods).map(|(method, _)| method.name.clone());
    let is_shown = |method: &Method| !method.is_baseline || best.as_ref() == Some(&method.name);
    if shown.is_empty() {
        return None;
    }
    let plot = shown
        .iter()
        .filter(|(method, _)| is_shown(method))
        .fold(RocPlot::new("ROC curves"), |plot, (method, roc)| {
            plot.curve(&method.name, &roc.fpr, &roc.tpr, roc.area())
        });
    Some(plot)
}

fn histogram(task: &Task, method: &Method) -> Histogram {
    let of = |wanted: bool| -> Vec<f32> {
        let labels = task.labels.iter().flatten();
        let pairs = method.scores.iter().zip(labels);
        pairs.filter(|pair| *pair.1 == wanted).map(|pair| *pair.0).collect()
    };
    Histogram::new("Scores")
        .x_label("standard deviations from training images, of both scores together")
        .group("normal", &of(false), Tone::Normal)
        .group("anomalous", &of(true), Tone::Anomalous)
}

fn table(task: &Task, methods: &[Method]) -> Table {
    let number = |x: Option<f64>| x.map_or_else(|| "–".to_owned(), |x| format!("{x:.4}"));
    let header =
        ["method", "published", "ours", "cheap baseline", "parameters", "seconds to learn"];
    let caption = format!("ROC-AUC. {}.", task.name);
    methods.iter().fold(Table::new(header).caption(caption), |table, method| {
        let (ours, cheap) =
            if method.is_baseline { (None, area(method)) } else { (area(method), None) };
        table.row([
            format!("{}: {}", method.name, method.description),
            number(method.published),
            number(ours),
            number(cheap),
            method.n_parameters.to_string(),
            format!("{:.1}", method.seconds),
        ])
    })
}

/// The most and the least anomalous images.
fn examples(task: &Task, method: &Method) -> anyhow::Result<ImageGrid> {
    let mut order: Vec<usize> = (0..method.scores.len()).collect();
    order.sort_by(|&a, &b| method.scores[b].total_cmp(&method.scores[a]));
    let n = order.len();
    let ends: Vec<usize> =
        order.iter().enumerate().filter(|(i, _)| *i < 8 || i + 8 >= n).map(|(_, &i)| i).collect();
    let images = read(&*task.test, ends.iter().copied())?;
    let mut grid = ImageGrid::new("Most and least anomalous");
    for (&i, image) in ends.iter().zip(images.outer_iter()) {
        let tone = match &task.labels {
            Some(labels) if labels[i] => Tone::Anomalous,
            _ => Tone::Automatic,
        };
        let card = ImageCard::new(format!("{:.2}", method.scores[i]));
        grid = grid.card(card.image("image", &Picture::from_image(image)?).tone(tone));
    }
    Ok(grid)
}
