use novelty_core::InputError;

use crate::partition::Partition;

/// How many samples each pair of labels shares, and each label has.
pub(crate) struct Contingency {
    /// Samples of every pair of labels that occurs: the two labels and the count.
    pub(crate) cells: Vec<(usize, usize, u64)>,
    pub(crate) truth: Vec<u64>,
    pub(crate) predicted: Vec<u64>,
    pub(crate) n: u64,
}

impl Contingency {
    pub(crate) fn new(truth: &[usize], predicted: &[usize]) -> Result<Self, InputError> {
        if truth.len() != predicted.len() {
            return Err(InputError::Length {
                left: "truth",
                left_len: truth.len(),
                right: "predicted",
                right_len: predicted.len(),
            });
        }
        novelty_core::ensure_not_empty("truth", truth)?;
        let rows = Partition::new(truth);
        let columns = Partition::new(predicted);
        let dense = columns.dense_labels();
        let mut cells = Vec::new();
        let mut counts = vec![0; columns.n_clusters()];
        for row in 0..rows.n_clusters() {
            let mut seen = Vec::new();
            for &sample in rows.members(row) {
                let column = dense[sample];
                if counts[column] == 0 {
                    seen.push(column);
                }
                counts[column] += 1;
            }
            seen.sort_unstable();
            cells.extend(seen.iter().map(|&column| (row, column, counts[column])));
            seen.iter().for_each(|&column| counts[column] = 0);
        }
        let sizes = |partition: &Partition| {
            (0..partition.n_clusters()).map(|cluster| partition.size(cluster) as u64).collect()
        };
        Ok(Self { cells, truth: sizes(&rows), predicted: sizes(&columns), n: truth.len() as u64 })
    }

    /// The mutual information of the two labellings, in nats.
    pub(crate) fn mutual_information(&self) -> f64 {
        let n = self.n as f64;
        let term = |&(row, column, count): &(usize, usize, u64)| {
            let expected = self.truth[row] as f64 * self.predicted[column] as f64;
            count as f64 / n * (count as f64 * n / expected).ln()
        };
        self.cells.iter().map(term).sum::<f64>().max(0.0)
    }
}

/// The entropy of a labelling, in nats.
pub(crate) fn entropy(sizes: &[u64], n: u64) -> f64 {
    let term = |&size: &u64| {
        let share = size as f64 / n as f64;
        -share * share.ln()
    };
    sizes.iter().map(term).sum::<f64>().max(0.0)
}
