use std::path::Path;

use anyhow::{Context, ensure};
use ndarray::{Array4, Axis, concatenate};
use novelty_core::Dataset;
use novelty_data::{
    AugmentConfig, Colour, DataError, Gray, ImageFileDataset, ImageReadConfig, InMemoryDataset,
    InspectionCategory, InspectionConfig, InspectionDefect, LabelledDataset, Map, Split,
};

/// Rows and columns of an image.
pub const SIDE: usize = 128;
/// How far the shifted parts lie beside their place: more than augmentation moves them.
const SHIFT: usize = SIDE * 15 / 100;
/// How bright the darker images are.
const DARKER: f32 = 0.6;

/// Golden samples to learn from, and parts to be judged.
#[derive(Debug)]
pub struct Parts {
    /// `(n, 1, 128, 128)`.
    pub golden: Array4<f32>,
    /// What is judged, good parts first.
    pub kinds: Vec<Kind>,
}

/// Images with one thing wrong, or nothing.
#[derive(Debug, Clone)]
pub struct Kind {
    /// What it is called.
    pub name: String,
    /// Whether nothing is wrong.
    pub is_good: bool,
    /// `(n, 1, 128, 128)`.
    pub images: Array4<f32>,
}

impl Parts {
    /// Steel rings of the synthetic inspection set, and chips for the wrong part.
    ///
    /// # Errors
    /// None: the settings are in their ranges.
    pub fn synthetic(seed: u64, n_golden: usize, n_each: usize) -> anyhow::Result<Self> {
        let config = InspectionConfig::new().side(SIDE).seed(seed);
        let draw = |category, split, defect, n: usize| {
            let images = (0..n).map(|i| Ok(config.draw(category, split, defect, i)?.image));
            gray(images.collect::<Result<Vec<_>, DataError>>()?)
        };
        let washer = InspectionCategory::Washer;
        let good = draw(washer, Split::Test, None, n_each)?;
        let shifted = Array4::from_shape_fn(good.raw_dim(), |(n, c, y, x)| {
            good[[n, c, y, x.saturating_sub(SHIFT)]]
        });
        let kind = |name: &str, images| Kind { name: name.to_owned(), is_good: false, images };
        let scratch = Some(InspectionDefect::Scratch);
        let missing = Some(InspectionDefect::MissingHole);
        Ok(Self {
            golden: draw(washer, Split::Train, None, n_golden)?,
            kinds: vec![
                Kind { is_good: true, ..kind("golden, unseen", good.clone()) },
                kind("darker", good.mapv(|x| x * DARKER)),
                kind("shifted", shifted),
                kind("scratched", draw(washer, Split::Test, scratch, n_each)?),
                kind("hole missing", draw(washer, Split::Test, missing, n_each)?),
                kind("wrong part", draw(InspectionCategory::Chip, Split::Test, None, n_each)?),
            ],
        })
    }

    /// `train/good` for the golden samples, and a folder a kind in `test`, of which `good` is
    /// nothing wrong.
    ///
    /// # Errors
    /// If a folder is missing or an image cannot be read.
    pub fn read(folder: &Path, n_golden: usize) -> anyhow::Result<Self> {
        let config = ImageReadConfig::new().colour(Colour::Gray).size(SIDE, SIDE);
        let train = ImageFileDataset::open_flat(folder.join("train").join("good"), &config)?;
        let test = ImageFileDataset::open_classes(folder.join("test"), &config)?;
        let read = |dataset: &ImageFileDataset, indices: Vec<usize>| {
            let images = indices.into_iter().map(|i| Ok(dataset.get(i)?.image));
            gray(images.collect::<Result<Vec<_>, DataError>>()?)
        };
        let mut kinds = Vec::new();
        for (class, name) in test.class_names().iter().enumerate() {
            let of_class = (0..test.len()).filter(|&i| test.class(i) == Some(class)).collect();
            let is_good = name == "good";
            kinds.push(Kind { name: name.clone(), is_good, images: read(&test, of_class)? });
        }
        kinds.sort_by_key(|kind| !kind.is_good);
        ensure!(
            kinds.first().is_some_and(|kind| kind.is_good) && kinds.len() > 1,
            "{} needs a folder `good` and another in `test`",
            folder.display()
        );
        let n = train.len().min(n_golden);
        Ok(Self { golden: read(&train, (0..n).collect())?, kinds })
    }

    /// The golden samples and `copies` of each, changed as a line changes good parts: turned by
    /// up to 5 degrees, moved and scaled by up to 5 %, lit by up to 15 % otherwise, with noise.
    ///
    /// # Errors
    /// If there is no golden sample.
    pub fn augmented(&self, copies: usize, seed: u64) -> anyhow::Result<InMemoryDataset> {
        let changes = AugmentConfig::new()
            .rotation(5.0)
            .shift(0.05)
            .scale(0.05)
            .brightness(0.15)
            .contrast(0.15)
            .noise(0.02)
            .seed(seed);
        let golden = InMemoryDataset::new(self.golden.clone())?;
        let mut all = vec![self.golden.clone()];
        for copy in 0..copies {
            let changed = Map::new(&golden, changes.epoch(copy as u64)?)?;
            let images = (0..changed.len()).map(|i| Ok(changed.get(i)?.image));
            all.push(gray(images.collect::<Result<Vec<_>, DataError>>()?)?);
        }
        let views: Vec<_> = all.iter().map(Array4::view).collect();
        Ok(InMemoryDataset::new(concatenate(Axis(0), &views)?)?)
    }
}

/// One batch of gray images.
fn gray(images: Vec<ndarray::Array3<f32>>) -> anyhow::Result<Array4<f32>> {
    let views: Vec<_> = images.iter().map(|image| image.view()).collect();
    let colour = ndarray::stack(Axis(0), &views).context("there is no image")?;
    if colour.len_of(Axis(1)) == 1 {
        return Ok(colour);
    }
    let dataset = Map::new(InMemoryDataset::new(colour)?, Gray)?;
    let images = (0..dataset.len()).map(|i| Ok(dataset.get(i)?.image));
    gray(images.collect::<Result<Vec<_>, DataError>>()?)
}
