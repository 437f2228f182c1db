use novelty_core::{InputError, Sample};

use super::defect::{Flaw, InspectionDefect, Point};
use super::render::render;
use super::{chip, fabric, washer};
use crate::Split;
use crate::random::{Purpose, generator};

/// What the synthetic inspection set shows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum InspectionCategory {
    /// A steel ring with four bolt holes: an object.
    Washer,
    /// A chip with twelve pins on a board: an object.
    Chip,
    /// Woven cloth: a texture.
    Fabric,
}

impl InspectionCategory {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Washer, Self::Chip, Self::Fabric];

    /// The name of its folder.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Washer => "washer",
            Self::Chip => "chip",
            Self::Fabric => "fabric",
        }
    }

    /// What can be wrong with it.
    #[must_use]
    pub fn defects(self) -> [InspectionDefect; 5] {
        match self {
            Self::Washer => washer::DEFECTS,
            Self::Chip => chip::DEFECTS,
            Self::Fabric => fabric::DEFECTS,
        }
    }

    pub(super) fn colour(self, point: Point, flaw: Option<&Flaw>) -> [f64; 3] {
        match self {
            Self::Washer => washer::colour(point, flaw),
            Self::Chip => chip::colour(point, flaw),
            Self::Fabric => fabric::colour(point, flaw),
        }
    }
}

/// A synthetic inspection set in the layout of MVTec AD, for examples and tests without data.
///
/// Two objects and a texture, each with five kinds of defects, drawn under light, exposure and
/// position that vary from picture to picture, so that the brightness of a picture says nothing
/// about it. Masks are exact: they mark the pixels that would look different without the defect.
///
/// ```
/// use novelty_core::Dataset;
/// use novelty_data::{InspectionConfig, MvtecDataset, Split};
///
/// let dir = tempfile::tempdir()?;
/// let root = dir.path().join("inspection");
/// InspectionConfig::new().side(32).n_train(4).n_test_good(2).n_per_defect(1).write(&root)?;
/// let test = MvtecDataset::open(&root, "washer", Split::Test)?;
/// assert_eq!(test.len(), 2 + 5);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct InspectionConfig {
    /// Rows and columns of a picture, 16 to 4,096; 128 unless set.
    pub side: usize,
    /// Good pictures to learn from, of each category; 80 unless set.
    pub n_train: usize,
    /// Good pictures to measure with, of each category; 40 unless set.
    pub n_test_good: usize,
    /// Pictures of each kind of defect of each category; 8 unless set.
    pub n_per_defect: usize,
    /// Decides everything; 0 unless set.
    pub seed: u64,
}

impl InspectionConfig {
    /// The set that the examples use.
    #[must_use]
    pub fn new() -> Self {
        Self { side: 128, n_train: 80, n_test_good: 40, n_per_defect: 8, seed: 0 }
    }

    /// Sets rows and columns of a picture.
    #[must_use]
    pub fn side(mut self, side: usize) -> Self {
        self.side = side;
        self
    }

    /// Sets the number of good pictures to learn from.
    #[must_use]
    pub fn n_train(mut self, n_train: usize) -> Self {
        self.n_train = n_train;
        self
    }

    /// Sets the number of good pictures to measure with.
    #[must_use]
    pub fn n_test_good(mut self, n_test_good: usize) -> Self {
        self.n_test_good = n_test_good;
        self
    }

    /// Sets the number of pictures of each kind of defect.
    #[must_use]
    pub fn n_per_defect(mut self, n_per_defect: usize) -> Self {
        self.n_per_defect = n_per_defect;
        self
    }

    /// Sets the seed.
    #[must_use]
    pub fn seed(mut self, seed: u64) -> Self {
        self.seed = seed;
        self
    }

    /// Checks the settings.
    ///
    /// # Errors
    /// If one is outside its range; of each kind there can be 1 to 100,000 pictures.
    pub fn validate(&self) -> Result<(), InputError> {
        if !(16..=4096).contains(&self.side) {
            return Err(InputError::setting("side", self.side, "16 to 4096"));
        }
        let counts = [
            ("n_train", self.n_train),
            ("n_test_good", self.n_test_good),
            ("n_per_defect", self.n_per_defect),
        ];
        match counts.iter().find(|(_, n)| !(1..=100_000).contains(n)) {
            Some((name, n)) => Err(InputError::setting(name, n, "1 to 100000")),
            None => Ok(()),
        }
    }

    /// Draws picture `index` of a category and split, with a defect or without.
    ///
    /// # Errors
    /// If a setting is outside its range.
    pub fn draw(
        &self,
        category: InspectionCategory,
        split: Split,
        defect: Option<InspectionDefect>,
        index: usize,
    ) -> Result<Sample, InputError> {
        self.validate()?;
        let kind = defect.map_or(0, |defect| defect as u64 + 1);
        let group = (category as u64) << 16 | (split as u64) << 8 | kind;
        let mut rng = generator(self.seed, Purpose::Inspection, group << 32 | index as u64);
        let flaw = defect.map(|defect| match category {
            InspectionCategory::Washer => washer::flaw(defect, &mut rng),
            InspectionCategory::Chip => chip::flaw(defect, &mut rng),
            InspectionCategory::Fabric => fabric::flaw(defect, &mut rng),
        });
        let (image, mask) = render(category, flaw.as_ref(), self.side, &mut rng);
        let name = defect.map_or("good", InspectionDefect::name);
        let sample = Sample::new(image).is_anomalous(defect.is_some()).class_name(name);
        Ok(sample.mask(mask))
    }
}

impl Default for InspectionConfig {
    fn default() -> Self {
        Self::new()
    }
}
