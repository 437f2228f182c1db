//! Every figure on one page, drawn from made-up numbers.
//!
//! ```sh
//! cargo run -p novelty-report --example gallery -- OUTDIR
//! ```
//!
//! writes `OUTDIR/report.html` and each figure as a PNG file.

use std::error::Error;
use std::path::{Path, PathBuf};

use ndarray::{Array2, Array3, ArrayView3, Axis};
use novelty_report::{
    BarChart, Figure, HeatMap, HeatSample, Histogram, ImageCard, ImageGrid, LineChart, Picture,
    Report, RocPlot, Scatter, Section, Series, Table, Tile, Tone,
};

fn main() -> Result<(), Box<dyn Error>> {
    let out =
        std::env::args_os().nth(1).map_or_else(|| PathBuf::from("target/gallery"), PathBuf::from);
    std::fs::create_dir_all(&out)?;
    let mut noise = Noise(42);
    let scores = Scores::made_up(&mut noise);
    let report = Report::new("Odd digits among ones")
        .lead(
            "An autoencoder is trained on ones with one percent of threes mixed in, and scores \
             every image by how badly it redraws it. All numbers of this page are made up.",
        )
        .tile(
            Tile::new("ROC AUC", format!("{:.4}", scores.auc())).note("1 finds all, 0.5 is chance"),
        )
        .tile(Tile::new("Flagged", "7").note("at the 0.999 quantile"))
        .tile(Tile::new("Of these threes", "6").note("67 in the data"))
        .tile(Tile::new("Parameters", "178,385"))
        .section(training(&out, &mut noise)?)
        .section(ranking(&out, &scores)?)
        .section(images(&out, &mut noise)?)
        .section(structure(&out, &mut noise)?)
        .section(defects(&out, &mut noise)?)
        .provenance("command", "cargo run -p novelty-report --example gallery -- target/gallery")
        .provenance("seed", "42")
        .provenance("version", env!("CARGO_PKG_VERSION"));
    report.save(out.join("report.html"))?;
    Ok(())
}

fn training(out: &Path, noise: &mut Noise) -> Result<Section, Box<dyn Error>> {
    let mut loss = |scale: f64| -> Vec<f64> {
        let fall = |epoch: i32| 0.0021 + scale * 0.04 * (-0.55 * f64::from(epoch)).exp();
        (0..20).map(|epoch| fall(epoch) * (1.0 + 0.03 * noise.normal())).collect()
    };
    let losses = LineChart::new("Loss by epoch")
        .x_label("epoch")
        .y_label("mean squared error")
        .log_y(true)
        .series(Series::from_values("training", loss(1.0)))
        .series(Series::from_values("validation", loss(1.3)));
    losses.save_png(out.join("losses.png"))?;
    let stream = (0..50_000).map(|i| {
        let level = if i < 30_000 { 0.0023 } else { 0.0032 };
        (f64::from(i), level * (1.0 + 0.15 * noise.normal()))
    });
    let drift = LineChart::new("Error over the stream")
        .x_label("sample")
        .y_label("mean squared error")
        .series(Series::new("error", stream))
        .span(30_000.0..=50_000.0, "another alphabet")
        .event(30_420.0, "alarm")
        .level(0.0038, "threshold");
    drift.save_png(out.join("drift.png"))?;
    Ok(Section::new("Training")
        .paragraph("The loss falls quickly and stays down; validation follows training.")
        .figure(&losses, "Mean squared error after each of twenty epochs.")?
        .figure(&drift, "Fifty thousand samples; a line is thinned to what pixels show.")?)
}

