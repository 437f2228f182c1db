use novelty_report::{
    Figure, Histogram, ImageCard, ImageGrid, LineChart, Picture, Scatter, Series, Tone,
};
use proptest::prelude::*;

use crate::samples;

/// The pixels of a PNG file: width, height, RGB.
fn decode(bytes: &[u8]) -> (usize, usize, Vec<u8>) {
    let mut reader = png::Decoder::new(std::io::Cursor::new(bytes)).read_info().unwrap();
    let mut pixels = vec![0; reader.output_buffer_size().unwrap()];
    let info = reader.next_frame(&mut pixels).unwrap();
    assert_eq!(info.color_type, png::ColorType::Rgb);
    (info.width as usize, info.height as usize, pixels)
}

fn is_dark(pixel: &[u8]) -> bool {
    pixel.iter().all(|channel| *channel < 90)
}

/// The attribute of the first element whose other attribute starts like this.
fn number(node: roxmltree::Node<'_, '_>, attribute: &str) -> f64 {
    node.attribute(attribute).unwrap().parse().unwrap()
}

#[test]
fn every_png_decodes_and_has_ink() {
    for (name, figure) in samples::all() {
        let (width, height, pixels) = decode(&figure.to_png().unwrap());
        assert!(width >= 300 && height >= 200, "{name}: {width} x {height}");
        let ink = pixels.chunks_exact(3).filter(|pixel| is_dark(pixel)).count();
        assert!(ink > 300, "{name}: {ink} dark pixels");
        assert_eq!(pixels[..3], [255, 255, 255], "{name}: the ground is white");
    }
}

#[test]
fn every_svg_is_well_formed_and_says_what_it_shows() {
    for (name, figure) in samples::all() {
        let svg = figure.to_svg().unwrap();
        let tree = roxmltree::Document::parse(&svg).unwrap();
        assert_eq!(tree.root_element().attribute("role"), Some("img"), "{name}");
        assert_eq!(tree.root_element().attribute("aria-label"), Some(figure.alt().as_str()));
        assert!(!figure.alt().contains("{"), "{name}: {}", figure.alt());
    }
}

#[test]
fn svg_and_png_show_the_same_texts_in_the_same_places() {
    // One drawing serves both: where the SVG has text, the PNG has ink.
    let svg = samples::line_chart().to_svg().unwrap();
    let (width, _, pixels) = decode(&samples::line_chart().to_png().unwrap());
    let tree = roxmltree::Document::parse(&svg).unwrap();
    let texts = tree.descendants().filter(|node| node.has_tag_name("text"));
    for text in texts.filter(|t| t.text().is_some_and(|t| t.chars().count() > 2)) {
        let (x, y) = (2.0 * number(text, "x"), 2.0 * number(text, "y"));
        let near = (-12..0).flat_map(|dy| (-8..8).map(move |dx| (x as i64 + dx, y as i64 + dy)));
        let inked = near.filter(|(x, y)| {
            let start = 3 * (*y as usize * width + *x as usize);
            pixels[start..start + 3].iter().any(|channel| *channel < 200)
        });
        assert!(inked.count() > 5, "{:?}", text.text());
    }
}

#[test]
fn the_threshold_stands_where_its_value_is() {
    let svg = samples::histogram().to_svg().unwrap();
    let (width, _, pixels) = decode(&samples::histogram().to_png().unwrap());
    let tree = roxmltree::Document::parse(&svg).unwrap();
    let line = tree.descendants().find(|node| node.attribute("stroke-dasharray").is_some());
    // M x bottom L x top
    let path: Vec<f64> = line
        .unwrap()
        .attribute("d")
        .unwrap()
        .split(['M', 'L', ' '])
        .filter_map(|part| part.parse().ok())
        .collect();
    let tick = |text: &str| {
        let found = tree.descendants().find(|node| node.text() == Some(text)).unwrap();
        number(found, "x")
    };
    let expected = tick("0.02") + (tick("0.06") - tick("0.02")) * 0.5;
    assert!((path[0] - expected).abs() < 0.3, "{path:?} {expected}");
    let column = (2.0 * path[0]) as usize;
    let rows = (2.0 * path[3]) as usize..(2.0 * path[1]) as usize;
    let dark = |row: &usize| is_dark(&pixels[3 * (row * width + column)..][..3]);
    let inked = rows.clone().filter(dark).count();
    // Dashes of five and gaps of four.
    assert!(inked * 9 > rows.len() * 4, "{inked} of {} rows", rows.len());
}

