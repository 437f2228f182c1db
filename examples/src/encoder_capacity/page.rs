use ndarray::{Array2, Axis};
use novelty_report::{LineChart, Report, Scatter, Section, Series, Table, Tile, Tone};

use super::{HELD_APART, MeanSeparation, Metrics, Point};
use crate::Output;

/// Writes `report.html`, and its figures as PNG. `picture` are embeddings in two numbers, and
/// their classes.
///
/// # Errors
/// If a figure cannot be drawn or a file not written.
pub fn write_report(
    output: &Output,
    metrics: &Metrics,
    picture: &(Array2<f32>, Vec<usize>),
) -> anyhow::Result<()> {
    let report = Report::new("How many classes one encoder holds apart")
        .lead(format!(
            "Autoencoders learn {} images of 2 to 10 kinds of digits without being told which is \
             which, each through a code of another length. The longer the code, the better the \
             digits lie apart in it, up to a knee; beyond it more numbers gain little.",
            metrics.n_train
        ))
        .section(capacity_section(output, metrics)?)
        .section(curves_section(output, metrics, picture)?)
        .section(
            output
                .section("Published, and here")
                .paragraph(
                    "The question was left open by uncleDecart's data_drift, which saw that the \
                     silhouette of k-means finds two of its three classes in codes of 8 numbers \
                     and all three in 32. Its classes are photographs of three objects; ours are \
                     digits, which differ less.",
                )
                .table(metrics.comparison.table())?
                .table(accuracies(metrics))?
                .finish(),
        );
    output.write_report(tiles(metrics).into_iter().fold(report, Report::tile), &metrics.run)
}

fn tiles(metrics: &Metrics) -> Vec<Tile> {
    let most = metrics.held.iter().max_by_key(|held| (held.encoder, usize::MAX - held.size));
    let knee = metrics.knees.last();
    let mut tiles = Vec::new();
    if let Some(held) = most {
        tiles.push(
            Tile::new("Held apart at most", format!("{} classes", held.encoder))
                .note(format!("with {} numbers; accuracy from {HELD_APART}", held.size)),
        );
    }
    if let Some(knee) = knee {
        let numbers = |knee: Option<usize>| {
            knee.map_or_else(|| "none".to_owned(), |size| format!("{size} numbers"))
        };
        tiles.push(
            Tile::new(format!("Knee for {} classes", knee.n_classes), numbers(knee.encoder))
                .note(format!("principal components: {}", numbers(knee.pca))),
        );
    }
    tiles.push(
        Tile::new("Encoders trained", (metrics.points.len() * metrics.n_seeds).to_string())
            .note(format!("in {:.0} s, {} repetitions", metrics.seconds, metrics.n_seeds)),
    );
    tiles
}

/// Sizes on a logarithmic axis: a doubling is one step.
fn chart(title: &str, y: &str) -> LineChart {
    LineChart::new(title).x_label("numbers in the embedding").y_label(y).log_x(true)
}

fn capacity_section(output: &Output, metrics: &Metrics) -> anyhow::Result<Section> {
    let line = |name, part: fn(&super::Held) -> usize| {
        Series::new(name, metrics.held.iter().map(|h| (h.size as f64, part(h) as f64)))
    };
    let capacity = chart("Classes held apart", "classes")
        .series(line("autoencoder", |held| held.encoder))
        .series(line("principal components", |held| held.pca).dashed());
    let knee_line = |name, part: fn(&super::Knee) -> Option<usize>| {
        let found = metrics.knees.iter().filter_map(move |k| Some((k.n_classes, part(k)?)));
        let points: Vec<_> = found.map(|(k, size)| (k as f64, size as f64)).collect();
        (!points.is_empty()).then(|| Series::new(name, points))
    };
    let lines = [
        knee_line("autoencoder", |knee| knee.encoder),
        knee_line("principal components", |knee| knee.pca).map(Series::dashed),
    ];
    let section = output
        .section("Capacity")
        .paragraph(format!(
            "A number of classes counts as held apart while at least {:.0} % of unseen images \
             lie nearest to a training image of their own class, in the mean of {} repetitions \
             with other digits. The knee is the length whose accuracy lies farthest above the \
             straight line from the shortest to the longest, lengths on a logarithmic scale.",
            100.0 * HELD_APART,
            metrics.n_seeds
        ))
        .figure("capacity.png", &capacity, "The most of the tried numbers of classes.")?;
    if lines.iter().all(Option::is_none) {
        return Ok(section.finish());
    }
    let knees = LineChart::new("Knee").x_label("classes").y_label("numbers in the embedding");
    let knees = lines.into_iter().flatten().fold(knees, LineChart::series);
    Ok(section.figure("knees.png", &knees, "Where accuracy bends.")?.finish())
}

