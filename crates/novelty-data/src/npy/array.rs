use std::path::Path;
use std::sync::Arc;

use ndarray::{ArrayD, IxDyn, ShapeBuilder};

use super::convert::for_each_value;
use super::fault::NpyFault;
use super::header::{Header, NpyType};
use super::open;
use super::resident::ResidentMap;
use crate::DataError;

/// The bytes of one array.
#[derive(Debug, Clone)]
pub(super) enum Bytes {
    /// Part of a mapped file: where the values begin.
    Mapped(Arc<ResidentMap>, usize),
    /// Decompressed.
    Owned(Arc<Vec<u8>>, usize),
}

/// The array of a `.npy` file, or one of a `.npz` archive, mapped into memory where it is not
/// compressed.
///
/// Versions 1, 2 and 3 of the format; booleans, integers of 8 to 64 and floats of 16 to 64
/// bits; both byte orders; C and Fortran order.
///
/// At most 256 MiB of a file are resident at once while images are read from it, however large
/// it is: a larger file is copied from. A file must not be made shorter while it is mapped; where
/// it was, the next read is an error as long as it does not happen at the very same time.
#[derive(Debug, Clone)]
pub struct NpyArray {
    pub(super) header: Header,
    pub(super) bytes: Bytes,
}

impl NpyArray {
    /// Opens a `.npy` file, or a `.npz` archive of one array; the content decides which it is.
    ///
    /// # Errors
    /// [`DataError::Npy`] with what is wrong, [`DataError::Io`] if the file cannot be read. A
    /// header is held against the size of the file before memory is taken.
    pub fn open(path: impl AsRef<Path>) -> Result<Self, DataError> {
        let path = path.as_ref();
        open::open(path, None).map_err(DataError::npy(path))
    }

    /// Opens the array `name` of a `.npz` archive. Arrays that are stored are mapped, compressed
    /// ones are decompressed into memory.
    ///
    /// # Errors
    /// As [`open`](Self::open); [`NpyFault::Member`] with the names if there is no such array.
    pub fn open_member(path: impl AsRef<Path>, name: &str) -> Result<Self, DataError> {
        let path = path.as_ref();
        open::open(path, Some(name)).map_err(DataError::npy(path))
    }

    /// Reads the bytes of a `.npy` file or a `.npz` archive of one array.
    ///
    /// # Errors
    /// What is wrong with them.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, NpyFault> {
        open::from_bytes(bytes)
    }

    /// The dimensions.
    #[must_use]
    pub fn shape(&self) -> &[usize] {
        &self.header.shape
    }

    /// The type of the values.
    #[must_use]
    pub fn element_type(&self) -> NpyType {
        self.header.element
    }

    /// Whether the first dimension varies fastest.
    #[must_use]
    pub fn is_fortran(&self) -> bool {
        self.header.is_fortran
    }

    /// All values as `f64`, as NumPy's `astype(float64)` converts them: exact for all but
    /// integers beyond 2^53.
    ///
    /// # Errors
    /// If the file has become shorter since it was opened.
    pub fn to_f64(&self) -> Result<ArrayD<f64>, NpyFault> {
        let values = self.values()?;
        let mut numbers = Vec::with_capacity(values.len() / self.header.element.size);
        for_each_value(self.header.element, values, |value| numbers.push(value));
        let shape = IxDyn(&self.header.shape).set_f(self.header.is_fortran);
        ArrayD::from_shape_vec(shape, numbers).map_err(|_| NpyFault::Overflow {
            shape: self.header.shape.iter().map(|&dim| dim as u64).collect(),
        })
    }

    /// The bytes of the values, all of them there.
    pub(super) fn values(&self) -> Result<&[u8], NpyFault> {
        self.ensure_len()?;
        match &self.bytes {
            Bytes::Mapped(map, start) => Ok(&map.bytes()[*start..*start + self.header.data_len]),
            Bytes::Owned(bytes, start) => Ok(&bytes[*start..*start + self.header.data_len]),
        }
    }

    /// Whether the array lies in a file of which more than may be resident is mapped.
    pub(super) fn is_large(&self) -> bool {
        matches!(&self.bytes, Bytes::Mapped(map, _) if map.is_large())
    }

    /// The `len` bytes from `start` on. Those of a large file are copied into `buffer`, which
    /// leaves none of its pages resident.
    pub(super) fn bytes_at<'a>(
        &'a self,
        start: usize,
        len: usize,
        buffer: &'a mut Vec<u8>,
    ) -> Result<&'a [u8], NpyFault> {
        match &self.bytes {
            Bytes::Mapped(map, first) if map.is_large() => {
                buffer.resize(len, 0);
                map.read_at(*first + start, buffer)?;
                Ok(buffer)
            }
            Bytes::Mapped(map, first) => Ok(&map.bytes()[*first + start..][..len]),
            Bytes::Owned(bytes, first) => Ok(&bytes[*first + start..][..len]),
        }
    }

    /// Checks that a mapped file still has its length: what is beyond its end cannot be read.
    pub(super) fn ensure_len(&self) -> Result<(), NpyFault> {
        match &self.bytes {
            Bytes::Mapped(map, _) => map.ensure_len(),
            Bytes::Owned(..) => Ok(()),
        }
    }
}
