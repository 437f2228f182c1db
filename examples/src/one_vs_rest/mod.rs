//! What `one_vs_rest` measures, and how it shows it.

mod dataset;
mod deep;
mod methods;
mod page;
mod published;
mod results;

pub use dataset::{Classes, Task};
pub use deep::{Length, Training};
pub use methods::{Method, Scored};
pub use page::write_report;
pub use published::Published;
pub use results::{MethodMetrics, Metrics};

use std::collections::BTreeMap;
use std::time::Instant;

use crate::{Output, TaskBar};

/// By class: what each method came to, with its last seed.
pub type AllScored = BTreeMap<usize, BTreeMap<Method, Scored>>;

/// What is to be measured.
#[derive(Debug)]
pub struct Plan {
    /// The methods, in order.
    pub methods: Vec<Method>,
    /// The classes that are normal in turn.
    pub classes: Vec<usize>,
    /// Those of them that networks are trained on.
    pub deep_classes: Vec<usize>,
    /// The seeds of networks.
    pub seeds: Vec<u64>,
    /// How networks are trained; the seed is set by turns.
    pub training: Training,
}

impl Plan {
    fn seeds_of(&self, method: Method, class: usize) -> &[u64] {
        match method.is_deep() {
            true if self.deep_classes.contains(&class) => &self.seeds,
            true => &[],
            false => &self.seeds[..self.seeds.len().min(1)],
        }
    }

    fn n_steps(&self) -> usize {
        let of = |class: usize| {
            self.methods.iter().map(|&method| self.seeds_of(method, class).len()).sum::<usize>()
        };
        self.classes.iter().map(|&class| of(class)).sum()
    }
}

/// Fits every method to every class with every seed; networks with several, the others with the
/// first. `metrics.json` is written after every class.
///
/// # Errors
/// If an image cannot be read, or a method fails.
pub fn measure(
    plan: &Plan,
    classes: &Classes,
    mut metrics: Metrics,
    output: &Output,
) -> anyhow::Result<(Metrics, AllScored)> {
    let mut bar = TaskBar::new("models", plan.n_steps());
    let mut all = BTreeMap::new();
    for &class in &plan.classes {
        let task = classes.task(class)?;
        let mut done = BTreeMap::new();
        for &method in &plan.methods {
            for &seed in plan.seeds_of(method, class) {
                let what = format!("{}: {}", classes.names[class], method.title());
                bar.begin(&what);
                let started = Instant::now();
                let training = Training { seed, ..plan.training };
                let scored = method.score(&task, &training, &mut done, &mut bar)?;
                let seconds = started.elapsed().as_secs_f64();
                bar.advance();
                let area = metrics.add(method, &task, &scored, seconds)?;
                bar.say(&format!("{what}: ROC-AUC {:.2} % ({seconds:.1} s)", 100.0 * area));
                done.insert(method, scored);
            }
        }
        metrics.finish();
        output.write_metrics(&metrics)?;
        all.insert(class, done);
    }
    Ok((metrics, all))
}
