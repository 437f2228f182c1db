use super::{Kind, short};

/// The smallest and the largest of some finite values.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub(crate) struct Extent {
    pub(crate) low: f64,
    pub(crate) high: f64,
}

/// A range narrower than this share of its values' size cannot be told apart in an `f64` axis.
const NARROWEST: f64 = 1e-9;

impl Extent {
    /// The extent of values; `None` without any.
    pub(crate) fn of(values: impl IntoIterator<Item = f64>) -> Option<Self> {
        values.into_iter().fold(None, |extent: Option<Self>, value| {
            Some(extent.map_or(Self { low: value, high: value }, |e| e.with(value)))
        })
    }

    pub(crate) fn with(self, value: f64) -> Self {
        Self { low: self.low.min(value), high: self.high.max(value) }
    }

    pub(crate) fn contains(self, value: f64) -> bool {
        (self.low..=self.high).contains(&value)
    }

    /// The width; halved first so that no range of finite ends overflows.
    pub(crate) fn half_width(self) -> f64 {
        self.high / 2.0 - self.low / 2.0
    }

    /// The range with some width: a constant gets a tenth of its size around it, zero gets 1.
    pub(crate) fn widened(self) -> Self {
        let size = self.low.abs().max(self.high.abs());
        if self.half_width() > NARROWEST * size / 2.0 && self.half_width() > f64::MIN_POSITIVE {
            return self;
        }
        let room = if size > f64::MIN_POSITIVE / NARROWEST { 0.1 * size } else { 1.0 };
        Self { low: self.low - room, high: self.high + room }.clamped()
    }

    /// The range with a share of its width added at both ends.
    pub(crate) fn padded(self, share: f64) -> Self {
        let room = 2.0 * share * self.half_width();
        Self { low: self.low - room, high: self.high + room }.clamped()
    }

    /// As `widened` and `padded`, for a logarithmic axis; all values are positive.
    pub(crate) fn padded_log(self, share: f64) -> Self {
        let decades = (self.high.log10() - self.low.log10()).max(0.0);
        let room = 10f64.powf(if decades < 1e-6 { 0.3 } else { share * decades });
        let low = (self.low / room).max(f64::MIN_POSITIVE);
        Self { low, high: (self.high * room).min(f64::MAX) }
    }

    /// "from 0 to 20", in few digits.
    pub(crate) fn in_words(self, kind: Kind) -> String {
        let kind = if kind == Kind::Log { " on a logarithmic axis" } else { "" };
        format!("from {} to {}{kind}", short(self.low), short(self.high))
    }

    fn clamped(self) -> Self {
        Self { low: self.low.max(f64::MIN), high: self.high.min(f64::MAX) }
    }
}
