use std::path::Path;
use std::sync::Arc;

use anyhow::{Context, ensure};
use ndarray::parallel::prelude::*;
use ndarray::{Array4, Axis};
use novelty_core::{Dataset, ImageShape};
use novelty_data::{
    DataError, IdxDataset, ImageFileDataset, ImageReadConfig, InMemoryDataset, LabelledDataset,
    OneVsRestConfig, Split,
};

use super::published::Published;

/// The largest share of test images that may be among the training images: some published sets
/// hold a few twice.
const MAX_SHARED: f64 = 0.01;
/// Images of a class to learn from, and to test with, in a smoke run.
const SMOKE: (usize, usize) = (48, 8);

type Source = Arc<dyn LabelledDataset<Error = DataError> + Send + Sync>;

/// Training images on disk, test images in memory, and the names of the classes.
#[derive(Debug)]
pub struct Classes {
    /// What the classes are called.
    pub names: Vec<String>,
    /// The figures published for this dataset, where it is a known one.
    pub published: Option<&'static Published>,
    train: Train,
    test: InMemoryDataset,
    is_smoke: bool,
}

struct Train(Source);

impl std::fmt::Debug for Train {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_tuple("Train").field(&self.0.len()).finish()
    }
}

/// One class is normal.
#[derive(Debug)]
pub struct Task<'a> {
    /// Which.
    pub class: usize,
    /// Its training images.
    pub train: InMemoryDataset,
    /// All test images.
    pub test: &'a InMemoryDataset,
    /// Which of them are of another class.
    pub labels: Vec<bool>,
}

impl Classes {
    /// Reads `train/<class>` and `test/<class>` where `folder` has them, else the four files of
    /// an MNIST-like set.
    ///
    /// # Errors
    /// If neither is there, a file is unsound, or the two splits have other classes.
    pub fn open(folder: &Path, is_smoke: bool) -> anyhow::Result<Self> {
        let (train, test, names) = if folder.join("train").is_dir() {
            folders(folder)?
        } else {
            files(folder).with_context(|| format!("{} holds no dataset", folder.display()))?
        };
        let published = Published::of(&sizes(&train, names.len()), &names);
        let test = in_memory(&test, &chosen(&test, names.len(), is_smoke.then_some(SMOKE.1)))?;
        Ok(Self { names, published, train: Train(train), test, is_smoke })
    }

    /// The shape of the images.
    #[must_use]
    pub fn image_shape(&self) -> ImageShape {
        self.test.image_shape()
    }

    /// The test images.
    #[must_use]
    pub fn test(&self) -> &InMemoryDataset {
        &self.test
    }

    /// The task in which a class is normal.
    ///
    /// # Errors
    /// If it has no training image, one cannot be read, or too many test images are among them.
    pub fn task(&self, class: usize) -> anyhow::Result<Task<'_>> {
        ensure!(class < self.names.len(), "there is no class {class}: {} are", self.names.len());
        let protocol = OneVsRestConfig::new(class).max_shared(MAX_SHARED);
        let posed = protocol.apply(self.train.0.clone(), &self.test)?;
        let n = posed.train.len();
        let n = if self.is_smoke { n.min(SMOKE.0) } else { n };
        let train = in_memory(&posed.train, &(0..n).collect::<Vec<_>>())?;
        let labels = (0..posed.test.len()).map(|i| posed.test.is_anomalous(i).unwrap_or_default());
        Ok(Task { class, train, test: &self.test, labels: labels.collect() })
    }
}

fn folders(folder: &Path) -> anyhow::Result<(Source, Source, Vec<String>)> {
    let config = ImageReadConfig::new();
    let train = ImageFileDataset::open_classes(folder.join("train"), &config)?;
    let test = ImageFileDataset::open_classes(folder.join("test"), &config)?;
    let names = train.class_names().to_vec();
    ensure!(names == test.class_names(), "train and test have folders of other classes");
    ensure!(train.image_shape() == test.image_shape(), "train and test are of other sizes");
    Ok((Arc::new(train), Arc::new(test), names))
}

fn files(folder: &Path) -> anyhow::Result<(Source, Source, Vec<String>)> {
    let train = IdxDataset::open_dir(folder, Split::Train)?;
    let test = IdxDataset::open_dir(folder, Split::Test)?;
    let n_classes = train.classes().iter().max().map_or(0, |largest| largest + 1);
    ensure!(n_classes <= 1000, "a label is {}: more than 1000 classes", n_classes - 1);
    let names = (0..n_classes).map(|class| class.to_string()).collect();
    Ok((Arc::new(train), Arc::new(test), names))
}

fn sizes(dataset: &Source, n_classes: usize) -> Vec<usize> {
    let mut sizes = vec![0; n_classes];
    for class in (0..dataset.len()).filter_map(|i| dataset.class(i)) {
        if let Some(size) = sizes.get_mut(class) {
            *size += 1;
        }
    }
    sizes
}

/// All images, or the first few of each class.
fn chosen(dataset: &Source, n_classes: usize, most: Option<usize>) -> Vec<usize> {
    let mut seen = vec![0; n_classes];
    let mut is_wanted = |index: &usize| {
        let Some(seen) = dataset.class(*index).and_then(|class| seen.get_mut(class)) else {
            return false;
        };
        *seen += 1;
        most.is_none_or(|most| *seen <= most)
    };
    (0..dataset.len()).filter(|index| is_wanted(index)).collect()
}

fn in_memory<D>(dataset: &D, indices: &[usize]) -> anyhow::Result<InMemoryDataset>
where
    D: LabelledDataset<Error = DataError> + Sync,
{
    let ImageShape { channels, height, width } = dataset.image_shape();
    let mut images = Array4::zeros((indices.len(), channels, height, width));
    let rows = images.axis_iter_mut(Axis(0)).into_par_iter();
    rows.zip(indices).try_for_each(|(mut row, &index)| {
        row.assign(&dataset.get(index)?.image);
        Ok::<(), DataError>(())
    })?;
    let classes = indices.iter().filter_map(|&index| dataset.class(index)).collect();
    Ok(InMemoryDataset::new(images)?.classes(classes)?)
}
