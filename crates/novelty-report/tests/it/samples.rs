//! One of each figure.

use ndarray::{Array2, Array3, array};
use novelty_report::{
    BarChart, Figure, HeatMap, HeatSample, Histogram, ImageCard, ImageGrid, LineChart, Picture,
    Report, RocPlot, Scatter, Section, Series, Table, Tile, Tone,
};

pub(crate) fn line_chart() -> LineChart {
    LineChart::new("Loss")
        .x_label("epoch")
        .y_label("error")
        .log_y(true)
        .series(Series::from_values("training", [0.05, 0.01, 0.004]))
        .series(Series::from_values("validation", [0.04, 0.02, 0.006]).dashed())
        .span(2.0..=3.0, "late")
        .event(2.0, "stop")
        .level(0.02, "goal")
}

pub(crate) fn histogram() -> Histogram {
    let normal: Vec<f32> = (0..500).map(|i| 0.01 + 0.00002 * i as f32).collect();
    Histogram::new("Scores")
        .x_label("error")
        .group("normal", &normal, Tone::Normal)
        .group("anomalous", &[0.05, 0.06, 0.061], Tone::Anomalous)
        .log_count(true)
        .threshold(0.04, "threshold")
}

pub(crate) fn roc_plot() -> RocPlot {
    RocPlot::new("ROC").curve("model", &[0.0, 0.0, 0.5, 1.0], &[0.0, 0.5, 1.0, 1.0], 0.875)
}

pub(crate) fn scatter() -> Scatter {
    Scatter::new("Embeddings")
        .x_label("component 1")
        .class("a", array![[0.0, 1.0], [1.0, 0.0], [0.5, 0.5]].view(), Tone::Automatic)
        .class("b", array![[3.0, 4.0]].view(), Tone::Automatic)
}

pub(crate) fn bar_chart() -> BarChart {
    BarChart::new("ROC AUC", ["nearest neighbour", "PCA"])
        .group("MNIST", &[0.98, 0.97], Tone::Automatic)
        .deviations(&[0.01, 0.02])
        .group("Fashion-MNIST", &[0.93, 0.9], Tone::Automatic)
}

pub(crate) fn picture() -> Picture {
    let ramp = Array3::from_shape_fn((1, 28, 28), |(_, y, x)| (x + y) as f32 / 54.0);
    Picture::from_image(ramp.view()).unwrap()
}

pub(crate) fn image_grid() -> ImageGrid {
    (0..4).fold(ImageGrid::new("Flagged"), |grid, i| {
        let card = ImageCard::new(format!("score 0.0{i}"));
        grid.card(
            card.image("input", &picture())
                .image("reconstruction", &picture())
                .tone(Tone::Anomalous),
        )
    })
}

pub(crate) fn heat_map() -> HeatMap {
    let image = Array3::from_elem((3, 40, 60), 0.5);
    let map = Array2::from_shape_fn((40, 60), |(y, x)| (x * y) as f32);
    let mask = Array2::from_shape_fn((40, 60), |(y, x)| y > 30 && x > 40);
    let sample = HeatSample::new("no. 1", image.view(), map.view()).unwrap();
    HeatMap::new("Defects").sample(sample.mask(mask.view()).unwrap())
}

pub(crate) fn all() -> Vec<(&'static str, Box<dyn Figure>)> {
    vec![
        ("line chart", Box::new(line_chart())),
        ("histogram", Box::new(histogram())),
        ("ROC plot", Box::new(roc_plot())),
        ("scatter", Box::new(scatter())),
        ("bar chart", Box::new(bar_chart())),
        ("image grid", Box::new(image_grid())),
        ("heat map", Box::new(heat_map())),
    ]
}

pub(crate) fn report() -> Report {
    let long = "cargo run --release --example with_a_name_that_is_long -- --out target/somewhere";
    let table = Table::new(["measure", "published", "ours", "cheap baseline"])
        .caption("Against the notebook")
        .row(["flagged at the 0.999 quantile", "7", "7", "7"])
        .row(["ROC AUC", "not given", "0.9952", "0.9434"])
        .strong(1, 2);
    let wide_table = (0..3).fold(Table::new((0..24).map(|i| format!("class {i}"))), |table, _| {
        table.row((0..24).map(|i| format!("0.9{i:03}")))
    });
    let charts = Section::new("Charts").paragraph("Curves of all kinds.").code(long);
    let charts = charts.figure(&line_chart(), "By epoch.").unwrap();
    let charts = charts.figure(&histogram(), "By score.").unwrap();
    let charts = charts.figure(&roc_plot(), "").unwrap().figure(&scatter(), "").unwrap();
    let charts = charts.figure(&bar_chart(), "By method.").unwrap();
    let images = Section::new("Images").figure(&image_grid(), "Pairs.").unwrap();
    let images = images.figure(&heat_map(), "Where.").unwrap();
    Report::new("A page of everything")
        .lead("What all figures look like, with everything a page may hold.")
        .tile(Tile::new("ROC AUC", "0.9952").note("higher is better"))
        .tile(Tile::new("Parameters", "178,385"))
        .section(charts)
        .section(images)
        .section(Section::new("Tables").table(table).unwrap().table(wide_table).unwrap())
        .provenance("command", long)
        .provenance("seed", "42")
}