fn curves_section(
    output: &Output,
    metrics: &Metrics,
    picture: &(Array2<f32>, Vec<usize>),
) -> anyhow::Result<Section> {
    let accuracy = |mean: &MeanSeparation| mean.mean.neighbour_accuracy;
    let most = metrics.points.iter().map(|point| point.n_classes).max().unwrap_or(0);
    let section = output
        .section("How well classes lie apart")
        .figure(
            "accuracy-encoder.png",
            &by_classes(metrics, "Autoencoder", |point| accuracy(&point.encoder)),
            "Unseen images whose nearest neighbour is of their class.",
        )?
        .figure(
            "accuracy-pca.png",
            &by_classes(metrics, "Principal components", |point| accuracy(&point.pca)),
            "The same without a network.",
        )?
        .figure("agreement.png", &agreement(metrics, most), "Without labels: 0 is chance.")?
        .figure("embedding.png", &scatter(picture)?, "Unseen images in a code of two numbers.")?;
    Ok(section.finish())
}

fn by_classes(metrics: &Metrics, title: &str, value: impl Fn(&Point) -> f64) -> LineChart {
    let chart = chart(title, "accuracy").level(HELD_APART, "held apart");
    metrics.knees.iter().fold(chart, |chart, knee| {
        let points = metrics.points.iter().filter(|point| point.n_classes == knee.n_classes);
        let name = format!("{} classes", knee.n_classes);
        chart.series(Series::new(name, points.map(|point| (point.size as f64, value(point)))))
    })
}

fn agreement(metrics: &Metrics, n_classes: usize) -> LineChart {
    let line = |name: &str, value: fn(&Point) -> f64| {
        let points = metrics.points.iter().filter(|point| point.n_classes == n_classes);
        Series::new(name, points.map(|point| (point.size as f64, value(point))))
    };
    chart(&format!("Agreement with {n_classes} classes"), "")
        .series(line("k-means, adjusted Rand", |point| point.encoder.mean.kmeans_ari))
        .series(line("mixture, adjusted Rand", |point| point.encoder.mean.mixture_ari))
        .series(line("silhouette of the classes", |point| point.encoder.mean.silhouette))
        .series(line("k-means on components", |point| point.pca.mean.kmeans_ari).dashed())
}

fn scatter((features, classes): &(Array2<f32>, Vec<usize>)) -> anyhow::Result<Scatter> {
    let plot = Scatter::new("Digits in two numbers").x_label("first").y_label("second");
    let n_classes = classes.iter().max().map_or(0, |most| most + 1);
    Ok((0..n_classes).fold(plot, |plot, class| {
        let of_class: Vec<usize> = (0..classes.len()).filter(|&i| classes[i] == class).collect();
        let points = features.select(Axis(0), &of_class);
        plot.class(format!("class {}", class + 1), points.view(), Tone::Automatic)
    }))
}

fn accuracies(metrics: &Metrics) -> Table {
    let head = ["classes", "numbers", "autoencoder", "principal components"];
    let table = Table::new(head).caption("Nearest neighbour's accuracy, mean and deviation");
    metrics.points.iter().fold(table, |table, point| {
        let names = [point.n_classes, point.size].map(|n| n.to_string());
        table.row(names.into_iter().chain([point.encoder.accuracy(), point.pca.accuracy()]))
    })
}
