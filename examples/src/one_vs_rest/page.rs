use ndarray::Axis;
use novelty_data::LabelledDataset;
use novelty_report::{BarChart, ImageCard, ImageGrid, Picture, Report, Table, Tile, Tone};

use super::AllScored;
use super::dataset::Classes;
use super::methods::Method;
use super::results::{CHEAP, Metrics, percent};
use crate::Output;

/// Images of other classes that are shown of each class.
const SHOWN: usize = 3;

/// Writes `report.html`, and its figures as PNG.
///
/// # Errors
/// If a figure cannot be drawn or a file not written.
pub fn write_report(
    output: &Output,
    classes: &Classes,
    metrics: &Metrics,
    scored: &AllScored,
) -> anyhow::Result<()> {
    let mut figures = output
        .section("How good the scores are")
        .figure(
            "means.png",
            &means(metrics),
            "Mean ROC-AUC over the classes a method ran on; deviation over seeds.",
        )?
        .figure("classes.png", &by_class(metrics), "ROC-AUC by normal class.")?;
    if let Some(best) = metrics.best {
        let caption = format!(
            "The images of other classes that {} finds the most like the normal class: what it \
             misses first.",
            best.title()
        );
        let grid = most_normal(classes, scored, best)?;
        figures = figures.figure("most_normal.png", &grid, caption)?;
    }
    let published = output
        .section("Published and ours")
        .paragraph(
            "Published by Ruff et al. 2018 as the mean of ten seeds. A later run of the authors' \
             PyTorch code over all classes gave 93.8 ± 0.6 in the mean on MNIST and 61.7 ± 0.6 on \
             CIFAR-10, and with 5 and 12 epochs 92.7 ± 0.7 and 61.1 ± 0.6.",
        )
        .table(metrics.comparison.table().caption("ROC-AUC in percent"))?
        .finish();
    let seeds: Vec<String> = metrics.seeds.iter().map(u64::to_string).collect();
    let report = tiles(metrics)
        .into_iter()
        .fold(Report::new("One class against the rest").lead(lead(metrics)), Report::tile)
        .section(published)
        .section(output.section("Every method and class").table(table(metrics))?.finish())
        .section(figures.finish())
        .provenance("Seeds of networks", seeds.join(", "));
    output.write_report(report, &metrics.run)
}

fn lead(metrics: &Metrics) -> String {
    format!(
        "Each method saw the training images of one class only, and scored {} test images of all \
         classes; its figure is the area under the ROC curve, in percent. Networks are those of \
         the last epoch, and no choice was made on test images. Two figures with a sign between \
         are mean and standard deviation over seeds.",
        metrics.n_test
    )
}

fn tiles(metrics: &Metrics) -> Vec<Tile> {
    let tile = |label: &str, method: Method| {
        let of = metrics.methods.get(&method)?;
        let n = of.classes.len();
        let note = format!("{}, mean of {n} classes", method.title());
        Some(Tile::new(label, percent(of.mean, of.deviation)).note(note))
    };
    let best = metrics.best.and_then(|best| tile("Best", best));
    let cheap = cheapest(metrics).and_then(|method| tile("Cheap baseline", method));
    [best, tile("Deep SVDD", Method::Svdd), cheap].into_iter().flatten().collect()
}

/// The better of the simplest methods.
fn cheapest(metrics: &Metrics) -> Option<Method> {
    let simple = metrics.methods.iter().filter(|(method, _)| CHEAP.contains(method));
    simple.max_by(|a, b| a.1.mean.total_cmp(&b.1.mean)).map(|(method, _)| *method)
}

/// Classes down, methods across.
fn table(metrics: &Metrics) -> Table {
    let header = metrics.methods.keys().map(|method| method.title());
    let mut table = Table::new(std::iter::once("normal class").chain(header));
    for class in metrics.classes() {
        let cells = metrics.methods.keys().map(|&method| {
            let cell = metrics.cell(method, class);
            if cell.is_empty() { "–".to_owned() } else { cell }
        });
        table = table.row(std::iter::once(metrics.class_names[class].clone()).chain(cells));
    }
    let means = metrics.methods.values().map(|of| percent(of.mean, of.deviation));
    table = table.row(std::iter::once("mean".to_owned()).chain(means));
    let best = metrics.methods.keys().position(|method| Some(*method) == metrics.best);
    best.map_or(table.clone(), |column| table.strong(metrics.classes().len(), column + 1))
        .caption("ROC-AUC in percent. Means are over the classes that a column has.")
}

fn means(metrics: &Metrics) -> BarChart {
    let values: Vec<f64> = metrics.methods.values().map(|of| 100.0 * of.mean).collect();
    let deviations: Vec<f64> =
        metrics.methods.values().map(|of| 100.0 * of.deviation.unwrap_or(0.0)).collect();
    let lowest = values.iter().copied().fold(100.0, f64::min);
    BarChart::new("Mean ROC-AUC", metrics.methods.keys().map(|method| method.title()))
        .value_label("ROC-AUC, percent")
        .group("mean over classes", &values, Tone::Normal)
        .deviations(&deviations)
        .range((lowest - 5.0).clamp(0.0, 90.0)..=100.0)
}

/// The cheap baseline and the best method by class, of those that ran on all.
fn by_class(metrics: &Metrics) -> BarChart {
    let classes = metrics.classes();
    let names = classes.iter().map(|&class| metrics.class_names[class].clone());
    let mut lowest = 100.0_f64;
    let mut chart = BarChart::new("By normal class", names).value_label("ROC-AUC, percent");
    let whole = |method: &Method| {
        metrics.methods.get(method).is_some_and(|of| of.classes.len() == classes.len())
    };
    let mut shown: Vec<(Method, Tone)> = Vec::new();
    let wanted = [
        (cheapest(metrics), Tone::Neutral),
        (Some(Method::Svdd), Tone::Anomalous),
        (metrics.best, Tone::Normal),
    ];
    for (method, tone) in wanted {
        if let Some(method) = method.filter(whole)
            && shown.iter().all(|(other, _)| *other != method)
        {
            shown.push((method, tone));
        }
    }
    for (method, tone) in shown {
        let of = |class: &usize| metrics.methods[&method].class(*class).map_or(0.0, |area| area.0);
        let values: Vec<f64> = classes.iter().map(|class| 100.0 * of(class)).collect();
        lowest = values.iter().copied().fold(lowest, f64::min);
        chart = chart.group(method.title(), &values, tone);
    }
    chart.range((lowest - 5.0).clamp(0.0, 90.0)..=100.0)
}

fn most_normal(classes: &Classes, scored: &AllScored, method: Method) -> anyhow::Result<ImageGrid> {
    let mut grid = ImageGrid::new("Taken for normal");
    for (&class, done) in scored {
        let Some(scores) = done.get(&method).map(|scored| &scored.test) else { continue };
        let is_other = |index: &usize| classes.test().class(*index) != Some(class);
        let mut others: Vec<usize> = (0..scores.len()).filter(is_other).collect();
        others.sort_by(|&a, &b| scores[a].total_cmp(&scores[b]));
        for &index in others.iter().take(SHOWN) {
            let image = classes.test().images();
            let picture = Picture::from_image(image.index_axis(Axis(0), index))?;
            let of = classes.test().class(index).and_then(|class| classes.names.get(class));
            let is = of.map_or("?", String::as_str);
            let card = ImageCard::new(format!("as {}", classes.names[class]));
            grid = grid.card(card.image(is, &picture).tone(Tone::Anomalous));
        }
    }
    Ok(grid)
}
