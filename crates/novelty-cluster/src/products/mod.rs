//! Matrix products in vectors of the widest kind the processor has.
//!
//! One factor stands in panels: rows of a few vectors, of which each element of the other factor
//! multiplies a whole row. What comes out stays in registers until all rows are through, so that
//! a tile takes one multiplication a cycle and vector, which is all there is. Every element of a
//! product is summed in the order of the rows.

mod vectors;

pub(crate) use vectors::Real;
use vectors::Vectors;

/// Products that any kind of vectors can take.
pub(crate) trait Kernel<T> {
    fn run<V: Vectors<T>>(self, vectors: V);
}

/// `out[j][w] = sum over rows k of lanes[k][w] scalars[k][j]`, or that added to `out`.
#[derive(Debug)]
pub(crate) struct Outer<'a, T> {
    /// Rows of a multiple of a third of [`Real::WIDTH`].
    pub(crate) lanes: &'a [T],
    pub(crate) width: usize,
    /// Rows from the start of one to that of the next, so many from group to group of rows.
    pub(crate) scalars: &'a [T],
    pub(crate) stride: usize,
    pub(crate) group_stride: usize,
    /// Rows of lanes a group.
    pub(crate) group: usize,
    /// One row of `width` for each scalar of a row.
    pub(crate) out: &'a mut [T],
    pub(crate) adds: bool,
}

/// Adds `sum over k of lanes[k][w] rows[j][k]` to `out[j][w]`.
#[derive(Debug)]
pub(crate) struct Inner<'a, T> {
    /// Rows of a multiple of a third of [`Real::WIDTH`].
    pub(crate) lanes: &'a [T],
    pub(crate) width: usize,
    /// As long as there are rows of lanes.
    pub(crate) rows: &'a [T],
    pub(crate) out: &'a mut [T],
}

pub(crate) fn outer<T: Real>(products: Outer<'_, T>) {
    T::widest(products);
}

pub(crate) fn inner<T: Real>(products: Inner<'_, T>) {
    T::widest(products);
}

/// `N` rows of `W` vectors of a product, in registers.
struct Tile<T, V: Vectors<T>, const W: usize, const N: usize> {
    vectors: V,
    sums: [[V::Vector; W]; N],
}

impl<T: Real, V: Vectors<T>, const W: usize, const N: usize> Tile<T, V, W, N> {
    #[inline(always)]
    fn new(vectors: V) -> Self {
        Self { vectors, sums: [[vectors.splat(T::default()); W]; N] }
    }

    /// Of rows of `out` that are `width` apart.
    #[inline(always)]
    fn load(vectors: V, out: &[T], width: usize) -> Self {
        let mut tile = Self::new(vectors);
        for (sums, row) in tile.sums.iter_mut().zip(out.chunks(width)) {
            for (sum, lanes) in sums.iter_mut().zip(row.chunks_exact(V::LANES)) {
                *sum = vectors.load(lanes);
            }
        }
        tile
    }

    #[inline(always)]
    fn store(&self, out: &mut [T], width: usize) {
        for (sums, row) in self.sums.iter().zip(out.chunks_mut(width)) {
            for (&sum, lanes) in sums.iter().zip(row.chunks_exact_mut(V::LANES)) {
                self.vectors.store(sum, lanes);
            }
        }
    }

    #[inline(always)]
    fn add(&mut self, lanes: &[T], scalars: [T; N]) {
        let lanes = &lanes[..W * V::LANES];
        let lanes: [V::Vector; W] =
            std::array::from_fn(|at| self.vectors.load(&lanes[at * V::LANES..]));
        for (sums, scalar) in self.sums.iter_mut().zip(scalars) {
            let scalar = self.vectors.splat(scalar);
            for (sum, lanes) in sums.iter_mut().zip(lanes) {
                *sum = self.vectors.mul_add(lanes, scalar, *sum);
            }
        }
    }
}

/// A product that is made tile by tile.
trait Tiled<T> {
    /// Columns and rows of what comes out.
    fn shape(&self) -> (usize, usize);

    /// All columns, `W` vectors at a time, of the `N` rows from `first` on.
    fn tile<V: Vectors<T>, const W: usize, const N: usize>(&mut self, vectors: V, first: usize);
}

impl<T: Real, P: Tiled<T>> Kernel<T> for P {
    #[inline(always)]
    fn run<V: Vectors<T>>(mut self, vectors: V) {
        let (width, _) = self.shape();
        if width.is_multiple_of(3 * V::LANES) {
            by_rows::<T, V, 3>(&mut self, vectors);
        } else if width.is_multiple_of(2 * V::LANES) {
            by_rows::<T, V, 2>(&mut self, vectors);
        } else {
            by_rows::<T, V, 1>(&mut self, vectors);
        }
    }
}

#[inline(always)]
fn by_rows<T, V: Vectors<T>, const W: usize>(product: &mut impl Tiled<T>, vectors: V) {
    let ((_, n_rows), mut first) = (product.shape(), 0);
    while V::HAS_MANY_REGISTERS && first + 8 <= n_rows {
        product.tile::<V, W, 8>(vectors, first);
        first += 8;
    }
    while first + 4 <= n_rows {
        product.tile::<V, W, 4>(vectors, first);
        first += 4;
    }
    while first < n_rows {
        product.tile::<V, W, 1>(vectors, first);
        first += 1;
    }
}

