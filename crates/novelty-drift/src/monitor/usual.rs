//! How well a class usually explains its images, so that a drift can be told from it.

use serde::{Deserialize, Serialize};

use super::Explained;

/// Explained images of a new class until it is known what is usual for it: the mean is then known
/// to a fourteenth of a deviation.
const LEARN_FROM: u64 = 200;

/// The mean and the spread of the log of score over threshold, over the images that a class
/// explains best.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(super) struct Usual {
    pub(super) class: String,
    n: u64,
    mean: f64,
    /// The sum of squared deviations from the mean.
    squares: f64,
    is_learning: bool,
}

impl Usual {
    /// Of a class that has explained nothing yet.
    pub(super) fn new(class: &str) -> Self {
        Self { class: class.to_owned(), n: 0, mean: 0.0, squares: 0.0, is_learning: true }
    }

    /// As [`Usual::new`], from the images of a reference; it goes on learning if they are too few
    /// for a spread.
    pub(super) fn of_reference(class: &str, position: usize, explained: &[Explained]) -> Self {
        let mut usual = Self::new(class);
        for best in explained.iter().filter(|best| best.class == position) {
            usual.take(log_ratio(best));
        }
        usual.is_learning = usual.n < 20 || usual.squares <= 0.0;
        usual
    }

    fn take(&mut self, value: f64) {
        self.n += 1;
        let step = value - self.mean;
        self.mean += step / self.n as f64;
        self.squares += step * (value - self.mean);
    }

    /// By how many deviations an image is explained worse than is usual; `None` while that is being
    /// learnt.
    pub(super) fn excess(&self, best: &Explained) -> Option<f32> {
        let deviation = (self.squares / (self.n as f64 - 1.0)).sqrt();
        (!self.is_learning).then(|| ((log_ratio(best) - self.mean) / deviation) as f32)
    }

    /// As [`Usual::excess`], and learns from the image if it is explained and there is still need.
    pub(super) fn observe(&mut self, best: &Explained) -> Option<f32> {
        let excess = self.excess(best);
        if self.is_learning && best.ratio <= 1.0 {
            self.take(log_ratio(best));
            self.is_learning = self.n < LEARN_FROM || self.squares <= 0.0;
        }
        excess
    }
}

/// A score of 0 counts as a millionth of the threshold.
fn log_ratio(explained: &Explained) -> f64 {
    explained.ratio.max(1e-6).ln()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_new_class_learns_from_what_it_explains_and_then_stays() {
        let mut usual = Usual::new("new");
        let mut seen = 0;
        for i in 0..400 {
            // Every fourth is not explained.
            let ratio = if i % 4 == 3 { 5.0 } else { 0.3 + 0.1 * f64::from(i % 4) };
            seen += usize::from(usual.observe(&Explained { class: 0, ratio }).is_some());
        }
        // 200 explained ones are among the first 266.
        assert_eq!(seen, 400 - 266);
        let usually = usual.excess(&Explained { class: 0, ratio: 0.4 });
        assert!(usually.is_some_and(|excess| excess.abs() < 0.5), "{usually:?}");
        let badly = usual.excess(&Explained { class: 0, ratio: 2.0 });
        assert!(badly.is_some_and(|excess| excess > 5.0), "{badly:?}");
    }
}
