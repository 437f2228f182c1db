use serde::{Deserialize, Serialize};

/// What a monitor says.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Event {
    /// The number of the image it says it of, counted from 0 over the whole stream.
    pub image: u64,
    /// What it says.
    pub kind: EventKind,
}

/// What happened, and by what it is known. Every image is one of the first three; `Drift` and
/// `NewClass` follow the image that made them known.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub enum EventKind {
    /// A known class explains the image.
    Normal {
        /// The class.
        class: String,
        /// Score over threshold, at most 1.
        ratio: f64,
    },
    /// Nothing explains it. It is kept in the buffer.
    Anomaly {
        /// The class that is nearest to explaining it.
        nearest_class: String,
        /// Score over threshold of that class, above 1.
        ratio: f64,
    },
    /// A camera problem explains what no class does.
    CameraProblem {
        /// The problem.
        problem: String,
        /// Its severity, 1 to 5.
        severity: u8,
        /// How far the images are from the problem's exemplars; at most 1.
        distance: f64,
        /// 1; or the size of a cluster that was taken out of the buffer, because the problem
        /// explains it as a whole.
        n_images: usize,
    },
    /// Images fit their classes worse than they did.
    Drift {
        /// The cumulative sum.
        statistic: f64,
        /// Its limit.
        threshold: f64,
        /// Images since the start, the last alarm or the last adopted class.
        n_seen: u64,
    },
    /// Some images that nothing explains are alike.
    NewClass {
        /// The proposal's number; see [`Monitor::proposal`](crate::Monitor::proposal).
        proposal: u64,
        /// Its images.
        n_members: usize,
        /// Their mean distance from their centre, over that of the widest known class.
        relative_spread: f64,
        /// The Jaccard index of its members at this and the last look.
        stability: f64,
    },
}
