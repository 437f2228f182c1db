use std::fmt;
use std::path::Path;

use anyhow::{Context, ensure};
use ndarray::{Array4, Axis};
use novelty_core::{Dataset, Sample};
use novelty_data::{
    DataError, InMemoryDataset, InspectionCategory, InspectionConfig, NpyDataset, Split, Subset,
    read_labels,
};

/// Images shown beside what the networks make of them.
const N_SHOWN: usize = 6;

/// Images read one at a time.
pub type Source = dyn Dataset<Error = DataError> + Send + Sync;

/// Normal images to learn from, and images to score.
pub struct Task {
    /// What it is.
    pub name: String,
    /// Normal images.
    pub train: Box<Source>,
    /// Images to score.
    pub test: Box<Source>,
    /// Which of them are anomalies, where that is known.
    pub labels: Option<Vec<bool>>,
    /// Whether the published figures are of these images.
    pub is_published: bool,
}

impl fmt::Debug for Task {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (n_train, n_test) = (self.train.len(), self.test.len());
        f.debug_struct("Task")
            .field("name", &self.name)
            .field("n_train", &n_train)
            .field("n_test", &n_test)
            .finish_non_exhaustive()
    }
}

impl Task {
    /// Washers at 64x64 in colour: 400 good ones to learn from; 100 good ones and 20 of each of
    /// five defects to score.
    ///
    /// # Errors
    /// None: the settings are within their ranges.
    pub fn washers(seed: u64, smoke: bool) -> anyhow::Result<Self> {
        let config = InspectionConfig::new().side(64).seed(seed);
        let (n_train, n_good, n_defect) = if smoke { (48, 10, 2) } else { (400, 100, 20) };
        let category = InspectionCategory::Washer;
        let draw = |split, defect, n: usize| -> anyhow::Result<Vec<Sample>> {
            let drawn = (0..n).map(|i| config.draw(category, split, defect, i));
            Ok(drawn.collect::<Result<_, _>>()?)
        };
        let mut test = draw(Split::Test, None, n_good)?;
        for defect in category.defects() {
            test.extend(draw(Split::Test, Some(defect), n_defect)?);
        }
        Ok(Self {
            name: "Washers drawn with and without defects, 64x64 in colour".to_owned(),
            train: Box::new(in_memory(&draw(Split::Train, None, n_train)?)?),
            labels: Some(test.iter().map(|s| s.is_anomalous == Some(true)).collect()),
            test: Box::new(in_memory(&test)?),
            is_published: false,
        })
    }

    /// scikit-image's `lfw_subset`, 100 faces and then 100 other cuts of photographs, 25x25 in
    /// gray: the first 70 faces to learn from, the rest to score.
    ///
    /// # Errors
    /// If the file is not that array.
    pub fn small_faces(path: &Path) -> anyhow::Result<Self> {
        let all = NpyDataset::open(path)?;
        let n = all.len();
        ensure!(n == 200, "{} holds {n} images, not 100 faces and 100 others", path.display());
        Ok(Self {
            name: format!("100 faces and 100 other cuts of photographs, {}", all.image_shape()),
            train: Box::new(Subset::new(all.clone(), (0..70).collect())?),
            test: Box::new(Subset::new(all, (70..200).collect())?),
            labels: Some((70..200).map(|i| i >= 100).collect()),
            is_published: false,
        })
    }

    /// Arrays of one's own, such as the homework's.
    ///
    /// # Errors
    /// If a file cannot be read, or their images or labels do not fit each other.
    pub fn arrays(train: &Path, test: &Path, labels: Option<&Path>) -> anyhow::Result<Self> {
        let (train, test) = (NpyDataset::open(train)?, NpyDataset::open(test)?);
        let (shape, other) = (train.image_shape(), test.image_shape());
        ensure!(shape == other, "images to train on are {shape}, those to score {other}");
        let labels = labels.map(|path| -> anyhow::Result<Vec<bool>> {
            let classes = read_labels(path)?;
            let (n, expected) = (classes.len(), test.len());
            ensure!(n == expected, "{} holds {n} labels of {expected} images", path.display());
            Ok(classes.into_iter().map(|class| class != 0).collect())
        });
        // The homework's numbers of images; its test labels were never published.
        let is_published = (train.len(), test.len()) == (140_001, 19_999);
        Ok(Self {
            name: format!(
                "{} images of {shape} to learn from, {} to score",
                train.len(),
                test.len()
            ),
            train: Box::new(train),
            test: Box::new(test),
            labels: labels.transpose()?,
            is_published,
        })
    }

    /// The images in a folder: the homework's two arrays by their names, else scikit-image's
    /// small set.
    ///
    /// # Errors
    /// If neither is there, or a file is not sound.
    pub fn folder(folder: &Path) -> anyhow::Result<Self> {
        let small = folder.join("lfw_subset.npy");
        if small.exists() {
            return Self::small_faces(&small);
        }
        let [train, test] = ["trainingset.npy", "testingset.npy"].map(|name| folder.join(name));
        let known = "neither lfw_subset.npy nor trainingset.npy and testingset.npy";
        ensure!(train.exists() && test.exists(), "{} holds {known}", folder.display());
        Self::arrays(&train, &test, None)
    }

    /// Places of some images to score that are shown, spread over all.
    #[must_use]
    pub fn shown(&self) -> Vec<usize> {
        spread(self.test.len(), N_SHOWN).collect()
    }

    /// At most `n` images to learn from, spread over all.
    ///
    /// # Errors
    /// If one cannot be read.
    pub fn spread(&self, n: usize) -> anyhow::Result<Array4<f32>> {
        read(&*self.train, spread(self.train.len(), n))
    }
}

/// At most `n` places among `len`.
fn spread(len: usize, n: usize) -> impl Iterator<Item = usize> {
    let n = n.min(len);
    (0..n).map(move |i| i * len / n)
}

/// The images at some places.
///
/// # Errors
/// If one cannot be read, or there is none.
pub(super) fn read(
    source: &Source,
    places: impl IntoIterator<Item = usize>,
) -> anyhow::Result<Array4<f32>> {
    let read: Result<Vec<_>, _> = places.into_iter().map(|i| source.get(i)).collect();
    stacked(&read?)
}

fn stacked(samples: &[Sample]) -> anyhow::Result<Array4<f32>> {
    let views: Vec<_> = samples.iter().map(|sample| sample.image.view()).collect();
    ndarray::stack(Axis(0), &views).context("there are no images")
}

fn in_memory(samples: &[Sample]) -> anyhow::Result<InMemoryDataset> {
    Ok(InMemoryDataset::new(stacked(samples)?)?)
}
