use std::fs::{self, File};
use std::io::{Cursor, ErrorKind, Read, Seek};
use std::path::Path;
use std::sync::Arc;

use zip::{CompressionMethod, ZipArchive};

use super::array::{Bytes, NpyArray};
use super::claims::check_claims;
use super::fault::NpyFault;
use super::header::Header;
use super::resident::ResidentMap;

const ZIP_MAGIC: &[u8] = b"PK";

/// A deflate stream cannot expand more than this.
const MAX_DEFLATE_RATIO: u64 = 1032;

/// Bytes of a mapped file that may be resident at once. A file that has no more is mapped as a
/// whole and read without a copy.
const RESIDENT_BUDGET: usize = 256 << 20;

pub(super) fn open(path: &Path, name: Option<&str>) -> Result<NpyArray, NpyFault> {
    let metadata = fs::metadata(path).map_err(NpyFault::Io)?;
    if !metadata.is_file() {
        return Err(NpyFault::Io(ErrorKind::InvalidInput.into()));
    }
    if metadata.len() == 0 {
        // An empty file cannot be mapped.
        return Err(NpyFault::Magic { got: Vec::new() });
    }
    let file = File::open(path).map_err(NpyFault::Io)?;
    let map = Arc::new(ResidentMap::open(file, RESIDENT_BUDGET)?);
    let bytes = map.bytes();
    if bytes.starts_with(ZIP_MAGIC) {
        return member(bytes, name, |start| Bytes::Mapped(Arc::clone(&map), start));
    }
    match name {
        None => {
            let header = complete(Header::read(bytes)?, bytes.len() as u64)?;
            let start = header.header_len;
            Ok(NpyArray { header, bytes: Bytes::Mapped(map, start) })
        }
        Some(name) => Err(NpyFault::Member { name: name.to_owned(), available: Vec::new() }),
    }
}

pub(super) fn from_bytes(bytes: &[u8]) -> Result<NpyArray, NpyFault> {
    let owned = |start| Bytes::Owned(Arc::new(bytes.to_vec()), start);
    if bytes.starts_with(ZIP_MAGIC) {
        return member(bytes, None, owned);
    }
    let header = complete(Header::read(bytes)?, bytes.len() as u64)?;
    let bytes = owned(header.header_len);
    Ok(NpyArray { header, bytes })
}

fn complete(header: Header, got: u64) -> Result<Header, NpyFault> {
    let expected = header.total_len();
    match got.cmp(&expected) {
        std::cmp::Ordering::Less => Err(NpyFault::Truncated { expected, got }),
        std::cmp::Ordering::Greater => Err(NpyFault::Trailing { expected, got }),
        std::cmp::Ordering::Equal => Ok(header),
    }
}

/// One array of the archive `bytes`; `stored` makes the bytes of one that is not compressed,
/// given where its values begin.
fn member(
    bytes: &[u8],
    name: Option<&str>,
    stored: impl FnOnce(usize) -> Bytes,
) -> Result<NpyArray, NpyFault> {
    check_claims(bytes)?;
    let mut archive = ZipArchive::new(Cursor::new(bytes)).map_err(archive_fault)?;
    let index = member_index(&archive, name)?;
    let mut file = archive.by_index(index).map_err(archive_fault)?;
    let (size, compressed) = (file.size(), file.compressed_size());
    if file.compression() == CompressionMethod::Stored {
        let start = file.data_start().unwrap_or(u64::MAX);
        let end = start.checked_add(size).filter(|&end| end <= bytes.len() as u64);
        let Some(end) = end else {
            return Err(NpyFault::Truncated {
                expected: start.saturating_add(size),
                got: bytes.len() as u64,
            });
        };
        let header = complete(Header::read(&bytes[start as usize..end as usize])?, size)?;
        let values = start as usize + header.header_len;
        return Ok(NpyArray { header, bytes: stored(values) });
    }
    if size > compressed.min(bytes.len() as u64).saturating_mul(MAX_DEFLATE_RATIO) {
        return Err(NpyFault::BeyondCompression { claimed: size, compressed });
    }
    inflate(&mut file, size)
}

/// The header first, so that only what it backs is decompressed.
fn inflate(source: &mut impl Read, size: u64) -> Result<NpyArray, NpyFault> {
    let mut content = Vec::new();
    let mut read_to = |len: u64, content: &mut Vec<u8>| {
        let more = len.saturating_sub(content.len() as u64);
        source
            .by_ref()
            .take(more)
            .read_to_end(content)
            .map_err(|error| NpyFault::Archive { reason: error.to_string() })
    };
    read_to(12, &mut content)?;
    let (_, header_len) = Header::len_from(&content)?;
    read_to((header_len as u64).min(size), &mut content)?;
    let header = complete(Header::read(&content)?, size)?;
    // One byte more makes the reader check the sum at the end.
    read_to(size + 1, &mut content)?;
    let header = complete(header, content.len() as u64)?;
    let start = header.header_len;
    Ok(NpyArray { header, bytes: Bytes::Owned(Arc::new(content), start) })
}

fn member_index<R: Read + Seek>(
    archive: &ZipArchive<R>,
    name: Option<&str>,
) -> Result<usize, NpyFault> {
    let available: Vec<String> = archive
        .file_names()
        .filter(|file| !file.ends_with('/'))
        .map(|file| file.strip_suffix(".npy").unwrap_or(file).to_owned())
        .collect();
    let wanted = match (name, available.as_slice()) {
        (Some(name), _) => name.strip_suffix(".npy").unwrap_or(name),
        (None, [only]) => only,
        (None, _) => "",
    };
    let found = [format!("{wanted}.npy"), wanted.to_owned()]
        .iter()
        .find_map(|file| archive.index_for_name(file));
    found.ok_or_else(|| NpyFault::Member { name: name.unwrap_or_default().to_owned(), available })
}

fn archive_fault(error: zip::result::ZipError) -> NpyFault {
    match error {
        zip::result::ZipError::Io(error) if error.raw_os_error().is_some() => NpyFault::Io(error),
        error => NpyFault::Archive { reason: error.to_string() },
    }
}
