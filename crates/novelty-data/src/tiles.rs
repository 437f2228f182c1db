use ndarray::{Array2, Array4, ArrayView3, s};
use novelty_core::{Dataset, ImageShape, InputError, Sample};

use crate::{DataError, LabelledDataset};

/// Where the tiles of an image lie: a grid of equal, overlapping tiles that covers all of it.
///
/// The tiles of the last row and column end where the image ends. A tile's number counts row by
/// row and says where it lies, so that every place may have a model of its own.
///
/// ```
/// use novelty_data::TileGrid;
///
/// let grid = TileGrid::new((1000, 700), (256, 256), (32, 32))?;
/// assert_eq!((grid.n_rows(), grid.n_columns(), grid.len()), (5, 3, 15));
/// assert_eq!(grid.origin(14), Some((744, 444)));
/// # Ok::<(), novelty_core::InputError>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TileGrid {
    image: (usize, usize),
    tile: (usize, usize),
    rows: Vec<usize>,
    columns: Vec<usize>,
}

impl TileGrid {
    /// Covers an image of `(height, width)` with tiles of `(height, width)`, of which
    /// neighbours share at least `(rows, columns)`.
    ///
    /// # Errors
    /// If a tile is empty or larger than the image, or no smaller than its overlap.
    pub fn new(
        image: (usize, usize),
        tile: (usize, usize),
        overlap: (usize, usize),
    ) -> Result<Self, InputError> {
        let rows = starts(image.0, tile.0, overlap.0)?;
        let columns = starts(image.1, tile.1, overlap.1)?;
        Ok(Self { image, tile, rows, columns })
    }

    /// Tiles in a column of the grid.
    #[must_use]
    pub fn n_rows(&self) -> usize {
        self.rows.len()
    }

    /// Tiles in a row of the grid.
    #[must_use]
    pub fn n_columns(&self) -> usize {
        self.columns.len()
    }

    /// The number of tiles, at least 1.
    #[expect(clippy::len_without_is_empty, reason = "a grid has at least one tile")]
    #[must_use]
    pub fn len(&self) -> usize {
        self.rows.len() * self.columns.len()
    }

    /// The row and column of a tile's first pixel; `None` if there is no such tile.
    #[must_use]
    pub fn origin(&self, tile: usize) -> Option<(usize, usize)> {
        let row = self.rows.get(tile / self.columns.len())?;
        Some((*row, self.columns[tile % self.columns.len()]))
    }

    /// All tiles of an image, `(len, channels, height, width)`.
    ///
    /// # Errors
    /// If the image has another size than the grid is for.
    pub fn split(&self, image: ArrayView3<'_, f32>) -> Result<Array4<f32>, InputError> {
        let (channels, height, width) = image.dim();
        if (height, width) != self.image {
            let (expected, got) =
                (vec![channels, self.image.0, self.image.1], image.shape().to_vec());
            return Err(InputError::Shape { place: "the image", expected, got });
        }
        let mut tiles = Array4::zeros((self.len(), channels, self.tile.0, self.tile.1));
        for (number, mut tile) in tiles.outer_iter_mut().enumerate() {
            let (y, x) = self.origin(number).unwrap_or_default();
            tile.assign(&image.slice(s![.., y..y + self.tile.0, x..x + self.tile.1]));
        }
        Ok(tiles)
    }

    /// Puts maps of all tiles, `(len, height, width)`, together into one of the image.
    ///
    /// Where tiles overlap, each counts the more the further the pixel is from its edge, so
    /// that no seam shows; where they agree, the result is what they say.
    ///
    /// # Errors
    /// If the maps have another number or size than the tiles.
    pub fn merge(&self, maps: ArrayView3<'_, f32>) -> Result<Array2<f32>, InputError> {
        let expected = [self.len(), self.tile.0, self.tile.1];
        if maps.shape() != expected {
            let (expected, got) = (expected.to_vec(), maps.shape().to_vec());
            return Err(InputError::Shape { place: "the maps", expected, got });
        }
        let weights = Array2::from_shape_fn(self.tile, |(y, x)| {
            from_edge(y, self.tile.0) * from_edge(x, self.tile.1)
        });
        let (mut sum, mut weight) =
            (Array2::<f64>::zeros(self.image), Array2::<f64>::zeros(self.image));
        for (number, map) in maps.outer_iter().enumerate() {
            let (y, x) = self.origin(number).unwrap_or_default();
            let area = s![y..y + self.tile.0, x..x + self.tile.1];
            sum.slice_mut(area).zip_mut_with(&(&map.mapv(f64::from) * &weights), |a, b| *a += b);
            weight.slice_mut(area).zip_mut_with(&weights, |a, b| *a += b);
        }
        Ok((sum / weight).mapv(|x| x as f32))
    }
}

