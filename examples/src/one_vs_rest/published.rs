/// Figures of Ruff et al., *Deep One-Class Classification*, ICML 2018, table 1: mean ROC-AUC in
/// percent over ten seeds at the last epoch, and its standard deviation (one-class).
#[derive(Debug)]
pub struct Published {
    /// The dataset.
    pub name: &'static str,
    /// How many training images each class of it has.
    sizes: &'static [usize],
    /// The names of its classes in alphabetical order, where they have some.
    names: &'static [&'static str],
    /// Deep SVDD, one-class, by class.
    pub one_class: [(f64, f64); 10],
    /// Deep SVDD, soft boundary, by class.
    pub soft: [f64; 10],
}

/// MNIST.
const MNIST: Published = Published {
    name: "MNIST",
    sizes: &[5923, 6742, 5958, 6131, 5842, 5421, 5918, 6265, 5851, 5949],
    names: &[],
    one_class: [
        (98.0, 0.7),
        (99.7, 0.1),
        (91.7, 0.8),
        (91.9, 1.5),
        (94.9, 0.8),
        (88.5, 0.9),
        (98.3, 0.5),
        (94.6, 0.9),
        (93.9, 1.6),
        (96.5, 0.3),
    ],
    soft: [97.8, 99.6, 89.5, 90.3, 93.8, 85.8, 98.0, 92.7, 92.9, 94.9],
};

/// CIFAR-10.
const CIFAR10: Published = Published {
    name: "CIFAR-10",
    sizes: &[5000; 10],
    names: &[
        "airplane",
        "automobile",
        "bird",
        "cat",
        "deer",
        "dog",
        "frog",
        "horse",
        "ship",
        "truck",
    ],
    one_class: [
        (61.7, 4.1),
        (65.9, 2.1),
        (50.8, 0.8),
        (59.1, 1.4),
        (60.9, 1.1),
        (65.7, 2.5),
        (67.7, 2.6),
        (67.3, 0.9),
        (75.9, 1.2),
        (73.1, 1.2),
    ],
    soft: [61.7, 64.8, 49.5, 56.0, 59.1, 62.1, 67.8, 65.2, 75.6, 71.0],
};

impl Published {
    /// The figures for the dataset with so many training images in each class; `None` for one
    /// that is not known.
    pub(super) fn of(sizes: &[usize], names: &[String]) -> Option<&'static Self> {
        let is_it = |known: &&'static Self| {
            known.sizes == sizes && (known.names.is_empty() || known.names == names)
        };
        [&MNIST, &CIFAR10].into_iter().find(is_it)
    }
}
