//! The kinds of parts: one that is learned, and those that arrive later.

use std::path::Path;

use anyhow::Context;
use ndarray::{Array3, Array4, Axis, concatenate};
use novelty_core::{Dataset, Sample};
use novelty_data::{
    Colour, IdxDataset, ImageReadConfig, InspectionCategory, InspectionConfig, LabelledDataset,
    MvtecDataset, Resize, Split, Transform,
};

use crate::bundled_mnist;

/// Kinds of parts that are looked at together.
const N_KINDS: usize = 4;
/// The digit that stands for a part, where there are not enough kinds.
const DIGIT: usize = 3;
/// Images of the digit.
const N_DIGITS: usize = 120;

/// One kind of part.
#[derive(Debug)]
pub struct PartKind {
    /// Its name.
    pub name: String,
    /// Where its images come from.
    pub source: &'static str,
    /// Good images of the training split.
    pub train: Array4<f32>,
    /// Good images of the test split.
    pub good: Array4<f32>,
    /// Images of each kind of defect, with its name.
    pub defects: Vec<(String, Array4<f32>)>,
}

/// The kinds to look at, the one to learn first: those of the tree, if one is given, then drawn
/// ones and a digit until there are four.
///
/// # Errors
/// If images cannot be read.
pub fn part_kinds(
    root: Option<&Path>,
    asked: &[String],
    side: usize,
    smoke: bool,
) -> anyhow::Result<Vec<PartKind>> {
    let mut kinds = Vec::new();
    if let Some(root) = root {
        let names = if asked.is_empty() { MvtecDataset::categories(root)? } else { asked.to_vec() };
        anyhow::ensure!(!names.is_empty(), "{} holds no category", root.display());
        for name in names.iter().take(N_KINDS) {
            kinds.push(PartKind::of_files(root, name, side)?);
        }
    }
    for category in InspectionCategory::ALL.into_iter().take(N_KINDS - kinds.len()) {
        kinds.push(PartKind::drawn(category, side, smoke)?);
    }
    if kinds.len() < N_KINDS {
        kinds.push(PartKind::digit(side)?);
    }
    if smoke {
        kinds.iter_mut().for_each(PartKind::cut);
    }
    Ok(kinds)
}

impl PartKind {
    fn of_files(root: &Path, name: &str, side: usize) -> anyhow::Result<Self> {
        let config = ImageReadConfig::new().colour(Colour::Rgb).size(side, side);
        let train = MvtecDataset::open_with(root, name, Split::Train, &config)?;
        let test = MvtecDataset::open_with(root, name, Split::Test, &config)?;
        let of = |dataset: &MvtecDataset, class: usize| {
            let positions = (0..dataset.len()).filter(|&i| dataset.class(i) == Some(class));
            stack(positions.map(|i| Ok(dataset.get(i)?.image)))
        };
        let defects = test.class_names().iter().enumerate().skip(1);
        Ok(Self {
            name: name.to_owned(),
            source: "photographs",
            train: of(&train, 0)?,
            good: of(&test, 0)?,
            defects: defects
                .map(|(class, name)| Ok((name.clone(), of(&test, class)?)))
                .collect::<anyhow::Result<_>>()?,
        })
    }

    fn drawn(category: InspectionCategory, side: usize, smoke: bool) -> anyhow::Result<Self> {
        let config = InspectionConfig::new().side(side);
        let config = if smoke { config.n_train(88) } else { config.n_train(160) };
        let draw = |split, defect, n| {
            stack((0..n).map(|i| Ok(config.draw(category, split, defect, i)?.image)))
        };
        let defects = category.defects().map(|defect| {
            let images = draw(Split::Test, Some(defect), config.n_per_defect)?;
            anyhow::Ok((defect.name().to_owned(), images))
        });
        Ok(Self {
            name: category.name().to_owned(),
            source: "drawn",
            train: draw(Split::Train, None, config.n_train)?,
            good: draw(Split::Test, None, config.n_test_good)?,
            defects: defects.into_iter().collect::<anyhow::Result<_>>()?,
        })
    }

