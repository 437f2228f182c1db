//! Responsibilities that a run starts from.

use ndarray::Array2;
use novelty_core::{Features, Fit, InputError};
use rand::Rng;
use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::SeedableRng;

use super::blocks::BLOCK;
use super::kernels::Lanes;
use super::{GaussianMixtureConfig, MixtureInit};
use crate::{ClusterError, KMeansConfig};

/// Responsibilities by sample.
pub(crate) enum Given {
    Labels(Vec<usize>),
    Table(Array2<f32>),
}

impl Given {
    /// Writes those of the samples from `first` on, component by component; zero after them.
    pub(crate) fn copy_to(&self, first: usize, n_valid: usize, out: &mut [Lanes]) {
        for (component, lanes) in out.iter_mut().enumerate() {
            *lanes = [0.0; BLOCK];
            for (lane, value) in lanes[..n_valid].iter_mut().enumerate() {
                *value = match self {
                    Self::Labels(labels) => f64::from(u8::from(labels[first + lane] == component)),
                    Self::Table(table) => f64::from(table[[first + lane, component]]),
                };
            }
        }
    }
}

impl GaussianMixtureConfig {
    pub(crate) fn start(&self, x: &Features<'_>, run: usize) -> Result<Given, ClusterError> {
        let mut random = ChaCha8Rng::seed_from_u64(self.seed);
        random.set_stream(run as u64);
        match &self.init {
            MixtureInit::KMeans => {
                let seed = random.r#gen();
                let model = KMeansConfig::new(self.n_components).n_init(1).seed(seed).fit(*x)?;
                Ok(Given::Labels(model.labels().to_vec()))
            }
            MixtureInit::Random => {
                Ok(Given::Table(draw(x.nrows(), self.n_components, &mut random)))
            }
            MixtureInit::Responsibilities(table) => {
                check(table, x.nrows(), self.n_components)?;
                Ok(Given::Table(table.clone()))
            }
        }
    }
}

fn draw(n_samples: usize, n_components: usize, random: &mut ChaCha8Rng) -> Array2<f32> {
    let mut table =
        Array2::from_shape_simple_fn((n_samples, n_components), || random.gen_range(0.01..1.0_f32));
    for mut row in table.outer_iter_mut() {
        let sum = row.sum();
        row /= sum;
    }
    table
}

fn check(table: &Array2<f32>, n_samples: usize, n_components: usize) -> Result<(), ClusterError> {
    let expected = vec![n_samples, n_components];
    if table.shape() != expected {
        let got = table.shape().to_vec();
        return Err(InputError::Shape { place: "responsibilities", expected, got }.into());
    }
    novelty_core::ensure_finite("responsibilities", table)?;
    for (sample, row) in table.outer_iter().enumerate() {
        let sum: f64 = row.iter().map(|&value| f64::from(value)).sum();
        if row.iter().any(|&value| value < 0.0) || (sum - 1.0).abs() > 1e-3 {
            return Err(ClusterError::NotProbabilities { sample, sum });
        }
    }
    Ok(())
}
