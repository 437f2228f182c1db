use std::io;

use thiserror::Error;

/// What is wrong with a `.npy` or `.npz` file.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum NpyFault {
    /// Reading failed.
    #[error("cannot be read: {0}")]
    Io(io::Error),
    /// The first bytes are not `\x93NUMPY`.
    #[error("starts with {got:02x?}, a .npy file with 93 4e 55 4d 50 59")]
    Magic {
        /// The first bytes, at most six.
        got: Vec<u8>,
    },
    /// The format has a version that is not known.
    #[error("has version {major}.{minor}; 1.0, 2.0 and 3.0 are known")]
    Version {
        /// The first number.
        major: u8,
        /// The second number.
        minor: u8,
    },
    /// The header is not a dictionary of `descr`, `fortran_order` and `shape`.
    #[error(
        "has a header that is no description of an array, at byte {position}: {expected} was expected"
    )]
    Header {
        /// Where in the header.
        position: usize,
        /// What was expected there.
        expected: &'static str,
    },
    /// The values have a type that is not read.
    #[error("holds values of type {descr}; booleans, integers and floats of 1 to 8 bytes are read")]
    Type {
        /// The type as the header spells it.
        descr: String,
    },
    /// The header asks for more values than memory can address.
    #[error("claims the shape {shape:?}, more values than this machine can address")]
    Overflow {
        /// The dimensions.
        shape: Vec<u64>,
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
        /// Bytes there are.
        got: u64,
    },
    /// The file became shorter after it had been opened.
    #[error("had {expected} bytes when it was opened and has {got} now")]
    Changed {
        /// Bytes at first.
        expected: u64,
        /// Bytes now.
        got: u64,
    },
    /// The archive is damaged.
    #[error("is no archive that can be read: {reason}")]
    Archive {
        /// What its reader said.
        reason: String,
    },
    /// The archive has no such array.
    #[error("has no array {name:?}; it has {}", available.join(", "))]
    Member {
        /// The array asked for; empty if none was and there are several.
        name: String,
        /// Those there are.
        available: Vec<String>,
    },
    /// An array of the archive claims more than its compressed bytes can hold.
    #[error("claims {claimed} bytes, which {compressed} compressed bytes cannot hold")]
    BeyondCompression {
        /// Bytes it claims.
        claimed: u64,
        /// Compressed bytes there are.
        compressed: u64,
    },
    /// The shape can be read as two layouts.
    #[error(
        "has the shape {shape:?}, which is {channels_last} as (n, height, width, channels) or \
         {channels_first} as (n, channels, height, width); say which"
    )]
    Ambiguous {
        /// The dimensions.
        shape: Vec<usize>,
        /// What it is with the channels last.
        channels_last: String,
        /// What it is with the channels first.
        channels_first: String,
    },
    /// The values have another number of dimensions than their use needs.
    #[error("has {got} dimensions, {what} have {expected}")]
    Rank {
        /// What they are used as.
        what: &'static str,
        /// The dimensions that use has.
        expected: &'static str,
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
        got: String,
    },
    /// A value is NaN or infinite.
    #[error("holds {value} at position {position} of image {image}; every value must be finite")]
    NotFinite {
        /// The image.
        image: usize,
        /// The position in it, by channel, row and column.
        position: usize,
        /// The value, divided as the settings say.
        value: f32,
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
