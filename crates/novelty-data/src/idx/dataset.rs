use std::path::{Path, PathBuf};

use ndarray::{Array3, Array4, ArrayD, ArrayViewMut4, Axis, Zip};
use novelty_core::{Dataset, ImageShape, InputError, Sample};
use rayon::prelude::*;

use super::array::IdxArray;
use super::fault::IdxFault;
use super::read::read_idx;
use crate::wide::{Divided, divide_all};
use crate::{DataError, LabelledDataset};

/// Images below this are converted on one thread: handing them out would take longer.
const MIN_PARALLEL_PIXELS: usize = 1 << 18;

/// The two parts that datasets come in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Split {
    /// To learn from.
    Train,
    /// To measure with.
    Test,
}

impl Split {
    /// How the file names of the MNIST family begin.
    fn idx_prefix(self) -> &'static str {
        match self {
            Self::Train => "train",
            Self::Test => "t10k",
        }
    }
}

/// Gray images with classes from a pair of IDX files: MNIST, Fashion-MNIST, KMNIST, EMNIST,
/// notMNIST.
///
/// The pixels stay in memory as the bytes they are stored as (47 MB for the training part of
/// MNIST) and are served as `f32`, divided by 255 with correct rounding. EMNIST stores its
/// images transposed: [`transposed`](Self::transposed) turns them upright.
#[derive(Debug, Clone)]
pub struct IdxDataset {
    /// Row-major, one image after the other.
    pixels: Vec<u8>,
    classes: Vec<usize>,
    shape: ImageShape,
}

impl IdxDataset {
    /// Reads a file of images and the file of their labels, each gzip-compressed or not.
    ///
    /// # Errors
    /// If a file cannot be read or is damaged (see [`read_idx`]), the images are not `u8` with
    /// three dimensions, the labels are not integers with one, or the counts differ.
    pub fn open(images: impl AsRef<Path>, labels: impl AsRef<Path>) -> Result<Self, DataError> {
        let (images_path, labels_path) = (images.as_ref(), labels.as_ref());
        let (images, labels) = rayon::join(|| read_idx(images_path), || read_idx(labels_path));
        let (pixels, n_images, shape) =
            images_from(images?).map_err(DataError::idx(images_path))?;
        let classes = classes_from(labels?).map_err(DataError::idx(labels_path))?;
        if classes.len() != n_images {
            return Err(DataError::LabelCount {
                images: images_path.to_owned(),
                n_images,
                labels: labels_path.to_owned(),
                n_labels: classes.len(),
            });
        }
        tracing::debug!(path = %images_path.display(), n_images, %shape, "read images");
        Ok(Self { pixels, classes, shape })
    }

    /// Reads one split of a folder that uses MNIST's file names: `train-` or `t10k-`, `images`
    /// or `labels`, `-idx3-ubyte` or `.idx3-ubyte` (`idx1` for labels), with or without `.gz`.
    /// Where there are both, the uncompressed file is taken.
    ///
    /// # Errors
    /// [`DataError::NotFound`] with the names if there is no such file, else as
    /// [`open`](Self::open).
    pub fn open_dir(dir: impl AsRef<Path>, split: Split) -> Result<Self, DataError> {
        let (dir, prefix) = (dir.as_ref(), split.idx_prefix());
        let images = find_file(dir, &format!("{prefix}-images"), "idx3-ubyte")?;
        let labels = find_file(dir, &format!("{prefix}-labels"), "idx1-ubyte")?;
        Self::open(images, labels)
    }

    /// The same images with rows and columns exchanged.
    #[must_use]
    pub fn transposed(mut self) -> Self {
        let ImageShape { height, width, .. } = self.shape;
        for image in self.pixels.chunks_exact_mut((height * width).max(1)) {
            let upright: Vec<u8> =
                (0..height * width).map(|i| image[(i % height) * width + i / height]).collect();
            image.copy_from_slice(&upright);
        }
        self.shape = ImageShape::new(1, width, height);
        self
    }

    /// The class of every image.
    #[must_use]
    pub fn classes(&self) -> &[usize] {
        &self.classes
    }

    /// The bytes of image `index`, row by row; `None` if there is no such image.
    #[must_use]
    pub fn pixels(&self, index: usize) -> Option<&[u8]> {
        (index < self.classes.len()).then(|| self.pixels_of(index))
    }

    /// The given images as one batch, `(n, 1, height, width)` in `[0, 1]`. Indices may repeat.
    ///
    /// # Errors
    /// If there is no such image.
    pub fn to_images(&self, indices: &[usize]) -> Result<Array4<f32>, DataError> {
        let mut batch = crate::memory::zero_images(indices.len(), self.shape)?;
        self.fill_images(indices, batch.view_mut())?;
        Ok(batch)
    }

