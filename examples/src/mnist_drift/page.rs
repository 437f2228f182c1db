use ndarray::{Array4, Axis};
use novelty_report::{
    BarChart, Histogram, ImageCard, ImageGrid, LineChart, Picture, Report, Section, Series, Table,
    Tile, Tone,
};

use super::{
    Evaluation, Measured, Metrics, Population, Populations, RuleReport, Watch, WindowReport, mean,
};
use crate::{Output, loss_chart};

/// Images shown of each population.
const SHOWN: usize = 4;
/// Images before and after the change in the drawn stream.
const DRAWN: usize = 600;
/// The window of the drawn stream: the published batch.
const WINDOW: usize = 128;

/// Writes `report.html`, and its figures as PNG.
///
/// # Errors
/// If a figure cannot be drawn or a file not written.
pub fn write_report(
    output: &Output,
    populations: &Populations,
    watch: &Watch<'_>,
    measured: &Measured,
) -> anyhow::Result<()> {
    let metrics = &measured.metrics;
    let report = Report::new("An unseen alphabet among noisy digits")
        .lead(format!(
            "An autoencoder learned to take the noise out of {} handwritten digits. When other \
             images arrive it redraws them worse, and its loss says so: at once for one window, \
             or later where one image in ten is foreign.",
            metrics.n_train
        ))
        .section(populations_section(output, populations, watch, measured)?)
        .section(alerts_section(output, measured)?)
        .section(comparison_section(output, measured)?);
    output.write_report(tiles(metrics).into_iter().fold(report, Report::tile), &metrics.run)
}

fn tiles(metrics: &Metrics) -> Vec<Tile> {
    let [digits, unseen, ..] = &metrics.populations[..] else { return Vec::new() };
    let largest = metrics.alerts.iter().rev().find(|report| report.window == WINDOW);
    let mut tiles = vec![
        Tile::new("Loss of held-out digits", format!("{:.4}", metrics.baseline_loss))
            .note("published: 0.1011"),
        Tile::new("New noisy digits", digits.corrected.percent()).note("published: +1.3 %"),
        Tile::new(format!("Noisy {}", unseen.name), unseen.corrected.percent())
            .note("published for letters: +44.2 %"),
    ];
    tiles.extend(largest.map(|report| {
        Tile::new("False alarms by p-value", percent(report.p_value.false_alarms))
            .note(format!("{WINDOW} images; set to {}", percent(metrics.significance)))
    }));
    tiles
}

fn percent(share: f64) -> String {
    format!("{:.1} %", 100.0 * share)
}

fn populations_section(
    output: &Output,
    populations: &Populations,
    watch: &Watch<'_>,
    measured: &Measured,
) -> anyhow::Result<Section> {
    let mut section = output.section("What arrives, and what is made of it").paragraph(
        "Every image arrives with noise. Beside it stands what the network draws, and the image \
         as it was, which only a simulation knows.",
    );
    let all = std::iter::once(&populations.digits).chain(&populations.unseen);
    for (i, population) in all.enumerate() {
        let grid = grid(population, &watch.redraw(population, SHOWN)?, i > 0)?;
        section = section.figure(&format!("images-{i}.png"), &grid, "")?;
    }
    let section = section
        .figure(
            "increases.png",
            &increases(&measured.metrics),
            "Above the loss of held-out digits, in percent.",
        )?
        .figure("histogram.png", &histogram(measured), "Losses of single images.")?;
    Ok(section.finish())
}

fn grid(
    population: &Population,
    redrawn: &Array4<f32>,
    foreign: bool,
) -> anyhow::Result<ImageGrid> {
    let tone = if foreign { Tone::Anomalous } else { Tone::Normal };
    let mut grid = ImageGrid::new(capitalised(&population.name)).edge(64);
    for (i, redrawn) in redrawn.outer_iter().enumerate() {
        let picture = |images: &Array4<f32>| Picture::from_image(images.index_axis(Axis(0), i));
        let card = ImageCard::new("")
            .image("arrives", &picture(&population.noisy)?)
            .image("redrawn", &Picture::from_image(redrawn)?)
            .image("was", &picture(&population.clean)?)
            .tone(tone);
        grid = grid.card(card);
    }
    Ok(grid)
}