fn ranking(out: &Path, scores: &Scores) -> Result<Section, Box<dyn Error>> {
    let histogram = Histogram::new("Scores")
        .x_label("mean squared error")
        .group("ones", &scores.normal, Tone::Normal)
        .group("threes", &scores.anomalous, Tone::Anomalous)
        .log_count(true)
        .threshold(0.021, "threshold 0.021");
    histogram.save_png(out.join("scores.png"))?;
    let (fpr, tpr) = scores.roc();
    let baseline =
        |rates: &[f64]| -> Vec<f64> { rates.iter().map(|rate| rate.powf(0.06)).collect() };
    let roc = RocPlot::new("ROC").curve("autoencoder", &fpr, &tpr, scores.auc()).curve(
        "PCA",
        &fpr,
        &baseline(&fpr),
        1.0 / 1.06,
    );
    roc.save_png(out.join("roc.png"))?;
    let table = Table::new(["", "notebook", "ours", "PCA"])
        .row(["flagged at the 0.999 quantile", "7", "7", "7"])
        .row(["of these threes", "5", "6", "4"])
        .row(["ROC AUC", "–", &format!("{:.4}", scores.auc()), "0.9434"])
        .row(["validation error", "0.0025", "0.0021", "0.0109"])
        .strong(1, 2)
        .strong(2, 2);
    Ok(Section::new("Ranking")
        .figure(&histogram, "Sixty-seven threes among 6,742 ones; the count is logarithmic.")?
        .figure(&roc, "Every threshold at once.")?
        .table(table)?)
}

fn images(out: &Path, noise: &mut Noise) -> Result<Section, Box<dyn Error>> {
    let mut grid = ImageGrid::new("Flagged");
    for i in 0..7 {
        let original = digit(i != 4, noise);
        let redrawn = digit(false, noise);
        let error = (&original - &redrawn).mapv(|x| x * x);
        let error = Picture::from_map(error.index_axis(Axis(0), 0), 0.0..=1.0, Default::default())?;
        let card = ImageCard::new(format!(
            "no. {} · score {:.4}",
            811 * i + 37,
            0.034 - 0.002 * f64::from(i)
        ))
        .image("input", &picture(&original.view())?)
        .image("redrawn", &picture(&redrawn.view())?)
        .image("error", &error)
        .tone(if i == 4 { Tone::Normal } else { Tone::Anomalous });
        grid = grid.card(card);
    }
    grid.save_png(out.join("flagged.png"))?;
    Ok(Section::new("Images").figure(&grid, "Orange: a three. Blue: a one, flagged by mistake.")?)
}

fn structure(out: &Path, noise: &mut Noise) -> Result<Section, Box<dyn Error>> {
    let centres = [(0.0, 0.0, "bottle"), (5.0, 1.5, "transistor"), (2.0, 4.5, "hazelnut")];
    let mut plot = Scatter::new("Embeddings").x_label("component 1").y_label("component 2");
    for (x, y, name) in centres {
        let points = Array2::from_shape_fn((200, 2), |(_, c)| {
            (if c == 0 { x } else { y } + 0.7 * noise.normal()) as f32
        });
        plot = plot.class(name, points.view(), Tone::Automatic);
    }
    plot.save_png(out.join("embeddings.png"))?;
    let methods = ["PCA reconstruction", "nearest neighbour", "autoencoder", "Deep SVDD"];
    let bars = BarChart::new("Mean ROC AUC by method", methods)
        .value_label("ROC AUC")
        .group("MNIST", &[0.962, 0.984, 0.971, 0.938], Tone::Automatic)
        .deviations(&[0.021, 0.009, 0.016, 0.03])
        .group("Fashion-MNIST", &[0.905, 0.928, 0.911, 0.892], Tone::Automatic)
        .deviations(&[0.05, 0.04, 0.046, 0.055])
        .range(0.8..=1.0);
    bars.save_png(out.join("methods.png"))?;
    Ok(Section::new("Structure")
        .figure(&plot, "Two principal components of three kinds of objects.")?
        .figure(&bars, "Mean over ten classes; whiskers are standard deviations.")?)
}

