mod area;
mod measure;
mod peers;
mod row;
mod side;
mod table;

use std::fmt;
use std::path::PathBuf;

use anyhow::{Context, Result};
use clap::Args;
use indicatif::{ProgressBar, ProgressStyle};

use crate::{Failure, Workspace, machine};
use area::{Area, Peer, Task};
use row::Row;
use side::Side;

/// Run ours against the tools people use today, on this machine, in one go.
///
/// Each task of `benches/compare/` runs in a process of its own, and so does each peer, in
/// Python (`benches/peers/`) or in Rust. After a warm-up they take turns, ours first in every
/// other pair, with the same number of threads, and the answers must agree. The ratio is the
/// median over the pairs of peer time / our time: above 1, ours is faster.
///
/// Writes the tables in docs/PERFORMANCE.md. Python peers are installed, at the versions of
/// `benches/peers/requirements.txt`, into `.peers/`; that takes 5 GB the first time.
#[derive(Debug, Args)]
pub(crate) struct CompareArgs {
    /// Only this area; may be given more than once
    #[arg(long, value_name = "AREA")]
    only: Vec<String>,
    /// Only this task; the tables are left as they are, unless its rows are to be merged
    #[arg(long, value_name = "NAME")]
    task: Option<String>,
    /// Put the rows of --task in their places in the table
    #[arg(long, requires = "task")]
    merge: bool,
    /// Pairs of runs after the warm-up
    #[arg(long, default_value_t = 5, value_parser = clap::value_parser!(u32).range(5..))]
    runs: u32,
    /// Threads for both sides; fewer than all have a table of their own [default: all cores]
    #[arg(long)]
    threads: Option<usize>,
    /// Write the rows as JSON
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,
    /// Where the tables are [default: docs/PERFORMANCE.md]
    #[arg(long, value_name = "FILE")]
    markdown: Option<PathBuf>,
    /// A Python with the peers in it, to use instead of `.peers/`
    #[arg(long, value_name = "PROGRAM")]
    python: Option<PathBuf>,
}

impl CompareArgs {
    pub(crate) fn run(&self, workspace: &Workspace) -> Result<()> {
        let areas = area::choose(workspace, &self.only)?;
        let python = match &self.python {
            Some(python) => python.clone(),
            None => peers::ensure(workspace)?,
        };
        let place = Place { root: workspace.root().to_owned(), python };
        let mut rows = Vec::new();
        for area in areas {
            let area = Area::build(workspace, &area)?;
            let of_area = self.compare_area(&place, &area)?;
            println!("\n{}", table::render(&of_area));
            if self.task.is_none() || self.merge {
                let path = self.markdown.clone();
                let path = path.unwrap_or_else(|| workspace.root().join("docs/PERFORMANCE.md"));
                let title = table::title(&area.name, self.threads(), machine::cores());
                table::write(&path, &title, &of_area, self.merge)?;
            }
            rows.extend(of_area);
            // After every area: a later one that fails does not take the figures along.
            if let Some(path) = &self.out {
                row::write_json(path, &rows)?;
            }
        }
        row::all_agree(&rows)
    }

    fn threads(&self) -> usize {
        self.threads.unwrap_or_else(machine::cores)
    }

    fn compare_area(&self, place: &Place, area: &Area) -> Result<Vec<Row>> {
        let wanted = |task: &&Task| self.task.as_ref().is_none_or(|name| *name == task.name);
        let chosen: Vec<_> = area.tasks.iter().filter(wanted).collect();
        if chosen.is_empty() {
            let names: Vec<_> = area.tasks.iter().map(|task| task.name.as_str()).collect();
            let help = format!("its tasks are {}", names.join(", "));
            return Err(Failure::new(format!("area {} has no such task", area.name), help).into());
        }
        let contests = chosen.iter().flat_map(|task| {
            task.peers.iter().map(move |peer| Contest { area: &area.name, task, peer })
        });
        let compare = |contest: Contest<'_>| {
            let context = format!("{contest}");
            self.compare(place, area, &contest).context(context)
        };
        contests.map(compare).collect()
    }

    fn compare(&self, place: &Place, area: &Area, contest: &Contest<'_>) -> Result<Row> {
        let threads = self.threads();
        let shared = tempfile::tempdir().context("cannot create a temporary folder")?;
        // Ours is ready before theirs starts, so that it can leave inputs for both.
        let mut ours = Side::start(area.ours(place, contest.task), threads, shared.path())?;
        let mut theirs = Side::start(area.theirs(place, contest), threads, shared.path())?;
        let bar = progress(self.runs, contest);
        let pairs = measure::pairs(&mut ours, &mut theirs, self.runs, || bar.inc(1))?;
        bar.finish_and_clear();
        Ok(Row::new(contest, threads, &pairs, &[ours.quit()?, theirs.quit()?]))
    }
}

/// Where the programs of both sides run.
struct Place {
    root: PathBuf,
    python: PathBuf,
}

/// One task against one peer.
struct Contest<'a> {
    area: &'a str,
    task: &'a Task,
    peer: &'a Peer,
}

impl fmt::Display for Contest<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {} against {}", self.area, self.task.name, self.peer.name)
    }
}

fn progress(runs: u32, contest: &Contest<'_>) -> ProgressBar {
    eprintln!("{contest}");
    let bar = ProgressBar::new(u64::from(runs) + 1);
    match ProgressStyle::with_template("{bar:30} {pos}/{len} pairs, {eta} left") {
        Ok(style) => bar.with_style(style),
        Err(_) => bar,
    }
}
