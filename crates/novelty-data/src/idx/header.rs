use std::io::Read;

use super::fault::IdxFault;

/// What an IDX file says of itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Header {
    pub(super) element: Element,
    pub(super) shape: Vec<usize>,
    /// Bytes of the header.
    pub(super) header_len: u64,
    /// Bytes of the values.
    pub(super) data_len: u64,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Element {
    U8,
    I8,
    I16,
    I32,
    F32,
    F64,
}

impl Element {
    fn from_code(code: u8) -> Result<Self, IdxFault> {
        Ok(match code {
            0x08 => Self::U8,
            0x09 => Self::I8,
            0x0b => Self::I16,
            0x0c => Self::I32,
            0x0d => Self::F32,
            0x0e => Self::F64,
            code => return Err(IdxFault::ElementType { code }),
        })
    }

    fn size(self) -> usize {
        match self {
            Self::U8 | Self::I8 => 1,
            Self::I16 => 2,
            Self::I32 | Self::F32 => 4,
            Self::F64 => 8,
        }
    }
}

impl Header {
    /// Bytes of header and values.
    pub(super) fn total_len(&self) -> u64 {
        self.header_len + self.data_len
    }

    /// Reads the magic number and the dimensions; at most 4 + 4 * 255 bytes.
    pub(super) fn read(source: &mut impl Read) -> Result<Self, IdxFault> {
        let mut magic = [0; 4];
        fill(source, &mut magic, 0, 4)?;
        let [0, 0, code, rank] = magic else {
            return Err(IdxFault::Magic { got: magic });
        };
        let element = Element::from_code(code)?;
        let header_len = 4 + 4 * u64::from(rank);
        let mut dims = vec![0; 4 * usize::from(rank)];
        fill(source, &mut dims, 4, header_len)?;
        let (dims, _) = dims.as_chunks::<4>();
        let dims: Vec<u32> = dims.iter().map(|&bytes| u32::from_be_bytes(bytes)).collect();
        match checked_len(&dims, element.size()) {
            Some((shape, data_len)) => Ok(Self { element, shape, header_len, data_len }),
            None => Err(IdxFault::Overflow { shape: dims }),
        }
    }
}

/// The shape as sizes and its bytes. An array library multiplies the non-zero dimensions
/// whatever the zero ones say, so their product has to fit too.
fn checked_len(dims: &[u32], size: usize) -> Option<(Vec<usize>, u64)> {
    let shape: Vec<usize> =
        dims.iter().map(|&dim| usize::try_from(dim).ok()).collect::<Option<_>>()?;
    let extent =
        shape.iter().filter(|&&dim| dim > 0).try_fold(size, |n, &dim| n.checked_mul(dim))?;
    // The header's bytes are added later; an eighth of the address space leaves room for them.
    if extent > isize::MAX as usize / 4 {
        return None;
    }
    let data_len = if shape.contains(&0) { 0 } else { extent };
    Some((shape, u64::try_from(data_len).ok()?))
}

/// Fills `buffer`; `before` bytes were read earlier and `expected` are needed in all.
fn fill(
    source: &mut impl Read,
    buffer: &mut [u8],
    before: u64,
    expected: u64,
) -> Result<(), IdxFault> {
    let mut filled = 0;
    while filled < buffer.len() {
        match source.read(&mut buffer[filled..]) {
            Ok(0) => return Err(IdxFault::Truncated { expected, got: before + filled as u64 }),
            Ok(n) => filled += n,
            Err(error) if error.kind() == std::io::ErrorKind::Interrupted => {}
            Err(error) if error.kind() == std::io::ErrorKind::UnexpectedEof => {
                return Err(IdxFault::Truncated { expected, got: before + filled as u64 });
            }
            Err(error) => return Err(IdxFault::Io(error)),
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn header(bytes: &[u8]) -> Result<Header, IdxFault> {
        Header::read(&mut { bytes })
    }

    #[test]
    fn reads_the_images_header_of_mnist() {
        let bytes = [0, 0, 8, 3, 0, 0, 0xea, 0x60, 0, 0, 0, 28, 0, 0, 0, 28];
        let header = header(&bytes).unwrap();
        assert_eq!(header.element, Element::U8);
        assert_eq!(header.shape, [60_000, 28, 28]);
        assert_eq!(header.total_len(), 47_040_016);
    }

    #[test]
    fn a_zero_dimension_does_not_hide_an_overflow() {
        let mut bytes = vec![0, 0, 8, 5];
        bytes.extend([[0; 4], [0xff; 4], [0xff; 4], [0xff; 4], [0xff; 4]].concat());
        assert!(matches!(header(&bytes), Err(IdxFault::Overflow { .. })));
    }

    #[test]
    fn a_scalar_has_one_value() {
        let header = header(&[0, 0, 0x0e, 0]).unwrap();
        assert_eq!((header.shape.len(), header.data_len), (0, 8));
    }
}
