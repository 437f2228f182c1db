use std::path::Path;

use anyhow::Context;
use ndarray::{Array4, Axis, stack};
use novelty_core::{Dataset, ImageShape, Sample};
use novelty_data::{
    AugmentConfig, Gray, IdxDataset, InMemoryDataset, InspectionCategory, InspectionConfig, Split,
    Transform,
};
use rand::SeedableRng;
use rand::seq::SliceRandom;
use rand_chacha::ChaCha8Rng;

use crate::bundled_mnist;

/// Standard deviation of the noise, in training and afterwards.
pub const NOISE: f32 = 0.5;

/// Images that arrive together: as they are, and as a noisy camera shows them.
#[derive(Debug)]
pub struct Population {
    /// What they are.
    pub name: String,
    /// Without noise, `(n, 1, 28, 28)`.
    pub clean: Array4<f32>,
    /// With noise, clipped to `[0, 1]`.
    pub noisy: Array4<f32>,
}

impl Population {
    /// Adds noise, other for every `seed`.
    fn new(name: &str, clean: Array4<f32>, seed: u64) -> anyhow::Result<Self> {
        let noise = AugmentConfig::new().noise(f64::from(NOISE)).seed(seed).epoch(0)?;
        let mut noisy = clean.clone();
        for (index, mut image) in noisy.outer_iter_mut().enumerate() {
            let sample = noise.apply(Sample::new(image.to_owned()), index)?;
            image.assign(&sample.image);
        }
        Ok(Self { name: name.to_owned(), clean, noisy })
    }

    /// How many images there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.clean.len_of(Axis(0))
    }

    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

/// How many images of each kind.
#[derive(Debug, Clone, Copy)]
struct Sizes {
    train: usize,
    validation: usize,
    arriving: usize,
    drawn: usize,
}

/// What the network learns from, and what arrives afterwards.
#[derive(Debug)]
pub struct Populations {
    /// Digits to learn from, without noise: the trainer adds it.
    pub train: InMemoryDataset,
    /// Digits that set the baseline; not learned from.
    pub validation: Population,
    /// Digits that arrive: those of the test files.
    pub digits: Population,
    /// What the network has never seen; the first one is the one the streams change to.
    pub unseen: Vec<Population>,
}

impl Populations {
    /// Reads the bundled digits, and letters from the folder `letters` where there is one.
    ///
    /// # Errors
    /// If files are not there or not sound, or letters are not of the digits' size.
    pub fn read(
        letters: Option<&Path>,
        n_train: usize,
        seed: u64,
        smoke: bool,
    ) -> anyhow::Result<Self> {
        let sizes = if smoke {
            Sizes { train: n_train.min(256), validation: 128, arriving: 192, drawn: 30 }
        } else {
            Sizes { train: n_train, validation: 2000, arriving: 5000, drawn: 900 }
        };
        let folder = bundled_mnist();
        let (seen, later) = (read(&folder, Split::Train)?, read(&folder, Split::Test)?);
        let shape = seen.image_shape();
        let n_held_out = sizes.validation.min(seen.len() / 10);
        let order = shuffled(seen.len(), seed);
        let (validation, train) = order.split_at(n_held_out);
        let train = &train[..sizes.train.min(train.len())];

        let arriving = shuffled(later.len(), seed.wrapping_add(1));
        let digits = later.to_images(&arriving[..sizes.arriving.min(arriving.len())])?;
        let mut unseen = Vec::new();
        if let Some(folder) = letters {
            let images = read_letters(folder, sizes.arriving, seed, shape)?;
            unseen.push(Population::new("letters", images, seed.wrapping_add(4))?);
        }
        let turned = turned(&digits);
        unseen.push(Population::new("digits on their side", turned, seed.wrapping_add(5))?);
        let parts = parts(sizes.drawn, seed, shape)?;
        unseen.push(Population::new("drawn machine parts", parts, seed.wrapping_add(6))?);
        let held_out = seen.to_images(validation)?;
        Ok(Self {
            train: InMemoryDataset::new(seen.to_images(train)?)?,
            validation: Population::new("held-out digits", held_out, seed.wrapping_add(2))?,
            digits: Population::new("digits", digits, seed.wrapping_add(3))?,
            unseen,
        })
    }
}

fn read(folder: &Path, split: Split) -> anyhow::Result<IdxDataset> {
    IdxDataset::open_dir(folder, split)
        .with_context(|| format!("cannot read the images in {}", folder.display()))
}

fn shuffled(n: usize, seed: u64) -> Vec<usize> {
    let mut order: Vec<usize> = (0..n).collect();
    order.shuffle(&mut ChaCha8Rng::seed_from_u64(seed));
    order
}

/// At most `n` letters of a folder with MNIST's file names, the test files.
fn read_letters(
    folder: &Path,
    n: usize,
    seed: u64,
    shape: ImageShape,
) -> anyhow::Result<Array4<f32>> {
    let letters = read(folder, Split::Test)?;
    let found = letters.image_shape();
    anyhow::ensure!(found == shape, "{} holds images of {found}, not {shape}", folder.display());
    let order = shuffled(letters.len(), seed);
    Ok(letters.to_images(&order[..n.min(order.len())])?)
}

/// A quarter turn, mirrored: rows become columns.
fn turned(digits: &Array4<f32>) -> Array4<f32> {
    digits.clone().permuted_axes([0, 1, 3, 2]).as_standard_layout().into_owned()
}

/// Good parts of the synthetic inspection set, in gray: `n / 3` washers, chips and pieces of cloth.
fn parts(n: usize, seed: u64, shape: ImageShape) -> anyhow::Result<Array4<f32>> {
    let config = InspectionConfig::new().side(shape.height).seed(seed);
    let draw = |i: usize| -> anyhow::Result<_> {
        let category = InspectionCategory::ALL[i % InspectionCategory::ALL.len()];
        let sample = config.draw(category, Split::Test, None, i)?;
        Ok(Gray.apply(sample, i)?.image)
    };
    let images: Vec<_> = (0..n).map(draw).collect::<anyhow::Result<_>>()?;
    let views: Vec<_> = images.iter().map(ndarray::ArrayBase::view).collect();
    Ok(stack(Axis(0), &views)?)
}
