use ndarray::{Array3, ArrayView2, ArrayView3, Axis, s};
use novelty_core::{Fit, InputError, ensure_finite};

#[cfg(feature = "serde")]
use crate::saved::{ensure_saved, finite};
use crate::threshold::robust_location_and_scale;
use crate::{Pooling, ScoringError};

/// Pools score maps over a grid of tiles: `(n, height, width)` to `(n, rows, columns)`.
///
/// The tiles do not overlap and cover the map: tile `r` starts at `r * height / rows`, rounded
/// down. For scores of tiles that were cut out before scoring, arrange them instead.
///
/// # Errors
/// If a map is not finite, the grid is empty or finer than the map, or the pooling's share is
/// out of its range.
pub fn tile_scores(
    maps: ArrayView3<'_, f32>,
    (rows, columns): (usize, usize),
    pooling: Pooling,
) -> Result<Array3<f32>, ScoringError> {
    pooling.validate()?;
    ensure_finite("maps", &maps)?;
    let (n, height, width) = maps.dim();
    if rows == 0 || rows > height {
        return Err(InputError::setting("rows", rows, "1 to the map's height").into());
    }
    if columns == 0 || columns > width {
        return Err(InputError::setting("columns", columns, "1 to the map's width").into());
    }
    Ok(Array3::from_shape_fn((n, rows, columns), |(i, r, c)| {
        let (top, bottom) = (r * height / rows, (r + 1) * height / rows);
        let (left, right) = (c * width / columns, (c + 1) * width / columns);
        let tile = maps.slice(s![i, top..bottom, left..right]);
        pooling.of_map(&mut tile.iter().copied().collect::<Vec<_>>(), 1) as f32
    }))
}

/// Learns what each tile of a grid scores normally, to say which tile is anomalous or drifted.
///
/// Tiles differ: one shows a smooth background, another a rough texture that no model redraws.
/// Each is measured against its own past.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[non_exhaustive]
pub struct TileAttentionConfig {}

impl TileAttentionConfig {
    /// The configuration; it has no settings.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }
}

impl Fit<ArrayView3<'_, f32>> for TileAttentionConfig {
    type Fitted = TileAttention;
    type Error = ScoringError;

    /// Learns from the tile scores of reference images, `(n, rows, columns)`.
    ///
    /// # Errors
    /// If there are fewer than 2 images, a score is not finite, or no tile varies.
    fn fit(&self, tiles: ArrayView3<'_, f32>) -> Result<TileAttention, ScoringError> {
        let (n_samples, rows, columns) = tiles.dim();
        if n_samples < 2 {
            let place = "reference images";
            return Err(ScoringError::TooFewSamples { place, n_samples, needed: 2 });
        }
        ensure_finite("tile scores", &tiles)?;
        let mut attention =
            TileAttention { location: Vec::new(), scale: Vec::new(), rows, columns };
        for row in 0..rows {
            for column in 0..columns {
                let scores = tiles.slice(s![.., row, column]).to_vec();
                let (location, scale) = match robust_location_and_scale(&scores) {
                    Ok(found) => found,
                    Err(ScoringError::NoSpread { .. }) => (f64::from(scores[0]), 0.0),
                    Err(other) => return Err(other),
                };
                attention.location.push(location);
                attention.scale.push(scale);
            }
        }
        attention.mend_scales()?;
        Ok(attention)
    }
}

/// A fitted [`TileAttentionConfig`].
#[derive(Debug, Clone, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(try_from = "SavedAttention"))]
pub struct TileAttention {
    location: Vec<f64>,
    scale: Vec<f64>,
    rows: usize,
    columns: usize,
}

#[cfg(feature = "serde")]
#[derive(serde::Deserialize)]
struct SavedAttention {
    location: Vec<f64>,
    scale: Vec<f64>,
    rows: usize,
    columns: usize,
}

#[cfg(feature = "serde")]
impl TryFrom<SavedAttention> for TileAttention {
    type Error = ScoringError;

    fn try_from(saved: SavedAttention) -> Result<Self, ScoringError> {
        let SavedAttention { location, scale, rows, columns } = saved;
        let n_tiles = rows.checked_mul(columns).filter(|&n_tiles| n_tiles > 0);
        let ensure = |holds, part| ensure_saved(holds, "tile attention", part);
        ensure(n_tiles == Some(location.len()) && finite(&location), "a tile's location")?;
        let are_scales = finite(&scale) && scale.iter().all(|&scale| scale > 0.0);
        ensure(n_tiles == Some(scale.len()) && are_scales, "a tile's scale")?;
        Ok(Self { location, scale, rows, columns })
    }
}

impl TileAttention {
    /// A tile that never varies is measured by the smallest scale of the others.
    fn mend_scales(&mut self) -> Result<(), ScoringError> {
        let positive = self.scale.iter().copied().filter(|&scale| scale > 0.0);
        let smallest = positive.fold(f64::INFINITY, f64::min);
        if smallest.is_infinite() {
            return Err(ScoringError::NoSpread { place: "tile scores" });
        }
        self.scale.iter_mut().for_each(|scale| *scale = scale.max(smallest));
        Ok(())
    }

    /// How many standard deviations each tile is above what it normally scores,
    /// `(n, rows, columns)`.
    ///
    /// # Errors
    /// If the grid is another, or a score is not finite.
    pub fn attention(&self, tiles: ArrayView3<'_, f32>) -> Result<Array3<f32>, ScoringError> {
        let (n, rows, columns) = tiles.dim();
        if (rows, columns) != (self.rows, self.columns) {
            let expected = vec![n, self.rows, self.columns];
            let got = tiles.shape().to_vec();
            return Err(InputError::Shape { place: "tile scores", expected, got }.into());
        }
        ensure_finite("tile scores", &tiles)?;
        Ok(Array3::from_shape_fn(tiles.dim(), |(i, r, c)| {
            let tile = r * columns + c;
            ((f64::from(tiles[[i, r, c]]) - self.location[tile]) / self.scale[tile]) as f32
        }))
    }

    /// The row and column of the tile with the most attention in each image, the first of equal
    /// ones.
    ///
    /// # Errors
    /// As [`TileAttention::attention`].
    pub fn most_anomalous(
        &self,
        tiles: ArrayView3<'_, f32>,
    ) -> Result<Vec<(usize, usize)>, ScoringError> {
        let attention = self.attention(tiles)?;
        Ok(attention.axis_iter(Axis(0)).map(largest).collect())
    }
}

fn largest(map: ArrayView2<'_, f32>) -> (usize, usize) {
    let mut best = ((0, 0), f32::NEG_INFINITY);
    for (at, &value) in map.indexed_iter() {
        if value > best.1 {
            best = (at, value);
        }
    }
    best.0
}
