//! The examples as a person runs them.

#![expect(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test may panic")]

mod camera_problems;
mod faces_roc_auc;
