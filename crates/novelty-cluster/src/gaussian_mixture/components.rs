//! Components, and how sums become components.

use faer::dyn_stack::{MemBuffer, MemStack};
use faer::linalg::cholesky::llt::factor::{
    LltRegularization, cholesky_in_place, cholesky_in_place_scratch,
};
use faer::linalg::triangular_solve::solve_lower_triangular_in_place;
use faer::{Mat, Par};

use super::CovarianceKind;
use super::blocks::Blocks;
use super::pass::Sums;
use crate::ClusterError;

/// One Gaussian of the mixture. Vectors and matrices have the padded width.
#[derive(Debug, Clone, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub(crate) struct Component {
    pub(crate) weight: f64,
    pub(crate) mean: Vec<f64>,
    /// Row-major, or its diagonal.
    pub(crate) covariance: Vec<f64>,
    pub(crate) factor: Factor,
    /// `ln weight - d/2 ln 2 pi - 1/2 ln det covariance`.
    pub(crate) log_constant: f64,
}

/// `F` with `|F x|^2 = x' covariance^-1 x`.
#[derive(Debug, Clone, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub(crate) enum Factor {
    /// The inverse of the Cholesky factor, row-major.
    Lower(Vec<f64>),
    Diagonal(Vec<f64>),
}

impl Component {
    /// A reference point for the first sums; it has no density.
    pub(crate) fn at(mean: Vec<f64>) -> Self {
        Self {
            weight: 0.0,
            mean,
            covariance: Vec::new(),
            factor: Factor::Diagonal(Vec::new()),
            log_constant: 0.0,
        }
    }
}

/// The maximisation step. `before` are the components the sums were taken around.
pub(crate) fn maximise(
    sums: &Sums,
    before: &[Component],
    blocks: &Blocks,
    kind: CovarianceKind,
    reg_covar: f64,
) -> Result<Vec<Component>, ClusterError> {
    let d = blocks.n_features;
    let moves = moves(sums);
    let mut covariances = match kind {
        CovarianceKind::Full => full(sums, &moves),
        CovarianceKind::Tied => tied(sums, &moves, blocks.n_samples),
        CovarianceKind::Diagonal => diagonal(sums, &moves),
        CovarianceKind::Spherical => spherical(sums, &moves, d),
    };
    covariances.iter_mut().for_each(|covariance| regularise(covariance, blocks, kind, reg_covar));
    let total: f64 = sums.weights.iter().sum();
    let mut factors = Vec::with_capacity(covariances.len());
    for (component, covariance) in covariances.iter().enumerate() {
        factors.push(factor(covariance, d, kind).ok_or(ClusterError::Singular { component })?);
    }
    let components = before.iter().zip(&moves).enumerate().map(|(at, (before, moved))| {
        let shared = if kind == CovarianceKind::Tied { 0 } else { at };
        let (factor, log_det) = factors[shared].clone();
        let weight = sums.weights[at] / total;
        let log_constant = weight.ln() - 0.5 * d as f64 * std::f64::consts::TAU.ln() + log_det;
        Component {
            weight,
            mean: before.mean.iter().zip(moved).map(|(mean, moved)| mean + moved).collect(),
            covariance: covariances[shared].clone(),
            factor,
            // A component that lost every sample has no density, not an undefined one.
            log_constant: log_constant.max(f64::MIN),
        }
    });
    Ok(components.collect())
}

/// The responsibility of a component; never quite zero, for it is divided by.
fn mass(sums: &Sums, component: usize) -> f64 {
    sums.weights[component] + 10.0 * f64::EPSILON
}

/// How far each mean moves.
fn moves(sums: &Sums) -> Vec<Vec<f64>> {
    let of = |(component, first): (usize, &Vec<f64>)| {
        first.iter().map(|sum| sum / mass(sums, component)).collect()
    };
    sums.first.iter().enumerate().map(of).collect()
}

