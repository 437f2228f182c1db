//! Freed memory is kept for the next batch.

use std::sync::Once;

/// How much freed memory a process keeps unless [`set_kept_memory`] says otherwise: 1 GiB.
pub const DEFAULT_KEPT_MEMORY: usize = 1 << 30;

/// Whether the bound is settled, by the caller or by the first use.
static SETTLED: Once = Once::new();

/// Sets how many bytes of freed memory this process may keep at the end of its heap rather than
/// give back to the system, from where the next batch would get them page by page, cleared.
///
/// 0 leaves the allocator as it is. Call it before the first training or inference, which
/// otherwise settle it at [`DEFAULT_KEPT_MEMORY`]; later calls raise or lower the bound, but
/// cannot undo it. It is a setting of the whole process, on Linux with glibc; elsewhere it does
/// nothing.
pub fn set_kept_memory(bytes: usize) {
    SETTLED.call_once(|| {});
    if bytes > 0 {
        keep(bytes);
    }
}

/// Settles the bound at its default, unless it is settled.
pub(crate) fn keep_freed() {
    SETTLED.call_once(|| keep(DEFAULT_KEPT_MEMORY));
}

/// Blocks below the bound come from the heap, and the heap shrinks only by more than it.
#[cfg(all(target_os = "linux", target_env = "gnu"))]
#[expect(unsafe_code, reason = "glibc's settings of its allocator have no safe binding")]
fn keep(bytes: usize) {
    let bytes = libc::c_int::try_from(bytes).unwrap_or(libc::c_int::MAX);
    // SAFETY: `mallopt` takes two integers and may be called at any time; it locks the allocator
    // itself. What it refuses it leaves as it was.
    let set = |name, value| unsafe { libc::mallopt(name, value) == 1 };
    // Older versions take no larger threshold than this one.
    let is_set = (set(libc::M_MMAP_THRESHOLD, bytes) || set(libc::M_MMAP_THRESHOLD, 32 << 20))
        && set(libc::M_TRIM_THRESHOLD, bytes);
    tracing::debug!(bytes, is_set, "freed memory is kept");
}

#[cfg(not(all(target_os = "linux", target_env = "gnu")))]
fn keep(bytes: usize) {
    tracing::debug!(bytes, "freed memory is left to the allocator");
}
