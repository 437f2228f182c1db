//! The methods that are compared, all behind one face.

use ndarray::{Array2, Array3, Array4, Axis, Zip};
use novelty_cluster::{ImagePca, PcaConfig};
use novelty_core::{Fit, ImageShape, Images, Reconstruct, ScoreMap};
use novelty_data::InMemoryDataset;
use novelty_models::{Device, DriftAutoencoderConfig, TrainConfig, Trainer};
use novelty_scoring::{
    KNearestNeighbors, KNearestNeighborsConfig, PatchMemoryConfig, ReconstructionError,
};

use super::category::shrunk;
/// Something that learns from good images, and then says where others are anomalous.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Method {
    /// The nearest good image, pixel by pixel.
    NearestImage,
    /// What principal components of good images cannot redraw.
    Components,
    /// The same, in units of what they usually cannot redraw there.
    ScaledComponents,
    /// A convolutional autoencoder.
    Autoencoder,
    /// Patches against those of good images, at 32x32 and 16x16 pixels.
    Patches,
    /// The same at 64x64, 32x32 and 16x16 pixels.
    FinePatches,
    /// Fine patches and scaled components together.
    Together,
    /// Both patch memories, scaled components and the autoencoder together.
    AllTogether,
}

impl Method {
    /// All of them: the cheap ones first.
    pub const ALL: [Self; 8] = [
        Self::NearestImage,
        Self::Components,
        Self::ScaledComponents,
        Self::Autoencoder,
        Self::Patches,
        Self::FinePatches,
        Self::Together,
        Self::AllTogether,
    ];

    /// Those that are no ensembles.
    pub const BASE: [Self; 6] = [
        Self::NearestImage,
        Self::Components,
        Self::ScaledComponents,
        Self::Autoencoder,
        Self::Patches,
        Self::FinePatches,
    ];

    /// Its name in `metrics.json`.
    #[must_use]
    pub fn key(self) -> &'static str {
        match self {
            Self::NearestImage => "nearest_image",
            Self::Components => "pca",
            Self::ScaledComponents => "scaled_pca",
            Self::Autoencoder => "autoencoder",
            Self::Patches => "patch_memory",
            Self::FinePatches => "fine_patch_memory",
            Self::Together => "patches_and_pca",
            Self::AllTogether => "all_together",
        }
    }

    /// Its name for people.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::NearestImage => "nearest image",
            Self::Components => "principal components",
            Self::ScaledComponents => "scaled components",
            Self::Autoencoder => "autoencoder",
            Self::Patches => "patch memory",
            Self::FinePatches => "fine patch memory",
            Self::Together => "patches and components",
            Self::AllTogether => "four together",
        }
    }

    /// What it is put together from; nothing, if it is no ensemble.
    #[must_use]
    pub fn members(self) -> &'static [Self] {
        match self {
            Self::Together => &[Self::FinePatches, Self::ScaledComponents],
            Self::AllTogether => {
                &[Self::Patches, Self::FinePatches, Self::ScaledComponents, Self::Autoencoder]
            }
            _ => &[],
        }
    }
}

/// How the autoencoder is trained.
#[derive(Debug, Clone, Copy)]
pub struct Training {
    /// Passes over the images.
    pub epochs: usize,
    /// Where to compute.
    pub device: Device,
    /// Seed of everything random.
    pub seed: u64,
}

/// Principal components; fewer if there are fewer images.
const N_COMPONENTS: usize = 40;
/// The share of an image's pixels that its score is the mean of: about a defect's.
const TOP: f64 = 0.01;
/// Parts that the training images are cut into to see what components cannot redraw in others.
const FOLDS: usize = 4;
/// The share of the mean usual error that is added everywhere, for places that never vary.
const FLOOR: f32 = 0.3;

type MapError = Box<dyn std::error::Error + Send + Sync>;
type MapOf = dyn Fn(Images<'_>) -> Result<Array3<f32>, MapError>;

/// A fitted [`Method`] that is no ensemble.
pub struct Detector {
    side: usize,
    share: f64,
    map: Box<MapOf>,
}

impl std::fmt::Debug for Detector {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Detector").field("side", &self.side).field("share", &self.share).finish()
    }
}