fn full(sums: &Sums, moves: &[Vec<f64>]) -> Vec<Vec<f64>> {
    let of = |(component, second): (usize, &Vec<f64>)| {
        let mut covariance = second.clone();
        covariance.iter_mut().for_each(|sum| *sum /= mass(sums, component));
        subtract_outer(&mut covariance, &moves[component], 1.0);
        covariance
    };
    sums.second.iter().enumerate().map(of).collect()
}

fn tied(sums: &Sums, moves: &[Vec<f64>], n_samples: usize) -> Vec<Vec<f64>> {
    let mut covariance = sums.second[0].clone();
    for (component, moved) in moves.iter().enumerate() {
        subtract_outer(&mut covariance, moved, sums.weights[component]);
    }
    covariance.iter_mut().for_each(|sum| *sum /= n_samples as f64);
    vec![covariance]
}

/// Takes `weight v v'` off the lower triangle.
fn subtract_outer(matrix: &mut [f64], v: &[f64], weight: f64) {
    for (i, row) in matrix.chunks_exact_mut(v.len()).enumerate() {
        row.iter_mut().zip(&v[..=i]).for_each(|(entry, x)| *entry -= weight * v[i] * x);
    }
}

fn diagonal(sums: &Sums, moves: &[Vec<f64>]) -> Vec<Vec<f64>> {
    let of = |(component, second): (usize, &Vec<f64>)| {
        let mass = mass(sums, component);
        let moves = &moves[component];
        second.iter().zip(moves).map(|(sum, moved)| (sum / mass - moved * moved).max(0.0)).collect()
    };
    sums.second.iter().enumerate().map(of).collect()
}

fn spherical(sums: &Sums, moves: &[Vec<f64>], n_features: usize) -> Vec<Vec<f64>> {
    let mut covariances = diagonal(sums, moves);
    for covariance in &mut covariances {
        let mean = covariance[..n_features].iter().sum::<f64>() / n_features as f64;
        covariance[..n_features].fill(mean);
    }
    covariances
}

fn regularise(covariance: &mut [f64], blocks: &Blocks, kind: CovarianceKind, reg_covar: f64) {
    let (d, width) = (blocks.n_features, blocks.width);
    let stride = if kind.is_diagonal() { 1 } else { width + 1 };
    (0..d).for_each(|feature| covariance[feature * stride] += reg_covar);
}

/// The factor of the inverse and the logarithm of its determinant.
fn factor(covariance: &[f64], d: usize, kind: CovarianceKind) -> Option<(Factor, f64)> {
    if kind.is_diagonal() {
        let usable = |value: &f64| *value > 0.0 && value.is_finite();
        covariance[..d].iter().all(usable).then_some(())?;
        let mut factor: Vec<f64> = covariance.iter().map(|value| value.sqrt().recip()).collect();
        factor[d..].fill(0.0);
        let log_det = factor[..d].iter().map(|value| value.ln()).sum();
        return Some((Factor::Diagonal(factor), log_det));
    }
    let width = covariance.len().isqrt();
    let mut matrix = Mat::from_fn(d, d, |i, j| covariance[i.max(j) * width + i.min(j)]);
    // On one thread: how faer shares the work out changes the last bits.
    let needed = cholesky_in_place_scratch::<f64>(d, Par::Seq, Default::default());
    let mut buffer = MemBuffer::try_new(needed).ok()?;
    let (stack, spec) = (MemStack::new(&mut buffer), Default::default());
    cholesky_in_place(matrix.as_mut(), LltRegularization::default(), Par::Seq, stack, spec).ok()?;
    let mut inverse = Mat::<f64>::identity(d, d);
    solve_lower_triangular_in_place(matrix.as_ref(), inverse.as_mut(), Par::Seq);
    let mut rows = vec![0.0; width * width];
    for i in 0..d {
        (0..=i).for_each(|j| rows[i * width + j] = inverse[(i, j)]);
    }
    let log_det: f64 = (0..d).map(|i| inverse[(i, i)].ln()).sum();
    log_det.is_finite().then_some((Factor::Lower(rows), log_det))
}
