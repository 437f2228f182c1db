use serde::{Deserialize, Serialize};

use super::adwin::Adwin;
use super::detector::{OnlineTest, Side};

/// The running state of an online test, fed standardised values.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(super) enum Statistic {
    Cusum { slack: f64, side: Side, up: f64, down: f64 },
    Ewma { weight: f64, side: Side, mean: f64, rest: f64 },
    PageHinkley { tolerance: f64, side: Side, n: f64, mean: f64, up: Excess, down: Excess },
    Adwin(Adwin),
}

/// A sum and how far it is above its lowest value so far.
#[derive(Debug, Clone, Copy, PartialEq, Default, Serialize, Deserialize)]
pub(super) struct Excess {
    sum: f64,
    lowest: f64,
}

impl Excess {
    fn push(&mut self, step: f64) -> f64 {
        self.sum += step;
        self.lowest = self.lowest.min(self.sum);
        self.sum - self.lowest
    }
}

impl Statistic {
    /// The state before the first value.
    pub(super) fn new(test: OnlineTest, side: Side) -> Self {
        match test {
            OnlineTest::Cusum { slack } => Self::Cusum { slack, side, up: 0.0, down: 0.0 },
            OnlineTest::Ewma { weight } => Self::Ewma { weight, side, mean: 0.0, rest: 1.0 },
            OnlineTest::PageHinkley { tolerance } => {
                let (up, down) = (Excess::default(), Excess::default());
                Self::PageHinkley { tolerance, side, n: 0.0, mean: 0.0, up, down }
            }
            OnlineTest::Adwin { max_window } => Self::Adwin(Adwin::new(max_window, side)),
        }
    }

    /// Takes a standardised value and returns the statistic.
    pub(super) fn push(&mut self, z: f64) -> f64 {
        match self {
            Self::Cusum { slack, side, up, down } => {
                *up = (*up + z - *slack).max(0.0);
                *down = (*down - z - *slack).max(0.0);
                side.of(*up, *down)
            }
            Self::Ewma { weight, side, mean, rest } => {
                *mean += *weight * (z - *mean);
                *rest *= (1.0 - *weight) * (1.0 - *weight);
                let deviation = (*weight / (2.0 - *weight) * (1.0 - *rest)).sqrt();
                side.of(*mean / deviation, -*mean / deviation)
            }
            Self::PageHinkley { tolerance, side, n, mean, up, down } => {
                *n += 1.0;
                *mean += (z - *mean) / *n;
                let rise = up.push(z - *mean - *tolerance);
                let fall = down.push(*mean - z - *tolerance);
                side.of(rise, fall)
            }
            Self::Adwin(adwin) => adwin.push(z),
        }
    }

    /// Starts afresh after an alarm. The adaptive window keeps what came after the change.
    pub(super) fn restart(&mut self, test: OnlineTest, side: Side) {
        match self {
            Self::Adwin(adwin) => adwin.forget_before_change(),
            _ => *self = Self::new(test, side),
        }
    }
}

impl Side {
    /// The statistic that counts, of one for rises and one for falls.
    pub(super) fn of(self, up: f64, down: f64) -> f64 {
        match self {
            Self::Up => up,
            Self::Down => down,
            Self::Both => up.max(down),
        }
    }
}
