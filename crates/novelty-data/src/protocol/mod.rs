mod budget;
mod contamination;
mod leak;
mod one_vs_rest;
mod split;
mod stratified;

pub use budget::{AnomalyBudgetConfig, KnownAnomalies};
pub use contamination::ContaminationConfig;
pub use leak::{ensure_disjoint, shared_images};
pub use one_vs_rest::{OneVsRest, OneVsRestConfig};
pub use split::{TrainValidation, train_validation_split};
pub use stratified::{classes_of, stratified_split};
