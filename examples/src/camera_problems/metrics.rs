use novelty_models::{StyleVaeGanConfig, Trained};
use serde::Serialize;

use super::{Diagnosed, Digits, PROBLEMS, Sensitivity, Shares, Windows};
use crate::{Comparison, Run};

/// What `metrics.json` holds.
#[derive(Debug, Serialize)]
pub struct Metrics {
    /// Seed, threads, and whether it was a smoke run.
    #[serde(flatten)]
    pub run: Run,
    /// The digit that is the product.
    pub digit: usize,
    /// Pictures learned from, each seen through every camera.
    pub n_train: usize,
    /// Trainable parameters of all parts of the network.
    pub n_parameters: usize,
    /// Epochs trained.
    pub epochs: usize,
    /// Seconds spent training.
    pub seconds_train: f64,
    /// Windows from cameras with a problem.
    pub n_windows: usize,
    /// What was named by style features.
    pub by_features: Named,
    /// What was named by the autoencoder's style codes.
    pub by_codes: Named,
    /// Windows most of whose pictures the autoencoder gives the right style.
    pub n_right_by_vote: usize,
    /// Every window, and what was said of it.
    pub windows: Windows,
    /// How well anomalies are found through each camera: the sound one first.
    pub cameras: Vec<Sensitivity>,
    /// The mean over the cameras with problems, before.
    pub before: Shares,
    /// The same of principal components of pictures drawn anew.
    pub rerendered: Shares,
    /// The same of the autoencoder, after.
    pub after: Shares,
    /// The published figures, this run and the baseline, side by side.
    pub comparison: Comparison,
}

/// How many problems were named, and how well.
#[derive(Debug, Clone, Copy, Serialize)]
pub struct Named {
    /// Windows whose problem was named.
    pub n_right: usize,
    /// Windows with a mild problem, severity 1 or 2, among them.
    pub n_mild: usize,
    /// The mean distance of the severity named from the true one, in those windows.
    pub severity_error: Option<f64>,
    /// Windows of sound pictures called a problem.
    pub n_false_on_sound: usize,
    /// Windows of sound pictures of other digits called a problem.
    pub n_false_on_content: usize,
}

impl Metrics {
    /// All figures.
    #[must_use]
    pub fn new(
        digits: &Digits,
        trained: &Trained<StyleVaeGanConfig>,
        windows: Windows,
        cameras: Vec<Sensitivity>,
        run: Run,
    ) -> Self {
        let epochs = &trained.history.epochs;
        let by_features = Named::new(&windows, 1, |window| &window.by_features);
        let by_codes = Named::new(&windows, 2, |window| &window.by_codes);
        let before = mean(&cameras, |camera| &camera.before);
        let after = mean(&cameras, |camera| &camera.after);
        let comparison = name_rows(&windows, &by_codes, &by_features);
        Self {
            run,
            digit: digits.digit,
            n_train: digits.train.dim().0,
            n_parameters: trained.model.n_parameters(),
            epochs: epochs.len(),
            seconds_train: epochs.iter().map(|e| e.elapsed.as_secs_f64()).sum(),
            n_windows: windows.broken.len(),
            by_features,
            by_codes,
            n_right_by_vote: votes(&windows),
            windows,
            comparison: share_rows(comparison, &after, &before),
            before,
            rerendered: mean(&cameras, |camera| &camera.rerendered),
            after,
            cameras,
        }
    }
}

type Count = fn(&Named) -> usize;
type Share = fn(&Shares) -> f64;

/// The source publishes no figure. What needs no training are style features.
fn name_rows(windows: &Windows, codes: &Named, features: &Named) -> Comparison {
    let severity = |named: &Named| {
        named.severity_error.map_or_else(String::new, |error| format!("{error:.2}"))
    };
    let counts: [(&str, Count, usize); 3] = [
        ("Problems named", |named| named.n_right, windows.broken.len()),
        ("Sound windows called a problem", |named| named.n_false_on_sound, windows.sound[0]),
        ("New content called a problem", |named| named.n_false_on_content, windows.content[0]),
    ];
    let table = Comparison::new(["style features, principal components"]);
    let table = counts.into_iter().fold(table, |table, (what, count, all)| {
        let [codes, features] = [codes, features].map(|named| format!("{} of {all}", count(named)));
        table.row(what, "", codes, [features])
    });
    table.row("Error of the severity, in steps", "", severity(codes), [severity(features)])
}

/// What needs no network are principal components of pictures as they come.
fn share_rows(table: Comparison, after: &Shares, before: &Shares) -> Comparison {
    let shares: [(&str, Share); 3] = [
        ("ROC-AUC of anomalies, mean over problems", |s| s.roc_auc),
        ("False alarms, mean over problems", |s| s.false_alarms),
        ("Anomalies found, mean over problems", |s| s.found),
    ];
    shares.into_iter().fold(table, |table, (what, share)| {
        let [after, before] = [after, before].map(|s| format!("{:.3}", share(s)));
        table.row(what, "", after, [before])
    })
}

impl Named {
    /// `place` is that of its false alarms.
    fn new(
        windows: &Windows,
        place: usize,
        named: impl Fn(&Diagnosed) -> &Option<(String, u8)>,
    ) -> Self {
        let right: Vec<(u8, u8)> = windows
            .broken
            .iter()
            .filter_map(|window| {
                let (name, severity) = named(window).as_ref()?;
                (name == window.problem.name()).then_some((*severity, window.severity))
            })
            .collect();
        let errors = right.iter().map(|(named, true_one)| f64::from(named.abs_diff(*true_one)));
        let severity_error = errors.sum::<f64>() / right.len().max(1) as f64;
        Self {
            n_right: right.len(),
            n_mild: right.iter().filter(|(_, severity)| *severity <= 2).count(),
            severity_error: (!right.is_empty()).then_some(severity_error),
            n_false_on_sound: windows.sound[place],
            n_false_on_content: windows.content[place],
        }
    }
}

/// Windows most of whose pictures the autoencoder gives the right style.
fn votes(windows: &Windows) -> usize {
    let is_right = |window: &&Diagnosed| {
        window.by_vote.checked_sub(1).is_some_and(|i| PROBLEMS[i] == window.problem)
    };
    windows.broken.iter().filter(is_right).count()
}

/// The mean over cameras with a problem.
fn mean(cameras: &[Sensitivity], part: impl Fn(&Sensitivity) -> &Shares) -> Shares {
    let broken: Vec<&Shares> = cameras.iter().filter(|c| c.problem.is_some()).map(part).collect();
    let of = |share: Share| {
        broken.iter().map(|shares| share(shares)).sum::<f64>() / broken.len().max(1) as f64
    };
    Shares {
        roc_auc: of(|s| s.roc_auc),
        false_alarms: of(|s| s.false_alarms),
        found: of(|s| s.found),
    }
}
