//! Isolation forests.

mod tree;

use ndarray::Array1;
use novelty_core::{Features, Fit, InputError, Score};
use rand::SeedableRng;
use rand::seq::index::sample;
use rand_chacha::ChaCha8Rng;
use rayon::prelude::*;

use self::tree::{Tree, mean_path};
use crate::ScoringError;
use crate::features::{BLOCK, Rows, finite_scores};
#[cfg(feature = "serde")]
use crate::saved::ensure_saved;

/// Scores by how soon random splits set a sample apart from the rest.
///
/// Each tree takes `max_samples` reference samples and splits them at a random value of a random
/// feature that varies among them, until they are apart or the tree is `log2(max_samples)` deep.
/// With `h` the mean length of a sample's paths (plus what the samples left in its leaf would
/// take on average), the score is `2^(-h / c)`, where `c` is the mean length for
/// `max_samples`: above 0.5 for what is set apart sooner than usual, at most 1. This is
/// scikit-learn's `IsolationForest`, of which the scores are `-score_samples`.
///
/// It needs no distances, and so no common scale of the features. Tree `i` draws from stream `i`
/// of the seed.
///
/// Liu, Ting and Zhou, *Isolation Forest*, 2008.
#[derive(Debug, Clone, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[non_exhaustive]
pub struct IsolationForestConfig {
    /// Trees, at least 1; 100 by default.
    pub n_trees: usize,
    /// Reference samples a tree, at least 2, of which there may be fewer; 256 by default.
    pub max_samples: usize,
    /// What the random numbers come from.
    pub seed: u64,
}

impl Default for IsolationForestConfig {
    fn default() -> Self {
        Self { n_trees: 100, max_samples: 256, seed: 0 }
    }
}

impl IsolationForestConfig {
    /// 100 trees of 256 samples.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Trees.
    #[must_use]
    pub fn n_trees(mut self, n_trees: usize) -> Self {
        self.n_trees = n_trees;
        self
    }

    /// Reference samples a tree.
    #[must_use]
    pub fn max_samples(mut self, max_samples: usize) -> Self {
        self.max_samples = max_samples;
        self
    }

    /// What the random numbers come from.
    #[must_use]
    pub fn seed(mut self, seed: u64) -> Self {
        self.seed = seed;
        self
    }

    /// Checks the settings.
    ///
    /// # Errors
    /// If there is no tree, or a tree has fewer than 2 samples.
    pub fn validate(&self) -> Result<(), InputError> {
        if self.n_trees == 0 {
            return Err(InputError::setting("n_trees", 0, "at least 1"));
        }
        if self.max_samples < 2 {
            return Err(InputError::setting("max_samples", self.max_samples, "at least 2"));
        }
        Ok(())
    }
}

impl Fit<Features<'_>> for IsolationForestConfig {
    type Fitted = IsolationForest;
    type Error = ScoringError;

    fn fit(&self, x: Features<'_>) -> Result<IsolationForest, ScoringError> {
        self.validate()?;
        let rows = Rows::to_fit(&x, 2)?;
        let n_samples = self.max_samples.min(rows.n);
        let grow = |tree: usize| {
            let mut random = ChaCha8Rng::seed_from_u64(self.seed);
            random.set_stream(tree as u64);
            let samples = sample(&mut random, rows.n, n_samples);
            Tree::grow(&rows, samples.into_iter().map(|i| i as u32).collect(), &mut random)
        };
        let trees: Vec<Tree> = (0..self.n_trees).into_par_iter().map(grow).collect();
        if trees.iter().all(Tree::is_leaf) {
            return Err(ScoringError::NoSpread { place: "reference samples" });
        }
        Ok(IsolationForest { trees, n_features: rows.d, n_samples })
    }
}

/// A fitted [`IsolationForestConfig`].
#[derive(Debug, Clone, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(try_from = "SavedForest"))]
pub struct IsolationForest {
    trees: Vec<Tree>,
    n_features: usize,
    n_samples: usize,
}

#[cfg(feature = "serde")]
#[derive(serde::Deserialize)]
struct SavedForest {
    trees: Vec<Tree>,
    n_features: usize,
    n_samples: usize,
}

#[cfg(feature = "serde")]
impl TryFrom<SavedForest> for IsolationForest {
    type Error = ScoringError;

    fn try_from(saved: SavedForest) -> Result<Self, ScoringError> {
        let SavedForest { trees, n_features, n_samples } = saved;
        let are_whole = trees.iter().all(|tree| tree.is_whole(n_features));
        let ensure = |holds, part| ensure_saved(holds, "isolation forest", part);
        ensure(!trees.is_empty() && are_whole, "a tree")?;
        ensure(n_features > 0 && n_samples >= 2, "the number of features or samples")?;
        Ok(Self { trees, n_features, n_samples })
    }
}

impl Score<Features<'_>> for IsolationForest {
    type Error = ScoringError;

    fn score(&self, x: Features<'_>) -> Result<Array1<f32>, ScoringError> {
        let rows = Rows::to_score(&x, self.n_features)?;
        let scale = 1.0 / (self.trees.len() as f64 * mean_path(self.n_samples));
        let blocks = rows.as_slice().par_chunks(BLOCK * rows.d);
        let scores: Vec<Vec<f64>> = blocks
            .map(|block| {
                let mut paths = vec![0.0; block.len() / rows.d];
                // A tree stays in the first-level cache while a block goes through it.
                for tree in &self.trees {
                    tree.add_paths(block, rows.d, &mut paths);
                }
                paths.into_iter().map(|path| (-path * scale).exp2()).collect()
            })
            .collect();
        Ok(finite_scores(scores.concat())?)
    }
}
