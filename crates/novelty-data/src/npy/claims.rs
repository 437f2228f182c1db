use super::fault::NpyFault;

/// Bytes of the longest end of an archive: record, comment, and those of large archives.
const END_LEN: usize = 22 + 65_535 + 20 + 56 + 1024;

/// Bytes of an entry's name in the directory, and of nothing else it has.
const MIN_ENTRY_LEN: u64 = 46;

/// Checks the number of files that an archive claims to hold against its size, because the
/// reader of archives takes memory for as many.
pub(super) fn check_claims(bytes: &[u8]) -> Result<(), NpyFault> {
    let window_start = bytes.len().saturating_sub(END_LEN);
    let window = &bytes[window_start..];
    let limit = bytes.len() as u64 / MIN_ENTRY_LEN;
    let mut has_end = false;
    for at in 0..window.len().saturating_sub(3) {
        let claimed = match &window[at..at + 4] {
            b"PK\x05\x06" => {
                has_end = true;
                number::<2>(window, at + 8).max(number::<2>(window, at + 10))
            }
            b"PK\x06\x06" => number::<8>(window, at + 24).max(number::<8>(window, at + 32)),
            // Where the record of a large archive lies; one outside was not looked at.
            b"PK\x06\x07" if number::<8>(window, at + 8) < window_start as u64 => u64::MAX,
            _ => continue,
        };
        if claimed > limit {
            let reason = format!("claims {claimed} files in {} bytes", bytes.len());
            return Err(NpyFault::Archive { reason });
        }
    }
    if has_end {
        return Ok(());
    }
    Err(NpyFault::Archive { reason: "has no directory at its end".to_owned() })
}

/// `N` little-endian bytes; 0 beyond the end, where the reader will fail.
fn number<const N: usize>(bytes: &[u8], at: usize) -> u64 {
    let Some(bytes) = bytes.get(at..at + N) else { return 0 };
    bytes.iter().rev().fold(0, |value, &byte| value << 8 | u64::from(byte))
}
