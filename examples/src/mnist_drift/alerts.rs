use novelty_core::Fit;
use novelty_drift::{OnlineDriftConfig, OnlineTest, Permutations, Side, mean_increase};
use rand::seq::SliceRandom;
use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;
use serde::Serialize;

use super::mean;
use crate::TaskBar;

/// When a window of losses raises an alert.
#[derive(Debug, Clone)]
pub struct AlertRules {
    /// The loss that is held to be normal: the mean over held-out digits.
    pub baseline: f64,
    /// By margin: the window's mean exceeds the baseline by more than this share.
    pub margin: f64,
    /// By p-value: so large a mean has at most this probability without drift.
    pub significance: f64,
    /// The losses of the held-out digits.
    pub reference: Vec<f32>,
    /// Seed of the relabellings and of the simulated streams.
    pub seed: u64,
}

impl AlertRules {
    fn by_margin(&self, window: &[f32]) -> bool {
        mean(window) > self.baseline * (1.0 + self.margin)
    }

    fn by_p_value(&self, window: &[f32]) -> anyhow::Result<bool> {
        let permutations = Permutations { n: 999, seed: self.seed };
        let test = mean_increase(&self.reference, window, permutations)?;
        Ok(test.p_value < self.significance)
    }
}

/// How one rule does with windows of one size.
#[derive(Debug, Clone, Copy, Default, Serialize)]
pub struct RuleReport {
    /// The share of windows without drift that raise it.
    pub false_alarms: f64,
    /// Images from the change to the alert, mean over the streams in which it came.
    pub delay: f64,
    /// The share of streams in which it came.
    pub found: f64,
}

/// How both rules do with windows of one size.
#[derive(Debug, Clone, Copy, Serialize)]
pub struct WindowReport {
    /// Images in the window.
    pub window: usize,
    /// The share of images after the change that are unseen ones.
    pub share: f64,
    /// The rule with a margin.
    pub margin: RuleReport,
    /// The rule with a p-value.
    pub p_value: RuleReport,
}

/// Losses of the images that arrive.
#[derive(Debug, Clone, Copy)]
pub struct Arriving<'a> {
    /// Of digits.
    pub digits: &'a [f32],
    /// Of what comes after the change.
    pub unseen: &'a [f32],
}

/// Simulated streams: digits, then, from one image to the next, a share of unseen ones.
#[derive(Debug, Clone)]
pub struct Streams {
    /// How many of each kind.
    pub n_streams: usize,
    /// Windows without drift that each window size is tried on.
    pub n_quiet_windows: usize,
    /// Images after the change, at most.
    pub n_after: usize,
    /// Window sizes.
    pub windows: Vec<usize>,
    /// Shares of unseen images after the change.
    pub shares: Vec<f64>,
}

impl Streams {
    /// 40 streams and 400 quiet windows for each size from 8 to 512; few and short if `smoke`.
    #[must_use]
    pub fn new(smoke: bool) -> Self {
        let shares = vec![1.0, 0.1];
        if smoke {
            let windows = vec![8, 32];
            return Self { n_streams: 3, n_quiet_windows: 8, n_after: 64, windows, shares };
        }
        let windows = vec![8, 16, 32, 64, 128, 256, 512];
        Self { n_streams: 40, n_quiet_windows: 400, n_after: 1024, windows, shares }
    }

    /// Tries both rules with every window size on every kind of stream.
    ///
    /// # Errors
    /// If losses are not finite or too few for a test.
    pub fn run(
        &self,
        rules: &AlertRules,
        arriving: Arriving<'_>,
    ) -> anyhow::Result<Vec<WindowReport>> {
        let bar = TaskBar::new("windows", self.windows.len() * self.shares.len());
        let mut reports = Vec::new();
        for &window in &self.windows {
            let quiet = self.quiet(rules, arriving.digits, window)?;
            for &share in &self.shares {
                let [margin, p_value] = self.delays(rules, arriving, window, share)?;
                reports.push(WindowReport {
                    window,
                    share,
                    margin: RuleReport { false_alarms: quiet[0], ..margin },
                    p_value: RuleReport { false_alarms: quiet[1], ..p_value },
                });
                bar.advance();
            }
        }
        Ok(reports)
    }

