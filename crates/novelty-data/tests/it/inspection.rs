use ndarray::{Array2, Array3, Axis, s};
use novelty_core::{Dataset, Sample};
use novelty_data::{
    DataError, InspectionCategory, InspectionConfig, LabelledDataset, MvtecDataset, Resize, Split,
    Transform,
};
use novelty_metrics::roc_auc;
use tempfile::tempdir;

/// Side of a patch, and the step from one to the next.
const PATCH: usize = 8;
const STEP: usize = 4;

/// The picture at half size, its brightness and what of it changes slowly taken out.
fn flattened(sample: Sample) -> Array2<f32> {
    let sample = Resize::new(64, 64).apply(sample, 0).unwrap();
    let mean = sample.image.mean().unwrap();
    sample.image.mean_axis(Axis(0)).unwrap() / mean
}

/// `(rows, columns, values)`.
fn patches(image: &Array2<f32>) -> Array3<f32> {
    let n = (image.nrows() - PATCH) / STEP + 1;
    let mut patches = Array3::zeros((n, n, PATCH * PATCH));
    for ((row, column), mut to) in (0..n * n).map(|i| (i / n, i % n)).zip(patches.rows_mut()) {
        let (y, x) = (row * STEP, column * STEP);
        let patch = image.slice(s![y..y + PATCH, x..x + PATCH]);
        let mean = patch.mean().unwrap();
        to.iter_mut().zip(patch.iter()).for_each(|(to, value)| *to = value - mean);
    }
    patches
}

/// The distance of every patch to the nearest training patch at about the same place; the
/// training image `left_out` is not looked at.
fn distances(
    image: &Array3<f32>,
    bank: &[Array3<f32>],
    reach: usize,
    left_out: Option<usize>,
) -> Array2<f32> {
    let n = image.len_of(Axis(0));
    let window = |at: usize| at.saturating_sub(reach)..(at + reach + 1).min(n);
    Array2::from_shape_fn((n, n), |(row, column)| {
        let patch = image.slice(s![row, column, ..]);
        let mut nearest = f32::INFINITY;
        for (_, known) in bank.iter().enumerate().filter(|(i, _)| Some(*i) != left_out) {
            for (y, x) in window(row).flat_map(|y| window(column).map(move |x| (y, x))) {
                let known = known.slice(s![y, x, ..]);
                let pairs = patch.to_slice().unwrap().iter().zip(known.to_slice().unwrap());
                nearest = nearest.min(pairs.map(|(a, b)| (a - b) * (a - b)).sum());
            }
        }
        nearest
    })
}

/// What distance is usual at each place among training images.
fn usual(bank: &[Array3<f32>], reach: usize) -> Array2<f32> {
    let of = |i: usize| distances(&bank[i], bank, reach, Some(i));
    let sum = (1..bank.len()).map(of).fold(of(0), |sum, map| sum + map);
    sum / bank.len() as f32
}

#[test]
fn brightness_fails_and_nearest_patches_pass() {
    let dir = tempdir().unwrap();
    let root = dir.path().join("set");
    InspectionConfig::new().n_train(40).n_test_good(25).n_per_defect(5).write(&root).unwrap();
    assert_eq!(MvtecDataset::categories(&root).unwrap(), ["chip", "fabric", "washer"]);
    for category in InspectionCategory::ALL {
        let open = |split| MvtecDataset::open(&root, category.name(), split).unwrap();
        let (train, test) = (open(Split::Train), open(Split::Test));
        let labels: Vec<bool> = (0..test.len()).map(|i| test.is_anomalous(i).unwrap()).collect();
        let brightness: Vec<f32> =
            (0..test.len()).map(|i| test.get(i).unwrap().image.mean().unwrap()).collect();
        let auc = roc_auc(&brightness, &labels).unwrap();
        assert!((0.35..0.65).contains(&auc), "{category:?}: brightness has {auc}");
        let read = |data: &MvtecDataset, i| patches(&flattened(data.get(i).unwrap()));
        let bank: Vec<_> = (0..train.len()).map(|i| read(&train, i)).collect();
        // Cloth is the same everywhere, so that a few pictures of it hold what there is.
        let is_fabric = category == InspectionCategory::Fabric;
        let (reach, bank) = if is_fabric { (4, &bank[..8]) } else { (1, &bank[..]) };
        let usual = usual(bank, reach);
        let floor = 0.25 * usual.mean().unwrap();
        let score = |i| {
            let map = distances(&read(&test, i), bank, reach, None) / (&usual + floor);
            map.iter().copied().fold(0.0, f32::max)
        };
        let scores: Vec<f32> = (0..test.len()).map(score).collect();
        for (class, name) in test.class_names().iter().enumerate().skip(1) {
            let kept: Vec<usize> = (0..test.len())
                .filter(|&i| [Some(0), Some(class)].contains(&test.class(i)))
                .collect();
            let scores: Vec<f32> = kept.iter().map(|&i| scores[i]).collect();
            let labels: Vec<bool> = kept.iter().map(|&i| labels[i]).collect();
            println!("{category:?}, {name}: {}", roc_auc(&scores, &labels).unwrap());
        }
        let auc = roc_auc(&scores, &labels).unwrap();
        println!("{category:?}: nearest patches have {auc}");
        assert!(auc > 0.95, "{category:?}: nearest patches have {auc}");
    }
}

#[test]
fn masks_mark_what_the_defect_changed() {
    let config = InspectionConfig::new();
    for category in InspectionCategory::ALL {
        let good = config.draw(category, Split::Test, None, 0).unwrap();
        assert!(good.mask.unwrap().iter().all(|&marked| !marked));
        for defect in category.defects() {
            for index in 0..20 {
                let sample = config.draw(category, Split::Test, Some(defect), index).unwrap();
                assert_eq!(sample.class_name.as_deref(), Some(defect.name()));
                let n = sample.mask.unwrap().iter().filter(|&&marked| marked).count();
                // Visible, and far from the whole picture.
                assert!((20..3000).contains(&n), "{category:?} {defect:?} {index}: {n}");
            }
        }
    }
}

#[test]
fn a_seed_gives_the_same_pictures() {
    let config = InspectionConfig::new().side(32);
    let draw = |config: &InspectionConfig, split, index| {
        config.draw(InspectionCategory::Chip, split, None, index).unwrap()
    };
    assert_eq!(draw(&config, Split::Train, 3), draw(&config, Split::Train, 3));
    assert_ne!(draw(&config, Split::Train, 3), draw(&config, Split::Train, 4));
    assert_ne!(draw(&config, Split::Train, 3), draw(&config, Split::Test, 3));
    let other = config.clone().seed(1);
    assert_ne!(draw(&config, Split::Train, 3), draw(&other, Split::Train, 3));
}

#[test]
fn nothing_is_overwritten_and_nothing_half_written() {
    let dir = tempdir().unwrap();
    let config = InspectionConfig::new().side(16).n_train(1).n_test_good(1).n_per_defect(1);
    let error = config.write(dir.path()).unwrap_err();
    assert!(matches!(&error, DataError::Io { path, .. } if path == dir.path()), "{error}");
    assert!(config.write(dir.path().join("no/such/folder")).is_ok());
    assert!(config.clone().side(15).write(dir.path().join("x")).is_err());
    assert!(config.clone().n_train(0).write(dir.path().join("x")).is_err());
    let names: Vec<_> =
        std::fs::read_dir(dir.path()).unwrap().map(|e| e.unwrap().file_name()).collect();
    assert_eq!(names, ["no"]);
}
