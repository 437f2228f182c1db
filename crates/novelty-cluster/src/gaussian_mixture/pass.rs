//! One pass over the data: the expectation step, and the sums of the maximisation step while
//! the block is still in the cache.

use pulp::{Arch, Simd, WithSimd};
use rayon::prelude::*;

use super::blocks::{BLOCK, Blocks};
use super::components::{Component, Factor};
use super::kernels::{
    Lanes, add_second_moments, centre, diagonal_squares, dot, exp, lower_squares, sum, sum_of_logs,
    weigh,
};
use super::{CovarianceKind, Given};

/// What the maximisation step needs: sums over the samples, weighted by responsibility, of
/// their differences from a mean that each component had before.
pub(crate) struct Sums {
    pub(crate) log_likelihood: f64,
    pub(crate) weights: Vec<f64>,
    pub(crate) first: Vec<Vec<f64>>,
    /// One for all components if the covariance is tied.
    pub(crate) second: Vec<Vec<f64>>,
}

impl Sums {
    fn new(n_components: usize, width: usize, kind: CovarianceKind) -> Self {
        let n_second = if kind == CovarianceKind::Tied { 1 } else { n_components };
        let len = if kind.is_diagonal() { width } else { width * width };
        Self {
            log_likelihood: 0.0,
            weights: vec![0.0; n_components],
            first: vec![vec![0.0; width]; n_components],
            second: vec![vec![0.0; len]; n_second],
        }
    }

    fn add(&mut self, other: &Self) {
        self.log_likelihood += other.log_likelihood;
        add_all(&mut self.weights, &other.weights);
        self.first.iter_mut().zip(&other.first).for_each(|(a, b)| add_all(a, b));
        self.second.iter_mut().zip(&other.second).for_each(|(a, b)| add_all(a, b));
    }
}

fn add_all(a: &mut [f64], b: &[f64]) {
    a.iter_mut().zip(b).for_each(|(a, b)| *a += b);
}

/// The sums with responsibilities from the components, or given ones.
pub(crate) fn accumulate(
    blocks: &Blocks,
    components: &[Component],
    kind: CovarianceKind,
    given: Option<&Given>,
) -> Sums {
    let (k, width) = (components.len(), blocks.width);
    let len = if kind.is_diagonal() { width } else { width * width };
    let chunk = blocks.chunk(len * if kind == CovarianceKind::Tied { 1 } else { k });
    let indices: Vec<usize> = (0..blocks.len()).collect();
    let parts = indices.par_chunks(chunk).map(|indices| {
        let sums = Sums::new(k, width, kind);
        Arch::new().dispatch(Accumulate { blocks, indices, components, kind, given, sums })
    });
    let parts: Vec<Sums> = parts.collect();
    let mut total = Sums::new(k, width, kind);
    parts.iter().for_each(|part| total.add(part));
    total
}

struct Accumulate<'a> {
    blocks: &'a Blocks,
    indices: &'a [usize],
    components: &'a [Component],
    kind: CovarianceKind,
    given: Option<&'a Given>,
    sums: Sums,
}

impl WithSimd for Accumulate<'_> {
    type Output = Sums;

    #[inline(always)]
    fn with_simd<S: Simd>(mut self, simd: S) -> Sums {
        let k = self.components.len();
        let mut scratch = Scratch::new(k, self.blocks.width);
        for &index in self.indices {
            let (block, n_valid) = (self.blocks.get(index), self.blocks.n_valid(index));
            if let Some(given) = self.given {
                given.copy_to(index * BLOCK, n_valid, &mut scratch.densities);
            } else {
                scratch.densities(simd, block, self.components);
                self.sums.log_likelihood += scratch.normalise(n_valid);
            }
            for (component, of) in self.components.iter().enumerate() {
                scratch.add_moments(simd, (block, component, &of.mean), self.kind, &mut self.sums);
            }
        }
        self.sums
    }
}

/// The logarithms of the weighted densities, `component by component`, of the samples of one
/// block.
pub(crate) fn log_densities(block: &[f32], components: &[Component]) -> Vec<Lanes> {
    Arch::new().dispatch(LogDensities { block, components })
}

struct LogDensities<'a> {
    block: &'a [f32],
    components: &'a [Component],
}

impl WithSimd for LogDensities<'_> {
    type Output = Vec<Lanes>;

    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) -> Vec<Lanes> {
        let mut scratch = Scratch::new(self.components.len(), self.block.len() / BLOCK);
        scratch.densities(simd, self.block, self.components);
        scratch.densities
    }
}

struct Scratch {
    centred: Vec<Lanes>,
    weighted: Vec<Lanes>,
    /// Of each component: logarithms of densities, then responsibilities.
    densities: Vec<Lanes>,
}

impl Scratch {
    fn new(n_components: usize, width: usize) -> Self {
        Self {
            centred: vec![[0.0; BLOCK]; width],
            weighted: vec![[0.0; BLOCK]; width],
            densities: vec![[0.0; BLOCK]; n_components],
        }
    }

    #[inline(always)]
    fn densities<S: Simd>(&mut self, simd: S, block: &[f32], components: &[Component]) {
        for (component, density) in components.iter().zip(&mut self.densities) {
            centre(block, &component.mean, &mut self.centred);
            match &component.factor {
                Factor::Lower(factor) => lower_squares(simd, factor, &self.centred, density),
                Factor::Diagonal(factor) => diagonal_squares(factor, &self.centred, density),
            }
            for lane in density {
                *lane = component.log_constant - 0.5 * *lane;
            }
        }
    }

    /// Turns logarithms into responsibilities, zero after the last sample, and returns the
    /// log-likelihood of the block.
    #[inline(always)]
    fn normalise(&mut self, n_valid: usize) -> f64 {
        let mut largest = [f64::NEG_INFINITY; BLOCK];
        for density in &self.densities {
            for lane in 0..BLOCK {
                let (a, b) = (largest[lane], density[lane]);
                largest[lane] = if b > a { b } else { a };
            }
        }
        let mut totals = [0.0; BLOCK];
        for density in &mut self.densities {
            for lane in 0..BLOCK {
                density[lane] = exp(density[lane] - largest[lane]);
                totals[lane] += density[lane];
            }
        }
        let mut scale = [0.0; BLOCK];
        for lane in 0..n_valid {
            scale[lane] = 1.0 / totals[lane];
        }
        for density in &mut self.densities {
            for lane in 0..BLOCK {
                density[lane] *= scale[lane];
            }
        }
        largest[n_valid..].fill(0.0);
        totals[n_valid..].fill(1.0);
        sum(&largest) + sum_of_logs(&totals)
    }

    #[inline(always)]
    fn add_moments<S: Simd>(
        &mut self,
        simd: S,
        (block, component, mean): (&[f32], usize, &[f64]),
        kind: CovarianceKind,
        sums: &mut Sums,
    ) {
        let weights = &self.densities[component];
        let total = sum(weights);
        if total == 0.0 {
            return;
        }
        sums.weights[component] += total;
        centre(block, mean, &mut self.centred);
        let rows = self.centred.iter().zip(&mut self.weighted);
        for ((row, weighted), first) in rows.zip(&mut sums.first[component]) {
            *first += weigh(row, weights, weighted);
        }
        let second = &mut sums.second[if kind == CovarianceKind::Tied { 0 } else { component }];
        if kind.is_diagonal() {
            let rows = self.centred.iter().zip(&self.weighted);
            for ((row, weighted), second) in rows.zip(second) {
                *second += dot(row, weighted);
            }
        } else {
            add_second_moments(simd, &self.weighted, &self.centred, second);
        }
    }
}