fn defects(out: &Path, noise: &mut Noise) -> Result<Section, Box<dyn Error>> {
    let mut figure = HeatMap::new("Scratches");
    for i in 0..3 {
        let (row, column) = (40.0 + 20.0 * noise.share(), 40.0 + 50.0 * noise.share());
        let near = |y: usize, x: usize| ((y as f64 - row) / 4.0).hypot((x as f64 - column) / 18.0);
        let part = |y: usize, x: usize| (y as f64 - 64.0).hypot(x as f64 - 64.0) < 52.0;
        let image = Array3::from_shape_fn((3, 128, 128), |(c, y, x)| {
            let ground = if part(y, x) { [0.72, 0.55, 0.38][c] } else { 0.12 };
            let scratch = if near(y, x) < 1.0 { 0.35 } else { 0.0 };
            (ground - scratch + 0.02 * noise.normal()) as f32
        });
        let map = Array2::from_shape_fn((128, 128), |(y, x)| {
            ((-near(y, x).powi(2) / 3.0).exp() * (1.0 - 0.2 * f64::from(i)) + 0.04 * noise.share())
                as f32
        });
        let mask = Array2::from_shape_fn((128, 128), |(y, x)| near(y, x) < 1.0);
        let score = map.fold(0f32, |a, b| a.max(*b));
        let sample = HeatSample::new(format!("score {score:.3}"), image.view(), map.view())?;
        figure = figure.sample(sample.mask(mask.view())?.tone(Tone::Anomalous));
    }
    figure.save_png(out.join("defects.png"))?;
    Ok(Section::new("Defects").figure(&figure, "Cyan: the labelled defect.")?)
}

fn picture(image: &ArrayView3<'_, f32>) -> Result<Picture, novelty_report::ReportError> {
    Picture::from_image(*image)
}

/// A stroke, or three bows, in 28 x 28 pixels.
fn digit(three: bool, noise: &mut Noise) -> Array3<f32> {
    let (slant, thick) = (0.15 * noise.normal(), 1.6 + 0.2 * noise.normal());
    Array3::from_shape_fn((1, 28, 28), |(_, y, x)| {
        let (y, x) = (y as f64 - 13.5, x as f64 - 13.5);
        let x = x + slant * y;
        let distance = if three {
            let bow = |centre: f64| {
                ((y - centre).hypot(x + 1.0) - 4.6).abs() + if x < -2.5 { 3.0 } else { 0.0 }
            };
            bow(-4.5).min(bow(4.5))
        } else {
            x.abs() + (y.abs() - 9.0).max(0.0)
        };
        (1.0 - (distance - thick).max(0.0) / 1.2).clamp(0.0, 1.0) as f32
    })
}

struct Scores {
    normal: Vec<f32>,
    anomalous: Vec<f32>,
}

impl Scores {
    fn made_up(noise: &mut Noise) -> Self {
        let mut draw = |n: usize, middle: f64, spread: f64| -> Vec<f32> {
            (0..n).map(|_| (middle * (spread * noise.normal()).exp()) as f32).collect()
        };
        Self { normal: draw(6742, 0.0022, 0.55), anomalous: draw(67, 0.0125, 0.4) }
    }

    fn roc(&self) -> (Vec<f64>, Vec<f64>) {
        let labelled =
            |scores: &[f32], label: bool| scores.iter().map(|s| (*s, label)).collect::<Vec<_>>();
        let mut all = labelled(&self.normal, false);
        all.extend(labelled(&self.anomalous, true));
        all.sort_by(|a, b| b.0.total_cmp(&a.0));
        let (mut false_alarms, mut found) = (0.0, 0.0);
        let step = |(_, anomalous): &(f32, bool)| {
            if *anomalous {
                found += 1.0
            } else {
                false_alarms += 1.0
            }
            (false_alarms / self.normal.len() as f64, found / self.anomalous.len() as f64)
        };
        std::iter::once((0.0, 0.0)).chain(all.iter().map(step).collect::<Vec<_>>()).unzip()
    }

    fn auc(&self) -> f64 {
        let (fpr, tpr) = self.roc();
        let strips = (1..fpr.len()).map(|i| (fpr[i] - fpr[i - 1]) * (tpr[i] + tpr[i - 1]) / 2.0);
        strips.sum()
    }
}

/// Numbers that look random and are the same each time.
struct Noise(u64);

impl Noise {
    /// Steele, Lea and Flood's SplitMix64, as a share.
    fn share(&mut self) -> f64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        ((z ^ (z >> 31)) >> 11) as f64 / (1u64 << 53) as f64
    }

    /// Nearly normal: twelve shares add up to variance one.
    fn normal(&mut self) -> f64 {
        (0..12).map(|_| self.share()).sum::<f64>() - 6.0
    }
}
