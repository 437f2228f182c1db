use std::collections::HashMap;
use std::path::{Path, PathBuf};

use novelty_core::{Dataset, ImageShape, Sample};

use super::config::ImageReadConfig;
use super::dataset::{ImageFile, ImageFileDataset, MaskSource};
use super::walk::{folders, image_files};
use crate::{DataError, LabelledDataset, Split};

/// The folder of the images without defects.
const GOOD: &str = "good";

/// One category of MVTec AD, or of any tree of its layout (VisA, BTAD, one's own):
///
/// ```text
/// root/category/train/good/*.png
/// root/category/test/good/*.png
/// root/category/test/<defect>/*.png
/// root/category/ground_truth/<defect>/<stem>_mask.png
/// ```
///
/// The class of a sample is a position in [`class_names`](Self::class_names): 0 is `good`, the
/// defects follow in the order of their names, the same for both splits. A mask may be named
/// `<stem>_mask` or `<stem>`, with any image ending in any case. Where there is a `ground_truth`
/// folder, good images of the test split have a mask with nothing marked, and a defect without a
/// mask has none; without that folder no image has one.
///
/// Bergmann et al., "MVTec AD", CVPR 2019.
#[derive(Debug)]
pub struct MvtecDataset {
    files: ImageFileDataset,
}

impl MvtecDataset {
    /// Opens one split of a category, images as stored.
    ///
    /// # Errors
    /// As [`open_with`](Self::open_with).
    pub fn open(root: impl AsRef<Path>, category: &str, split: Split) -> Result<Self, DataError> {
        Self::open_with(root, category, split, &ImageReadConfig::new())
    }

    /// Opens one split of a category.
    ///
    /// # Errors
    /// [`DataError::Category`] with the categories there are, if `category` is none of them;
    /// else as [`ImageFileDataset::open_classes`].
    pub fn open_with(
        root: impl AsRef<Path>,
        category: &str,
        split: Split,
        config: &ImageReadConfig,
    ) -> Result<Self, DataError> {
        let root = root.as_ref();
        let available = Self::categories(root)?;
        if !available.iter().any(|name| name == category) {
            let (root, category) = (root.to_owned(), category.to_owned());
            return Err(DataError::Category { root, category, available });
        }
        let dir = root.join(category);
        let class_names = class_names(&dir)?;
        let files = split_files(&dir, split, &class_names)?;
        let files = ImageFileDataset::from_files(&dir, files, class_names, config)?;
        Ok(Self { files })
    }

    /// The categories in `root`: the folders that have a `train` or a `test` folder, sorted.
    ///
    /// # Errors
    /// If `root` cannot be read, or a name in it is not UTF-8.
    pub fn categories(root: impl AsRef<Path>) -> Result<Vec<String>, DataError> {
        let root = root.as_ref();
        let mut names = folders(root)?;
        names.retain(|name| {
            let dir = root.join(name);
            dir.join("train").is_dir() || dir.join("test").is_dir()
        });
        Ok(names)
    }

    /// `good` and the names of the defects; a sample's class is a position in it.
    #[must_use]
    pub fn class_names(&self) -> &[String] {
        self.files.class_names()
    }

    /// The file of sample `index`; `None` if there is no such sample.
    #[must_use]
    pub fn path(&self, index: usize) -> Option<&Path> {
        self.files.path(index)
    }

    /// Why each image was left out; see [`ImageFileDataset::skipped`].
    #[must_use]
    pub fn skipped(&self) -> &[DataError] {
        self.files.skipped()
    }
}

impl Dataset for MvtecDataset {
    type Error = DataError;

    fn len(&self) -> usize {
        self.files.len()
    }

    fn image_shape(&self) -> ImageShape {
        self.files.image_shape()
    }

    fn get(&self, index: usize) -> Result<Sample, DataError> {
        self.files.get(index)
    }
}

impl LabelledDataset for MvtecDataset {
    fn class(&self, index: usize) -> Option<usize> {
        self.files.class(index)
    }

    fn is_anomalous(&self, index: usize) -> Option<bool> {
        self.files.is_anomalous(index)
    }
}

/// `good`, then every other folder of either split by name.
fn class_names(dir: &Path) -> Result<Vec<String>, DataError> {
    let mut defects = Vec::new();
    for split in ["train", "test"].map(|split| dir.join(split)) {
        if split.is_dir() {
            defects.extend(folders(&split)?);
        }
    }
    defects.retain(|name| name != GOOD);
    defects.sort_unstable();
    defects.dedup();
    defects.insert(0, GOOD.to_owned());
    Ok(defects)
}

fn split_files(
    dir: &Path,
    split: Split,
    class_names: &[String],
) -> Result<Vec<ImageFile>, DataError> {
    let name = match split {
        Split::Train => "train",
        Split::Test => "test",
    };
    let mut files = Vec::new();
    for (class, class_name) in class_names.iter().enumerate() {
        let images = dir.join(name).join(class_name);
        // A folder that only the other split has; a split without any folder ends as `NoImages`.
        if images.is_dir() {
            let masks = Masks::of(dir, split, class_name)?;
            files.extend(image_files(&images)?.into_iter().map(|path| ImageFile {
                mask: masks.of_image(&path),
                path,
                class: Some(class),
                is_anomalous: Some(class > 0),
            }));
        }
    }
    Ok(files)
}

/// The masks of one folder of images.
enum Masks {
    Unknown,
    Nothing,
    Files(HashMap<String, PathBuf>),
}

impl Masks {
    fn of(dir: &Path, split: Split, class_name: &str) -> Result<Self, DataError> {
        let ground_truth = dir.join("ground_truth");
        let masks = ground_truth.join(class_name);
        if split == Split::Train || !ground_truth.is_dir() {
            return Ok(Self::Unknown);
        }
        if class_name == GOOD {
            return Ok(Self::Nothing);
        }
        if !masks.is_dir() {
            tracing::warn!(path = %masks.display(), "the defect has no masks");
            return Ok(Self::Unknown);
        }
        let by_stem = image_files(&masks)?.into_iter().map(|path| (stem(&path), path));
        Ok(Self::Files(by_stem.collect()))
    }

    fn of_image(&self, image: &Path) -> MaskSource {
        match self {
            Self::Unknown => MaskSource::Unknown,
            Self::Nothing => MaskSource::Nothing,
            Self::Files(by_stem) => {
                let stem = stem(image);
                let found = by_stem.get(&format!("{stem}_mask")).or_else(|| by_stem.get(&stem));
                found.map_or(MaskSource::Unknown, |path| MaskSource::File(path.clone()))
            }
        }
    }
}

fn stem(path: &Path) -> String {
    path.file_stem().unwrap_or_default().to_string_lossy().to_lowercase()
}
