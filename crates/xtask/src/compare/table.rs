use std::fmt::Write;
use std::fs;
use std::io::ErrorKind;
use std::path::Path;

use anyhow::{Context, Result, bail};

use super::row::{Row, write_whole};

const PREFACE: &str = "# Performance

Ours against the tools people use today, measured side by side by `cargo xtask compare`: one
process a side, the same data and threads, runs in turn after a warm-up, answers checked. The
ratio is the median over the pairs of peer time / our time, with its range in brackets: above 1,
ours is faster. Peak memory is that of the whole process, data included.
";

/// Puts an area's table into the document, and leaves the rest as it is. If the rows are to be
/// merged, those of other tasks stay in the table.
pub(super) fn write(path: &Path, area: &str, rows: &[Row], merges: bool) -> Result<()> {
    let text = match fs::read_to_string(path) {
        Err(error) if error.kind() == ErrorKind::NotFound => PREFACE.to_owned(),
        text => text.with_context(|| format!("cannot read {}", path.display()))?,
    };
    let table = match between_markers(&text, area) {
        Some(old) if merges => merged(old, &render(rows)),
        _ => Ok(render(rows)),
    };
    let updated = table.and_then(|table| update(&text, area, &table));
    let updated = updated.with_context(|| format!("cannot update {}", path.display()))?;
    write_whole(path, &updated)
}

fn between_markers<'a>(text: &'a str, area: &str) -> Option<&'a str> {
    let (_, rest) = text.split_once(&format!("<!-- compare:{area} -->\n"))?;
    rest.split_once(&format!("<!-- /compare:{area} -->")).map(|(table, _)| table)
}

/// The old table with the new rows in the places of those of the same tasks; rows of new tasks
/// come last. Rows that were measured on another machine or otherwise do not mix.
fn merged(old: &str, new: &str) -> Result<String> {
    const HEAD: usize = 4;
    let task = |line: &str| line.split_once(": ").map(|(task, _)| task.to_owned());
    let (old, new): (Vec<_>, Vec<_>) = (old.lines().collect(), new.lines().collect());
    if old.iter().take(HEAD).ne(new.iter().take(HEAD)) {
        bail!("its table was measured otherwise: {}", old.first().unwrap_or(&""));
    }
    let mut rest: Vec<&str> = new[HEAD..].to_vec();
    let mut lines: Vec<&str> = old[..HEAD].to_vec();
    for line in &old[HEAD..] {
        let is_same = |new: &&str| task(new) == task(line);
        if new[HEAD..].iter().any(is_same) {
            lines.extend(rest.iter().copied().filter(|new| is_same(new)));
            rest.retain(|new| !is_same(new));
        } else {
            lines.push(line);
        }
    }
    lines.extend(rest);
    Ok(lines.iter().map(|line| format!("{line}\n")).collect())
}

/// The document with the area's table between its markers; a new area goes to the end.
fn update(text: &str, area: &str, table: &str) -> Result<String> {
    let (open, close) = (format!("<!-- compare:{area} -->"), format!("<!-- /compare:{area} -->"));
    let block = format!("{open}\n{table}{close}");
    match (text.find(&open), text.find(&close)) {
        (Some(start), Some(end)) if start < end => {
            Ok(format!("{}{block}{}", &text[..start], &text[end + close.len()..]))
        }
        (None, None) => Ok(format!("{}\n\n## {area}\n\n{block}\n", text.trim_end())),
        _ => bail!("it needs both {open} and {close}, in this order"),
    }
}

/// The machine, and a line a row.
pub(super) fn render(rows: &[Row]) -> String {
    let mut table = String::new();
    let Some(first) = rows.first() else { return table };
    // Writing to a string cannot fail.
    let _ = writeln!(
        table,
        "{}; {}; {} pairs.\n\n\
         | task | ours, ms | peer | peer, ms | ratio | ours, MB | peer, MB | answers |\n\
         |---|---:|---|---:|---:|---:|---:|---|",
        first.machine,
        threads(first.threads),
        first.runs
    );
    for row in rows {
        let _ = writeln!(
            table,
            "| {}: {} | {} | {} {} | {} | {:.2} ({:.2}-{:.2}) | {} | {} | {} |",
            row.task,
            row.description,
            milliseconds(row.ours_ms),
            row.peer,
            row.peer_version,
            milliseconds(row.peer_ms),
            row.ratio,
            row.ratio_min,
            row.ratio_max,
            megabytes(row.ours_peak_mb),
            megabytes(row.peer_peak_mb),
            if row.answers_agree { "agree" } else { "DIFFER" },
        );
    }
    table
}