    /// Writes the given images into `batch`, `(indices.len(), 1, height, width)`, so that a
    /// training loop can use one allocation for all its batches.
    ///
    /// # Errors
    /// If there is no such image, or `batch` has another shape; `batch` is then untouched.
    pub fn fill_images(
        &self,
        indices: &[usize],
        mut batch: ArrayViewMut4<'_, f32>,
    ) -> Result<(), DataError> {
        let ImageShape { channels, height, width } = self.shape;
        let expected = [indices.len(), channels, height, width];
        if batch.shape() != expected {
            let (expected, got) = (expected.to_vec(), batch.shape().to_vec());
            return Err(InputError::Shape { place: "batch", expected, got }.into());
        }
        indices.iter().try_for_each(|&i| DataError::check_index(i, self.len()))?;
        let image_len = height * width;
        match batch.as_slice_mut() {
            Some(values) if indices.len() * image_len >= MIN_PARALLEL_PIXELS => values
                .par_chunks_exact_mut(image_len)
                .zip(indices)
                .for_each(|(image, &i)| scale_into(self.pixels_of(i), image)),
            Some(values) if image_len > 0 => values
                .chunks_exact_mut(image_len)
                .zip(indices)
                .for_each(|(image, &i)| scale_into(self.pixels_of(i), image)),
            Some(_) => {}
            None => batch.axis_iter_mut(Axis(0)).zip(indices).for_each(|(image, &i)| {
                Zip::from(image).and(&self.image(i)).for_each(|to, &from| *to = from);
            }),
        }
        Ok(())
    }

    fn pixels_of(&self, index: usize) -> &[u8] {
        let image_len = self.shape.height * self.shape.width;
        &self.pixels[index * image_len..(index + 1) * image_len]
    }

    fn image(&self, index: usize) -> Array3<f32> {
        let ImageShape { channels, height, width } = self.shape;
        let mut image = Array3::zeros((channels, height, width));
        for (to, &from) in image.iter_mut().zip(self.pixels_of(index)) {
            *to = f32::from(from) / 255.0;
        }
        image
    }
}

impl Dataset for IdxDataset {
    type Error = DataError;

    fn len(&self) -> usize {
        self.classes.len()
    }

    fn image_shape(&self) -> ImageShape {
        self.shape
    }

    fn get(&self, index: usize) -> Result<Sample, DataError> {
        DataError::check_index(index, self.len())?;
        Ok(Sample::new(self.image(index)).class(self.classes[index]))
    }
}

impl LabelledDataset for IdxDataset {
    fn class(&self, index: usize) -> Option<usize> {
        self.classes.get(index).copied()
    }

    fn is_anomalous(&self, _index: usize) -> Option<bool> {
        None
    }
}

struct Scale<'a> {
    from: &'a [u8],
    to: &'a mut [f32],
}

impl Divided for Scale<'_> {
    #[inline(always)]
    fn run(self, divide: impl Fn(f32) -> f32 + Copy) {
        self.to.iter_mut().zip(self.from).for_each(|(to, &from)| *to = divide(f32::from(from)));
    }
}

fn scale_into(from: &[u8], to: &mut [f32]) {
    divide_all(Scale { from, to }, 255.0, true);
}

fn find_file(dir: &Path, stem: &str, ending: &str) -> Result<PathBuf, DataError> {
    let tried: Vec<String> = ["-", "."]
        .iter()
        .flat_map(|dash| ["", ".gz"].map(|gz| format!("{stem}{dash}{ending}{gz}")))
        .collect();
    let found = tried.iter().map(|name| dir.join(name)).find(|path| path.is_file());
    found.ok_or_else(|| DataError::NotFound { dir: dir.to_owned(), tried })
}

fn images_from(array: IdxArray) -> Result<(Vec<u8>, usize, ImageShape), IdxFault> {
    let what = "images";
    let &[n_images, height, width] = array.shape() else {
        return Err(IdxFault::Rank { what, expected: 3, got: array.shape().len() });
    };
    match array {
        IdxArray::U8(array) => {
            Ok((array.into_raw_vec_and_offset().0, n_images, ImageShape::new(1, height, width)))
        }
        other => Err(IdxFault::Values { what, expected: "u8", got: other.element_type() }),
    }
}

fn classes_from(array: IdxArray) -> Result<Vec<usize>, IdxFault> {
    let what = "labels";
    if array.shape().len() != 1 {
        return Err(IdxFault::Rank { what, expected: 1, got: array.shape().len() });
    }
    match array {
        IdxArray::U8(array) => non_negative(&array),
        IdxArray::I8(array) => non_negative(&array),
        IdxArray::I16(array) => non_negative(&array),
        IdxArray::I32(array) => non_negative(&array),
        other => Err(IdxFault::Values { what, expected: "integers", got: other.element_type() }),
    }
}

fn non_negative<T: Copy + Into<i64>>(labels: &ArrayD<T>) -> Result<Vec<usize>, IdxFault> {
    let checked = labels.iter().enumerate().map(|(index, &label)| {
        let value = label.into();
        usize::try_from(value).map_err(|_| IdxFault::NegativeLabel { index, value })
    });
    checked.collect()
}
