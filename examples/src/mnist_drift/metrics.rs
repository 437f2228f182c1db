use ndarray::{Array4, Axis};
use novelty_cluster::ImagePca;
use novelty_core::{Dataset, Reconstruct};
use novelty_models::{DenoisingAutoencoder, History};
use serde::Serialize;

use super::{
    AlertRules, Arriving, Evaluation, Population, Populations, RuleReport, Streams, WindowReport,
    cross_entropies, cusum_delay, mean, squared_errors,
};
use crate::{Comparison, Run};

/// What `metrics.json` holds.
#[derive(Debug, Serialize)]
pub struct Metrics {
    /// Seed, threads, and whether it was a smoke run.
    #[serde(flatten)]
    pub run: Run,
    /// Trainable parameters of the network.
    pub n_parameters: usize,
    /// Digits learned from.
    pub n_train: usize,
    /// Epochs trained.
    pub epochs: usize,
    /// Seconds spent training, validation included.
    pub seconds_train: f64,
    /// Cross-entropy of the held-out digits, noisy in, against the clean ones; last epoch.
    pub baseline_loss: f64,
    /// The baseline's squared error of the same.
    pub baseline_pca: f64,
    /// The populations that arrive: digits first.
    pub populations: Vec<PopulationReport>,
    /// Which losses raise the alerts.
    pub evaluation: Evaluation,
    /// The margin, as a share of the baseline loss.
    pub margin: f64,
    /// The largest p-value that is an alert.
    pub significance: f64,
    /// What the streams change to.
    pub streams_change_to: String,
    /// Both rules by window size and share of unseen images.
    pub alerts: Vec<WindowReport>,
    /// A cumulative sum on the same streams, by share of unseen images.
    pub cusum: Vec<(f64, RuleReport)>,
    /// The published figures, this run and the baseline, side by side.
    pub comparison: Comparison,
}

/// The mean losses of a population, and how much larger than the baseline's they are.
#[derive(Debug, Clone, Serialize)]
pub struct PopulationReport {
    /// What it is.
    pub name: String,
    /// How many images.
    pub n: usize,
    /// Against the clean images.
    pub corrected: Increase,
    /// Against the redrawing itself.
    pub faithful: Increase,
    /// Squared error of principal components against the clean images.
    pub pca: Increase,
}

/// A mean loss beside the baseline's.
#[derive(Debug, Clone, Copy, Serialize)]
pub struct Increase {
    /// The mean loss.
    pub loss: f64,
    /// By which share it is above the baseline.
    pub increase: f64,
}

impl Increase {
    fn new(losses: &[f32], baseline: f64) -> Self {
        let loss = mean(losses);
        Self { loss, increase: loss / baseline - 1.0 }
    }

    /// The increase in percent, with its sign.
    #[must_use]
    pub fn percent(self) -> String {
        format!("{:+.1} %", 100.0 * self.increase)
    }
}

/// The models, and what decides what is measured.
#[derive(Debug)]
pub struct Watch<'a> {
    /// The network.
    pub model: &'a DenoisingAutoencoder,
    /// The cheap baseline.
    pub pca: &'a ImagePca,
    /// Which losses raise the alerts.
    pub evaluation: Evaluation,
    /// The margin, as a share of the baseline loss.
    pub margin: f64,
    /// The largest p-value that is an alert.
    pub significance: f64,
}

/// Everything the page is drawn from.
#[derive(Debug)]
pub struct Measured {
    /// The numbers.
    pub metrics: Metrics,
    /// The rules that raise alerts.
    pub rules: AlertRules,
    /// Losses of digits, by the chosen evaluation.
    pub digits: Vec<f32>,
    /// Losses of what the streams change to.
    pub unseen: Vec<f32>,
    /// The losses of training.
    pub history: History,
}

