use std::path::Path;

use anyhow::{Context, ensure};
use ndarray::{Array4, Axis};
use novelty_core::{ImageShape, Sample};
use novelty_data::{Corruption, CorruptionKind, IdxDataset, InMemoryDataset, Split};

/// The problems a camera can have here: two of the light, one of the lens, three of the sensor.
pub const PROBLEMS: [CorruptionKind; 6] = [
    CorruptionKind::Contrast,
    CorruptionKind::Shade,
    CorruptionKind::Defocus,
    CorruptionKind::GaussianNoise,
    CorruptionKind::SaltAndPepper,
    CorruptionKind::Brightness,
];

/// Pictures of the product, and of other things, as a sound camera takes them.
#[derive(Debug)]
pub struct Digits {
    /// The product, to learn from.
    pub train: Array4<f32>,
    /// The product, to set thresholds by.
    pub held_out: Array4<f32>,
    /// The product, to measure with.
    pub normal: Array4<f32>,
    /// Other digits, to measure with.
    pub anomalous: Array4<f32>,
    /// The digit that is the product.
    pub digit: usize,
}

impl Digits {
    /// One digit of the files in `folder` as the product: `n_train` images to learn from.
    ///
    /// # Errors
    /// If the files are not there or not sound, or hold too few images.
    pub fn read(folder: &Path, digit: usize, n_train: usize, smoke: bool) -> anyhow::Result<Self> {
        let open = |split| {
            IdxDataset::open_dir(folder, split)
                .with_context(|| format!("cannot read the digits in {}", folder.display()))
        };
        let (train, test) = (open(Split::Train)?, open(Split::Test)?);
        let (n_train, n_other) = if smoke { (48, 32) } else { (n_train, 240) };
        let known = first(&train, n_train + n_other, |class| class == digit)?;
        let (learned, held_out) = known.view().split_at(Axis(0), n_train);
        Ok(Self {
            train: learned.to_owned(),
            held_out: held_out.to_owned(),
            normal: first(&test, n_other, |class| class == digit)?,
            anomalous: first(&test, n_other, |class| class != digit)?,
            digit,
        })
    }

    /// The shape of every picture.
    #[must_use]
    pub fn shape(&self) -> ImageShape {
        let (_, channels, height, width) = self.train.dim();
        ImageShape::new(channels, height, width)
    }
}

/// The first `n` images of the classes wanted.
fn first(
    data: &IdxDataset,
    n: usize,
    is_wanted: impl Fn(usize) -> bool,
) -> anyhow::Result<Array4<f32>> {
    let places = data.classes().iter().enumerate().filter(|(_, class)| is_wanted(**class));
    let places: Vec<usize> = places.map(|(i, _)| i).take(n).collect();
    ensure!(places.len() == n, "the files hold {} such images, not {n}", places.len());
    Ok(data.to_images(&places)?)
}

/// The images as a camera with a problem takes them, of the severity that each image's number
/// is given.
///
/// # Errors
/// If a severity is not in 1..=5.
pub fn seen(
    images: &Array4<f32>,
    kind: CorruptionKind,
    severity: impl Fn(usize) -> u8,
    seed: u64,
) -> anyhow::Result<Array4<f32>> {
    let mut all = images.clone();
    for (i, mut image) in all.outer_iter_mut().enumerate() {
        let corruption = Corruption::new(kind, severity(i))?.seed(seed);
        let (sample, _) = corruption.apply(Sample::new(image.to_owned()), i)?;
        image.assign(&sample.image);
    }
    Ok(all)
}

/// The images in every style: the clean one, then each problem, at severities 2 to 5 in turn.
///
/// # Errors
/// None: the severities are in range.
pub fn styles(images: &Array4<f32>, seed: u64) -> anyhow::Result<Vec<InMemoryDataset>> {
    let mut styles = vec![InMemoryDataset::new(images.clone())?];
    for kind in PROBLEMS {
        let severity = |i: usize| 2 + (i % 4) as u8;
        styles.push(InMemoryDataset::new(seen(images, kind, severity, seed)?)?);
    }
    Ok(styles)
}
