use serde::Serialize;

use super::{Cell, Grid, HELD_APART, Separation, knee};
use crate::{Comparison, Run};

/// What `metrics.json` holds.
#[derive(Debug, Serialize)]
pub struct Metrics {
    /// Seed, threads, and whether it was a smoke run.
    #[serde(flatten)]
    pub run: Run,
    /// Seconds the whole grid took.
    pub seconds: f64,
    /// Images learned from, shared out among the classes.
    pub n_train: usize,
    /// Passes over them.
    pub epochs: usize,
    /// Repetitions, each with other digits.
    pub n_seeds: usize,
    /// One entry a number of classes and size: mean and deviation over the repetitions.
    pub points: Vec<Point>,
    /// Where the neighbours' accuracy bends, by number of classes.
    pub knees: Vec<Knee>,
    /// How many classes an embedding of a size holds apart.
    pub held: Vec<Held>,
    /// The published observation, this run and the baseline, side by side.
    pub comparison: Comparison,
}

/// Mean and deviation over the repetitions.
#[derive(Debug, Clone, Copy, Serialize)]
pub struct MeanSeparation {
    /// The mean.
    pub mean: Separated,
    /// The standard deviation, with n - 1; 0 of one repetition.
    pub deviation: Separated,
}

/// [`Separation`] in fractions.
#[derive(Debug, Clone, Copy, Serialize)]
pub struct Separated {
    /// Nearest neighbour's accuracy.
    pub neighbour_accuracy: f64,
    /// Silhouette of the classes.
    pub silhouette: f64,
    /// Adjusted Rand index of k-means.
    pub kmeans_ari: f64,
    /// Adjusted Rand index of a Gaussian mixture.
    pub mixture_ari: f64,
    /// Clusters found by silhouette.
    pub n_found: f64,
}

/// One number of classes in embeddings of one size.
#[derive(Debug, Clone, Copy, Serialize)]
pub struct Point {
    /// Classes to hold apart.
    pub n_classes: usize,
    /// Length of the embedding.
    pub size: usize,
    /// In the autoencoder's code.
    pub encoder: MeanSeparation,
    /// On as many principal components.
    pub pca: MeanSeparation,
}

/// Where accuracy bends: the size beyond which more numbers gain little.
#[derive(Debug, Clone, Copy, Serialize)]
pub struct Knee {
    /// Classes to hold apart.
    pub n_classes: usize,
    /// Of the autoencoder; none where accuracy does not rise.
    pub encoder: Option<usize>,
    /// Of principal components.
    pub pca: Option<usize>,
}

/// The most classes tried whose neighbours' accuracy is at least [`HELD_APART`]; 0 where not
/// even the fewest are.
#[derive(Debug, Clone, Copy, Serialize)]
pub struct Held {
    /// Length of the embedding.
    pub size: usize,
    /// By the autoencoder.
    pub encoder: usize,
    /// By principal components.
    pub pca: usize,
}

impl Separated {
    fn of(separation: &Separation) -> [f64; 5] {
        let Separation { neighbour_accuracy, silhouette, kmeans_ari, mixture_ari, n_found } =
            *separation;
        [neighbour_accuracy, silhouette, kmeans_ari, mixture_ari, n_found as f64]
    }

    fn new([neighbour_accuracy, silhouette, kmeans_ari, mixture_ari, n_found]: [f64; 5]) -> Self {
        Self { neighbour_accuracy, silhouette, kmeans_ari, mixture_ari, n_found }
    }
}

impl MeanSeparation {
    fn of(separations: &[Separation]) -> Self {
        let values: Vec<[f64; 5]> = separations.iter().map(Separated::of).collect();
        let n = values.len().max(1) as f64;
        let mean: [f64; 5] = std::array::from_fn(|i| values.iter().map(|v| v[i]).sum::<f64>() / n);
        let deviation: [f64; 5] = std::array::from_fn(|i| {
            let squares: f64 = values.iter().map(|v| (v[i] - mean[i]).powi(2)).sum();
            (squares / (n - 1.0).max(1.0)).sqrt()
        });
        Self { mean: Separated::new(mean), deviation: Separated::new(deviation) }
    }

