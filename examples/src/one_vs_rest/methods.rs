use std::collections::BTreeMap;

use clap::ValueEnum;
use ndarray::{Array2, Axis};
use novelty_cluster::{GaussianMixtureConfig, ImagePca, PcaConfig};
use novelty_core::{Dataset, Embed, Fit, Images, Score, TrainObserver};
use novelty_scoring::{
    Combination, Distance, KNearestNeighborsConfig, Normalisation, OrientationHistograms,
    ReconstructionError,
};
use serde::Serialize;

use super::dataset::Task;
use super::deep::{self, Training};

/// Principal components that redraw an image.
const REDRAWN_FROM: usize = 64;
/// Principal components that the mixture sees, and its Gaussians.
const MIXTURE: (usize, usize) = (32, 8);

/// A way to score images of one class against the rest.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, ValueEnum, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Method {
    /// Error of redrawing from 64 principal components
    Pca,
    /// Cosine distance of the pixels to the nearest training image
    Neighbor,
    /// Likelihood under eight Gaussians of 32 principal components
    Mixture,
    /// Distance of the edge directions to the nearest training image
    Edges,
    /// Mean of `neighbor` and `edges`, each in deviations of its training scores
    Combination,
    /// Error of redrawing by the autoencoder that Deep SVDD starts from, trained as long
    Autoencoder,
    /// Evidence lower bound of a variational autoencoder
    Vae,
    /// Deep SVDD, one-class
    Svdd,
    /// Deep SVDD with a soft boundary that leaves a tenth outside
    SvddSoft,
}

/// Scores of the test images, and what else there is to know.
#[derive(Debug, Clone, Default)]
pub struct Scored {
    /// One a test image.
    pub test: Vec<f32>,
    /// Those of the training images among each other, where the method can tell.
    pub reference: Vec<f32>,
    /// Named numbers about the model.
    pub measures: Vec<(&'static str, f64)>,
}

impl Method {
    /// All of them.
    pub const ALL: [Self; 9] = [
        Self::Pca,
        Self::Neighbor,
        Self::Mixture,
        Self::Edges,
        Self::Combination,
        Self::Autoencoder,
        Self::Vae,
        Self::Svdd,
        Self::SvddSoft,
    ];

    /// Its name in a table.
    #[must_use]
    pub fn title(self) -> &'static str {
        match self {
            Self::Pca => "PCA",
            Self::Neighbor => "nearest pixels",
            Self::Mixture => "Gaussian mixture",
            Self::Edges => "nearest edges",
            Self::Combination => "pixels + edges",
            Self::Autoencoder => "autoencoder",
            Self::Vae => "VAE",
            Self::Svdd => "Deep SVDD",
            Self::SvddSoft => "Deep SVDD soft",
        }
    }

    /// Whether it trains a network, so that its figures depend on a seed.
    #[must_use]
    pub fn is_deep(self) -> bool {
        matches!(self, Self::Autoencoder | Self::Vae | Self::Svdd | Self::SvddSoft)
    }

    /// Learns from the training images of the task, and scores its test images. `done` holds
    /// what other methods came to on the same task.
    ///
    /// # Errors
    /// If the images do not suit the method, or training fails.
    pub fn score(
        self,
        task: &Task<'_>,
        training: &Training,
        done: &mut BTreeMap<Self, Scored>,
        observer: &mut impl TrainObserver,
    ) -> anyhow::Result<Scored> {
        match self {
            Self::Pca => pca(task),
            Self::Neighbor => nearest(task, Distance::Cosine, pixels),
            Self::Mixture => mixture(task, training.seed),
            Self::Edges => {
                let histograms = OrientationHistograms::new(task.test.image_shape());
                nearest(task, Distance::Euclidean, |images| Ok(histograms.embed(images)?))
            }
            Self::Combination => combination(task, training, done, observer),
            Self::Autoencoder => deep::autoencoder(task, training, observer),
            Self::Vae => deep::vae(task, training, observer),
            Self::Svdd => deep::svdd(task, training, None, observer),
            Self::SvddSoft => deep::svdd(task, training, Some(0.1), observer),
        }
    }
}

fn fitted_pca(task: &Task<'_>, n_components: usize) -> anyhow::Result<ImagePca> {
    let images = task.train.images();
    let most = images.len_of(Axis(0)).min(images.len() / images.len_of(Axis(0)).max(1));
    Ok(PcaConfig::new(n_components.min(most)).fit(images)?)
}

fn pca(task: &Task<'_>) -> anyhow::Result<Scored> {
    let scorer = ReconstructionError::mse(fitted_pca(task, REDRAWN_FROM)?);
    let test = scorer.score(task.test.images())?.to_vec();
    Ok(Scored { test, ..Scored::default() })
}

fn mixture(task: &Task<'_>, seed: u64) -> anyhow::Result<Scored> {
    let pca = fitted_pca(task, MIXTURE.0)?;
    let train = pca.embed(task.train.images())?;
    let n_gaussians = MIXTURE.1.min(train.nrows() / 40).max(1);
    let mixture =
        GaussianMixtureConfig::new(n_gaussians).reg_covar(1e-3).seed(seed).fit(train.view())?;
    let test = mixture.score(pca.embed(task.test.images())?.view())?.to_vec();
    Ok(Scored { test, ..Scored::default() })
}

/// The nearest training image, by what `embed` makes of images.
fn nearest(
    task: &Task<'_>,
    distance: Distance,
    embed: impl Fn(Images<'_>) -> anyhow::Result<Array2<f32>>,
) -> anyhow::Result<Scored> {
    let train = embed(task.train.images())?;
    let scorer = KNearestNeighborsConfig::new(1).distance(distance).fit(train.view())?;
    let test = scorer.score(embed(task.test.images())?.view())?.to_vec();
    let reference = scorer.reference_scores()?.to_vec();
    Ok(Scored { test, reference, ..Scored::default() })
}

fn pixels(images: Images<'_>) -> anyhow::Result<Array2<f32>> {
    let n = images.len_of(Axis(0));
    let n_values = images.len() / n.max(1);
    Ok(images.to_shape((n, n_values))?.to_owned())
}

fn combination(
    task: &Task<'_>,
    training: &Training,
    done: &mut BTreeMap<Method, Scored>,
    observer: &mut impl TrainObserver,
) -> anyhow::Result<Scored> {
    let mut scaled = Vec::new();
    for member in [Method::Neighbor, Method::Edges] {
        if !done.contains_key(&member) {
            let scored = member.score(task, training, done, observer)?;
            done.insert(member, scored);
        }
        let Scored { test, reference, .. } = &done[&member];
        scaled.push(Normalisation::RobustZ.fit(reference)?.normalise(test)?);
    }
    let lists: Vec<&[f32]> = scaled.iter().map(Vec::as_slice).collect();
    let test = Combination::Mean.combine(&lists, &vec![1.0; lists.len()])?;
    Ok(Scored { test, ..Scored::default() })
}
