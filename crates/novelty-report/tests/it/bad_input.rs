use ndarray::{Array2, Array3, array};
use novelty_report::{
    BarChart, Colormap, Figure, HeatMap, HeatSample, Histogram, ImageCard, ImageGrid, LineChart,
    Picture, ReportError, RocPlot, Scatter, Section, Series, Table, Tone,
};

fn error_of(figure: &dyn Figure) -> ReportError {
    let error = figure.to_svg().unwrap_err();
    assert_eq!(figure.to_png().unwrap_err().to_string(), error.to_string());
    error
}

fn line(values: &[f64]) -> LineChart {
    LineChart::new("Loss").series(Series::from_values("training", values.iter().copied()))
}

#[test]
fn empty_figures_are_errors_and_empty_sections_are_not() {
    let nothing = Array2::<f32>::zeros((0, 2));
    let figures: [Box<dyn Figure>; 9] = [
        Box::new(LineChart::new("t")),
        Box::new(line(&[])),
        Box::new(Histogram::new("t")),
        Box::new(Histogram::new("t").group("g", &[], Tone::Normal)),
        Box::new(RocPlot::new("t")),
        Box::new(Scatter::new("t").class("a", nothing.view(), Tone::Normal)),
        Box::new(BarChart::new("t", ["a"])),
        Box::new(ImageGrid::new("t").card(ImageCard::new("alone"))),
        Box::new(HeatMap::new("t")),
    ];
    for figure in figures {
        let error = error_of(&*figure);
        assert!(matches!(error, ReportError::Empty { .. }), "{error}");
        assert!(!figure.alt().is_empty());
    }
}

#[test]
fn nan_and_infinity_are_named_with_series_and_position() {
    let error = error_of(&line(&[0.1, f64::NAN]));
    let expected = "\"Loss\": training holds NaN at position 1; every value must be finite";
    assert_eq!(error.to_string(), expected);
    let histogram = Histogram::new("t").group("g", &[0.0, f32::INFINITY], Tone::Normal);
    assert!(matches!(error_of(&histogram), ReportError::NotFinite { index: 1, .. }));
    let threshold = Histogram::new("t").group("g", &[0.0], Tone::Normal).threshold(f64::NAN, "");
    assert!(matches!(error_of(&threshold), ReportError::NotFinite { .. }));
    let scatter = Scatter::new("t").class("a", array![[0.0, f32::NAN]].view(), Tone::Normal);
    assert!(error_of(&scatter).to_string().contains("y of a"));
    let bars = BarChart::new("t", ["a"]).group("g", &[f64::NEG_INFINITY], Tone::Normal);
    assert!(matches!(error_of(&bars), ReportError::NotFinite { .. }));
}

#[test]
fn logarithmic_axes_need_positive_values_but_take_empty_bins() {
    let error = error_of(&line(&[0.1, 0.0]).log_y(true));
    assert!(matches!(error, ReportError::NotPositive { index: 1, .. }), "{error}");
    let from_zero = Series::new("a", [(0.0, 1.0), (2.0, 1.0)]);
    let error = error_of(&LineChart::new("t").series(from_zero).log_x(true));
    assert!(matches!(error, ReportError::NotPositive { index: 0, .. }), "{error}");
    let scores = Histogram::new("t").group("g", &[-1.0, 1.0], Tone::Normal).log_x(true);
    assert!(matches!(error_of(&scores), ReportError::NotPositive { index: 0, .. }));
    // Nine of ten bins are empty.
    let gap = Histogram::new("t").group("g", &[0.0, 1.0], Tone::Normal).bins(10).log_count(true);
    assert!(gap.to_svg().is_ok());
}

#[test]
fn lines_that_go_back_are_errors() {
    let chart = LineChart::new("t").series(Series::new("s", [(0.0, 1.0), (2.0, 1.0), (1.0, 1.0)]));
    let error = error_of(&chart);
    assert_eq!(
        error.to_string(),
        "\"t\": s goes back from 2 to 1 at position 2; it must not decrease"
    );
}

#[test]
fn lengths_and_ranges_are_checked() {
    let roc = RocPlot::new("t").curve("c", &[0.0, 1.0], &[0.0], 0.5);
    assert!(matches!(error_of(&roc), ReportError::Length { expected: 2, got: 1, .. }));
    let rates = RocPlot::new("t").curve("c", &[0.0, 1.5], &[0.0, 1.0], 0.5);
    assert!(matches!(error_of(&rates), ReportError::OutOfRange { .. }));
    let auc = RocPlot::new("t").curve("c", &[0.0, 1.0], &[0.0, 1.0], f64::NAN);
    assert!(matches!(error_of(&auc), ReportError::OutOfRange { .. }));
    let bars = BarChart::new("t", ["a", "b"]).group("g", &[1.0], Tone::Normal);
    assert!(matches!(error_of(&bars), ReportError::Length { .. }));
    let deviation = BarChart::new("t", ["a"]).group("g", &[1.0], Tone::Normal).deviations(&[-1.0]);
    assert!(matches!(error_of(&deviation), ReportError::OutOfRange { .. }));
    let bins = Histogram::new("t").group("g", &[1.0], Tone::Normal).bins(0);
    assert!(matches!(error_of(&bins), ReportError::OutOfRange { .. }));
    let range = line(&[1.0]).y_range(2.0..=2.0);
    assert!(matches!(error_of(&range), ReportError::OutOfRange { .. }));
    let wide = Scatter::new("t").class("a", Array2::zeros((2, 3)).view(), Tone::Normal);
    assert!(matches!(error_of(&wide), ReportError::Length { expected: 2, got: 3, .. }));
    let table = Section::new("s").table(Table::new(["a", "b"]).row(["1"]));
    assert!(matches!(table.unwrap_err(), ReportError::Length { .. }));
    let edge = ImageGrid::new("t").edge(0).card(ImageCard::new("").image("", &one_pixel()));
    assert!(matches!(error_of(&edge), ReportError::OutOfRange { .. }));
}

