use ndarray::Axis;
use novelty_metrics::roc_curve;
use novelty_report::{
    BarChart, HeatMap, HeatSample, Histogram, ImageCard, ImageGrid, Picture, Report, RocPlot,
    Section, Table, Tile, Tone,
};

use super::category::shrunk;
use super::{DrawnDefect, Inspected, Method, Metrics};
use crate::Output;

/// Images of each kind under their maps.
const SHOWN: usize = 2;

/// Writes `report.html`, and its figures as PNG.
///
/// # Errors
/// If a figure cannot be drawn or a file not written.
pub fn write_report(
    output: &Output,
    inspected: &[Inspected],
    metrics: &Metrics,
) -> anyhow::Result<()> {
    let report = Report::new("Defects of parts, found and located").lead(lead(inspected));
    let report = inspected.iter().map(tile).fold(report, Report::tile);
    let mut report = report.section(
        output
            .section("Published and this run")
            .table(metrics.comparison.table())?
            .paragraph(
                "The published figures are of PaDiM on a network pretrained on a million \
                 photographs. Everything here learned from the good images of its category alone.",
            )
            .figure(
                "methods.png",
                &bars(inspected),
                "Area under the ROC curve of the test images.",
            )?
            .finish(),
    );
    for of in inspected {
        report = report.section(section(output, of)?);
    }
    let report = report
        .section(choice(output, inspected)?)
        .provenance("Epochs of the autoencoder", metrics.epochs.to_string());
    output.write_report(report, &metrics.run)
}

fn lead(inspected: &[Inspected]) -> String {
    let names: Vec<&str> = inspected.iter().map(|of| of.category.name.as_str()).collect();
    format!(
        "Eight methods learned from good images what {} should look like. One of them was named \
         before any test image was judged: the one that best told good training images it had \
         not seen from the same with drawn defects.",
        names.join(" and ")
    )
}

fn tile(of: &Inspected) -> Tile {
    let quality = &of.quality[&of.rehearsal.named];
    Tile::new(
        format!("Image ROC-AUC, {}", of.category.name),
        format!("{:.4}", quality.image_roc_auc),
    )
    .note(format!(
        "{}; 95 % interval {:.3} to {:.3}",
        of.rehearsal.named.name(),
        of.interval.lower,
        of.interval.upper
    ))
}

fn bars(inspected: &[Inspected]) -> BarChart {
    let chart =
        BarChart::new("Methods", Method::ALL.map(Method::name)).value_label("image ROC-AUC");
    let areas = |of: &Inspected| Method::ALL.map(|method| of.quality[&method].image_roc_auc);
    let lowest = inspected.iter().flat_map(areas).fold(1.0, f64::min);
    let chart = chart.range((lowest * 10.0).floor() / 10.0..=1.0);
    inspected
        .iter()
        .fold(chart, |chart, of| chart.group(&of.category.name, &areas(of), Tone::Automatic))
}

/// One category: its numbers, its maps, its scores.
fn section(output: &Output, of: &Inspected) -> anyhow::Result<Section> {
    let name = &of.category.name;
    let named = of.rehearsal.named.name();
    Ok(output
        .section(&format!("Category {name}"))
        .paragraph(format!(
            "{} good images to learn from; {} to judge, {} of them with a defect. The maps are \
             those of the named method, {named}; outlined is what the data set marks as defect.",
            of.category.train.len_of(Axis(0)),
            of.category.labels.len(),
            of.category.labels.iter().filter(|&&label| label).count(),
        ))
        .figure(
            &format!("heat_{name}.png"),
            &heat_maps(of)?,
            "The first images of each kind, and where they are anomalous.",
        )?
        .table(qualities(of))?
        .figure(&format!("histogram_{name}.png"), &histogram(of), "Scores of the test images.")?
        .figure(
            &format!("roc_{name}.png"),
            &roc(of)?,
            "True against false alarms at every threshold.",
        )?
        .finish())
}

fn qualities(of: &Inspected) -> Table {
    let header = [
        "method",
        "rehearsal ROC-AUC",
        "image ROC-AUC",
        "pixel ROC-AUC",
        "AUPRO to 0.3",
        "learning, s",
        "an image, ms",
    ];
    let optional =
        |value: Option<f64>| value.map_or("–".to_owned(), |value| format!("{value:.4}"));
    let table = Method::ALL.iter().fold(Table::new(header), |table, method| {
        let quality = &of.quality[method];
        table.row([
            method.name().to_owned(),
            format!("{:.4}", of.rehearsal.roc_auc(*method)),
            format!("{:.4}", quality.image_roc_auc),
            optional(quality.pixel_roc_auc),
            optional(quality.aupro),
            format!("{:.1}", quality.seconds_fit),
            format!("{:.1}", 1e3 * quality.seconds_image),
        ])
    });
    let row = Method::ALL.iter().position(|&method| method == of.rehearsal.named);
    (0..3).fold(table, |table, column| table.strong(row.unwrap_or_default(), column))
}

