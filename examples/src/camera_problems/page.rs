use ndarray::{Array4, Axis, Slice};
use novelty_data::CorruptionKind;
use novelty_models::{StyleVaeGanConfig, Trained};
use novelty_report::{
    BarChart, ImageCard, ImageGrid, LineChart, Picture, Report, Section, Series, Table, Tile, Tone,
};

use super::{Digits, Metrics, PROBLEMS, Sensitivity, Shares, seen};
use crate::Output;

/// Writes `report.html`, and its figures as PNG.
///
/// # Errors
/// If a figure cannot be drawn or a file not written.
pub fn write_report(
    output: &Output,
    digits: &Digits,
    trained: &Trained<StyleVaeGanConfig>,
    metrics: &Metrics,
) -> anyhow::Result<()> {
    let report = Report::new("What the camera did, and what it saw").lead(format!(
        "The product is a handwritten {}. A model saw {} of them through a sound camera and \
         through cameras with {} problems, and learned to tell what is shown from how it was taken.",
        metrics.digit,
        metrics.n_train,
        PROBLEMS.len()
    ));
    let report = tiles(metrics)
        .into_iter()
        .fold(report, Report::tile)
        .section(pictures_section(output, digits, trained, metrics)?)
        .section(diagnosis_section(output, metrics)?)
        .section(anomalies_section(output, metrics)?)
        .section(
            output
                .section("Published, and here")
                .paragraph("The source asks these questions and publishes no figure.")
                .table(metrics.comparison.table())?
                .figure("losses.png", &losses(trained), "Parts of the loss, epoch by epoch.")?
                .finish(),
        );
    output.write_report(report, &metrics.run)
}

fn tiles(metrics: &Metrics) -> Vec<Tile> {
    let of = |n: usize| format!("{n} of {}", metrics.n_windows);
    let (before, after) = (metrics.before, metrics.after);
    vec![
        Tile::new("Problems named", of(metrics.by_features.n_right))
            .note(format!("by learned style codes: {}", of(metrics.by_codes.n_right))),
        Tile::new("ROC-AUC under a problem", format!("{:.3}", after.roc_auc))
            .note(format!("before: {:.3}", before.roc_auc)),
        Tile::new("False alarms", percent(after.false_alarms))
            .note(format!("before: {}", percent(before.false_alarms))),
        Tile::new("Training", format!("{:.0} s", metrics.seconds_train))
            .note(format!("epochs: {}, threads: {}", metrics.epochs, metrics.run.threads)),
    ]
}

fn percent(share: f64) -> String {
    format!("{:.0} %", 100.0 * share)
}

fn pictures_section(
    output: &Output,
    digits: &Digits,
    trained: &Trained<StyleVaeGanConfig>,
    metrics: &Metrics,
) -> anyhow::Result<Section> {
    let product = rerendered("The product", &digits.normal, 2, trained, metrics)?;
    let others = rerendered("Other digits", &digits.anomalous, 1, trained, metrics)?;
    let section = output
        .section("Pictures drawn anew")
        .paragraph(
            "Each test picture as a sound camera takes it, as a camera with a problem of severity \
             4 took it, and what the model makes of its content in the clean style.",
        )
        .figure("rerendered.png", &product, "Sound, as seen, and drawn anew.")?
        .figure(
            "rerendered-others.png",
            &others,
            "Never learned: the model draws what it knows, and an anomaly may go with the problem.",
        )?;
    Ok(section.finish())
}

/// The first `n` images through every problem.
fn rerendered(
    title: &str,
    images: &Array4<f32>,
    n: usize,
    trained: &Trained<StyleVaeGanConfig>,
    metrics: &Metrics,
) -> anyhow::Result<ImageGrid> {
    let few = images.slice_axis(Axis(0), Slice::from(..n)).to_owned();
    let mut grid = ImageGrid::new(title).edge(64);
    for problem in PROBLEMS {
        let seen = seen(&few, problem, |_| 4, metrics.run.seed + 77)?;
        let drawn = trained.model.rerender(seen.view(), 0)?;
        for i in 0..n {
            let picture = |x: &Array4<f32>| Picture::from_image(x.index_axis(Axis(0), i));
            let card = ImageCard::new(readable(problem))
                .image("sound", &picture(&few)?)
                .image("seen", &picture(&seen)?)
                .image("anew", &picture(&drawn)?);
            grid = grid.card(card);
        }
    }
    Ok(grid)
}

