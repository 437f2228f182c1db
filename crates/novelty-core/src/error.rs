use thiserror::Error;

/// What is wrong with an input: the place, the value, and what was expected.
///
/// The errors of all crates carry this one, so that bad input reads the same everywhere.
#[derive(Debug, Clone, PartialEq, Error)]
#[non_exhaustive]
pub enum InputError {
    /// There is nothing to work on.
    #[error("{place} is empty")]
    Empty {
        /// Which input.
        place: &'static str,
    },
    /// The input has another shape than the one it is used for.
    #[error("{place} has shape {got:?}, expected {expected:?}")]
    Shape {
        /// Which input.
        place: &'static str,
        /// The shape that was needed.
        expected: Vec<usize>,
        /// The shape that came.
        got: Vec<usize>,
    },
    /// Two inputs that belong together have different lengths.
    #[error("{left} has {left_len} entries, {right} has {right_len}; they must be equal")]
    Length {
        /// The first input.
        left: &'static str,
        /// Its length.
        left_len: usize,
        /// The second input.
        right: &'static str,
        /// Its length.
        right_len: usize,
    },
    /// A value is NaN or infinite.
    #[error("{place} holds {value} at position {index}; every value must be finite")]
    NotFinite {
        /// Which input.
        place: &'static str,
        /// The position of the first such value, in logical (row-major) order.
        index: usize,
        /// The value.
        value: f32,
    },
    /// A threshold is to judge the scores it was chosen from.
    #[error("the threshold by {rule} was chosen from these {n} scores; judge others")]
    InSample {
        /// The rule that chose it.
        rule: String,
        /// How many scores.
        n: usize,
    },
    /// A setting is outside its range.
    #[error("{name} is {value}; it must be {range}")]
    Setting {
        /// The setting's name.
        name: &'static str,
        /// Its value.
        value: String,
        /// The range it must lie in.
        range: &'static str,
    },
}

impl InputError {
    /// A setting outside its range.
    pub fn setting(name: &'static str, value: impl ToString, range: &'static str) -> Self {
        Self::Setting { name, value: value.to_string(), range }
    }
}
