use std::fs::File;
use std::io::{self, BufRead, BufReader, Cursor, ErrorKind, Read};
use std::path::Path;

use flate2::bufread::MultiGzDecoder;

use super::array::IdxArray;
use super::fault::IdxFault;
use super::header::Header;
use crate::DataError;

/// A deflate stream cannot expand more than this.
const MAX_DEFLATE_RATIO: u64 = 1032;

const GZIP_MAGIC: [u8; 2] = [0x1f, 0x8b];

/// Large enough that reading is not felt beside decompression.
const BUFFER_LEN: usize = 128 * 1024;

/// Reads an IDX file, compressed by gzip or not; its first bytes decide, not its name.
///
/// IDX is the format of MNIST: `00 00`, one byte of element type, one byte of rank, the
/// dimensions as big-endian `u32`, the values in row-major order and big-endian.
///
/// Memory stays within the values that arrive: a header is held against the size of the file
/// first (for a compressed file, against the most that deflate could have packed into it), and
/// decompression stops at the first byte too many.
///
/// # Errors
/// [`DataError::Io`] if the file cannot be read, [`DataError::Idx`] with the numbers if it is
/// no IDX file, is truncated, goes on too long, or claims more than it can hold.
pub fn read_idx(path: impl AsRef<Path>) -> Result<IdxArray, DataError> {
    let path = path.as_ref();
    let file = File::open(path).map_err(DataError::io(path))?;
    let file_len = file.metadata().map_err(DataError::io(path))?.len();
    let source = BufReader::with_capacity(BUFFER_LEN, file);
    read(source, file_len).map_err(DataError::idx(path))
}

impl IdxArray {
    /// Reads the bytes of an IDX file, compressed by gzip or not, as [`read_idx`] does.
    ///
    /// # Errors
    /// What is wrong with them.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, IdxFault> {
        read(Cursor::new(bytes), bytes.len() as u64)
    }
}

fn read(mut source: impl BufRead, file_len: u64) -> Result<IdxArray, IdxFault> {
    // A buffer that holds one byte only cannot start a gzip stream that holds an IDX header.
    if source.fill_buf().map_err(IdxFault::Io)?.starts_with(&GZIP_MAGIC) {
        read_gzip(MultiGzDecoder::new(source), file_len)
    } else {
        read_raw(source, file_len)
    }
}

fn read_raw(mut source: impl Read, file_len: u64) -> Result<IdxArray, IdxFault> {
    let header = Header::read(&mut source)?;
    let expected = header.total_len();
    if file_len < expected {
        return Err(IdxFault::Truncated { expected, got: file_len });
    }
    if file_len > expected {
        return Err(IdxFault::Trailing { expected, got: file_len });
    }
    let mut bytes = Vec::with_capacity(header.data_len as usize);
    // The file may have changed since its size was asked for.
    source.take(header.data_len).read_to_end(&mut bytes).map_err(IdxFault::Io)?;
    let got = header.header_len + bytes.len() as u64;
    if got < expected {
        return Err(IdxFault::Truncated { expected, got });
    }
    IdxArray::decode(&header, bytes)
}

fn read_gzip(mut source: impl Read, file_len: u64) -> Result<IdxArray, IdxFault> {
    let header = Header::read(&mut source).map_err(|fault| as_gzip_fault(fault, 0))?;
    let expected = header.total_len();
    let limit = file_len.saturating_mul(MAX_DEFLATE_RATIO);
    if expected > limit {
        let (claimed, compressed) = (expected, file_len);
        return Err(IdxFault::BeyondCompression { claimed, compressed, limit });
    }
    let mut bytes = Vec::new();
    // One byte more than needed makes the decompressor check the sum at the end of the stream.
    let outcome = source.take(header.data_len + 1).read_to_end(&mut bytes);
    let got = header.header_len + bytes.len() as u64;
    match outcome {
        Err(error) if error.kind() == ErrorKind::UnexpectedEof && got < expected => {
            Err(IdxFault::Truncated { expected, got })
        }
        Err(error) => Err(gzip_fault(error, got)),
        Ok(_) if got < expected => Err(IdxFault::Truncated { expected, got }),
        Ok(_) if got > expected => Err(IdxFault::Trailing { expected, got }),
        Ok(_) => IdxArray::decode(&header, bytes),
    }
}

/// The decompressor reports a damaged stream as an input error; the operating system's own
/// errors carry a code.
fn gzip_fault(error: io::Error, got: u64) -> IdxFault {
    if error.raw_os_error().is_some() { IdxFault::Io(error) } else { IdxFault::Gzip { got, error } }
}

fn as_gzip_fault(fault: IdxFault, got: u64) -> IdxFault {
    match fault {
        IdxFault::Io(error) => gzip_fault(error, got),
        fault => fault,
    }
}
