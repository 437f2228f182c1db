use std::fs::File;
use std::io::{self, BufRead, BufReader, ErrorKind, Read};
use std::path::Path;

use flate2::bufread::MultiGzDecoder;
use rayon::prelude::*;

use super::array::IdxArray;
use super::fault::IdxFault;
use super::header::Header;
use crate::DataError;
use crate::memory::zeros;

/// A deflate stream cannot expand more than this.
const MAX_DEFLATE_RATIO: u64 = 1032;

const GZIP_MAGIC: [u8; 2] = [0x1f, 0x8b];

/// Large enough that reading is not felt beside decompression.
const BUFFER_LEN: usize = 128 * 1024;

/// What one thread reads at a time.
const PART_LEN: usize = 2 << 20;

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
    read_file(file, file_len).map_err(DataError::idx(path))
}

impl IdxArray {
    /// Reads the bytes of an IDX file, compressed by gzip or not, as [`read_idx`] does.
    ///
    /// # Errors
    /// What is wrong with them.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, IdxFault> {
        let file_len = bytes.len() as u64;
        if bytes.starts_with(&GZIP_MAGIC) {
            return read_gzip(MultiGzDecoder::new(bytes), file_len);
        }
        let header = checked_header(&mut { bytes }, file_len)?;
        let values = bytes[header.header_len as usize..].to_vec();
        Self::decode(&header, values)
    }
}

fn read_file(file: File, file_len: u64) -> Result<IdxArray, IdxFault> {
    let mut source = BufReader::with_capacity(BUFFER_LEN, &file);
    if source.fill_buf().map_err(IdxFault::Io)?.starts_with(&GZIP_MAGIC) {
        return read_gzip(MultiGzDecoder::new(source), file_len);
    }
    let header = checked_header(&mut source, file_len)?;
    let mut bytes: Vec<u8> = zeros(header.data_len as usize);
    read_parallel(&file, header.header_len, &mut bytes)?;
    IdxArray::decode(&header, bytes)
}

/// Several threads copy out of the system's cache, which one alone does at half the speed of
/// the memory or less.
#[cfg(unix)]
fn read_parallel(file: &File, start: u64, bytes: &mut [u8]) -> Result<(), IdxFault> {
    use std::os::unix::fs::FileExt;
    let total = start + bytes.len() as u64;
    bytes.par_chunks_mut(PART_LEN).enumerate().try_for_each(|(part, bytes)| {
        let at = start + (part * PART_LEN) as u64;
        file.read_exact_at(bytes, at).map_err(|error| cut_fault(error, total, file))
    })
}

#[cfg(not(unix))]
fn read_parallel(mut file: &File, start: u64, bytes: &mut [u8]) -> Result<(), IdxFault> {
    use std::io::{Seek, SeekFrom};
    let total = start + bytes.len() as u64;
    file.seek(SeekFrom::Start(start)).map_err(IdxFault::Io)?;
    file.read_exact(bytes).map_err(|error| cut_fault(error, total, file))
}

/// The file may have changed since its size was asked for.
fn cut_fault(error: io::Error, expected: u64, file: &File) -> IdxFault {
    match (error.kind(), file.metadata()) {
        (ErrorKind::UnexpectedEof, Ok(metadata)) => {
            IdxFault::Truncated { expected, got: metadata.len().min(expected) }
        }
        _ => IdxFault::Io(error),
    }
}

/// A header that the size of the file agrees with.
fn checked_header(source: &mut impl Read, file_len: u64) -> Result<Header, IdxFault> {
    let header = Header::read(source)?;
    let expected = header.total_len();
    if file_len < expected {
        return Err(IdxFault::Truncated { expected, got: file_len });
    }
    if file_len > expected {
        return Err(IdxFault::Trailing { expected, got: file_len });
    }
    Ok(header)
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
