//! The new-class monitor on streams of digits: which new ones it proposes, how soon, and what the
//! classes made of them then explain.
//!
//! ```text
//! cargo run --release -p novelty-drift --example monitor [streams] [chosen]
//! ```
//!
//! A monitor knows two digits. Of the 2,000 pictures of a stream, those from 300 to 699 have a
//! camera problem; from 900 on every other one is of a first new digit, from 1,400 on of a second.
//! A proposal of 150 pictures is adopted. The streams without news are of the known digits alone.
//!
//! The settings were chosen on ten sets of digits, those of `chosen`; without that word the sets are
//! ten others. What came of both is in docs/NUMERICS.md of the repository.
#![expect(clippy::print_stdout, reason = "an example shows what it finds")]

mod streams;

use std::env;

use novelty_data::{IdxDataset, Split};
use novelty_drift::EventKind;
use rayon::prelude::*;
use streams::{Any, Pair, SPELL, config, mnist, proposed, run};

fn main() -> Result<(), Any> {
    let n_streams: u64 = env::args().nth(1).map_or(Ok(3), |n| n.parse())?;
    let (train, test) = (mnist(Split::Train)?, mnist(Split::Test)?);
    println!(
        "| known | new | delay of the first, images | of the second | false classes | then explained | in the spell: problems, anomalies | classes in {n_streams} quiet streams |"
    );
    println!("|---|---|---|---|---:|---|---|---:|");
    let is_chosen = env::args().nth(2).is_some_and(|word| word == "chosen");
    let pair = |k: usize| {
        let [a, b, c] = if is_chosen { [3, 5, 7] } else { [1, 2, 3] }.map(|step| (k + step) % 10);
        Pair { known: [k, a], new: [b, c] }
    };
    let pairs: Vec<Pair> = (0..10).map(pair).collect();
    let rows: Vec<String> = pairs
        .into_par_iter()
        .map(|pair| row(&pair, &train, &test, n_streams))
        .collect::<Result<_, Any>>()?;
    rows.iter().for_each(|row| println!("{row}"));
    Ok(())
}

fn row(pair: &Pair, train: &IdxDataset, test: &IdxDataset, n_streams: u64) -> Result<String, Any> {
    let fresh = pair.monitor(train, &config())?;
    let mut found = Found::default();
    for seed in 0..n_streams {
        let stream = pair.stream(train, seed, true)?;
        let mut monitor = fresh.clone();
        let events = run(&mut monitor, stream.images.view())?;
        let mut false_classes = proposed(&events);
        for (i, digit) in pair.new.into_iter().enumerate() {
            let first = stream.first(digit).unwrap_or_default();
            // The first proposal after it, and before the next new digit.
            let end = if i == 0 { 1400 } else { 2000 };
            let position = false_classes.iter().position(|&image| (first..end).contains(&image));
            let delay = position.map(|at| false_classes.remove(at) - first);
            found.delays[i].push(delay.map_or("never".to_owned(), |delay| delay.to_string()));
            let share = pair.explained(&monitor, test, digit)?;
            found.explained.push(format!("{:.0} %", 100.0 * share));
        }
        found.false_classes += false_classes.len();
        for event in events.iter().filter(|event| SPELL.contains(&event.image)) {
            found.problems += usize::from(matches!(event.kind, EventKind::CameraProblem { .. }));
            found.anomalies += usize::from(matches!(event.kind, EventKind::Anomaly { .. }));
        }
        let quiet = pair.stream(train, 1000 + seed, false)?;
        found.quiet += proposed(&run(&mut fresh.clone(), quiet.images.view())?).len();
    }
    let [known, new] = [pair.known, pair.new].map(|[a, b]| format!("{a}, {b}"));
    let Found { delays: [first, second], false_classes, explained, problems, anomalies, quiet } =
        found;
    let (first, second, explained) = (first.join(", "), second.join(", "), explained.join(", "));
    Ok(format!(
        "| {known} | {new} | {first} | {second} | {false_classes} | {explained} | {problems}, {anomalies} | {quiet} |"
    ))
}

/// Over all streams of a pair.
#[derive(Default)]
struct Found {
    delays: [Vec<String>; 2],
    false_classes: usize,
    explained: Vec<String>,
    problems: usize,
    anomalies: usize,
    quiet: usize,
}