/// The table an area's figures belong in: those of all cores, or of fewer threads.
pub(super) fn title(area: &str, n_threads: usize, n_cores: usize) -> String {
    if n_threads == n_cores { area.to_owned() } else { format!("{area}, {}", threads(n_threads)) }
}

fn threads(n: usize) -> String {
    format!("{n} thread{}", if n == 1 { "" } else { "s" })
}

/// Three significant digits, as far as a measurement carries.
fn milliseconds(ms: f64) -> String {
    let decimals = match ms {
        ms if ms >= 100.0 => 0,
        ms if ms >= 10.0 => 1,
        ms if ms >= 1.0 => 2,
        _ => 3,
    };
    format!("{ms:.decimals$}")
}

fn megabytes(mb: Option<f64>) -> String {
    mb.map_or_else(|| "?".to_owned(), |mb| format!("{mb:.0}"))
}

#[cfg(test)]
mod tests {
    use super::super::row::tests::row;
    use super::*;

    #[test]
    fn a_row_is_a_line() {
        let table = render(&[row()]);
        assert!(table.starts_with("a machine; 2 threads; 3 pairs.\n\n| task |"), "{table}");
        let last = table.lines().last().unwrap();
        assert_eq!(
            last,
            "| train: one epoch | 9.00 | torch eager 2.13.0 | 13.5 | 1.50 (1.00-2.00) | 100 | ? | agree |"
        );
    }

    #[test]
    fn fewer_threads_have_a_table_of_their_own() {
        assert_eq!(title("models", 2, 2), "models");
        assert_eq!(title("models", 1, 2), "models, 1 thread");
        let text = update(PREFACE, "models", "all\n").unwrap();
        let text = update(&text, &title("models", 1, 2), "one\n").unwrap();
        assert_eq!(between_markers(&text, "models"), Some("all\n"));
        assert_eq!(between_markers(&text, "models, 1 thread"), Some("one\n"));
        assert!(render(&[Row { threads: 1, ..row() }]).starts_with("a machine; 1 thread; 3 "));
    }

    #[test]
    fn only_the_area_between_its_markers_changes() {
        let text = "intro\n<!-- compare:a -->\nold\n<!-- /compare:a -->\nwords\n\
                    <!-- compare:b -->\nkept\n<!-- /compare:b -->\n";
        let updated = update(text, "a", "new\n").unwrap();
        assert_eq!(updated, text.replace("old", "new"));
        assert_eq!(update(&updated, "a", "new\n").unwrap(), updated);
    }

    #[test]
    fn a_new_area_goes_to_the_end() {
        let updated = update(PREFACE, "core", "t\n").unwrap();
        assert!(updated.starts_with(PREFACE.trim_end()));
        assert!(updated.ends_with("## core\n\n<!-- compare:core -->\nt\n<!-- /compare:core -->\n"));
    }

    #[test]
    fn a_marker_without_its_partner_is_an_error() {
        assert!(update("<!-- compare:a -->", "a", "").is_err());
        assert!(update("<!-- /compare:a --><!-- compare:a -->", "a", "").is_err());
    }

    #[test]
    fn merged_rows_take_the_places_of_their_task() {
        let named = |task: &str, peer: &str, ours_ms| {
            let (task, peer) = (task.to_owned(), peer.to_owned());
            Row { task, peer, ours_ms, ..row() }
        };
        let old = [
            named("a", "x", 1.0),
            named("b", "x", 2.0),
            named("b", "y", 2.0),
            named("c", "x", 3.0),
        ];
        let new = [named("b", "x", 7.0), named("b", "y", 8.0), named("d", "x", 9.0)];
        let all = [&old[..1], &new[..2], &old[3..], &new[2..]].concat();
        assert_eq!(merged(&render(&old), &render(&new)).unwrap(), render(&all));
        let other = [Row { runs: 9, ..named("b", "x", 7.0) }];
        assert!(merged(&render(&old), &render(&other)).is_err());
        assert!(merged("", &render(&new)).is_err());
    }

    #[test]
    fn times_have_three_digits() {
        let shown: Vec<_> = [1234.5, 99.96, 9.876, 0.1234].map(milliseconds).into();
        assert_eq!(shown, ["1234", "100.0", "9.88", "0.123"]);
    }

    #[test]
    fn a_missing_document_is_created() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("docs/PERFORMANCE.md");
        write(&path, "models", &[row()], false).unwrap();
        write(&path, "models", &[row()], true).unwrap();
        let text = fs::read_to_string(&path).unwrap();
        assert_eq!(text.matches("torch eager 2.13.0").count(), 1);
    }
}
