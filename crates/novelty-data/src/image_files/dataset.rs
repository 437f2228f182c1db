use std::path::{Path, PathBuf};

use ndarray::Array2;
use novelty_core::{Dataset, ImageShape, Sample};
use rayon::prelude::*;

use super::config::{BadImages, Colour, ImageReadConfig};
use super::decode::{read_mask, read_raster, read_shape};
use super::fault::ImageFault;
use super::walk::{folders, image_files};
use crate::{DataError, LabelledDataset};

/// Where the mask of an image comes from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum MaskSource {
    /// Nobody drew one.
    Unknown,
    /// The image is known to be normal: nothing is marked.
    Nothing,
    File(PathBuf),
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct ImageFile {
    pub(super) path: PathBuf,
    pub(super) mask: MaskSource,
    pub(super) class: Option<usize>,
    pub(super) is_anomalous: Option<bool>,
}

/// Image files, decoded when they are asked for.
///
/// Opened from a folder of classes ([`open_classes`](Self::open_classes)), a flat folder
/// ([`open_flat`](Self::open_flat)) or a list in a CSV file
/// ([`open_manifest`](Self::open_manifest)). Sub-folders are searched too; hidden files,
/// `Thumbs.db` and the like, and files of other endings are passed over, each with a `tracing`
/// event; symbolic links are followed.
#[derive(Debug)]
pub struct ImageFileDataset {
    files: Vec<ImageFile>,
    class_names: Vec<String>,
    shape: ImageShape,
    config: ImageReadConfig,
    skipped: Vec<DataError>,
}

impl ImageFileDataset {
    /// Opens `root/<class>/*.png`; classes are numbered in the order of their names.
    ///
    /// # Errors
    /// If a setting is out of range, a folder cannot be read, there is no image, links form a
    /// loop, a name is not UTF-8, or the first image (with [`BadImages::Skip`]: every image)
    /// cannot be read.
    pub fn open_classes(
        root: impl AsRef<Path>,
        config: &ImageReadConfig,
    ) -> Result<Self, DataError> {
        let root = root.as_ref();
        let class_names = folders(root)?;
        let mut files = Vec::new();
        for (class, name) in class_names.iter().enumerate() {
            files.extend(image_files(&root.join(name))?.into_iter().map(|path| ImageFile {
                path,
                mask: MaskSource::Unknown,
                class: Some(class),
                is_anomalous: None,
            }));
        }
        Self::from_files(root, files, class_names, config)
    }

    /// Opens every image in a folder and its sub-folders, without classes.
    ///
    /// # Errors
    /// As [`open_classes`](Self::open_classes).
    pub fn open_flat(dir: impl AsRef<Path>, config: &ImageReadConfig) -> Result<Self, DataError> {
        let dir = dir.as_ref();
        let file =
            |path| ImageFile { path, mask: MaskSource::Unknown, class: None, is_anomalous: None };
        let files = image_files(dir)?.into_iter().map(file).collect();
        Self::from_files(dir, files, Vec::new(), config)
    }

    pub(super) fn from_files(
        root: &Path,
        files: Vec<ImageFile>,
        class_names: Vec<String>,
        config: &ImageReadConfig,
    ) -> Result<Self, DataError> {
        config.validate()?;
        let shape = common_shape(root, &files, config)?;
        let (config, skipped) = (config.clone(), Vec::new());
        let mut dataset = Self { files, class_names, shape, config, skipped };
        if dataset.config.bad_images == BadImages::Skip {
            dataset.drop_bad_images(root)?;
        }
        tracing::debug!(root = %root.display(), n_images = dataset.len(), %shape, "listed images");
        Ok(dataset)
    }

    fn drop_bad_images(&mut self, root: &Path) -> Result<(), DataError> {
        let outcomes: Vec<Option<DataError>> =
            (0..self.files.len()).into_par_iter().map(|i| self.get(i).err()).collect();
        let mut errors = outcomes.iter().map(Option::is_some);
        self.files.retain(|_| errors.next() == Some(false));
        self.skipped = outcomes.into_iter().flatten().collect();
        for error in &self.skipped {
            tracing::warn!(%error, "skipped an image that cannot be read");
        }
        if self.files.is_empty() { Err(no_images(root)) } else { Ok(()) }
    }

    /// The names of the classes; a sample's class is a position in it.
    #[must_use]
    pub fn class_names(&self) -> &[String] {
        &self.class_names
    }

    /// The file of sample `index`; `None` if there is no such sample.
    #[must_use]
    pub fn path(&self, index: usize) -> Option<&Path> {
        self.files.get(index).map(|file| file.path.as_path())
    }

    /// Why each image was left out that could not be read; empty unless the settings say
    /// [`BadImages::Skip`].
    #[must_use]
    pub fn skipped(&self) -> &[DataError] {
        &self.skipped
    }

    fn mask(
        &self,
        file: &ImageFile,
        stored: (usize, usize),
    ) -> Result<Option<Array2<bool>>, DataError> {
        match &file.mask {
            MaskSource::Unknown => Ok(None),
            MaskSource::Nothing => {
                Ok(Some(Array2::from_elem((self.shape.height, self.shape.width), false)))
            }
            MaskSource::File(path) => {
                read_mask(path, &self.config, stored).map(Some).map_err(DataError::image(path))
            }
        }
    }
}

impl Dataset for ImageFileDataset {
    type Error = DataError;

    fn len(&self) -> usize {
        self.files.len()
    }

    fn image_shape(&self) -> ImageShape {
        self.shape
    }

    fn get(&self, index: usize) -> Result<Sample, DataError> {
        DataError::check_index(index, self.len())?;
        let file = &self.files[index];
        let (raster, stored) =
            read_raster(&file.path, &self.config).map_err(DataError::image(&file.path))?;
        let got = ImageShape::new(raster.channels, raster.height, raster.width);
        if got != self.shape {
            let fault = ImageFault::Shape { expected: self.shape, got };
            return Err(DataError::Image { path: file.path.clone(), fault });
        }
        let mut sample = Sample::new(raster.to_image()).path(&file.path);
        sample.mask = self.mask(file, stored)?;
        sample.class = file.class;
        sample.class_name = file.class.and_then(|class| self.class_names.get(class).cloned());
        sample.is_anomalous = file.is_anomalous;
        Ok(sample)
    }
}

impl LabelledDataset for ImageFileDataset {
    fn class(&self, index: usize) -> Option<usize> {
        self.files.get(index).and_then(|file| file.class)
    }

    fn is_anomalous(&self, index: usize) -> Option<bool> {
        self.files.get(index).and_then(|file| file.is_anomalous)
    }
}

/// The shape of the first image; with `Skip`, of the first that has a readable header.
fn common_shape(
    root: &Path,
    files: &[ImageFile],
    config: &ImageReadConfig,
) -> Result<ImageShape, DataError> {
    if files.is_empty() {
        return Err(no_images(root));
    }
    let channels = match config.colour {
        Colour::Gray => Some(1),
        Colour::Rgb => Some(3),
        Colour::AsStored => None,
    };
    if let (Some(channels), Some((height, width))) = (channels, config.size) {
        return Ok(ImageShape { channels, height, width });
    }
    let mut last_error = None;
    for file in files {
        match read_shape(&file.path, config).map_err(DataError::image(&file.path)) {
            Err(error) if config.bad_images == BadImages::Skip => last_error = Some(error),
            outcome => return outcome,
        }
    }
    Err(last_error.unwrap_or_else(|| no_images(root)))
}

fn no_images(root: &Path) -> DataError {
    DataError::NoImages { dir: root.to_owned() }
}