    /// The shares of windows of digits that raise either rule.
    fn quiet(&self, rules: &AlertRules, digits: &[f32], window: usize) -> anyhow::Result<[f64; 2]> {
        let mut rng = ChaCha8Rng::seed_from_u64(rules.seed ^ window as u64);
        let mut alarms = [0.0; 2];
        for _ in 0..self.n_quiet_windows {
            let losses: Vec<f32> = digits.choose_multiple(&mut rng, window).copied().collect();
            alarms[0] += f64::from(u8::from(rules.by_margin(&losses)));
            alarms[1] += f64::from(u8::from(rules.by_p_value(&losses)?));
        }
        Ok(alarms.map(|count| count / self.n_quiet_windows as f64))
    }

    fn delays(
        &self,
        rules: &AlertRules,
        arriving: Arriving<'_>,
        window: usize,
        share: f64,
    ) -> anyhow::Result<[RuleReport; 2]> {
        let mut found: [Vec<f64>; 2] = Default::default();
        for stream in 0..self.n_streams {
            let losses = self.stream(arriving, window, share, rules.seed ^ stream as u64);
            let delays = first_alarms(rules, &losses, window)?;
            delays.iter().zip(&mut found).for_each(|(delay, found)| found.extend(delay));
        }
        Ok(found.map(|delays| RuleReport {
            delay: delays.iter().sum::<f64>() / delays.len().max(1) as f64,
            found: delays.len() as f64 / self.n_streams as f64,
            ..RuleReport::default()
        }))
    }

    /// A window of digits, then what arrives after the change.
    fn stream(&self, arriving: Arriving<'_>, window: usize, share: f64, seed: u64) -> Vec<f32> {
        let mut rng = ChaCha8Rng::seed_from_u64(seed);
        let mut draw = |losses: &[f32]| losses.choose(&mut rng).copied().unwrap_or_default();
        let before: Vec<f32> = (0..window).map(|_| draw(arriving.digits)).collect();
        let after = (0..self.n_after).map(|_| {
            let is_unseen = rng.gen_bool(share);
            let losses = if is_unseen { arriving.unseen } else { arriving.digits };
            losses.choose(&mut rng).copied().unwrap_or_default()
        });
        before.into_iter().chain(after).collect()
    }
}

/// Images after the change at the first alert of either rule; the window slides by an eighth of
/// itself.
fn first_alarms(
    rules: &AlertRules,
    losses: &[f32],
    window: usize,
) -> anyhow::Result<[Option<f64>; 2]> {
    let step = (window / 8).max(1);
    let mut first = [None; 2];
    for end in (window + step..=losses.len()).step_by(step) {
        let (held, delay) = (&losses[end - window..end], (end - window) as f64);
        if first[0].is_none() && rules.by_margin(held) {
            first[0] = Some(delay);
        }
        if first[1].is_none() && rules.by_p_value(held)? {
            first[1] = Some(delay);
        }
        if first.iter().all(Option::is_some) {
            break;
        }
    }
    Ok(first)
}

/// Images from the change to the alert of a cumulative sum, which needs no window: mean over the
/// streams, digits before the change included. A false alarm is expected once in 10,000 images.
///
/// # Errors
/// If losses are not finite or too few.
pub fn cusum_delay(
    rules: &AlertRules,
    streams: &Streams,
    arriving: Arriving<'_>,
    share: f64,
) -> anyhow::Result<RuleReport> {
    const BEFORE: usize = 64;
    let config = OnlineDriftConfig::new(OnlineTest::Cusum { slack: 0.5 })
        .side(Side::Up)
        .expected_run_time(10_000)
        .seed(rules.seed);
    let fitted = config.fit(&rules.reference[..])?;
    let mut delays = Vec::new();
    for stream in 0..streams.n_streams {
        let losses = streams.stream(arriving, BEFORE, share, rules.seed ^ stream as u64);
        let mut detector = fitted.clone();
        for (i, &loss) in losses.iter().enumerate() {
            if detector.update(loss)?.is_drift && i >= BEFORE {
                delays.push((i + 1 - BEFORE) as f64);
                break;
            }
        }
    }
    Ok(RuleReport {
        delay: delays.iter().sum::<f64>() / delays.len().max(1) as f64,
        found: delays.len() as f64 / streams.n_streams as f64,
        ..RuleReport::default()
    })
}
