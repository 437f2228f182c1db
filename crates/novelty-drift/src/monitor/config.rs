use novelty_core::{Images, InputError};
use serde::{Deserialize, Serialize};

use super::{BufferClustering, ModelBank};
use crate::CameraDiagnosis;

/// Which features of an image its camera diagnosis is asked with.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[non_exhaustive]
pub enum CameraFeatures {
    /// [`style_features`](crate::style_features).
    #[default]
    Style,
    /// The embedding.
    Embedding,
    /// The embedding, followed by the style features.
    Both,
}

/// Settings of a [`Monitor`](crate::Monitor).
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct MonitorConfig {
    /// Unexplained images kept; the oldest leave first. At least `min_class_size`. Default 200.
    pub buffer_size: usize,
    /// Images of the stream after which an unexplained one leaves the buffer, at least 1: a new class
    /// must bring `min_class_size` images in that time. Longer, and what is unusual about the known
    /// classes adds up to a class. Default 400.
    pub buffer_age: u64,
    /// Unexplained images between two looks at the buffer, at least 1. Default 2.
    pub check_every: usize,
    /// Images a new class must have, at least 4. Default 10.
    pub min_class_size: usize,
    /// How wide a new class may be, in mean distances from the centre of the widest known class;
    /// above 0. Default 1.25.
    pub max_relative_spread: f64,
    /// The least Jaccard index of a cluster's members from one look to the next, in (0, 1].
    /// Default 0.7.
    pub min_stability: f64,
    /// Consecutive looks over which a cluster must be that stable, at least 1. Default 2.
    pub stable_checks: usize,
    /// Images kept of a proposal until it is adopted, at least `min_class_size`. Default 200.
    pub max_members: usize,
    /// Open proposals at most, at least 1: no more are made until one is settled. Default 4.
    pub max_proposals: usize,
    /// Dismissed proposals that are remembered; the oldest are forgotten first. 0 remembers none.
    /// Default 16.
    pub max_dismissed: usize,
    /// How the buffer is clustered. Default by density.
    pub clustering: BufferClustering,
    /// Which features the camera diagnosis is asked with. Default style.
    pub camera_features: CameraFeatures,
    /// What a cumulative sum lets the log of score over threshold exceed what is usual for a class
    /// by for free, in standard deviations; at least 0. Default 0.5.
    pub drift_slack: f64,
    /// Images from the start to a false drift alarm, on average; in 10..=1,000,000. Default
    /// 10,000.
    pub drift_run_time: usize,
    /// Seed of all draws. Default 42.
    pub seed: u64,
}

impl Default for MonitorConfig {
    fn default() -> Self {
        Self {
            buffer_size: 200,
            buffer_age: 400,
            check_every: 2,
            min_class_size: 10,
            max_relative_spread: 1.25,
            min_stability: 0.7,
            stable_checks: 2,
            max_members: 200,
            max_proposals: 4,
            max_dismissed: 16,
            clustering: BufferClustering::default(),
            camera_features: CameraFeatures::Style,
            drift_slack: 0.5,
            drift_run_time: 10_000,
            seed: 42,
        }
    }
}

/// What a [`Monitor`](crate::Monitor) is made of.
#[derive(Debug, Clone)]
pub struct MonitorReference<'a, S, E> {
    /// The known classes.
    pub bank: ModelBank<S>,
    /// What describes the images that they do not explain.
    pub embedder: E,
    /// What knows the camera's problems.
    pub camera: Option<CameraDiagnosis>,
    /// Images of the known classes that no model was trained on; at least `min_class_size` of one
    /// class.
    pub images: Images<'a>,
    /// The class of each, as its position in the bank.
    pub classes: &'a [usize],
}

macro_rules! setters {
    ($($(#[$doc:meta])* $field:ident: $type:ty),* $(,)?) => {
        $($(#[$doc])*
        #[must_use]
        pub fn $field(mut self, $field: $type) -> Self {
            self.$field = $field;
            self
        })*
    };
}

impl MonitorConfig {
    /// The defaults.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    setters! {
        /// Sets how many unexplained images are kept.
        buffer_size: usize,
        /// Sets how long unexplained images are kept.
        buffer_age: u64,
        /// Sets how often the buffer is looked at.
        check_every: usize,
        /// Sets how many images a new class must have.
        min_class_size: usize,
        /// Sets how wide a new class may be.
        max_relative_spread: f64,
        /// Sets how stable a new class must be.
        min_stability: f64,
        /// Sets for how long it must be stable.
        stable_checks: usize,
        /// Sets how many images of a proposal are kept.
        max_members: usize,
        /// Sets how many proposals may be open.
        max_proposals: usize,
        /// Sets how many dismissed proposals are remembered.
        max_dismissed: usize,
        /// Sets how the buffer is clustered.
        clustering: BufferClustering,
        /// Sets what the camera diagnosis is asked with.
        camera_features: CameraFeatures,
        /// Sets the slack of the drift alarm.
        drift_slack: f64,
        /// Sets the images to a false drift alarm, on average.
        drift_run_time: usize,
        /// Sets the seed.
        seed: u64,
    }

    /// Checks every setting.
    ///
    /// # Errors
    /// The first setting that is out of range, with its value.
    pub fn validate(&self) -> Result<(), InputError> {
        let least = |name, value: usize, least: usize, range| {
            if value >= least { Ok(()) } else { Err(InputError::setting(name, value, range)) }
        };
        if self.buffer_age == 0 {
            return Err(InputError::setting("buffer_age", 0, "at least 1"));
        }
        least("check_every", self.check_every, 1, "at least 1")?;
        least("min_class_size", self.min_class_size, 4, "at least 4")?;
        let size = "at least min_class_size";
        least("buffer_size", self.buffer_size, self.min_class_size, size)?;
        least("max_members", self.max_members, self.min_class_size, size)?;
        least("max_proposals", self.max_proposals, 1, "at least 1")?;
        least("stable_checks", self.stable_checks, 1, "at least 1")?;
        if !(self.max_relative_spread > 0.0 && self.max_relative_spread.is_finite()) {
            let value = self.max_relative_spread;
            return Err(InputError::setting("max_relative_spread", value, "above 0"));
        }
        if !(self.min_stability > 0.0 && self.min_stability <= 1.0) {
            let value = self.min_stability;
            return Err(InputError::setting("min_stability", value, "above 0, at most 1"));
        }
        self.clustering.validate(self.min_class_size)?;
        self.drift().validate()
    }

    pub(super) fn drift(&self) -> crate::OnlineDriftConfig {
        crate::OnlineDriftConfig::new(crate::OnlineTest::Cusum { slack: self.drift_slack })
            .expected_run_time(self.drift_run_time)
            .side(crate::Side::Up)
            .seed(self.seed)
    }
}