fn heat_maps(of: &Inspected) -> anyhow::Result<HeatMap> {
    let side = of.category.masks.dim().1;
    let mut figure = HeatMap::new(format!("Score maps, {}", of.category.name)).edge(160);
    let mut hottest = Vec::new();
    for (kind, positions) in of.category.by_kind() {
        for (number, &i) in positions.iter().take(SHOWN).enumerate() {
            let image = of.category.test.select(Axis(0), &[i]);
            let image = shrunk(image.view(), side)?;
            let (map, mask) =
                (of.named.maps.index_axis(Axis(0), i), of.category.masks.index_axis(Axis(0), i));
            let caption = format!("{kind} {}: {:.2}", number + 1, of.named.scores[i]);
            let tone = if of.category.labels[i] { Tone::Anomalous } else { Tone::Normal };
            let sample = HeatSample::new(caption, image.index_axis(Axis(0), 0), map)?.mask(mask)?;
            figure = figure.sample(sample.tone(tone));
            if of.category.labels[i] {
                hottest.push(map.iter().copied().fold(f32::NEG_INFINITY, f32::max));
            }
        }
    }
    // From what good images show on average to what half of the defects reach.
    let good = (0..of.category.labels.len()).filter(|&i| !of.category.labels[i]);
    let means = good.filter_map(|i| of.named.maps.index_axis(Axis(0), i).mean());
    let means: Vec<f32> = means.collect();
    let low = means.iter().sum::<f32>() / means.len().max(1) as f32;
    hottest.sort_unstable_by(f32::total_cmp);
    let high = hottest.get(hottest.len() / 2).copied().unwrap_or(low);
    Ok(figure.range(low..=high.max(low)))
}

fn histogram(of: &Inspected) -> Histogram {
    let scores = |label: bool| -> Vec<f32> {
        let pairs = of.named.scores.iter().zip(&of.category.labels);
        pairs.filter(|pair| *pair.1 == label).map(|pair| *pair.0).collect()
    };
    Histogram::new(format!("Scores, {}", of.category.name))
        .x_label(format!("score of the {}", of.rehearsal.named.name()))
        .group("good", &scores(false), Tone::Normal)
        .group("defect", &scores(true), Tone::Anomalous)
}

fn roc(of: &Inspected) -> anyhow::Result<RocPlot> {
    let curve = roc_curve(&of.named.scores, &of.category.labels)?;
    let named = of.rehearsal.named.name();
    Ok(RocPlot::new(format!("ROC curve, {}", of.category.name)).curve(
        named,
        &curve.fpr,
        &curve.tpr,
        curve.area(),
    ))
}

/// How the methods were named.
fn choice(output: &Output, inspected: &[Inspected]) -> anyhow::Result<Section> {
    let mut section = output.section("How the method was named").paragraph(
        "The training images were cut into four parts. Each was judged by every method after \
         learning from the other three: as it is, and with a defect of each of six kinds drawn on \
         every image. The method with the highest area under the ROC curve was named. Neither \
         test images nor their labels took part.",
    );
    for of in inspected {
        let mut grid = ImageGrid::new(format!("Drawn defects, {}", of.category.name)).edge(128);
        for (kind, image) in DrawnDefect::ALL.iter().zip(&of.rehearsal.examples) {
            let card = ImageCard::new(kind.name()).image("", &Picture::from_image(image.view())?);
            grid = grid.card(card);
        }
        let file = format!("drawn_{}.png", of.category.name);
        let header = ["method"].into_iter().chain(DrawnDefect::ALL.map(DrawnDefect::name));
        let table =
            Table::new(header.chain(["all"])).caption(format!("Rehearsal, {}", of.category.name));
        let table = Method::ALL.iter().fold(table, |table, method| {
            let areas = of.rehearsal.by_kind[method].iter().copied();
            let areas = areas.chain([of.rehearsal.roc_auc(*method)]);
            let cells = areas.map(|area| format!("{area:.3}"));
            table.row([method.name().to_owned()].into_iter().chain(cells))
        });
        section = section.figure(&file, &grid, "One training image a kind.")?.table(table)?;
    }
    Ok(section.finish())
}