fn capitalised(name: &str) -> String {
    let mut letters = name.chars();
    letters.next().map_or_else(String::new, |first| first.to_uppercase().chain(letters).collect())
}

fn increases(metrics: &Metrics) -> BarChart {
    let names = metrics.populations.iter().map(|population| &*population.name);
    let of = |increase: fn(&super::PopulationReport) -> f64| -> Vec<f64> {
        metrics.populations.iter().map(|population| 100.0 * increase(population)).collect()
    };
    BarChart::new("Increase of the loss", names)
        .value_label("percent")
        .group("against the clean image", &of(|p| p.corrected.increase), Tone::Automatic)
        .group("as the notebook evaluates", &of(|p| p.faithful.increase), Tone::Automatic)
        .group("principal components", &of(|p| p.pca.increase), Tone::Neutral)
}

fn histogram(measured: &Measured) -> Histogram {
    let rules = &measured.rules;
    Histogram::new("Losses")
        .x_label("binary cross-entropy")
        .group("digits", &measured.digits, Tone::Normal)
        .group(&measured.metrics.streams_change_to, &measured.unseen, Tone::Anomalous)
        .threshold(rules.baseline, "baseline")
}

fn alerts_section(output: &Output, measured: &Measured) -> anyhow::Result<Section> {
    let metrics = &measured.metrics;
    let evaluation = match metrics.evaluation {
        Evaluation::Corrected => "the loss against the clean images",
        Evaluation::Faithful => "the notebook's loss, which needs no clean image",
    };
    let section = output
        .section("When the alert comes")
        .paragraph(format!(
            "Streams of digits change, from one image to the next, to {}: to nothing else, or to \
             one in ten images. A window over the last images raises the alert by margin when \
             its mean loss is {} above the baseline, and by p-value when a mean so large has a \
             probability below {} by chance. The losses are {evaluation}.",
            metrics.streams_change_to,
            percent(metrics.margin),
            metrics.significance
        ))
        .figure("stream.png", &stream(measured), "The mean loss of the last 128 images.")?;
    let section = match delays(metrics) {
        Some(chart) => {
            section.figure("delays.png", &chart, "Images from the change to the alert.")?
        }
        None => section.paragraph("No rule raised an alert in any stream."),
    };
    let section = section
        .figure("false-alarms.png", &false_alarms(metrics), "Windows of digits that raise it.")?
        .paragraph(
            "A margin that is safe for large windows cries wolf in small ones, where the mean \
             varies more; a p-value keeps its share of false alarms at every size. A cumulative \
             sum needs no window at all.",
        )
        .table(alert_table(metrics))?;
    Ok(section.finish())
}

/// A stream with the change in its middle.
fn stream(measured: &Measured) -> LineChart {
    let before = measured.digits.iter().cycle().take(DRAWN);
    let losses: Vec<f32> =
        before.chain(measured.unseen.iter().cycle().take(DRAWN)).copied().collect();
    let means = losses.windows(WINDOW).enumerate();
    let line = means.map(|(i, window)| ((i + WINDOW) as f64, mean(window))).collect::<Vec<_>>();
    let (rules, end) = (&measured.rules, (2 * DRAWN) as f64);
    let limit = rules.baseline * (1.0 + rules.margin);
    let alarm = line.iter().find(|(i, loss)| *i > DRAWN as f64 && *loss > limit);
    let chart = LineChart::new("A stream")
        .x_label("images")
        .y_label("mean loss")
        .span(DRAWN as f64..=end, &measured.metrics.streams_change_to)
        .level(limit, "margin")
        .series(Series::new("mean loss", line.iter().copied()));
    alarm.into_iter().fold(chart, |chart, (i, _)| chart.event(*i, "alert"))
}

fn rules_at(metrics: &Metrics, share: f64) -> impl Iterator<Item = &WindowReport> {
    metrics.alerts.iter().filter(move |report| (report.share - share).abs() < 1e-9)
}

