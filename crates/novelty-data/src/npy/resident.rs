use std::fs::File;

use memmap2::Mmap;

use super::fault::NpyFault;

/// A mapped file, parts of which can be copied past the mapping.
///
/// Pages of a mapped file count as the process's memory once they were touched, and letting go
/// of them to map them anew costs more than copying what is read. So a file beyond a budget is
/// copied from.
#[derive(Debug)]
pub(super) struct ResidentMap {
    map: Mmap,
    file: File,
    budget: usize,
}

impl ResidentMap {
    pub(super) fn open(file: File, budget: usize) -> Result<Self, NpyFault> {
        #[expect(unsafe_code, reason = "a mapping is unsafe because the file may change")]
        // SAFETY: the bytes are only ever read as numbers, for which every pattern is valid; a
        // change by another process changes values. A file that became shorter is found by
        // `ensure_len` before it is read.
        let map = unsafe { Mmap::map(&file) }.map_err(NpyFault::Io)?;
        Ok(Self { map, file, budget })
    }

    pub(super) fn bytes(&self) -> &[u8] {
        &self.map
    }

    /// Pages beyond the end of a file that was cut cannot be read.
    pub(super) fn ensure_len(&self) -> Result<(), NpyFault> {
        let (expected, got) =
            (self.map.len() as u64, self.file.metadata().map_err(NpyFault::Io)?.len());
        if got < expected { Err(NpyFault::Changed { expected, got }) } else { Ok(()) }
    }

    /// Whether more than may be resident lies in the file.
    pub(super) fn is_large(&self) -> bool {
        self.map.len() > self.budget
    }

    /// Copies from the file, past the mapping.
    #[cfg(unix)]
    pub(super) fn read_at(&self, start: usize, buffer: &mut [u8]) -> Result<(), NpyFault> {
        use std::os::unix::fs::FileExt;
        self.file.read_exact_at(buffer, start as u64).map_err(NpyFault::Io)
    }

    /// Copies from the mapping, where files have no other interface for several threads.
    #[cfg(not(unix))]
    pub(super) fn read_at(&self, start: usize, buffer: &mut [u8]) -> Result<(), NpyFault> {
        buffer.copy_from_slice(&self.map[start..start + buffer.len()]);
        Ok(())
    }
}