#[test]
fn bars_are_as_high_as_their_counts() {
    let chart = Histogram::new("t").bins(2).group("g", &[0.0, 0.1, 0.2, 1.0], Tone::Normal);
    let svg = chart.to_svg().unwrap();
    let tree = roxmltree::Document::parse(&svg).unwrap();
    let outline = tree.descendants().find(|n| n.attribute("class") == Some("line s-0")).unwrap();
    let path: Vec<f64> = outline
        .attribute("d")
        .unwrap()
        .split(['M', 'L', ' '])
        .filter_map(|part| part.parse().ok())
        .collect();
    let (floor, first, second) = (path[1], path[3], path[7]);
    assert!(((floor - first) / (floor - second) - 3.0).abs() < 0.01, "{path:?}");
}

#[test]
fn a_million_points_make_a_small_file() {
    let points = (0..1_000_000).map(|i| (f64::from(i), f64::from(i % 1009 * 7919 % 1000)));
    let chart = LineChart::new("t").series(Series::new("noise", points));
    assert!(chart.to_svg().unwrap().len() < 100_000);
    let cloud =
        ndarray::Array2::from_shape_fn((200_000, 2), |(i, c)| ((i * (c + 7919)) % 997) as f32);
    let scatter = Scatter::new("t").class("a", cloud.view(), Tone::Automatic);
    assert!(scatter.to_svg().unwrap().len() < 4_000_000);
}

#[test]
fn the_same_figure_is_the_same_bytes() {
    for ((name, first), (_, second)) in samples::all().into_iter().zip(samples::all()) {
        assert_eq!(first.to_png().unwrap(), second.to_png().unwrap(), "{name}");
        assert_eq!(first.to_svg().unwrap(), second.to_svg().unwrap(), "{name}");
    }
}

#[test]
fn small_images_are_enlarged_with_sharp_pixels() {
    let checks = ndarray::Array3::from_shape_fn((1, 2, 2), |(_, y, x)| ((x + y) % 2) as f32);
    let picture = Picture::from_image(checks.view()).unwrap();
    let grid = ImageGrid::new("").card(ImageCard::new("").image("", &picture));
    let (width, _, pixels) = decode(&grid.to_png().unwrap());
    let at = |x: usize, y: usize| pixels[3 * (y * width + x)];
    // The card begins at (12, 24), an image is 96 wide, and a file has twice the pixels.
    let (left, top) = (24, 48);
    for (x, y, expected) in [(2, 2, 0), (94, 94, 0), (98, 2, 255), (190, 94, 255), (2, 98, 255)] {
        assert_eq!(at(left + x, top + y), expected, "({x}, {y})");
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    #[test]
    fn any_finite_values_can_be_drawn(
        values in prop::collection::vec(prop_oneof![-1e3..1e3f64, any::<f64>().prop_filter("finite", |x| x.is_finite())], 1..40),
        label in ".{0,40}",
    ) {
        let line = LineChart::new(&label).series(Series::from_values(&label, values.iter().copied()));
        let svg = line.to_svg().unwrap();
        prop_assert!(roxmltree::Document::parse(&svg).is_ok());
        prop_assert!(!svg.contains("NaN") || label.contains("NaN"));
        line.to_png().unwrap();
        let scores: Vec<f32> = values.iter().map(|x| *x as f32).filter(|x| x.is_finite()).collect();
        if !scores.is_empty() {
            let histogram = Histogram::new(&label).group("g", &scores, Tone::Automatic);
            prop_assert!(roxmltree::Document::parse(&histogram.to_svg().unwrap()).is_ok());
            histogram.to_png().unwrap();
        }
    }
}
