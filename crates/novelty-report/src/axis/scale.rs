use super::Extent;

/// How an axis spaces its values.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) enum Kind {
    #[default]
    Linear,
    /// Equal factors at equal distances.
    Log,
}

/// A map from values to pixels.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Scale {
    pub(crate) kind: Kind,
    pub(crate) extent: Extent,
    from: f32,
    to: f32,
}

impl Scale {
    /// The extent's low end falls on pixel `from`, its high end on `to`.
    pub(crate) fn new(kind: Kind, extent: Extent, from: f32, to: f32) -> Self {
        Self { kind, extent, from, to }
    }

    /// The pixel of a value; values outside the extent land outside, though not so far that
    /// `f32` pixels lose their meaning.
    pub(crate) fn at(&self, value: f64) -> f32 {
        let share = self.share(value).clamp(-1e3, 1e3) as f32;
        // This form is exact at both ends, where lines are cut.
        self.from * (1.0 - share) + self.to * share
    }

    fn share(&self, value: f64) -> f64 {
        let Extent { low, high } = self.extent;
        match self.kind {
            Kind::Linear => (value / 2.0 - low / 2.0) / (high / 2.0 - low / 2.0),
            Kind::Log => (value.ln() - low.ln()) / (high.ln() - low.ln()),
        }
    }
}
