use ndarray::{ArrayD, IxDyn};

use super::fault::IdxFault;
use super::header::{Element, Header};

/// The values of an IDX file, in the type they are stored in.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub enum IdxArray {
    /// Element type 0x08.
    U8(ArrayD<u8>),
    /// Element type 0x09.
    I8(ArrayD<i8>),
    /// Element type 0x0b.
    I16(ArrayD<i16>),
    /// Element type 0x0c.
    I32(ArrayD<i32>),
    /// Element type 0x0d.
    F32(ArrayD<f32>),
    /// Element type 0x0e.
    F64(ArrayD<f64>),
}

impl IdxArray {
    /// The dimensions, outermost first.
    #[must_use]
    pub fn shape(&self) -> &[usize] {
        match self {
            Self::U8(array) => array.shape(),
            Self::I8(array) => array.shape(),
            Self::I16(array) => array.shape(),
            Self::I32(array) => array.shape(),
            Self::F32(array) => array.shape(),
            Self::F64(array) => array.shape(),
        }
    }

    /// The element type by its Rust name.
    #[must_use]
    pub fn element_type(&self) -> &'static str {
        match self {
            Self::U8(_) => "u8",
            Self::I8(_) => "i8",
            Self::I16(_) => "i16",
            Self::I32(_) => "i32",
            Self::F32(_) => "f32",
            Self::F64(_) => "f64",
        }
    }

    /// Gives the big-endian bytes after a header their type and shape.
    pub(super) fn decode(header: &Header, bytes: Vec<u8>) -> Result<Self, IdxFault> {
        let shape = &header.shape;
        Ok(match header.element {
            Element::U8 => Self::U8(shaped(shape, bytes)?),
            Element::I8 => Self::I8(shaped(shape, values(&bytes, i8::from_be_bytes))?),
            Element::I16 => Self::I16(shaped(shape, values(&bytes, i16::from_be_bytes))?),
            Element::I32 => Self::I32(shaped(shape, values(&bytes, i32::from_be_bytes))?),
            Element::F32 => Self::F32(shaped(shape, values(&bytes, f32::from_be_bytes))?),
            Element::F64 => Self::F64(shaped(shape, values(&bytes, f64::from_be_bytes))?),
        })
    }
}

fn values<T, const N: usize>(bytes: &[u8], decode: impl Fn([u8; N]) -> T) -> Vec<T> {
    bytes.as_chunks::<N>().0.iter().map(|&value| decode(value)).collect()
}

fn shaped<T>(shape: &[usize], values: Vec<T>) -> Result<ArrayD<T>, IdxFault> {
    ArrayD::from_shape_vec(IxDyn(shape), values).map_err(|_| IdxFault::Overflow {
        shape: shape.iter().map(|&dim| u32::try_from(dim).unwrap_or(u32::MAX)).collect(),
    })
}
