use ndarray::{Axis, Slice};
use novelty_models::{StyleVaeGanConfig, Trained};
use novelty_report::{
    BarChart, ImageCard, ImageGrid, LineChart, Picture, Report, Section, Series, Table, Tile, Tone,
};
use serde_json::{Value, json};

use super::{Diagnosed, Digits, PROBLEMS, Sensitivity, Shares, Windows, seen};
use crate::{Output, provenance};

/// Writes `metrics.json`, the figures and the report.
///
/// # Errors
/// If a figure cannot be drawn or a file not written.
pub fn write_results(
    output: &Output,
    digits: &Digits,
    trained: &Trained<StyleVaeGanConfig>,
    windows: &Windows,
    sensitivities: &[Sensitivity],
    (seed, threads): (u64, usize),
) -> anyhow::Result<()> {
    let pictures = pictures(digits, trained, seed)?;
    let (areas, losses) = (areas(sensitivities), losses(trained));
    output.save_png("rerendered.png", &pictures)?;
    output.save_png("sensitivity.png", &areas)?;
    output.save_png("losses.png", &losses)?;
    let seconds: f64 = trained.history.epochs.iter().map(|e| e.elapsed.as_secs_f64()).sum();
    let mut metrics = metrics(windows, sensitivities);
    metrics["seed"] = seed.into();
    metrics["threads"] = threads.into();
    metrics["epochs"] = trained.history.epochs.len().into();
    metrics["n_parameters"] = trained.model.n_parameters().into();
    metrics["seconds_train"] = seconds.into();
    output.write_metrics(&metrics)?;

    let tiles = tiles(windows, sensitivities, seconds);
    let report = Report::new("What the camera did, and what it saw").lead(lead(digits));
    let report = tiles.into_iter().fold(report, Report::tile);
    let report = report
        .section(
            Section::new("Pictures drawn anew")
                .paragraph(
                    "Each test picture as a camera with a problem took it, and what the model \
                     makes of its content in the clean style.",
                )
                .figure(&pictures, "Sound picture, picture with the problem, drawn anew.")?,
        )
        .section(
            Section::new("Which problem, and how severe")
                .paragraph(
                    "A window of 30 test pictures from a camera that was not learned from, for \
                     each problem and severity. Style features are numbers that need no \
                     training; style codes are the model's. The severity named stands behind \
                     the problem; mild problems are hardly visible.",
                )
                .table(diagnoses(windows))?,
        )
        .section(
            Section::new("True anomalies, before and after")
                .paragraph(
                    "Other digits among the product, all taken by the same camera with a problem \
                     of severity 4. The threshold leaves 95 % of sound pictures below it. Before: \
                     principal components of sound pictures. After: the model's error in each \
                     picture's own style.",
                )
                .figure(&areas, "Area under the ROC curve.")?
                .table(alarms(sensitivities))?,
        )
        .section(
            Section::new("Published and here")
                .paragraph("The source asks these questions and publishes no figure.")
                .table(comparison(windows, sensitivities))?
                .figure(&losses, "Parts of the loss, epoch by epoch.")?,
        );
    let report = provenance()
        .into_iter()
        .chain([("Seed".to_owned(), seed.to_string()), ("Threads".to_owned(), threads.to_string())])
        .fold(report, |report, (name, value)| report.provenance(name, value));
    Ok(report.save(output.path("report.html"))?)
}

fn lead(digits: &Digits) -> String {
    format!(
        "The product is a handwritten {}. A model saw {} of them through a sound camera and \
         through cameras with {} problems, and learned to tell what is shown from how it was taken.",
        digits.digit,
        digits.train.len_of(Axis(0)),
        PROBLEMS.len()
    )
}

/// Windows whose problem was named, and the mean error of the severity of those.
fn hits(
    windows: &Windows,
    named: impl Fn(&Diagnosed) -> &Option<(String, u8)>,
) -> (usize, Option<f64>) {
    let errors: Vec<f64> = windows
        .broken
        .iter()
        .filter_map(|window| {
            let (name, severity) = named(window).as_ref()?;
            let is_right = name == window.problem.name();
            is_right.then(|| f64::from(severity.abs_diff(window.severity)))
        })
        .collect();
    let mean = errors.iter().sum::<f64>() / errors.len().max(1) as f64;
    (errors.len(), (!errors.is_empty()).then_some(mean))
}