impl<T: Real> Tiled<T> for Outer<'_, T> {
    #[inline(always)]
    fn shape(&self) -> (usize, usize) {
        (self.width, self.out.len() / self.width)
    }

    #[inline(always)]
    fn tile<V: Vectors<T>, const W: usize, const N: usize>(&mut self, vectors: V, first: usize) {
        let width = self.width;
        for part in (0..width).step_by(W * V::LANES) {
            let out = &mut self.out[first * width + part..];
            let mut tile = match self.adds {
                true => Tile::<T, V, W, N>::load(vectors, out, width),
                false => Tile::<T, V, W, N>::new(vectors),
            };
            let lanes = self.lanes.chunks(self.group * width);
            let scalars = self.scalars[first..].chunks(self.group_stride);
            for (lanes, scalars) in lanes.zip(scalars) {
                let rows = lanes.chunks_exact(width).zip(scalars.chunks(self.stride));
                for (lanes, scalars) in rows {
                    if let Some(scalars) = scalars.first_chunk::<N>() {
                        tile.add(&lanes[part..], *scalars);
                    }
                }
            }
            tile.store(out, width);
        }
    }
}

impl<T: Real> Tiled<T> for Inner<'_, T> {
    #[inline(always)]
    fn shape(&self) -> (usize, usize) {
        (self.width, self.out.len() / self.width)
    }

    #[inline(always)]
    fn tile<V: Vectors<T>, const W: usize, const N: usize>(&mut self, vectors: V, first: usize) {
        let width = self.width;
        let n = self.lanes.len() / width;
        let rows: [&[T]; N] = std::array::from_fn(|j| &self.rows[(first + j) * n..][..n]);
        for part in (0..width).step_by(W * V::LANES) {
            let out = &mut self.out[first * width + part..];
            let mut tile = Tile::<T, V, W, N>::load(vectors, out, width);
            for (k, lanes) in self.lanes.chunks_exact(width).enumerate().take(n) {
                tile.add(&lanes[part..], std::array::from_fn(|j| rows[j][k]));
            }
            tile.store(out, width);
        }
    }
}

#[cfg(test)]
#[expect(clippy::float_cmp, reason = "small whole numbers are exact")]
mod tests {
    use super::*;

    fn numbers<T: From<i8>>(n: usize, period: usize) -> Vec<T> {
        (0..n).map(|i| T::from((i * 7 % period) as i8 - 3)).collect()
    }

    fn outer_is_the_sum<T: Real + From<i8>>(width: usize) {
        for (n_rows, n_scalars, group) in [(1, 1, 1), (5, 7, 5), (9, 13, 4), (32, 24, 16)] {
            let stride = n_scalars + 2;
            // Each group of scalars is followed by some that do not count.
            let group_stride = group * stride + 3;
            let lanes: Vec<T> = numbers(n_rows * width, 11);
            let scalars: Vec<T> = numbers(n_rows.div_ceil(group) * group_stride, 13);
            let mut out: Vec<T> = numbers(n_scalars * width, 5);
            let expected = |adds: bool, before: &[T]| -> Vec<f64> {
                let sum = |at: usize| {
                    let (j, w) = (at / width, at % width);
                    let products = (0..n_rows).map(|k| {
                        let scalar = k / group * group_stride + k % group * stride + j;
                        lanes[k * width + w].into() * scalars[scalar].into()
                    });
                    products.sum::<f64>() + if adds { before[at].into() } else { 0.0 }
                };
                (0..before.len()).map(sum).collect()
            };
            for adds in [true, false] {
                let expected = expected(adds, &out);
                let (lanes, scalars, out) = (&lanes, &scalars, &mut out);
                outer(Outer { lanes, width, scalars, stride, group_stride, group, out, adds });
                let got: Vec<f64> = out.iter().map(|&x| x.into()).collect();
                assert_eq!(got, expected, "{n_rows} {n_scalars} {group} {adds}");
            }
        }
    }

    #[test]
    fn outer_products_are_those_of_the_definition() {
        for third in [1, 2, 3] {
            outer_is_the_sum::<f32>(third * 16);
            outer_is_the_sum::<f64>(third * 8);
        }
    }

    #[test]
    fn inner_products_are_those_of_the_definition() {
        for (width, n, n_rows) in [(16, 1, 1), (32, 5, 7), (48, 9, 13), (48, 31, 24)] {
            let lanes: Vec<f32> = numbers(n * width, 11);
            let rows: Vec<f32> = numbers(n_rows * n, 13);
            let mut out: Vec<f32> = numbers(n_rows * width, 5);
            let before = out.clone();
            inner(Inner { lanes: &lanes, width, rows: &rows, out: &mut out });
            for (at, &got) in out.iter().enumerate() {
                let (j, w) = (at / width, at % width);
                let sum: f32 = (0..n).map(|k| lanes[k * width + w] * rows[j * n + k]).sum();
                assert_eq!(got, before[at] + sum);
            }
        }
    }
}
