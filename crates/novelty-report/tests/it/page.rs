use novelty_report::{ImageCard, ImageGrid, LineChart, Report, Section, Series, Table, Tile};

use crate::samples;

const EVIL: &str = "<script>alert(1)</script><img src=x onerror=\"alert(2)\">'\"&";

/// A page with `EVIL` wherever a text may stand.
fn evil_page() -> String {
    let chart = LineChart::new(EVIL)
        .x_label(EVIL)
        .y_label(EVIL)
        .series(Series::from_values(EVIL, [1.0, 2.0]))
        .series(Series::from_values(EVIL, [2.0, 1.0]))
        .span(1.0..=2.0, EVIL)
        .event(1.5, EVIL)
        .level(1.5, EVIL);
    let card = ImageCard::new(EVIL).image(EVIL, &samples::picture());
    let section = Section::new(EVIL)
        .paragraph(EVIL)
        .code(EVIL)
        .figure(&chart, EVIL)
        .and_then(|s| s.figure(&ImageGrid::new(EVIL).card(card), EVIL))
        .and_then(|s| s.table(Table::new([EVIL]).row([EVIL]).caption(EVIL)));
    let report = Report::new(EVIL).lead(EVIL).tile(Tile::new(EVIL, EVIL).note(EVIL));
    report.section(section.unwrap()).provenance(EVIL, EVIL).to_html().unwrap()
}

#[test]
fn texts_are_never_markup() {
    let page = evil_page();
    assert!(!page.contains("<script"), "a script came through");
    assert!(!page.contains("<img src=x"), "an element came through");
    assert!(!page.contains("onerror=\""), "an attribute came through");
    assert!(page.matches("&lt;script&gt;").count() + page.matches("&#60;script&#62;").count() > 20);
}

#[test]
fn nothing_is_loaded_from_elsewhere() {
    let page = samples::report().to_html().unwrap();
    let namespace = "http://www.w3.org/2000/svg";
    for scheme in ["http:", "https:", "//", "@import", "url("] {
        let elsewhere = page.replace(namespace, "");
        // Base64 may hold two slashes.
        let outside_images = elsewhere.split("data:image/png;base64,").map(|part| {
            part.trim_start_matches(|c: char| c.is_ascii_alphanumeric() || "+/=".contains(c))
        });
        assert!(outside_images.into_iter().all(|part| !part.contains(scheme)), "{scheme}");
    }
    for attribute in ["src=\"", "href=\""] {
        let all = page.matches(attribute).count();
        assert_eq!(page.matches(&format!("{attribute}data:image/png;base64,")).count(), all);
    }
    assert!(page.contains("default-src 'none'"));
    assert!(!page.contains("<script") && !page.contains("<link"));
}

#[test]
fn the_page_has_what_readers_need() {
    let page = samples::report().to_html().unwrap();
    assert!(page.starts_with("<!doctype html>"));
    for part in [
        "<html lang=\"en\">",
        "name=\"viewport\"",
        "content=\"light dark\"",
        "prefers-color-scheme:dark",
        "@media print",
        "<h1>A page of everything</h1>",
        "<h2>Charts</h2>",
        "<td class=\"right strong\">0.9952</td>",
        "<dt>seed</dt><dd>42</dd>",
    ] {
        assert!(page.contains(part), "{part}");
    }
    assert_eq!(page.matches("<h1").count(), 1);
    assert_eq!(page.matches("<img").count(), page.matches(" alt=\"").count());
    assert!(!page.contains("alt=\"\""));
}

#[test]
fn an_empty_report_is_a_page() {
    let page = Report::new("").to_html().unwrap();
    assert!(page.contains("<main>") && !page.contains("<section>"));
}

#[test]
fn saving_writes_the_page() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("report.html");
    let report = samples::report();
    report.save(&path).unwrap();
    assert_eq!(std::fs::read_to_string(&path).unwrap(), report.to_html().unwrap());
    let error = report.save(dir.path().join("missing").join("report.html")).unwrap_err();
    assert!(error.to_string().contains("missing"), "{error}");
}