/// What a method says of images.
#[derive(Debug, Clone)]
pub struct Judged {
    /// One score an image.
    pub scores: Vec<f32>,
    /// One score a pixel, at the size the method works at.
    pub maps: Array3<f32>,
}

impl Detector {
    /// Learns from good images.
    ///
    /// # Errors
    /// If they are too few or the method is an ensemble, or training fails.
    pub fn fit(method: Method, images: Images<'_>, training: Training) -> anyhow::Result<Self> {
        let small = || shrunk(images, 32);
        match method {
            Method::NearestImage => {
                let nearest = NearestImage::fit(small()?.view())?;
                Ok(Self::new(32, 1.0, move |images| nearest.maps(images)))
            }
            Method::Components => Ok(Self::of(32, 1.0, mse(components(small()?.view())?))),
            Method::ScaledComponents => {
                let scaled = ScaledComponents::fit(small()?.view())?;
                Ok(Self::new(32, TOP, move |images| scaled.maps(images)))
            }
            Method::Autoencoder => {
                let images = shrunk(images, 64)?;
                Ok(Self::of(64, TOP, mse(autoencoder(images, training)?)))
            }
            Method::Patches => {
                Ok(Self::of(32, TOP, PatchMemoryConfig::new().fit(small()?.view())?))
            }
            Method::FinePatches => {
                let config = PatchMemoryConfig::new().stride(2).scales(3);
                Ok(Self::of(64, TOP, config.fit(shrunk(images, 64)?.view())?))
            }
            Method::Together | Method::AllTogether => {
                anyhow::bail!("an ensemble is fitted by its members")
            }
        }
    }

    fn new(
        side: usize,
        share: f64,
        map: impl Fn(Images<'_>) -> Result<Array3<f32>, MapError> + 'static,
    ) -> Self {
        Self { side, share, map: Box::new(map) }
    }

    fn of<S>(side: usize, share: f64, scorer: S) -> Self
    where
        S: for<'a> ScoreMap<Images<'a>> + 'static,
    {
        Self::new(side, share, move |images| Ok(scorer.score_map(images)?))
    }

    /// Scores and maps of images.
    ///
    /// # Errors
    /// If they are not of the size of those it learned from.
    pub fn judge(&self, images: Images<'_>) -> anyhow::Result<Judged> {
        let small = shrunk(images, self.side)?;
        let maps = (self.map)(small.view()).map_err(|error| anyhow::anyhow!(error))?;
        let scores = maps.outer_iter().map(|map| top_mean(map.iter().copied(), self.share));
        Ok(Judged { scores: scores.collect(), maps })
    }
}

/// The mean of the highest share of values.
fn top_mean(values: impl Iterator<Item = f32>, share: f64) -> f32 {
    let mut values: Vec<f32> = values.collect();
    let count = ((share * values.len() as f64).ceil() as usize).clamp(1, values.len().max(1));
    values.sort_unstable_by(|a, b| b.total_cmp(a));
    let sum: f64 = values.iter().take(count).map(|&value| f64::from(value)).sum();
    (sum / count as f64) as f32
}

fn mse<M: Reconstruct>(model: M) -> ReconstructionError<M> {
    ReconstructionError::mse(model)
}

fn components(images: Images<'_>) -> anyhow::Result<ImagePca> {
    let n_components = N_COMPONENTS.min(images.len_of(Axis(0)).saturating_sub(1));
    Ok(PcaConfig::new(n_components).fit(images)?)
}

fn autoencoder(
    images: Array4<f32>,
    training: Training,
) -> anyhow::Result<novelty_models::DriftAutoencoder> {
    let (_, channels, height, width) = images.dim();
    let network = DriftAutoencoderConfig::new(ImageShape { channels, height, width });
    let config = TrainConfig::new()
        .epochs(training.epochs)
        .batch_size(16)
        .seed(training.seed)
        .device(training.device);
    let train = InMemoryDataset::new(images)?;
    let none: Option<&InMemoryDataset> = None;
    let trained = Trainer::new(network, config).fit_dataset(&train, none, &mut ())?;
    Ok(trained.model)
}

fn flat(images: Images<'_>) -> anyhow::Result<Array2<f32>> {
    let (n, channels, height, width) = images.dim();
    let rows = images.as_standard_layout().into_owned();
    Ok(rows.into_shape_with_order((n, channels * height * width))?)
}

/// The nearest image of those it learned from, by pixels in units of their deviations.
struct NearestImage {
    known: Array2<f32>,
    neighbors: KNearestNeighbors,
    mean: ndarray::Array1<f32>,
    deviation: ndarray::Array1<f32>,
}

impl NearestImage {
    fn fit(images: Images<'_>) -> anyhow::Result<Self> {
        let rows = flat(images)?;
        let mean = rows.mean_axis(Axis(0)).unwrap_or_default();
        let deviation = rows.std_axis(Axis(0), 0.0) + 1e-3;
        let known = (rows - &mean) / &deviation;
        let neighbors = KNearestNeighborsConfig::new(1).fit(known.view())?;
        Ok(Self { known, neighbors, mean, deviation })
    }

