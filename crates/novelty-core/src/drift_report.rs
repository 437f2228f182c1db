/// What a drift test says of one window.
#[derive(Debug, Clone, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[non_exhaustive]
pub struct DriftReport {
    /// The test statistic; larger = further from the reference.
    pub statistic: f64,
    /// The probability of a statistic at least this large without drift, where the test has one.
    pub p_value: Option<f64>,
    /// The level that the p-value is held against.
    pub significance: f64,
    /// Whether the test calls it drift.
    pub is_drift: bool,
    /// How large the change is, whatever the number of samples, where the test measures it. The
    /// test says in which unit.
    pub effect: Option<f64>,
    /// The features or tiles that moved by themselves, most significant first. Empty without
    /// drift, and where the test looks at one number a sample.
    pub moved: Vec<FeatureDrift>,
}

/// One feature, or one tile, of a window held against the reference by itself.
#[derive(Debug, Clone, Copy, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct FeatureDrift {
    /// Which feature: its column.
    pub index: usize,
    /// The statistic of this feature.
    pub statistic: f64,
    /// Its p-value, corrected for the number of features.
    pub p_value: f64,
}

impl DriftReport {
    /// A report of a test with a p-value: drift if `p_value < significance`.
    #[must_use]
    pub fn from_p_value(statistic: f64, p_value: f64, significance: f64) -> Self {
        let is_drift = p_value < significance;
        let p_value = Some(p_value);
        Self { statistic, p_value, significance, is_drift, effect: None, moved: Vec::new() }
    }

    /// Adds how large the change is.
    #[must_use]
    pub fn with_effect(mut self, effect: f64) -> Self {
        self.effect = Some(effect);
        self
    }

    /// Adds the features that moved.
    #[must_use]
    pub fn with_moved(mut self, moved: Vec<FeatureDrift>) -> Self {
        self.moved = moved;
        self
    }
}
