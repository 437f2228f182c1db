//! Cluster labels of any value as `0..k`, and the samples of each cluster together.

use novelty_core::{Features, InputError, ensure_finite};

use crate::MetricsError;

/// Samples grouped by label. Clusters are in ascending order of their label, samples of a
/// cluster in input order.
pub(crate) struct Partition {
    /// The samples' positions, cluster after cluster.
    pub(crate) order: Vec<usize>,
    /// Where each cluster begins in `order`, and the end of the last.
    pub(crate) starts: Vec<usize>,
}

impl Partition {
    pub(crate) fn new(labels: &[usize]) -> Self {
        let order = ascending(labels);
        let first = |at: &usize| *at == 0 || labels[order[*at]] != labels[order[*at - 1]];
        let mut starts: Vec<usize> = (0..order.len()).filter(first).collect();
        starts.push(order.len());
        Self { order, starts }
    }

    /// A partition of features, checked: one label a row, finite, `2 <= k <= n - 1`.
    pub(crate) fn of_features(x: &Features<'_>, labels: &[usize]) -> Result<Self, MetricsError> {
        let (n, width) = x.dim();
        if n != labels.len() {
            return Err(InputError::Length {
                left: "x",
                left_len: n,
                right: "labels",
                right_len: labels.len(),
            }
            .into());
        }
        if n == 0 || width == 0 {
            return Err(InputError::Empty { place: "x" }.into());
        }
        ensure_finite("x", x)?;
        let partition = Self::new(labels);
        let n_clusters = partition.n_clusters();
        if n_clusters < 2 || n_clusters >= n {
            return Err(MetricsError::ClusterCount { n_clusters, n_samples: n });
        }
        Ok(partition)
    }

    pub(crate) fn n_clusters(&self) -> usize {
        self.starts.len() - 1
    }

    pub(crate) fn size(&self, cluster: usize) -> usize {
        self.starts[cluster + 1] - self.starts[cluster]
    }

    pub(crate) fn members(&self, cluster: usize) -> &[usize] {
        &self.order[self.starts[cluster]..self.starts[cluster + 1]]
    }

    /// The cluster, in `0..k`, of every sample in input order.
    pub(crate) fn dense_labels(&self) -> Vec<usize> {
        let mut dense = vec![0; self.order.len()];
        for cluster in 0..self.n_clusters() {
            for &sample in self.members(cluster) {
                dense[sample] = cluster;
            }
        }
        dense
    }
}

/// The positions of the labels in ascending order of label, equal ones in input order.
fn ascending(labels: &[usize]) -> Vec<usize> {
    let highest = labels.iter().copied().max().unwrap_or(0);
    if highest > labels.len() {
        let mut order: Vec<usize> = (0..labels.len()).collect();
        order.sort_by_key(|&i| labels[i]);
        return order;
    }
    let mut next = vec![0; highest + 2];
    labels.iter().for_each(|&label| next[label + 1] += 1);
    for label in 0..=highest {
        next[label + 1] += next[label];
    }
    let mut order = vec![0; labels.len()];
    for (sample, &label) in labels.iter().enumerate() {
        order[next[label]] = sample;
        next[label] += 1;
    }
    order
}
