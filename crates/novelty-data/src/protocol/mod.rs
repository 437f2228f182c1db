mod contamination;
mod split;

pub use contamination::ContaminationConfig;
pub use split::{TrainValidation, train_validation_split};