fn readable(problem: CorruptionKind) -> String {
    problem.name().replace('_', " ")
}

fn diagnosis_section(output: &Output, metrics: &Metrics) -> anyhow::Result<Section> {
    let section = output
        .section("Which problem, and how severe")
        .paragraph(
            "A window of 30 test pictures from a camera that was not learned from, for each \
             problem and severity, and the problem and severity that are named by style features, \
             which need no training, and by the model's style codes; a dash is no problem of the \
             camera. Last, the style that the model gives to most pictures of the window.",
        )
        .table(diagnoses(metrics))?;
    Ok(section.finish())
}

fn diagnoses(metrics: &Metrics) -> Table {
    let named = |named: &Option<(String, u8)>| match named {
        Some((problem, severity)) => format!("{} {severity}", problem.replace('_', " ")),
        None => "–".to_owned(),
    };
    let style = |style: usize| match style.checked_sub(1) {
        Some(problem) => readable(PROBLEMS[problem]),
        None => "clean".to_owned(),
    };
    let head = ["camera", "by features", "by codes", "by most"];
    metrics.windows.broken.iter().fold(Table::new(head), |table, window| {
        table.row([
            format!("{} {}", readable(window.problem), window.severity),
            named(&window.by_features),
            named(&window.by_codes),
            style(window.by_vote),
        ])
    })
}

fn anomalies_section(output: &Output, metrics: &Metrics) -> anyhow::Result<Section> {
    let section = output
        .section("True anomalies, before and after")
        .paragraph(
            "Other digits among the product, all taken by the same camera with a problem of \
             severity 4. The threshold leaves 95 % of sound pictures below it. Before: principal \
             components of sound pictures, on pictures as they come. Drawn anew: the same on what \
             the model makes of them in the clean style. After: the model's error in each \
             picture's own style.",
        )
        .figure(
            "sensitivity.png",
            &bars(metrics, "True anomalies told from the product", "ROC-AUC", |s| s.roc_auc),
            "Area under the ROC curve; 0.5 is chance.",
        )?
        .figure(
            "false-alarms.png",
            &bars(metrics, "False alarms", "percent", |s| 100.0 * s.false_alarms),
            "Pictures of the product above the threshold; 5 are expected of a sound camera.",
        )?
        .table(shares(metrics))?;
    Ok(section.finish())
}

fn name(camera: &Sensitivity) -> String {
    camera.problem.map_or_else(|| "sound".to_owned(), readable)
}

fn bars(metrics: &Metrics, title: &str, label: &str, share: fn(&Shares) -> f64) -> BarChart {
    let cameras = &metrics.cameras;
    let values = |part: fn(&Sensitivity) -> &Shares| -> Vec<f64> {
        cameras.iter().map(|camera| share(part(camera))).collect()
    };
    BarChart::new(title, cameras.iter().map(name))
        .value_label(label)
        .group("before", &values(|s| &s.before), Tone::Neutral)
        .group("drawn anew", &values(|s| &s.rerendered), Tone::Automatic)
        .group("after", &values(|s| &s.after), Tone::Automatic)
}

fn shares(metrics: &Metrics) -> Table {
    let head = [
        "camera",
        "false alarms before",
        "anew",
        "after",
        "anomalies found before",
        "anew",
        "after",
        "ROC-AUC before",
        "anew",
        "after",
    ];
    metrics.cameras.iter().fold(Table::new(head), |table, camera| {
        let parts = [&camera.before, &camera.rerendered, &camera.after];
        let cells = parts
            .map(|s| percent(s.false_alarms))
            .into_iter()
            .chain(parts.map(|s| percent(s.found)))
            .chain(parts.map(|s| format!("{:.3}", s.roc_auc)));
        table.row(std::iter::once(name(camera)).chain(cells))
    })
}

fn losses(trained: &Trained<StyleVaeGanConfig>) -> LineChart {
    let measures = trained.history.measures.iter();
    let chart = LineChart::new("Losses").x_label("epoch").y_label("loss").log_y(true);
    measures.fold(chart, |chart, measure| {
        let points = measure.values.iter().enumerate();
        let points = points.map(|(i, value)| ((i + 1) as f64, value.max(1e-6)));
        chart.series(Series::new(measure.name.replace('_', " "), points))
    })
}
