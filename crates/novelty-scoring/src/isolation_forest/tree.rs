use rand::Rng;

use crate::features::Rows;

/// The mean length of a path to one of `n` samples in a random tree: `2 H(n - 1) - 2 (n - 1) / n`
/// with the harmonic number as `ln + Euler's constant`.
pub(super) fn mean_path(n: usize) -> f64 {
    const EULER: f64 = 0.577_215_664_901_532_9;
    let count = n as f64;
    match n {
        0 | 1 => 0.0,
        2 => 1.0,
        _ => 2.0 * ((count - 1.0).ln() + EULER) - 2.0 * (count - 1.0) / count,
    }
}

/// A split, or a leaf: its children are the next node and `other`. A leaf has itself as `other`.
#[derive(Debug, Clone, Copy, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
struct Node {
    feature: u32,
    /// Values up to here go to the next node. In a leaf, the length of the path.
    value: f32,
    other: u32,
}

/// One isolation tree, in the order of a walk that goes left first.
#[derive(Debug, Clone, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub(super) struct Tree {
    nodes: Vec<Node>,
}

impl Tree {
    /// Grows a tree on some rows.
    pub(super) fn grow(rows: &Rows<'_>, mut samples: Vec<u32>, random: &mut impl Rng) -> Self {
        let max_depth = (samples.len().max(2) as f64).log2().ceil() as usize;
        let mut grower = Grower {
            rows: rows.as_slice(),
            d: rows.d,
            random,
            nodes: Vec::new(),
            max_depth,
            features: (0..rows.d).collect(),
        };
        grower.grow(&mut samples, 0);
        Self { nodes: grower.nodes }
    }

    pub(super) fn is_leaf(&self) -> bool {
        self.nodes.len() == 1
    }

    /// Whether every walk ends, and looks at features that there are.
    #[cfg(feature = "serde")]
    pub(super) fn is_whole(&self, n_features: usize) -> bool {
        let is_whole = |(at, node): (usize, &Node)| {
            let other = node.other as usize;
            // Walks go forward only.
            let is_split = other > at && other < self.nodes.len();
            let is_known = (node.feature as usize) < n_features;
            node.value.is_finite() && is_known && (other == at || is_split)
        };
        !self.nodes.is_empty() && self.nodes.iter().enumerate().all(is_whole)
    }

    /// Adds the length of each row's path.
    pub(super) fn add_paths(&self, rows: &[f32], d: usize, paths: &mut [f64]) {
        for (row, path) in rows.chunks_exact(d).zip(paths) {
            *path += f64::from(self.path(row));
        }
    }

    fn path(&self, row: &[f32]) -> f32 {
        let mut at = 0;
        loop {
            let node = self.nodes[at];
            if node.other as usize == at {
                return node.value;
            }
            let is_left = row[node.feature as usize] <= node.value;
            at = if is_left { at + 1 } else { node.other as usize };
        }
    }
}

struct Grower<'a, R> {
    rows: &'a [f32],
    d: usize,
    random: &'a mut R,
    nodes: Vec<Node>,
    max_depth: usize,
    /// All features, in an order that changes as they are drawn.
    features: Vec<usize>,
}

impl<R: Rng> Grower<'_, R> {
    /// Depth is bounded by the logarithm of the samples, and so is the recursion.
    fn grow(&mut self, samples: &mut [u32], depth: usize) {
        let at = self.nodes.len();
        let split = if depth < self.max_depth && samples.len() > 1 {
            self.draw_split(samples)
        } else {
            None
        };
        let Some((feature, value)) = split else {
            let length = depth as f64 + mean_path(samples.len());
            self.nodes.push(Node { feature: 0, value: length as f32, other: at as u32 });
            return;
        };
        self.nodes.push(Node { feature: feature as u32, value, other: 0 });
        let left = self.partition(samples, feature, value);
        let (left, right) = samples.split_at_mut(left);
        self.grow(left, depth + 1);
        self.nodes[at].other = self.nodes.len() as u32;
        self.grow(right, depth + 1);
    }

    /// A feature that varies, each as likely, and a value between its extremes; `None` if none
    /// does.
    fn draw_split(&mut self, samples: &[u32]) -> Option<(usize, f32)> {
        let mut untried = self.features.len();
        while untried > 0 {
            let drawn = self.random.gen_range(0..untried);
            untried -= 1;
            self.features.swap(drawn, untried);
            let feature = self.features[untried];
            let (low, high) = self.range(samples, feature);
            if low < high {
                let between = f64::from(low)
                    + self.random.r#gen::<f64>() * (f64::from(high) - f64::from(low));
                // Rounding must leave a sample on both sides.
                let value = between as f32;
                return Some((feature, if value < high { value } else { low }));
            }
        }
        None
    }

    fn range(&self, samples: &[u32], feature: usize) -> (f32, f32) {
        let values = samples.iter().map(|&i| self.rows[i as usize * self.d + feature]);
        values.fold((f32::INFINITY, f32::NEG_INFINITY), |(low, high), value| {
            (low.min(value), high.max(value))
        })
    }

    /// Puts the samples up to `value` first, and says how many they are.
    fn partition(&self, samples: &mut [u32], feature: usize, value: f32) -> usize {
        let mut left = 0;
        for i in 0..samples.len() {
            if self.rows[samples[i] as usize * self.d + feature] <= value {
                samples.swap(i, left);
                left += 1;
            }
        }
        left
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// `sklearn.ensemble._iforest._average_path_length`, scikit-learn 1.9.1.
    #[test]
    fn mean_paths_are_scikit_learns() {
        for (n, expected) in [
            (0, 0.0),
            (1, 0.0),
            (2, 1.0),
            (3, 1.207_392_357_589_622_9),
            (256, 10.244_770_920_119_917),
        ] {
            assert!((mean_path(n) - expected).abs() < 1e-12, "{n}: {}", mean_path(n));
        }
    }
}