fn shares(metrics: &Metrics) -> Vec<f64> {
    metrics.cusum.iter().map(|(share, _)| *share).collect()
}

fn all_or_some(share: f64) -> String {
    if share < 1.0 { format!("{:.0} % foreign", 100.0 * share) } else { "all foreign".to_owned() }
}

/// None where no alert came in any stream.
fn delays(metrics: &Metrics) -> Option<LineChart> {
    let line = |rule_name: &str, share, rule: fn(&WindowReport) -> RuleReport| {
        let found = rules_at(metrics, share).filter(|report| rule(report).found > 0.0);
        let points: Vec<_> = found.map(|r| (r.window as f64, rule(r).delay)).collect();
        let series =
            Series::new(format!("{rule_name}, {}", all_or_some(share)), points.iter().copied());
        (!points.is_empty()).then(|| if share < 1.0 { series.dashed() } else { series })
    };
    let lines = shares(metrics).into_iter().flat_map(|share| {
        [line("margin", share, |r| r.margin), line("p-value", share, |r| r.p_value)]
    });
    let lines: Vec<Series> = lines.flatten().collect();
    if lines.is_empty() {
        return None;
    }
    let chart = LineChart::new("Detection delay")
        .x_label("images in the window")
        .y_label("images")
        .log_x(true)
        .log_y(true);
    let chart = lines.into_iter().fold(chart, LineChart::series);
    let cusum = metrics.cusum.iter().filter(|(_, rule)| rule.found > 0.0);
    Some(cusum.fold(chart, |chart, (share, rule)| {
        chart.level(rule.delay.max(1.0), format!("cumulative sum, {}", all_or_some(*share)))
    }))
}

fn false_alarms(metrics: &Metrics) -> LineChart {
    let share = shares(metrics).first().copied().unwrap_or(1.0);
    let line = |name, rule: fn(&WindowReport) -> RuleReport| {
        let reports = rules_at(metrics, share);
        Series::new(name, reports.map(|r| (r.window as f64, 100.0 * rule(r).false_alarms)))
    };
    LineChart::new("False alarms")
        .x_label("images in the window")
        .y_label("percent of windows")
        .log_x(true)
        .series(line("margin", |report| report.margin))
        .series(line("p-value", |report| report.p_value))
        .level(100.0 * metrics.significance, "as set")
}

fn alert_table(metrics: &Metrics) -> Table {
    let head =
        ["", "foreign", "margin: false", "delay", "found", "p-value: false", "delay", "found"];
    let cells = |rule: RuleReport| {
        let delay = if rule.found > 0.0 { format!("{:.0}", rule.delay) } else { "–".to_owned() };
        [percent(rule.false_alarms), delay, percent(rule.found)]
    };
    let table = metrics.alerts.iter().fold(Table::new(head), |table, report| {
        let first = [format!("{} images", report.window), percent(report.share)];
        table.row(first.into_iter().chain(cells(report.margin)).chain(cells(report.p_value)))
    });
    metrics.cusum.iter().fold(table, |table, (share, rule)| {
        let [_, delay, found] = cells(*rule);
        let none = || "–".to_owned();
        table.row([
            "cumulative sum".to_owned(),
            percent(*share),
            none(),
            none(),
            none(),
            none(),
            delay,
            found,
        ])
    })
}

fn comparison_section(output: &Output, measured: &Measured) -> anyhow::Result<Section> {
    let section = output
        .section("Published, and here")
        .paragraph(
            "The published code measures noisy digits and unseen letters by holding the \
             network's redrawing against itself: the loss is then the entropy of what was drawn, \
             whether it is right or not. Its figures stand beside ours by the same road, and \
             beside the loss against the clean images, for which the network was trained. The \
             cheap baseline removes noise by keeping 64 principal components, and is held by its \
             own loss, the squared error.",
        )
        .table(measured.metrics.comparison.table())?
        .figure("losses.png", &losses(measured), "Binary cross-entropy, epoch by epoch.")?;
    Ok(section.finish())
}

fn losses(measured: &Measured) -> LineChart {
    loss_chart("Training", "binary cross-entropy", &measured.history, "held out")
        .level(0.1011, "published")
}