/// Windows most of whose pictures the autoencoder gives the right style.
fn votes(windows: &Windows) -> usize {
    let is_right = |w: &&Diagnosed| w.by_vote > 0 && PROBLEMS[w.by_vote - 1] == w.problem;
    windows.broken.iter().filter(is_right).count()
}

fn mean(
    sensitivities: &[Sensitivity],
    part: impl Fn(&Sensitivity) -> &Shares,
    value: impl Fn(&Shares) -> f64,
) -> f64 {
    let broken: Vec<_> = sensitivities.iter().filter(|s| s.problem.is_some()).collect();
    broken.iter().map(|s| value(part(s))).sum::<f64>() / broken.len().max(1) as f64
}

fn metrics(windows: &Windows, sensitivities: &[Sensitivity]) -> Value {
    let shares = |s: &Shares| json!({ "roc_auc": s.roc_auc, "false_alarms": s.false_alarms, "found": s.found });
    let cameras: Vec<Value> = sensitivities
        .iter()
        .map(|s| {
            json!({
                "problem": s.problem.map_or("none", |p| p.name()),
                "before": shares(&s.before),
                "rerendered": shares(&s.rerendered),
                "after": shares(&s.after),
            })
        })
        .collect();
    let (features, codes) = (hits(windows, |w| &w.by_features), hits(windows, |w| &w.by_codes));
    json!({
        "n_windows": windows.broken.len(),
        "n_named_by_features": features.0,
        "severity_error_by_features": features.1,
        "n_named_by_codes": codes.0,
        "severity_error_by_codes": codes.1,
        "n_named_by_vote": votes(windows),
        "sound_windows_and_alarms": windows.sound,
        "content_windows_and_alarms": windows.content,
        "cameras": cameras,
    })
}

fn tiles(windows: &Windows, sensitivities: &[Sensitivity], seconds: f64) -> Vec<Tile> {
    let of = |n: usize| format!("{n} of {}", windows.broken.len());
    let area = |part: fn(&Sensitivity) -> &Shares| mean(sensitivities, part, |s| s.roc_auc);
    let alarms = |part: fn(&Sensitivity) -> &Shares| mean(sensitivities, part, |s| s.false_alarms);
    vec![
        Tile::new("Problems named", of(hits(windows, |w| &w.by_features).0))
            .note(format!("by style codes: {}", of(hits(windows, |w| &w.by_codes).0))),
        Tile::new("ROC-AUC under a problem", format!("{:.3}", area(|s| &s.after)))
            .note(format!("before: {:.3}", area(|s| &s.before))),
        Tile::new("False alarms", format!("{:.0} %", 100.0 * alarms(|s| &s.after)))
            .note(format!("before: {:.0} %", 100.0 * alarms(|s| &s.before))),
        Tile::new("Training", format!("{seconds:.0} s")),
    ]
}

fn pictures(
    digits: &Digits,
    trained: &Trained<StyleVaeGanConfig>,
    seed: u64,
) -> anyhow::Result<ImageGrid> {
    let few = digits.normal.slice_axis(Axis(0), Slice::from(..2)).to_owned();
    let mut grid = ImageGrid::new("Drawn anew in the clean style");
    for problem in PROBLEMS {
        let seen = seen(&few, problem, |_| 4, seed + 77)?;
        let drawn = trained.model.rerender(seen.view(), 0)?;
        for i in 0..few.len_of(Axis(0)) {
            let picture = |x: &ndarray::Array4<f32>| Picture::from_image(x.index_axis(Axis(0), i));
            let card = ImageCard::new(problem.name())
                .image("sound", &picture(&few)?)
                .image("seen", &picture(&seen)?)
                .image("anew", &picture(&drawn)?);
            grid = grid.card(card);
        }
    }
    Ok(grid)
}

fn names(sensitivities: &[Sensitivity]) -> Vec<&'static str> {
    sensitivities.iter().map(|s| s.problem.map_or("sound", |p| p.name())).collect()
}

