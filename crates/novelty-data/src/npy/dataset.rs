use std::path::{Path, PathBuf};

use ndarray::{Array4, ArrayViewMut4, Axis};
use novelty_core::{Dataset, ImageShape, InputError, Sample};

use super::array::NpyArray;
use super::fault::NpyFault;
use super::header::NumberType;
use super::layout::NpyLayout;
use crate::{DataError, LabelledDataset};

/// How an array of a `.npy` file becomes images.
#[derive(Debug, Clone, PartialEq, Default)]
#[non_exhaustive]
pub struct NpyConfig {
    /// What the dimensions mean; inferred unless set: three are `(n, height, width)`; of four,
    /// the channels are the second or the last, whichever of them alone is 1 or 3.
    pub layout: Option<NpyLayout>,
    /// What every value is divided by; unless set, the largest value of an unsigned type of 8 or
    /// 16 bits (255, 65,535), and 1 for floats.
    pub divisor: Option<f32>,
}

impl NpyConfig {
    /// Layout and divisor from the array.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Sets what the dimensions mean.
    #[must_use]
    pub fn layout(mut self, layout: NpyLayout) -> Self {
        self.layout = Some(layout);
        self
    }

    /// Sets what every value is divided by.
    #[must_use]
    pub fn divisor(mut self, divisor: f32) -> Self {
        self.divisor = Some(divisor);
        self
    }

    /// Checks the settings.
    ///
    /// # Errors
    /// If the divisor is not finite and above 0.
    pub fn validate(&self) -> Result<(), InputError> {
        match self.divisor {
            Some(divisor) if !(divisor.is_finite() && divisor > 0.0) => {
                Err(InputError::setting("divisor", divisor, "finite and above 0"))
            }
            _ => Ok(()),
        }
    }
}

/// Images from one array, read when they are asked for.
///
/// Values of `u8`, `u16`, `f16`, `f32` or `f64`, see [`NpyConfig`]; memory as [`NpyArray`] says.
#[derive(Debug, Clone)]
pub struct NpyDataset {
    path: PathBuf,
    pub(super) array: NpyArray,
    pub(super) shape: ImageShape,
    /// Bytes from one image, channel, row and column to the next.
    pub(super) strides: [usize; 4],
    pub(super) divisor: f32,
    classes: Option<Vec<usize>>,
    is_anomalous: Option<Vec<bool>>,
}

impl NpyDataset {
    /// Opens a `.npy` file, or a `.npz` archive of one array, with everything inferred.
    ///
    /// # Errors
    /// As [`open_with`](Self::open_with).
    pub fn open(path: impl AsRef<Path>) -> Result<Self, DataError> {
        Self::open_with(path, &NpyConfig::new())
    }

    /// Opens a `.npy` file, or a `.npz` archive of one array.
    ///
    /// # Errors
    /// If the file cannot be read or is damaged (see [`NpyArray::open`]), the values have
    /// another type or number of dimensions than images, or the layout could be either:
    /// [`NpyFault::Ambiguous`] names both.
    pub fn open_with(path: impl AsRef<Path>, config: &NpyConfig) -> Result<Self, DataError> {
        let path = path.as_ref();
        Self::from_array(path, NpyArray::open(path)?, config)
    }

    /// Opens the array `name` of a `.npz` archive.
    ///
    /// # Errors
    /// As [`open_with`](Self::open_with).
    pub fn open_member(
        path: impl AsRef<Path>,
        name: &str,
        config: &NpyConfig,
    ) -> Result<Self, DataError> {
        let path = path.as_ref();
        Self::from_array(path, NpyArray::open_member(path, name)?, config)
    }

    fn from_array(path: &Path, array: NpyArray, config: &NpyConfig) -> Result<Self, DataError> {
        config.validate()?;
        let element = array.element_type();
        let largest = match (element.number, element.size) {
            (NumberType::Uint, 1) => 255.0,
            (NumberType::Uint, 2) => 65535.0,
            (NumberType::Float, _) => 1.0,
            _ => {
                let (what, got) = ("images", element.to_string());
                let expected = "u8, u16, f16, f32 or f64";
                return Err(DataError::npy(path)(NpyFault::Values { what, expected, got }));
            }
        };
        let layout = config.layout.map_or_else(|| NpyLayout::infer(array.shape()), Ok);
        let layout = layout.map_err(DataError::npy(path))?;
        let (shape, axes) = layout.axes(array.shape()).map_err(DataError::npy(path))?;
        let by_axis = byte_strides(&array);
        let stride = |axis: Option<usize>| axis.map_or(0, |axis| by_axis[axis]);
        let strides = [by_axis[0], stride(axes[0]), stride(axes[1]), stride(axes[2])];
        let divisor = config.divisor.unwrap_or(largest);
        let (path, classes, is_anomalous) = (path.to_owned(), None, None);
        Ok(Self { path, array, shape, strides, divisor, classes, is_anomalous })
    }

    /// Says which class each image has; see [`read_labels`](crate::read_labels).
    ///
    /// # Errors
    /// If there is not one class an image.
    pub fn classes(mut self, classes: Vec<usize>) -> Result<Self, DataError> {
        self.ensure_length("classes", classes.len())?;
        self.classes = Some(classes);
        Ok(self)
    }

