//! Clusterings, components and the number of clusters, by size.

use std::hint::black_box;

use criterion::{BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};
use ndarray::{Array2, ArrayView2};
use novelty_cluster::{
    ClusterCriterion, ClusterError, CovarianceKind, DbscanConfig, GaussianMixtureConfig,
    IncrementalPca, KMeansConfig, PcaConfig, PcaSolver, SelectNClustersConfig, k_distances,
    select_n_clusters,
};
use novelty_core::{Assign, Fit, Score};
use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;

/// Five clusters.
fn data(n: usize, d: usize) -> Array2<f32> {
    let mut random = ChaCha8Rng::seed_from_u64(1);
    let labels: Vec<usize> = (0..n).map(|_| random.gen_range(0..5)).collect();
    Array2::from_shape_fn((n, d), |(i, _)| random.gen_range(0.0..1.0) + labels[i] as f32)
}

type Run = fn(ArrayView2<'_, f32>) -> Result<(), ClusterError>;

fn sweep(c: &mut Criterion, name: &str, sizes: &[(usize, usize)], run: Run) {
    let mut group = c.benchmark_group(name);
    group.sample_size(10);
    for &(n, d) in sizes {
        let x = data(n, d);
        group.throughput(Throughput::Elements(n as u64));
        group.bench_function(BenchmarkId::new(format!("d{d}"), n), |b| {
            b.iter(|| run(black_box(x.view())));
        });
    }
    group.finish();
}

const CLUSTERED: [(usize, usize); 5] =
    [(1_000, 2), (1_000, 32), (10_000, 2), (10_000, 32), (100_000, 8)];

fn k_means(c: &mut Criterion) {
    sweep(c, "k_means", &CLUSTERED, |x| KMeansConfig::new(5).n_init(1).fit(x).map(drop));
    sweep(c, "k_means_assign", &CLUSTERED, |x| {
        let model = KMeansConfig::new(5).n_init(1).max_iter(1).fit(x)?;
        model.assign(x).map(drop)
    });
}

fn mixtures(c: &mut Criterion) {
    sweep(c, "mixture_full", &CLUSTERED, |x| mixture(x, CovarianceKind::Full));
    sweep(c, "mixture_tied", &CLUSTERED, |x| mixture(x, CovarianceKind::Tied));
    sweep(c, "mixture_diagonal", &CLUSTERED, |x| mixture(x, CovarianceKind::Diagonal));
    sweep(c, "mixture_spherical", &CLUSTERED, |x| mixture(x, CovarianceKind::Spherical));
    sweep(c, "mixture_score", &CLUSTERED, |x| {
        let config = GaussianMixtureConfig::new(5).max_iter(1);
        config.fit(x)?.score(x).map(drop)
    });
}

fn mixture(x: ArrayView2<'_, f32>, kind: CovarianceKind) -> Result<(), ClusterError> {
    let config = GaussianMixtureConfig::new(5).covariance(kind).tolerance(0.0).max_iter(10);
    config.fit(x).map(drop)
}

fn dbscan(c: &mut Criterion) {
    let sizes = [(1_000, 2), (1_000, 32), (10_000, 2), (10_000, 32), (100_000, 2)];
    sweep(c, "dbscan", &sizes, |x| {
        DbscanConfig::new(0.2 * (x.ncols() as f64).sqrt()).fit(x).map(drop)
    });
    sweep(c, "k_distances", &sizes, |x| k_distances(x, 5).map(drop));
}

fn pca(c: &mut Criterion) {
    let sizes = [(1_000, 64), (1_000, 784), (10_000, 64), (10_000, 784)];
    sweep(c, "pca_exact", &sizes, |x| PcaConfig::new(8).solver(PcaSolver::Exact).fit(x).map(drop));
    sweep(c, "pca_randomised", &[(2_000, 2_000), (2_000, 8_000), (8_000, 2_000)], |x| {
        PcaConfig::new(8).solver(PcaSolver::Randomized).fit(x).map(drop)
    });
    sweep(c, "pca_transform", &sizes, |x| {
        let pca = PcaConfig::new(8).fit(x)?;
        pca.transform(x).map(drop)
    });
    sweep(c, "pca_inverse_transform", &sizes, |x| {
        let pca = PcaConfig::new(8).fit(x)?;
        pca.inverse_transform(x.slice(ndarray::s![.., ..8])).map(drop)
    });
    sweep(c, "pca_incremental", &sizes, |x| {
        let mut incremental = IncrementalPca::new(8);
        for batch in x.axis_chunks_iter(ndarray::Axis(0), 500) {
            incremental.update(batch)?;
        }
        incremental.finish().map(drop)
    });
}

fn n_clusters(c: &mut Criterion) {
    let sizes = [(100, 8), (400, 8), (1_600, 8)];
    sweep(c, "n_clusters_silhouette", &sizes, |x| choose(x, ClusterCriterion::Silhouette));
    sweep(c, "n_clusters_bic", &sizes, |x| choose(x, ClusterCriterion::Bic));
    sweep(c, "n_clusters_gap", &sizes, |x| choose(x, ClusterCriterion::Gap));
    sweep(c, "n_clusters_stability", &sizes, |x| choose(x, ClusterCriterion::Stability));
}

fn choose(x: ArrayView2<'_, f32>, criterion: ClusterCriterion) -> Result<(), ClusterError> {
    let config = SelectNClustersConfig::new().criterion(criterion).n_references(19).n_init(2);
    select_n_clusters(x, &config).map(drop)
}

criterion_group!(benches, k_means, mixtures, dbscan, pca, n_clusters);
criterion_main!(benches);