    fn maps(&self, images: Images<'_>) -> Result<Array3<f32>, MapError> {
        let (n, channels, height, width) = images.dim();
        let rows = (flat(images)? - &self.mean) / &self.deviation;
        let nearest = self.neighbors.neighbors(rows.view())?;
        let mut maps = Array3::zeros((n, height, width));
        for ((row, nearest), mut map) in rows.outer_iter().zip(nearest).zip(maps.outer_iter_mut()) {
            let Some(&(known, _)) = nearest.first() else { continue };
            let errors = (&row - &self.known.row(known)).mapv(|difference| difference.powi(2));
            let errors = errors.into_shape_with_order((channels, height, width))?;
            errors.mean_axis(Axis(0)).iter().for_each(|mean| map.assign(mean));
        }
        Ok(maps)
    }
}

/// The errors of principal components in units of those of good images they were not fitted to.
struct ScaledComponents {
    error: ReconstructionError<ImagePca>,
    /// The mean squared error of each pixel.
    usual: Array2<f32>,
}

impl ScaledComponents {
    fn fit(images: Images<'_>) -> anyhow::Result<Self> {
        let (n, _, height, width) = images.dim();
        let mut sum = Array2::zeros((height, width));
        for fold in 0..FOLDS.min(n) {
            let (held, rest): (Vec<usize>, Vec<usize>) = (0..n).partition(|i| i % FOLDS == fold);
            let error = mse(components(images.select(Axis(0), &rest).view())?);
            sum += &error.score_map(images.select(Axis(0), &held).view())?.sum_axis(Axis(0));
        }
        let usual = smooth(&(sum / n as f32));
        let floor = FLOOR * usual.mean().unwrap_or_default();
        Ok(Self { error: mse(components(images)?), usual: usual + floor })
    }

    fn maps(&self, images: Images<'_>) -> Result<Array3<f32>, MapError> {
        let mut maps = self.error.score_map(images)?;
        for mut map in maps.outer_iter_mut() {
            Zip::from(&mut map).and(&self.usual).for_each(|error, usual| {
                *error = (*error / usual).sqrt();
            });
            let smoothed = smooth(&map.to_owned());
            map.assign(&smoothed);
        }
        Ok(maps)
    }
}

/// The binomial mean of 3x3 pixels; at the edge, of those there are.
fn smooth(map: &Array2<f32>) -> Array2<f32> {
    let (height, width) = map.dim();
    Array2::from_shape_fn((height, width), |(y, x)| {
        let (mut sum, mut weights) = (0.0, 0.0);
        for row in y.saturating_sub(1)..(y + 2).min(height) {
            for column in x.saturating_sub(1)..(x + 2).min(width) {
                let weight = [2.0, 1.0][row.abs_diff(y)] * [2.0, 1.0][column.abs_diff(x)];
                sum += weight * map[[row, column]];
                weights += weight;
            }
        }
        sum / weights
    })
}