    /// "0.953 ± 0.004".
    #[must_use]
    pub fn accuracy(&self) -> String {
        let (mean, deviation) = (&self.mean, &self.deviation);
        format!("{:.3} ± {:.3}", mean.neighbour_accuracy, deviation.neighbour_accuracy)
    }
}

impl Metrics {
    /// Sums up what was measured.
    #[must_use]
    pub fn new(grid: &Grid, cells: &[Cell], run: Run) -> Self {
        let points = points(grid, cells);
        let knees: Vec<Knee> =
            grid.classes.iter().map(|&n_classes| knee_at(&points, n_classes)).collect();
        let held: Vec<Held> = grid.sizes.iter().map(|&size| held_at(&points, size)).collect();
        Self {
            run,
            seconds: run.seconds(),
            n_train: grid.n_train,
            epochs: grid.epochs,
            n_seeds: grid.n_seeds,
            comparison: compare(&points, &knees, &held),
            points,
            knees,
            held,
        }
    }
}

fn points(grid: &Grid, cells: &[Cell]) -> Vec<Point> {
    let pairs = grid.classes.iter().flat_map(|&k| grid.sizes.iter().map(move |&size| (k, size)));
    pairs
        .map(|(n_classes, size)| {
            let same = |cell: &&Cell| cell.n_classes == n_classes && cell.size == size;
            let of = |part: fn(&Cell) -> Separation| -> Vec<Separation> {
                cells.iter().filter(same).map(part).collect()
            };
            Point {
                n_classes,
                size,
                encoder: MeanSeparation::of(&of(|cell| cell.encoder)),
                pca: MeanSeparation::of(&of(|cell| cell.pca)),
            }
        })
        .collect()
}

fn knee_at(points: &[Point], n_classes: usize) -> Knee {
    let of = |part: fn(&Point) -> MeanSeparation| {
        let same = points.iter().filter(|point| point.n_classes == n_classes);
        // Doubling the embedding is one step to the right.
        let curve: Vec<(f64, f64)> = same
            .map(|point| ((point.size as f64).log2(), part(point).mean.neighbour_accuracy))
            .collect();
        knee(&curve).map(|x| x.exp2().round() as usize)
    };
    Knee { n_classes, encoder: of(|point| point.encoder), pca: of(|point| point.pca) }
}

fn held_at(points: &[Point], size: usize) -> Held {
    let of = |part: fn(&Point) -> MeanSeparation| {
        let held = points.iter().filter(|point| {
            point.size == size && part(point).mean.neighbour_accuracy >= HELD_APART
        });
        held.map(|point| point.n_classes).max().unwrap_or(0)
    };
    Held { size, encoder: of(|point| point.encoder), pca: of(|point| point.pca) }
}

/// Beside *data_drift*, which saw k-means find 2 of its 3 classes in 8 numbers, and 3 in 32.
fn compare(points: &[Point], knees: &[Knee], held: &[Held]) -> Comparison {
    let published = |n_classes: usize, size: usize| match (n_classes, size) {
        (3, 8) => "2 (bottles, transistors, hazelnuts)",
        (3, 32) => "3 (bottles, transistors, hazelnuts)",
        _ => "",
    };
    let table = Comparison::new(["as many principal components"]);
    let asked = points.iter().filter(|point| !published(point.n_classes, point.size).is_empty());
    let table = asked.fold(table, |table, point| {
        let what = format!(
            "Clusters the silhouette finds of {} classes in {} numbers",
            point.n_classes, point.size
        );
        let [ours, pca] = [point.encoder, point.pca].map(|s| format!("{:.1}", s.mean.n_found));
        table.row(what, published(point.n_classes, point.size), ours, [pca])
    });
    let table = held.iter().fold(table, |table, held| {
        let what = format!("Classes that {} numbers hold apart", held.size);
        table.row(what, "", held.encoder, [held.pca])
    });
    let size = |knee: Option<usize>| knee.map_or_else(String::new, |size| size.to_string());
    knees.iter().fold(table, |table, knee| {
        let what = format!("Knee of accuracy for {} classes, numbers", knee.n_classes);
        table.row(what, "", size(knee.encoder), [size(knee.pca)])
    })
}
