use std::path::Path;

use anyhow::Context;
use ndarray::{Array3, Array4, Axis};
use novelty_core::{Dataset, Images, Sample};
use novelty_data::{Colour, ImageReadConfig, MvtecDataset, Resize, Split, Transform};

/// Rows and columns that images are read with.
pub(super) const READ_SIDE: usize = 128;
/// Rows and columns that maps are compared with masks at, at most.
const MASK_SIDE: usize = 256;
/// Images of each kind in a smoke run.
const SMOKE: usize = 3;

/// The images of one category.
#[derive(Debug)]
pub struct Category {
    /// Its name.
    pub name: String,
    /// Good images to learn from.
    pub train: Array4<f32>,
    /// Images to judge.
    pub test: Array4<f32>,
    /// The kind of each: `good`, or the name of its defect.
    pub kinds: Vec<String>,
    /// Whether each has a defect.
    pub labels: Vec<bool>,
    /// Where, at the size the maps are judged at; nothing is marked where no mask is known.
    pub masks: Array3<bool>,
}

impl Category {
    /// Reads a category of a tree in the layout of MVTec AD; a few images of each kind in a
    /// smoke run.
    ///
    /// # Errors
    /// If there is no such category, or an image cannot be read.
    pub fn read(root: &Path, name: &str, smoke: bool) -> anyhow::Result<Self> {
        let open = |split, side| {
            let config = ImageReadConfig::new().colour(Colour::Rgb).size(side, side);
            MvtecDataset::open_with(root, name, split, &config)
        };
        let train = open(Split::Train, READ_SIDE)?;
        let test = open(Split::Test, READ_SIDE)?;
        let stored = MvtecDataset::open(root, name, Split::Test)?.image_shape();
        let masked = open(Split::Test, stored.height.min(stored.width).min(MASK_SIDE))?;
        let samples = all(&test, 0..test.len())?;
        let kinds: Vec<String> =
            samples.iter().map(|s| s.class_name.clone().unwrap_or_default()).collect();
        let kept: Vec<usize> = (0..samples.len())
            .filter(|&i| !smoke || kinds[..i].iter().filter(|&k| *k == kinds[i]).count() < SMOKE)
            .collect();
        let n_train = if smoke { train.len().min(8 * SMOKE) } else { train.len() };
        let masks = all(&masked, kept.iter().copied())?;
        let side = masked.image_shape().height;
        let mut marked = Array3::from_elem((kept.len(), side, side), false);
        for (mut to, sample) in marked.outer_iter_mut().zip(&masks) {
            sample.mask.iter().for_each(|mask| to.assign(mask));
        }
        let kept_samples: Vec<&Sample> = kept.iter().map(|&i| &samples[i]).collect();
        Ok(Self {
            name: name.to_owned(),
            train: stack(&all(&train, 0..n_train)?.iter().collect::<Vec<_>>())?,
            test: stack(&kept_samples)?,
            kinds: kept.iter().map(|&i| kinds[i].clone()).collect(),
            labels: kept.iter().map(|&i| samples[i].is_anomalous == Some(true)).collect(),
            masks: marked,
        })
    }

    /// The positions of the test images of each kind, in the order of the files.
    #[must_use]
    pub fn by_kind(&self) -> Vec<(&str, Vec<usize>)> {
        let mut groups: Vec<(&str, Vec<usize>)> = Vec::new();
        for (i, kind) in self.kinds.iter().enumerate() {
            match groups.iter_mut().find(|(name, _)| name == kind) {
                Some((_, positions)) => positions.push(i),
                None => groups.push((kind, vec![i])),
            }
        }
        groups
    }
}

fn all(
    dataset: &MvtecDataset,
    positions: impl IntoIterator<Item = usize>,
) -> anyhow::Result<Vec<Sample>> {
    Ok(positions.into_iter().map(|i| dataset.get(i)).collect::<Result<_, _>>()?)
}

fn stack(samples: &[&Sample]) -> anyhow::Result<Array4<f32>> {
    let views: Vec<_> = samples.iter().map(|sample| sample.image.view()).collect();
    ndarray::stack(Axis(0), &views).context("the images have one shape each")
}

/// Images made smaller, by the means of what each pixel covers.
pub(super) fn shrunk(images: Images<'_>, side: usize) -> anyhow::Result<Array4<f32>> {
    resized(images, side)
}

/// Maps at another size, linear between their pixels.
pub(super) fn maps_at(maps: &Array3<f32>, side: usize) -> anyhow::Result<Array3<f32>> {
    Ok(resized(maps.view().insert_axis(Axis(1)), side)?.index_axis_move(Axis(1), 0))
}

fn resized(images: Images<'_>, side: usize) -> anyhow::Result<Array4<f32>> {
    let (n, channels, ..) = images.dim();
    let mut smaller = Array4::zeros((n, channels, side, side));
    for (i, (from, mut to)) in images.outer_iter().zip(smaller.outer_iter_mut()).enumerate() {
        to.assign(&Resize::new(side, side).apply(Sample::new(from.to_owned()), i)?.image);
    }
    Ok(smaller)
}