fn areas(sensitivities: &[Sensitivity]) -> BarChart {
    let values = |part: fn(&Sensitivity) -> &Shares| -> Vec<f64> {
        sensitivities.iter().map(|s| part(s).roc_auc).collect()
    };
    BarChart::new("True anomalies found", names(sensitivities))
        .value_label("ROC-AUC")
        .group("before: principal components", &values(|s| &s.before), Tone::Automatic)
        .group("principal components, drawn anew", &values(|s| &s.rerendered), Tone::Automatic)
        .group("after: error in its own style", &values(|s| &s.after), Tone::Automatic)
}

fn losses(trained: &Trained<StyleVaeGanConfig>) -> LineChart {
    let measures = trained.history.measures.iter();
    let chart = LineChart::new("Losses").x_label("epoch").y_label("loss").log_y(true);
    measures.fold(chart, |chart, measure| {
        let points = measure.values.iter().enumerate();
        let points = points.map(|(i, value)| ((i + 1) as f64, value.max(1e-6)));
        chart.series(Series::new(measure.name.clone(), points))
    })
}

fn diagnoses(windows: &Windows) -> Table {
    let named = |named: &Option<(String, u8)>| match named {
        Some((problem, severity)) => format!("{problem} {severity}"),
        None => "no camera problem".to_owned(),
    };
    let style = |style: usize| match style.checked_sub(1) {
        Some(problem) => PROBLEMS[problem].name(),
        None => "clean",
    };
    let header = ["problem, severity", "by style features", "by style codes", "most pictures"];
    windows.broken.iter().fold(Table::new(header), |table, window| {
        table.row([
            format!("{} {}", window.problem.name(), window.severity),
            named(&window.by_features),
            named(&window.by_codes),
            style(window.by_vote).to_owned(),
        ])
    })
}

fn alarms(sensitivities: &[Sensitivity]) -> Table {
    let percent = |x: f64| format!("{:.0} %", 100.0 * x);
    let header = [
        "camera",
        "false alarms before",
        "after",
        "anomalies found before",
        "after",
        "ROC-AUC before",
        "after",
    ];
    let names = names(sensitivities);
    names.iter().zip(sensitivities).fold(Table::new(header), |table, (name, s)| {
        table.row([
            (*name).to_owned(),
            percent(s.before.false_alarms),
            percent(s.after.false_alarms),
            percent(s.before.found),
            percent(s.after.found),
            format!("{:.3}", s.before.roc_auc),
            format!("{:.3}", s.after.roc_auc),
        ])
    })
}

fn comparison(windows: &Windows, sensitivities: &[Sensitivity]) -> Table {
    let none = || "–".to_owned();
    let of = |n: usize| format!("{n} of {}", windows.broken.len());
    let number = |part: fn(&Sensitivity) -> &Shares, value: fn(&Shares) -> f64| {
        format!("{:.3}", mean(sensitivities, part, value))
    };
    let sound = |k: usize| format!("{} of {}", windows.sound[k], windows.sound[0]);
    let content = |k: usize| format!("{} of {}", windows.content[k], windows.content[0]);
    let by_features = of(hits(windows, |w| &w.by_features).0);
    let by_codes = of(hits(windows, |w| &w.by_codes).0);
    Table::new(["", "published", "ours", "cheap baseline"])
        .row([
            "Problems named, by learned codes and by features".into(),
            none(),
            by_codes,
            by_features,
        ])
        .row(["Sound windows called a problem".into(), none(), sound(2), sound(1)])
        .row(["New content called a problem".into(), none(), content(2), content(1)])
        .row([
            "ROC-AUC of anomalies, mean over problems".into(),
            none(),
            number(|s| &s.after, |s| s.roc_auc),
            number(|s| &s.before, |s| s.roc_auc),
        ])
        .row([
            "False alarms, mean over problems".into(),
            none(),
            number(|s| &s.after, |s| s.false_alarms),
            number(|s| &s.before, |s| s.false_alarms),
        ])
        .row([
            "Anomalies found, mean over problems".into(),
            none(),
            number(|s| &s.after, |s| s.found),
            number(|s| &s.before, |s| s.found),
        ])
}