impl Watch<'_> {
    /// Measures everything.
    ///
    /// # Errors
    /// If a model cannot redraw the images, or there are too few for a test.
    pub fn measure(
        &self,
        populations: &Populations,
        history: History,
        run: Run,
    ) -> anyhow::Result<Measured> {
        let held_out = &populations.validation;
        let baseline = mean(&cross_entropies(self.model, held_out, Evaluation::Corrected)?);
        let baseline_pca = mean(&squared_errors(self.pca, held_out)?);
        let arriving = std::iter::once(&populations.digits).chain(&populations.unseen);
        let reports = arriving
            .map(|population| self.report(population, baseline, baseline_pca))
            .collect::<anyhow::Result<Vec<_>>>()?;

        let first_unseen = &populations.unseen[0];
        let rules = AlertRules {
            baseline,
            margin: self.margin,
            significance: self.significance,
            reference: cross_entropies(self.model, held_out, self.evaluation)?,
            seed: run.seed,
        };
        let digits = cross_entropies(self.model, &populations.digits, self.evaluation)?;
        let unseen = cross_entropies(self.model, first_unseen, self.evaluation)?;
        let streams = Streams::new(run.smoke);
        let arriving = Arriving { digits: &digits, unseen: &unseen };
        let alerts = streams.run(&rules, arriving)?;
        let cusum = streams
            .shares
            .iter()
            .map(|&share| Ok((share, cusum_delay(&rules, &streams, arriving, share)?)));
        let metrics = Metrics {
            run,
            n_parameters: self.model.n_parameters(),
            n_train: populations.train.len(),
            epochs: history.epochs.len(),
            seconds_train: history.epochs.iter().map(|e| e.elapsed.as_secs_f64()).sum(),
            baseline_loss: baseline,
            baseline_pca,
            comparison: compare((baseline, baseline_pca), &reports),
            populations: reports,
            evaluation: self.evaluation,
            margin: self.margin,
            significance: self.significance,
            streams_change_to: first_unseen.name.clone(),
            cusum: cusum.collect::<anyhow::Result<_>>()?,
            alerts,
        };
        Ok(Measured { metrics, rules, digits, unseen, history })
    }

    fn report(
        &self,
        population: &Population,
        baseline: f64,
        baseline_pca: f64,
    ) -> anyhow::Result<PopulationReport> {
        let by = |evaluation| -> anyhow::Result<Increase> {
            Ok(Increase::new(&cross_entropies(self.model, population, evaluation)?, baseline))
        };
        Ok(PopulationReport {
            name: population.name.clone(),
            n: population.len(),
            corrected: by(Evaluation::Corrected)?,
            faithful: by(Evaluation::Faithful)?,
            pca: Increase::new(&squared_errors(self.pca, population)?, baseline_pca),
        })
    }

    /// What the network makes of the first noisy images of a population.
    ///
    /// # Errors
    /// If it cannot redraw them.
    pub fn redraw(&self, population: &Population, n: usize) -> anyhow::Result<Array4<f32>> {
        let first = population.noisy.slice_axis(Axis(0), (..n.min(population.len())).into());
        Ok(self.model.reconstruct(first)?)
    }
}

/// Beside the published run: notMNIST's letters were its unseen images.
fn compare(baseline: (f64, f64), reports: &[PopulationReport]) -> Comparison {
    let pca = "principal components, squared error";
    let table = Comparison::new([pca]).row(
        "Loss of held-out digits",
        "0.1011",
        format!("{:.4}", baseline.0),
        [format!("{:.4}", baseline.1)],
    );
    let published = |name: &str| match name {
        "digits" => ["0.1024", "+1.3 %"],
        "letters" => ["0.1458", "+44.2 %"],
        _ => ["", ""],
    };
    let table =
        reports.iter().fold(table, |table, report| {
            let (name, [loss, increase]) = (&report.name, published(&report.name));
            let ours = format!("{:.4}", report.faithful.loss);
            table
                .row(format!("Noisy {name}, as the notebook evaluates: loss"), loss, ours, [""])
                .row("… increase", increase, report.faithful.percent(), [""])
        });
    reports.iter().fold(table, |table, report| {
        let (ours, pca) = (report.corrected, report.pca);
        let what = format!("Noisy {}, against the clean images: loss", report.name);
        let losses = [ours.loss, pca.loss].map(|loss| format!("{loss:.4}"));
        let [ours_loss, pca_loss] = losses;
        table.row(what, "", ours_loss, [pca_loss]).row(
            "… increase",
            "",
            ours.percent(),
            [pca.percent()],
        )
    })
}
