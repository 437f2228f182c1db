//! Which camera problem explains what was seen?

mod diagnosis;
mod exemplars;

pub use diagnosis::{CameraDiagnosis, Diagnosis, Explanation, Verdict};
pub use exemplars::{CameraDiagnosisConfig, CameraExemplars, ProblemExemplars};
