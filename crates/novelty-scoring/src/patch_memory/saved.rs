use novelty_cluster::Pca;
use novelty_core::ImageShape;

use super::level::{Level, Place};
use super::patches::Grid;
use super::{PatchMemory, PatchMemoryConfig};
use crate::ScoringError;
use crate::saved::ensure_saved;

/// Far beyond the images that this scorer is for.
const MAX_SIDE: usize = 1 << 16;

/// What is written, and read back before it is known to fit together.
#[derive(serde::Serialize, serde::Deserialize)]
pub(super) struct SavedMemory {
    config: PatchMemoryConfig,
    image_shape: ImageShape,
    levels: Vec<(Pca, Vec<Place>)>,
}

impl From<PatchMemory> for SavedMemory {
    fn from(fitted: PatchMemory) -> Self {
        let PatchMemory { levels, image_shape, config } = fitted;
        let levels = levels.into_iter().map(Level::into_parts).collect();
        Self { config, image_shape, levels }
    }
}

impl TryFrom<SavedMemory> for PatchMemory {
    type Error = ScoringError;

    fn try_from(saved: SavedMemory) -> Result<Self, ScoringError> {
        let SavedMemory { config, image_shape, levels } = saved;
        config.validate()?;
        let ensure = |holds, part| ensure_saved(holds, "patch memory", part);
        ensure(levels.len() == config.scales, "the number of sizes")?;
        config.check_size(image_shape)?;
        // What follows from the shape is made anew, so the shape must not ask for too much.
        ensure(image_shape.height.max(image_shape.width) <= MAX_SIDE, "the shape")?;
        let levels = levels.into_iter().enumerate().map(|(scale, parts)| {
            Level::from_parts(Grid::new(image_shape, scale, &config), parts, config.radius)
        });
        let levels: Option<Vec<Level>> = levels.collect();
        let levels =
            levels.ok_or(ScoringError::Saved { model: "patch memory", part: "a size's memory" })?;
        Ok(Self { levels, image_shape, config })
    }
}