/// Steps from outside the tile, counted from 1.
fn from_edge(at: usize, len: usize) -> f64 {
    (at + 1).min(len - at) as f64
}

/// Starts of tiles, evenly spread, the first at 0 and the last at the end.
fn starts(image: usize, tile: usize, overlap: usize) -> Result<Vec<usize>, InputError> {
    if tile == 0 || tile > image {
        return Err(InputError::setting("tile", tile, "1 to the image's size"));
    }
    if overlap >= tile {
        return Err(InputError::setting("overlap", overlap, "below the tile's size"));
    }
    let last = image - tile;
    let step = tile - overlap;
    let mut starts: Vec<usize> = (0..last).step_by(step).collect();
    starts.push(last);
    Ok(starts)
}

/// The tiles of a dataset's images, as samples: tile `t` of image `i` is sample
/// `i * tiles + t`.
///
/// The class of a sample is the number of its tile. A tile of an anomalous image is anomalous if
/// its part of the mask marks a pixel; without a mask nobody knows.
#[derive(Debug, Clone)]
pub struct Tiled<D> {
    dataset: D,
    grid: TileGrid,
}

impl<D: Dataset> Tiled<D> {
    /// Splits every image of `dataset` by `grid`.
    ///
    /// # Errors
    /// If the images have another size than the grid is for.
    pub fn new(dataset: D, grid: TileGrid) -> Result<Self, InputError> {
        let ImageShape { channels, height, width } = dataset.image_shape();
        if (height, width) == grid.image {
            return Ok(Self { dataset, grid });
        }
        let expected = vec![channels, grid.image.0, grid.image.1];
        Err(InputError::Shape {
            place: "the dataset",
            expected,
            got: vec![channels, height, width],
        })
    }

    /// Where the tiles lie.
    pub fn grid(&self) -> &TileGrid {
        &self.grid
    }

    /// The dataset of whole images.
    pub fn inner(&self) -> &D {
        &self.dataset
    }
}

impl<D: Dataset> Dataset for Tiled<D>
where
    D::Error: Into<DataError>,
{
    type Error = DataError;

    fn len(&self) -> usize {
        self.dataset.len() * self.grid.len()
    }

    fn image_shape(&self) -> ImageShape {
        let (height, width) = self.grid.tile;
        ImageShape { height, width, ..self.dataset.image_shape() }
    }

    fn get(&self, index: usize) -> Result<Sample, DataError> {
        DataError::check_index(index, self.len())?;
        let (image, tile) = (index / self.grid.len(), index % self.grid.len());
        let whole = self.dataset.get(image).map_err(Into::into)?;
        let (expected, got) = (self.dataset.image_shape(), whole.image_shape());
        if expected != got {
            return Err(DataError::SampleShape { index: image, expected, got });
        }
        let (y, x) = self.grid.origin(tile).unwrap_or_default();
        let (rows, columns) = (y..y + self.grid.tile.0, x..x + self.grid.tile.1);
        let part = whole.image.slice(s![.., rows.clone(), columns.clone()]).to_owned();
        let mut sample = Sample::new(part).class(tile);
        let fits = |mask: &Array2<bool>| mask.dim() == self.grid.image;
        sample.mask = whole.mask.filter(fits).map(|mask| mask.slice(s![rows, columns]).to_owned());
        sample.is_anomalous = match (whole.is_anomalous, &sample.mask) {
            (Some(true), Some(mask)) => Some(mask.iter().any(|&marked| marked)),
            (Some(true), None) => None,
            (known, _) => known,
        };
        sample.path = whole.path;
        Ok(sample)
    }
}

impl<D: LabelledDataset> LabelledDataset for Tiled<D>
where
    D::Error: Into<DataError>,
{
    fn class(&self, index: usize) -> Option<usize> {
        (index < self.len()).then(|| index % self.grid.len())
    }

    /// Normal where the whole image is; of an anomalous image only its mask could tell.
    fn is_anomalous(&self, index: usize) -> Option<bool> {
        let whole = self.dataset.is_anomalous(index / self.grid.len())?;
        (!whole).then_some(false)
    }
}
