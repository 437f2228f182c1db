use std::io;

use thiserror::Error;

/// What is wrong with an IDX file.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum IdxFault {
    /// Reading failed.
    #[error("cannot be read: {0}")]
    Io(io::Error),
    /// The compressed stream is damaged.
    #[error("its gzip stream is damaged after {got} bytes of content: {error}")]
    Gzip {
        /// Bytes that came out before.
        got: u64,
        /// What the decompressor said.
        error: io::Error,
    },
    /// The first two bytes are not zero.
    #[error("starts with {got:02x?}, an IDX file with 00 00, an element type and a rank")]
    Magic {
        /// The first four bytes.
        got: [u8; 4],
    },
    /// The third byte names no element type.
    #[error(
        "has element type 0x{code:02x}; IDX knows 08 (u8), 09 (i8), 0b (i16), 0c (i32), 0d (f32) and 0e (f64)"
    )]
    ElementType {
        /// The third byte.
        code: u8,
    },
    /// The file ends before its header says.
    #[error("is truncated: expected {expected} bytes, got {got}")]
    Truncated {
        /// Bytes that header and values need.
        expected: u64,
        /// Bytes there are.
        got: u64,
    },
    /// The file goes on after its last value.
    #[error("has bytes after its last value: expected {expected} bytes, got {got}")]
    Trailing {
        /// Bytes that header and values need.
        expected: u64,
        /// Bytes there are; for a compressed file, the count at which reading stopped.
        got: u64,
    },
    /// The header asks for more values than memory can address.
    #[error("claims the shape {shape:?}, more values than this machine can address")]
    Overflow {
        /// The dimensions in the header.
        shape: Vec<u32>,
    },
    /// The header asks for more than the compressed file could hold.
    #[error(
        "claims {claimed} bytes, but {compressed} compressed bytes cannot hold more than {limit}"
    )]
    BeyondCompression {
        /// Bytes that header and values need.
        claimed: u64,
        /// The size of the file.
        compressed: u64,
        /// The most that so many bytes can decompress to.
        limit: u64,
    },
    /// The values have another number of dimensions than their use needs.
    #[error("has {got} dimensions, {what} have {expected}")]
    Rank {
        /// What they are used as.
        what: &'static str,
        /// The dimensions that use has.
        expected: usize,
        /// The dimensions there are.
        got: usize,
    },
    /// The values have another type than their use needs.
    #[error("holds {got} values, {what} are {expected}")]
    Values {
        /// What they are used as.
        what: &'static str,
        /// The types that use takes.
        expected: &'static str,
        /// The type there is.
        got: &'static str,
    },
    /// A label is negative.
    #[error("has the label {value} at position {index}; labels count from 0")]
    NegativeLabel {
        /// The position.
        index: usize,
        /// The label.
        value: i64,
    },
}
