use std::fs::File;
use std::sync::atomic::{AtomicUsize, Ordering};

use memmap2::Mmap;

use super::fault::NpyFault;

/// The kernel maps this much around a page that is touched, if it is in memory already.
const FAULT_AROUND: usize = 64 * 1024;

/// A mapped file of which a bounded part stays resident.
///
/// Pages of a mapped file count as the process's memory once they were touched. After a budget
/// of touched bytes the mapping is told to let go of all of them; they stay in the system's
/// cache, so that touching them again costs no reading as long as there is room.
#[derive(Debug)]
pub(super) struct ResidentMap {
    map: Mmap,
    file: File,
    touched: AtomicUsize,
    budget: usize,
}

impl ResidentMap {
    pub(super) fn open(file: File, budget: usize) -> Result<Self, NpyFault> {
        #[expect(unsafe_code, reason = "a mapping is unsafe because the file may change")]
        // SAFETY: the bytes are only ever read as numbers, for which every pattern is valid; a
        // change by another process changes values. A file that became shorter is found by
        // `ensure_len` before it is read.
        let map = unsafe { Mmap::map(&file) }.map_err(NpyFault::Io)?;
        Ok(Self { map, file, touched: AtomicUsize::new(0), budget })
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

    /// Counts `pieces` reads of `len` bytes each.
    pub(super) fn note_read(&self, pieces: usize, len: usize) {
        if !self.is_large() {
            return;
        }
        let bytes = pieces.saturating_mul(len.saturating_add(FAULT_AROUND));
        if self.touched.fetch_add(bytes, Ordering::Relaxed) > self.budget {
            self.touched.store(0, Ordering::Relaxed);
            self.release();
        }
    }

    #[cfg(unix)]
    fn release(&self) {
        #[expect(unsafe_code, reason = "dropping pages is unsafe for private mappings only")]
        // SAFETY: the mapping is shared and read-only: a dropped page is read again from the
        // file with the same content.
        let outcome = unsafe { self.map.unchecked_advise(memmap2::UncheckedAdvice::DontNeed) };
        if let Err(error) = outcome {
            tracing::debug!(%error, "the mapping could not be told to let go of its pages");
        }
    }

    #[cfg(not(unix))]
    fn release(&self) {}
}
