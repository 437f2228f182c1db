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
}

impl DriftReport {
    /// A report of a test with a p-value: drift if `p_value < significance`.
    #[must_use]
    pub fn from_p_value(statistic: f64, p_value: f64, significance: f64) -> Self {
        let is_drift = p_value < significance;
        Self { statistic, p_value: Some(p_value), significance, is_drift }
    }
}
