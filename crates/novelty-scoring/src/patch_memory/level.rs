use std::ops::RangeInclusive;

use ndarray::Array2;
use novelty_cluster::{Pca, PcaConfig};
use novelty_core::{Fit, Images};
use rayon::prelude::*;

use super::PatchMemoryConfig;
use super::patches::Grid;
use super::resample::Resample;
use crate::ScoringError;
use crate::features::{Rows, squared_distance};
use crate::neighbors::greedy_coreset;

/// Patches that the components are found on, at most: they are many more than needed.
const MAX_FOR_COMPONENTS: usize = 50_000;
/// Images whose distances say what is usual, at most.
const MAX_FOR_USUAL: usize = 256;
/// The share of the mean usual distance that is added everywhere, for places that never vary.
const FLOOR: f64 = 0.3;

/// What reference images show in one place.
#[derive(Debug, Clone, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub(super) struct Place {
    /// One row of features a patch.
    patches: Vec<f32>,
    /// The image each came from.
    images: Vec<usize>,
    /// The inverse of the usual distance.
    scale: f64,
}

/// The memory of one size of the images.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Level {
    grid: Grid,
    components: Pca,
    places: Vec<Place>,
    radius: usize,
    d: usize,
    resample: Resample,
}

impl Level {
    pub(super) fn fit(
        grid: Grid,
        images: &Images<'_>,
        config: &PatchMemoryConfig,
    ) -> Result<Self, ScoringError> {
        let patches = grid.patches(images);
        let step = patches.nrows().div_ceil(MAX_FOR_COMPONENTS).max(1);
        let some = patches.slice(ndarray::s![..;step, ..]);
        let d = config.n_components.min(grid.n_features()).min(some.nrows());
        let components: Pca = PcaConfig::new(d).fit(some)?;
        let features = components.transform(patches.view())?;
        let places = (0..grid.n_places())
            .into_par_iter()
            .map(|place| keep(&features, place, grid.n_places(), config.max_kept))
            .collect::<Result<Vec<_>, _>>()?;
        let resample = Resample::new(&grid);
        let mut level = Self { grid, components, places, radius: config.radius, d, resample };
        level.learn_usual(&features)?;
        Ok(level)
    }

    /// The parts that the others follow from.
    #[cfg(feature = "serde")]
    pub(super) fn into_parts(self) -> (Pca, Vec<Place>) {
        (self.components, self.places)
    }

    /// A level of saved parts; `None` if they do not fit together.
    #[cfg(feature = "serde")]
    pub(super) fn from_parts(
        grid: Grid,
        (components, places): (Pca, Vec<Place>),
        radius: usize,
    ) -> Option<Self> {
        let (d, n_features) = components.components().dim();
        let is_whole = |place: &Place| {
            let expected = place.images.len().checked_mul(d);
            let is_scale = place.scale > 0.0 && place.scale.is_finite();
            let are_finite = place.patches.iter().all(|value| value.is_finite());
            !place.images.is_empty()
                && expected == Some(place.patches.len())
                && is_scale
                && are_finite
        };
        let fits = n_features == grid.n_features() && places.len() == grid.n_places() && d > 0;
        if !(fits && places.iter().all(is_whole)) {
            return None;
        }
        let resample = Resample::new(&grid);
        Some(Self { grid, components, places, radius, d, resample })
    }

    pub(super) fn n_places(&self) -> usize {
        self.places.len()
    }

    pub(super) fn n_patches(&self) -> usize {
        self.places.iter().map(|place| place.images.len()).sum()
    }

    /// The features of all patches, image by image and place by place.
    pub(super) fn features(&self, images: &Images<'_>) -> Result<Array2<f32>, ScoringError> {
        Ok(self.components.transform(self.grid.patches(images).view())?)
    }

    /// Adds `share` of the map of one of the images.
    pub(super) fn add_map(
        &self,
        features: &Array2<f32>,
        image: usize,
        share: f32,
        map: &mut [f32],
    ) {
        let distances: Vec<f32> = (0..self.places.len())
            .map(|place| {
                let nearest = self.nearest(features, image, place, None);
                (nearest * self.places[place].scale) as f32
            })
            .collect();
        self.resample.add(&distances, share, map);
    }

    /// The distance of an image's patch to the nearest kept patch around it, except those of
    /// one image.
    fn nearest(
        &self,
        features: &Array2<f32>,
        image: usize,
        place: usize,
        except: Option<usize>,
    ) -> f64 {
        let query = features.row(image * self.places.len() + place).to_slice().unwrap_or_default();
        let columns = self.grid.columns.len();
        let (row, column) = (place / columns, place % columns);
        let mut nearest = f64::INFINITY;
        for y in self.around(row, self.grid.rows.len()) {
            for x in self.around(column, columns) {
                let around = &self.places[y * columns + x];
                let patches = around.patches.chunks_exact(self.d).zip(&around.images);
                for (patch, from) in patches {
                    if Some(*from) != except {
                        nearest = nearest.min(squared_distance(query, patch));
                    }
                }
            }
        }
        nearest.sqrt()
    }

    fn around(&self, at: usize, len: usize) -> RangeInclusive<usize> {
        at.saturating_sub(self.radius)..=at.saturating_add(self.radius).min(len - 1)
    }

    /// Measures reference images against the others.
    fn learn_usual(&mut self, features: &Array2<f32>) -> Result<(), ScoringError> {
        let n_places = self.places.len();
        let n_images = features.nrows() / n_places;
        let images: Vec<usize> =
            (0..n_images).step_by(n_images.div_ceil(MAX_FOR_USUAL).max(1)).collect();
        let usual: Vec<f64> = (0..n_places)
            .into_par_iter()
            .map(|place| {
                let own = |&image: &usize| self.nearest(features, image, place, Some(image));
                median(images.iter().map(own).filter(|distance| distance.is_finite()).collect())
            })
            .collect();
        let floor = FLOOR * usual.iter().sum::<f64>() / n_places as f64;
        if floor <= 0.0 {
            return Err(ScoringError::NoSpread { place: "patches of the reference images" });
        }
        for (place, usual) in self.places.iter_mut().zip(usual) {
            place.scale = 1.0 / (usual + floor);
        }
        Ok(())
    }
}

/// The patches of all images in one place, or as many as are to be kept.
fn keep(
    features: &Array2<f32>,
    place: usize,
    n_places: usize,
    max_kept: usize,
) -> Result<Place, ScoringError> {
    let all = features.slice(ndarray::s![place..;n_places, ..]);
    let images = greedy_coreset(&Rows::to_fit(&all, 1)?, max_kept);
    let patches = images.iter().flat_map(|&image| all.row(image).to_vec()).collect();
    Ok(Place { patches, images, scale: 1.0 })
}

/// The upper of two medians; 0 of nothing.
fn median(mut values: Vec<f64>) -> f64 {
    if values.is_empty() {
        return 0.0;
    }
    let middle = values.len() / 2;
    *values.select_nth_unstable_by(middle, f64::total_cmp).1
}