    /// Says whether each image is anomalous.
    ///
    /// # Errors
    /// If there is not one label an image.
    pub fn is_anomalous(mut self, is_anomalous: Vec<bool>) -> Result<Self, DataError> {
        self.ensure_length("is_anomalous", is_anomalous.len())?;
        self.is_anomalous = Some(is_anomalous);
        Ok(self)
    }

    fn ensure_length(&self, left: &'static str, left_len: usize) -> Result<(), InputError> {
        let right_len = self.len();
        if left_len == right_len {
            return Ok(());
        }
        Err(InputError::Length { left, left_len, right: "images", right_len })
    }

    /// The given images as one batch, `(n, channels, height, width)`. Indices may repeat.
    ///
    /// # Errors
    /// If there is no such image, a value is not finite, or the file has become shorter.
    pub fn to_images(&self, indices: &[usize]) -> Result<Array4<f32>, DataError> {
        let mut batch = crate::memory::zero_images(indices.len(), self.shape)?;
        self.fill_images(indices, batch.view_mut())?;
        Ok(batch)
    }

    /// Writes the given images into `batch`, `(indices.len(), channels, height, width)` in
    /// standard layout, so that a training loop can use one allocation for all its batches.
    ///
    /// # Errors
    /// As [`to_images`](Self::to_images), and if `batch` has another shape.
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
        self.array.ensure_len().map_err(DataError::npy(&self.path))?;
        if channels * height * width == 0 {
            return Ok(());
        }
        if self.array.is_large() && self.array.is_fortran() {
            return self.fill_pixels(indices, batch).map_err(DataError::npy(&self.path));
        }
        match batch.as_slice_mut() {
            Some(values) => self.fill_slice(indices, values).map_err(DataError::npy(&self.path)),
            // Rare enough to go through an image of its own.
            None => batch.outer_iter_mut().zip(indices).try_for_each(|(mut to, &index)| {
                to.assign(&self.to_images(&[index])?.index_axis(Axis(0), 0));
                Ok(())
            }),
        }
    }
}

fn byte_strides(array: &NpyArray) -> Vec<usize> {
    let (shape, mut step) = (array.shape(), array.element_type().size);
    let mut strides = vec![0; shape.len()];
    let mut assign = |axis: usize| {
        strides[axis] = step;
        step = step.saturating_mul(shape[axis]);
    };
    if array.is_fortran() {
        (0..shape.len()).for_each(&mut assign);
    } else {
        (0..shape.len()).rev().for_each(&mut assign);
    }
    strides
}

impl Dataset for NpyDataset {
    type Error = DataError;

    fn len(&self) -> usize {
        self.array.shape()[0]
    }

    fn image_shape(&self) -> ImageShape {
        self.shape
    }

    fn get(&self, index: usize) -> Result<Sample, DataError> {
        let image = self.to_images(&[index])?.index_axis_move(Axis(0), 0);
        let mut sample = Sample::new(image).path(&self.path);
        sample.class = LabelledDataset::class(self, index);
        sample.is_anomalous = LabelledDataset::is_anomalous(self, index);
        Ok(sample)
    }
}

impl LabelledDataset for NpyDataset {
    fn class(&self, index: usize) -> Option<usize> {
        self.classes.as_ref().and_then(|classes| classes.get(index).copied())
    }

    fn is_anomalous(&self, index: usize) -> Option<bool> {
        self.is_anomalous.as_ref().and_then(|labels| labels.get(index).copied())
    }
}

#[cfg(test)]
mod tests {
    use std::io::Write;
    use std::sync::Arc;

    use super::*;
    use crate::npy::array::Bytes;
    use crate::npy::resident::ResidentMap;

    /// The same file, of which at most `budget` bytes may be resident.
    fn with_budget(path: &Path, budget: usize) -> NpyDataset {
        let mut dataset = NpyDataset::open(path).unwrap();
        let map = ResidentMap::open(std::fs::File::open(path).unwrap(), budget).unwrap();
        let start = dataset.array.header.header_len;
        dataset.array.bytes = Bytes::Mapped(Arc::new(map), start);
        dataset
    }

    #[test]
    fn files_beyond_the_budget_hold_the_same_values() {
        for order in ["False", "True"] {
            let mut file = tempfile::NamedTempFile::new().unwrap();
            let text =
                format!("{{'descr': '|u1', 'fortran_order': {order}, 'shape': (50, 30, 20, 3)}}\n");
            file.write_all(b"\x93NUMPY\x01\x00").unwrap();
            file.write_all(&(text.len() as u16).to_le_bytes()).unwrap();
            file.write_all(text.as_bytes()).unwrap();
            let values: Vec<u8> = (0..50 * 30 * 20 * 3_u32).map(|i| (i % 251) as u8).collect();
            file.write_all(&values).unwrap();
            let indices: Vec<usize> = (0..400).map(|i| i * 7 % 50).collect();
            let small = with_budget(file.path(), usize::MAX).to_images(&indices).unwrap();
            let large = with_budget(file.path(), 4096);
            assert_eq!(large.to_images(&indices).unwrap(), small);
            file.as_file().set_len(5000).unwrap();
            assert!(large.get(49).is_err());
        }
    }
}
