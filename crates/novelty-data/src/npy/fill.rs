use std::marker::PhantomData;

use ndarray::parallel::prelude::*;
use ndarray::{ArrayViewMut1, ArrayViewMut4, Axis, Zip};
use novelty_core::ImageShape;
use rayon::slice::ParallelSliceMut;

use super::convert::{Value, Visit, dispatch};
use super::dataset::NpyDataset;
use super::fault::NpyFault;
use super::header::{NpyType, NumberType};
use crate::wide::{Divided, divide_all};

/// Batches below this are converted on one thread.
const MIN_PARALLEL_VALUES: usize = 1 << 17;

impl NpyDataset {
    /// Image by image.
    pub(super) fn fill_slice(&self, indices: &[usize], values: &mut [f32]) -> Result<(), NpyFault> {
        let ImageShape { channels, height, width } = self.shape;
        let image_len = channels * height * width;
        let read = |buffer: &mut Vec<u8>, (to, &index): (&mut [f32], &usize)| {
            let (start, end) = self.image_range(index);
            let from = self.array.bytes_at(start, end - start, buffer)?;
            dispatch(self.array.element_type(), ReadImage { dataset: self, from, to: &mut *to });
            self.ensure_finite(index, to.iter())
        };
        if values.len() >= MIN_PARALLEL_VALUES {
            values.par_chunks_exact_mut(image_len).zip(indices).try_for_each_init(Vec::new, read)
        } else {
            let mut buffer = Vec::new();
            let mut pairs = values.chunks_exact_mut(image_len).zip(indices);
            pairs.try_for_each(|pair| read(&mut buffer, pair))
        }
    }

    /// The bytes from the first value of an image to its last.
    fn image_range(&self, index: usize) -> (usize, usize) {
        let ImageShape { channels, height, width } = self.shape;
        let [by_image, by_channel, by_row, by_column] = self.strides;
        let start = index * by_image;
        let last = (channels - 1) * by_channel + (height - 1) * by_row + (width - 1) * by_column;
        (start, start + last + self.array.element_type().size)
    }

    /// Pixel by pixel, for a large file in Fortran order: there the values of one pixel in all
    /// images lie side by side, and those of an image as far apart as there are images.
    pub(super) fn fill_pixels(
        &self,
        indices: &[usize],
        mut batch: ArrayViewMut4<'_, f32>,
    ) -> Result<(), NpyFault> {
        let (Some(&first), Some(&last)) = (indices.iter().min(), indices.iter().max()) else {
            return Ok(());
        };
        let [by_image, by_channel, by_row, by_column] = self.strides;
        let len = (last + 1 - first) * by_image;
        let pixels = Zip::indexed(batch.lanes_mut(Axis(0))).into_par_iter();
        pixels.try_for_each_init(Vec::new, |buffer, ((c, y, x), to)| {
            let start = first * by_image + c * by_channel + y * by_row + x * by_column;
            let from = self.array.bytes_at(start, len, buffer)?;
            let pixel = ReadPixel { from, to, indices, first, divisor: self.divisor };
            dispatch(self.array.element_type(), pixel);
            Ok(())
        })?;
        let mut images = batch.outer_iter().zip(indices);
        images.try_for_each(|(image, &index)| self.ensure_finite(index, image.iter()))
    }

    fn ensure_finite<'a>(
        &self,
        image: usize,
        values: impl Iterator<Item = &'a f32>,
    ) -> Result<(), NpyFault> {
        if self.array.element_type().number != NumberType::Float {
            return Ok(());
        }
        match values.enumerate().find(|(_, value)| !value.is_finite()) {
            Some((position, &value)) => Err(NpyFault::NotFinite { image, position, value }),
            None => Ok(()),
        }
    }
}

/// One value of several images.
struct ReadPixel<'a, 'b> {
    /// From the value of the image `first` on.
    from: &'a [u8],
    to: ArrayViewMut1<'b, f32>,
    indices: &'a [usize],
    first: usize,
    divisor: f32,
}

impl Visit for ReadPixel<'_, '_> {
    type Output = ();

    fn visit<V: Value>(mut self) {
        for (to, &index) in self.to.iter_mut().zip(self.indices) {
            let at = (index - self.first) * V::SIZE;
            *to = V::f32(&self.from[at..at + V::SIZE]) / self.divisor;
        }
    }
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
