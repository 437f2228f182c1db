use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use image::{GrayImage, ImageFormat, RgbImage};
use novelty_core::Sample;
use rayon::prelude::*;

use super::config::{InspectionCategory, InspectionConfig};
use super::defect::InspectionDefect;
use crate::{DataError, ImageFault, Split};

/// One picture of the set.
struct Picture {
    category: InspectionCategory,
    split: Split,
    defect: Option<InspectionDefect>,
    index: usize,
}

impl InspectionConfig {
    /// Writes the set as a tree that [`MvtecDataset`](crate::MvtecDataset) reads. It appears at
    /// `root` when it is complete; until then it is written beside it.
    ///
    /// # Errors
    /// If a setting is outside its range, `root` is there already, or a file cannot be written.
    pub fn write(&self, root: impl AsRef<Path>) -> Result<(), DataError> {
        self.validate()?;
        let root = root.as_ref();
        if fs::symlink_metadata(root).is_ok() {
            let error = io::ErrorKind::AlreadyExists.into();
            return Err(DataError::Io { path: root.to_owned(), error });
        }
        let mut name = root.as_os_str().to_owned();
        name.push(format!(".partial-{}", std::process::id()));
        let partial = PathBuf::from(name);
        let outcome = self
            .write_tree(&partial)
            .and_then(|()| fs::rename(&partial, root).map_err(DataError::io(root)));
        if outcome.is_err() && partial.exists() {
            // The first error is the one to tell.
            let _ = fs::remove_dir_all(&partial);
        }
        outcome
    }

    fn write_tree(&self, root: &Path) -> Result<(), DataError> {
        let pictures = self.pictures();
        for picture in &pictures {
            let mut dirs = vec![picture.image_path(root)];
            dirs.extend(picture.mask_path(root));
            for dir in dirs.iter().filter_map(|path| path.parent()) {
                fs::create_dir_all(dir).map_err(DataError::io(dir))?;
            }
        }
        pictures.par_iter().try_for_each(|picture| {
            let Picture { category, split, defect, index } = *picture;
            let sample = self.draw(category, split, defect, index)?;
            save(&picture.image_path(root), image_bytes(&sample))?;
            match picture.mask_path(root) {
                Some(path) => save(&path, mask_bytes(&sample)),
                None => Ok(()),
            }
        })
    }

    fn pictures(&self) -> Vec<Picture> {
        let mut pictures = Vec::new();
        for category in InspectionCategory::ALL {
            let mut add = |split, defect, n| {
                pictures.extend((0..n).map(|index| Picture { category, split, defect, index }));
            };
            add(Split::Train, None, self.n_train);
            add(Split::Test, None, self.n_test_good);
            for defect in category.defects() {
                add(Split::Test, Some(defect), self.n_per_defect);
            }
        }
        pictures
    }
}

impl Picture {
    fn image_path(&self, root: &Path) -> PathBuf {
        let split = if self.split == Split::Train { "train" } else { "test" };
        let kind = self.defect.map_or("good", InspectionDefect::name);
        let dir = root.join(self.category.name()).join(split).join(kind);
        dir.join(format!("{:03}.png", self.index))
    }

    fn mask_path(&self, root: &Path) -> Option<PathBuf> {
        let dir = root.join(self.category.name()).join("ground_truth").join(self.defect?.name());
        Some(dir.join(format!("{:03}_mask.png", self.index)))
    }
}

fn image_bytes(sample: &Sample) -> Option<Vec<u8>> {
    let shape = sample.image_shape();
    let interleaved = sample.image.view().permuted_axes([1, 2, 0]);
    let bytes = interleaved.iter().map(|x| (x * 255.0).round() as u8).collect();
    let image = RgbImage::from_raw(shape.width as u32, shape.height as u32, bytes)?;
    encoded(&image.into())
}

fn mask_bytes(sample: &Sample) -> Option<Vec<u8>> {
    let mask = sample.mask.as_ref()?;
    let bytes = mask.iter().map(|&marked| if marked { 255 } else { 0 }).collect();
    encoded(&GrayImage::from_raw(mask.ncols() as u32, mask.nrows() as u32, bytes)?.into())
}

fn encoded(image: &image::DynamicImage) -> Option<Vec<u8>> {
    let mut file = io::Cursor::new(Vec::new());
    image.write_to(&mut file, ImageFormat::Png).ok()?;
    Some(file.into_inner())
}

/// An image that could not be encoded, which its size rules out, is reported as such.
fn save(path: &Path, bytes: Option<Vec<u8>>) -> Result<(), DataError> {
    let bytes = bytes
        .ok_or_else(|| DataError::image(path)(ImageFault::NoPixels { width: 0, height: 0 }))?;
    fs::write(path, bytes).map_err(DataError::io(path))
}
