use std::marker::PhantomData;
use std::path::{Path, PathBuf};

use ndarray::{Array3, Array4, ArrayViewMut4, Axis};
use novelty_core::{Dataset, ImageShape, InputError, Sample};
use rayon::prelude::*;

use super::array::NpyArray;
use super::convert::{Value, Visit, dispatch};
use super::fault::NpyFault;
use super::header::{NpyType, NumberType};
use super::layout::NpyLayout;
use crate::wide::{Divided, divide_all};
use crate::{DataError, LabelledDataset};

/// Batches below this are converted on one thread.
const MIN_PARALLEL_VALUES: usize = 1 << 17;

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
    array: NpyArray,
    shape: ImageShape,
    /// Bytes from one image, channel, row and column to the next.
    strides: [usize; 4],
    divisor: f32,
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
        let values = self.array.values().map_err(DataError::npy(&self.path))?;
        let image_len = channels * height * width;
        let Some(target) = batch.as_slice_mut() else {
            // Rare enough to go through an image of its own.
            return batch.outer_iter_mut().zip(indices).try_for_each(|(mut to, &index)| {
                to.assign(&self.image(index, values)?);
                Ok(())
            });
        };
        if image_len == 0 {
            return Ok(());
        }
        let read = |buffer: &mut Vec<u8>, (to, &index): (&mut [f32], &usize)| {
            let from = self.array.image_bytes(index * self.strides[0], self.strides[0], buffer)?;
            self.read_into(index, from, to)
        };
        let outcome = if target.len() >= MIN_PARALLEL_VALUES {
            target.par_chunks_exact_mut(image_len).zip(indices).try_for_each_init(Vec::new, read)
        } else {
            let mut buffer = Vec::new();
            let mut pairs = target.chunks_exact_mut(image_len).zip(indices);
            pairs.try_for_each(|pair| read(&mut buffer, pair))
        };
        self.array.note_read(indices.len(), self.touched_len());
        outcome.map_err(DataError::npy(&self.path))
    }

    /// Bytes of the file that reading one image touches; with Fortran order its values lie
    /// apart, and each may take a page.
    fn touched_len(&self) -> usize {
        let values = self.shape.channels * self.shape.height * self.shape.width;
        let size = self.array.element_type().size;
        if self.array.is_fortran() { values.saturating_mul(4096) } else { values * size }
    }

    fn image(&self, index: usize, values: &[u8]) -> Result<Array3<f32>, DataError> {
        let ImageShape { channels, height, width } = self.shape;
        let mut image = Array3::zeros((channels, height, width));
        if let Some(to) = image.as_slice_mut() {
            self.read_into(index, &values[index * self.strides[0]..], to)
                .map_err(DataError::npy(&self.path))?;
        }
        Ok(image)
    }

    fn read_into(&self, index: usize, from: &[u8], to: &mut [f32]) -> Result<(), NpyFault> {
        let element = self.array.element_type();
        dispatch(element, ReadImage { dataset: self, from, to: &mut *to });
        let is_float = element.number == NumberType::Float;
        match to.iter().enumerate().find(|(_, value)| is_float && !value.is_finite()) {
            Some((position, &value)) => Err(NpyFault::NotFinite { image: index, position, value }),
            None => Ok(()),
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

struct ReadImage<'a> {
    dataset: &'a NpyDataset,
    /// From the image's first value on.
    from: &'a [u8],
    to: &'a mut [f32],
}

impl Visit for ReadImage<'_> {
    type Output = ();

    fn visit<V: Value>(self) {
        let Self { dataset, from, to } = self;
        let ImageShape { channels, height, width } = dataset.shape;
        let [_, by_channel, by_row, by_column] = dataset.strides;
        let NpyType { number, size, .. } = dataset.array.element_type();
        let are_integers = number == NumberType::Uint && size <= 2;
        let divide = |planes| divide_all(planes, dataset.divisor, are_integers);
        if by_column == V::SIZE
            && by_row == width * V::SIZE
            && (channels == 1 || by_channel == height * by_row)
        {
            divide(Planes::<V> { from, to, are_interleaved: false, value: PhantomData });
        } else if channels == 3
            && by_channel == V::SIZE
            && by_column == 3 * V::SIZE
            && by_row == width * by_column
        {
            divide(Planes::<V> { from, to, are_interleaved: true, value: PhantomData });
        } else {
            let positions =
                (0..channels).flat_map(|c| (0..height).map(move |y| c * by_channel + y * by_row));
            for (row, start) in to.chunks_exact_mut(width).zip(positions) {
                for (x, to) in row.iter_mut().enumerate() {
                    let at = start + x * by_column;
                    *to = V::f32(&from[at..at + V::SIZE]) / dataset.divisor;
                }
            }
        }
    }
}

/// Values one after the other, or three channels side by side that become three planes.
struct Planes<'a, V> {
    from: &'a [u8],
    to: &'a mut [f32],
    are_interleaved: bool,
    value: PhantomData<V>,
}

impl<V: Value> Divided for Planes<'_, V> {
    #[inline(always)]
    fn run(self, divide: impl Fn(f32) -> f32 + Copy) {
        let Self { from, to, are_interleaved, .. } = self;
        if !are_interleaved {
            let values = from.chunks_exact(V::SIZE);
            return to.iter_mut().zip(values).for_each(|(to, value)| *to = divide(V::f32(value)));
        }
        let n_pixels = to.len() / 3;
        let (red, rest) = to.split_at_mut(n_pixels);
        let (green, blue) = rest.split_at_mut(n_pixels);
        let pixels = from.chunks_exact(3 * V::SIZE);
        for (((pixel, red), green), blue) in pixels.zip(red).zip(green).zip(blue) {
            *red = divide(V::f32(&pixel[..V::SIZE]));
            *green = divide(V::f32(&pixel[V::SIZE..2 * V::SIZE]));
            *blue = divide(V::f32(&pixel[2 * V::SIZE..]));
        }
    }
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