fn one_pixel() -> Picture {
    Picture::from_image(Array3::zeros((1, 1, 1)).view()).unwrap()
}

#[test]
fn images_of_another_kind_are_errors() {
    let channels = Picture::from_image(Array3::zeros((2, 4, 4)).view()).unwrap_err();
    assert!(matches!(channels, ReportError::Channels { channels: 2, .. }));
    let none = Picture::from_image(Array3::zeros((1, 0, 4)).view()).unwrap_err();
    assert!(matches!(none, ReportError::NoPixels { .. }));
    let nan = Picture::from_image(array![[[0.0, f32::NAN]]].view()).unwrap_err();
    assert!(matches!(nan, ReportError::Pixel { index: 1, .. }));
    let picture = one_pixel();
    let map = Array2::zeros((1, 2));
    let heat = picture.with_heat(map.view(), 0.0..=1.0, Colormap::Viridis, 0.5).unwrap_err();
    let size = "map is (1, 2) (height, width), its image (1, 1)";
    assert_eq!(heat.to_string(), size);
    let mask = Array2::from_elem((2, 1), true);
    assert!(matches!(picture.with_contour(mask.view()), Err(ReportError::MapSize { .. })));
    let range = Picture::from_map(map.view(), 1.0..=0.0, Colormap::Viridis);
    assert!(matches!(range, Err(ReportError::OutOfRange { .. })));
    let opacity =
        picture.with_heat(Array2::zeros((1, 1)).view(), 0.0..=1.0, Colormap::Viridis, 2.0);
    assert!(matches!(opacity, Err(ReportError::OutOfRange { .. })));
    let sample =
        HeatSample::new("x", Array3::zeros((3, 4, 4)).view(), Array2::zeros((4, 5)).view());
    assert!(matches!(sample, Err(ReportError::MapSize { .. })));
}

#[test]
fn values_out_of_range_are_clipped() {
    let picture = Picture::from_image(array![[[-3.0, 0.5, 7.0]]].view()).unwrap();
    assert_eq!(picture.rgb(), [0, 0, 0, 128, 128, 128, 255, 255, 255]);
}

#[test]
fn degenerate_data_is_drawn() {
    let constant = Array2::from_elem((5, 2), 3.0);
    let flat = HeatSample::new("x", Array3::zeros((1, 4, 4)).view(), Array2::zeros((4, 4)).view());
    let figures: [Box<dyn Figure>; 11] = [
        Box::new(line(&[0.0])),
        Box::new(line(&[0.0, 0.0])),
        Box::new(line(&[5e-324, 5e-324]).log_y(true)),
        Box::new(line(&[f64::MIN, f64::MAX])),
        Box::new(line(&[1e16, 1e16 + 2.0])),
        Box::new(line(&[1.0, 2.0]).y_range(5.0..=6.0)),
        Box::new(Histogram::new("").group("", &[7.0; 100], Tone::Normal).threshold(9.0, "")),
        Box::new(Histogram::new("t").group("g", &[f32::MIN, f32::MAX], Tone::Normal)),
        Box::new(Scatter::new("t").class("a", constant.view(), Tone::Normal)),
        Box::new(BarChart::new("t", [""]).group("", &[0.0], Tone::Normal)),
        Box::new(HeatMap::new("t").sample(flat.unwrap())),
    ];
    for (i, figure) in figures.into_iter().enumerate() {
        let svg = figure.to_svg().unwrap();
        assert!(!svg.contains("NaN") && !svg.contains("inf"), "{i}: {svg}");
        figure.to_png().unwrap();
    }
}

#[test]
fn a_png_too_large_to_draw_is_an_error() {
    let names: Vec<String> = (0..100_000).map(|i| i.to_string()).collect();
    let values = vec![1.0; names.len()];
    let chart = BarChart::new("t", names).group("g", &values, Tone::Normal);
    assert!(matches!(chart.to_png().unwrap_err(), ReportError::TooLarge { .. }));
}

#[test]
fn long_words_do_not_break_the_drawing() {
    let word = "x".repeat(10_000);
    let chart = line(&[1.0, 2.0]).x_label(&word).y_label(&word).event(1.5, &word);
    let bars = BarChart::new(&word, [&word]).group(&word, &[1.0], Tone::Normal);
    let grid = ImageGrid::new(&word).card(ImageCard::new(&word).image(&word, &one_pixel()));
    for figure in [&chart as &dyn Figure, &bars, &grid] {
        figure.to_svg().unwrap();
        figure.to_png().unwrap();
    }
}