    /// Handwritten threes, for want of a fourth kind of part.
    fn digit(side: usize) -> anyhow::Result<Self> {
        let digits = IdxDataset::open_dir(bundled_mnist(), Split::Test)?;
        let is_three = |&i: &usize| digits.class(i) == Some(DIGIT);
        let chosen: Vec<usize> = (0..digits.len()).filter(is_three).take(N_DIGITS).collect();
        let images = digits.to_images(&chosen)?;
        let larger = |image: ndarray::ArrayView3<'_, f32>| {
            let sample = Sample::new(image.to_owned());
            let gray = Resize::new(side, side).apply(sample, 0)?.image;
            let rgb = gray.broadcast((3, side, side)).context("a gray image has one channel")?;
            Ok(rgb.to_owned())
        };
        let all = stack(images.outer_iter().map(larger))?;
        let (train, good) = all.view().split_at(Axis(0), N_DIGITS / 2);
        let (name, source) = ("three".to_owned(), "handwritten");
        Ok(Self {
            name,
            source,
            train: train.to_owned(),
            good: good.to_owned(),
            defects: Vec::new(),
        })
    }

    /// Leaves a few images of each.
    fn cut(&mut self) {
        let few = |images: &mut Array4<f32>, n: usize| {
            let n = n.min(images.len_of(Axis(0)));
            *images = images.slice(ndarray::s![..n, .., .., ..]).to_owned();
        };
        few(&mut self.train, 88);
        few(&mut self.good, 12);
        self.defects.truncate(2);
        self.defects.iter_mut().for_each(|(_, images)| few(images, 3));
    }

    /// All good images, those of the test split first.
    ///
    /// # Errors
    /// None: all images have one size.
    pub fn all_good(&self) -> anyhow::Result<Array4<f32>> {
        Ok(concatenate(Axis(0), &[self.good.view(), self.train.view()])?)
    }
}

fn stack(images: impl Iterator<Item = anyhow::Result<Array3<f32>>>) -> anyhow::Result<Array4<f32>> {
    let images = images.collect::<anyhow::Result<Vec<_>>>()?;
    let views: Vec<_> = images.iter().map(|image| image.view()).collect();
    ndarray::stack(Axis(0), &views).context("no images, or of several sizes")
}

/// The images that are judged: every label of every kind, but those that were learned from.
#[derive(Debug)]
pub struct Labelled {
    /// The images, label by label.
    pub images: Array4<f32>,
    /// The label of each, as a position in `names`.
    pub labels: Vec<usize>,
    /// The kind and what is wrong with it.
    pub names: Vec<String>,
    /// The kind of each image, as a position among the kinds.
    pub kinds: Vec<usize>,
    /// Whether each has a defect.
    pub is_defect: Vec<bool>,
}

impl Labelled {
    /// The test images of all kinds.
    ///
    /// # Errors
    /// None: all images have one size.
    pub fn new(parts: &[PartKind]) -> anyhow::Result<Self> {
        let mut views = Vec::new();
        let (mut labels, mut names) = (Vec::new(), Vec::new());
        let (mut kinds, mut is_defect) = (Vec::new(), Vec::new());
        for (kind, part) in parts.iter().enumerate() {
            let good = std::iter::once(("good", &part.good));
            let defects = part.defects.iter().map(|(name, images)| (name.as_str(), images));
            for (number, (name, images)) in good.chain(defects).enumerate() {
                let n = images.len_of(Axis(0));
                labels.extend(std::iter::repeat_n(names.len(), n));
                kinds.extend(std::iter::repeat_n(kind, n));
                is_defect.extend(std::iter::repeat_n(number > 0, n));
                names.push(format!("{} {name}", part.name));
                views.push(images.view());
            }
        }
        let images = concatenate(Axis(0), &views)?;
        Ok(Self { images, labels, names, kinds, is_defect })
    }
}
