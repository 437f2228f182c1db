use std::path::PathBuf;

use ndarray::{Array4, Axis, s};
use novelty_core::{Dataset, Fit, InputError, Score, ScoreMap, check_scorer};
use novelty_data::{ImageReadConfig, InspectionCategory, InspectionConfig, MvtecDataset, Split};
use novelty_metrics::roc_auc;
use novelty_scoring::{PatchMemoryConfig, Pooling, ScoringError};

/// Drawn parts, good ones or of every kind of defect.
fn parts(category: InspectionCategory, split: Split, n: usize, defective: bool) -> Array4<f32> {
    let config = InspectionConfig::new().side(32);
    let mut images = Array4::zeros((n, 3, 32, 32));
    for (i, mut image) in images.outer_iter_mut().enumerate() {
        let defects = category.defects();
        let defect = defective.then(|| defects[i % defects.len()]);
        let sample = config.draw(category, split, defect, i).unwrap();
        image.assign(&sample.image);
    }
    images
}

#[test]
fn it_keeps_the_contract() {
    let train = parts(InspectionCategory::Washer, Split::Train, 12, false);
    let test = parts(InspectionCategory::Washer, Split::Test, 16, true);
    for config in [
        PatchMemoryConfig::new(),
        PatchMemoryConfig::new().contrast(None).radius(0).max_kept(5).n_components(7).scales(1),
        PatchMemoryConfig::new().window(5).stride(3).pooling(Pooling::Max),
    ] {
        let fitted = config.fit(train.view()).unwrap();
        check_scorer(&fitted, test.view()).unwrap();
        let maps = fitted.score_map(test.view()).unwrap();
        assert_eq!(maps.dim(), (16, 32, 32));
        let one = fitted.score_map(test.slice(s![3..4, .., .., ..])).unwrap();
        let off = &one.index_axis(Axis(0), 0) - &maps.index_axis(Axis(0), 3);
        assert!(off.iter().all(|off| off.abs() < 1e-4));
    }
}

#[test]
fn the_number_of_threads_changes_no_bit() {
    let train = parts(InspectionCategory::Chip, Split::Train, 10, false);
    let with_threads = |n: usize| {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(n).build().unwrap();
        pool.install(|| {
            let fitted = PatchMemoryConfig::new().max_kept(6).fit(train.view()).unwrap();
            fitted.score(train.view()).unwrap().mapv(f32::to_bits)
        })
    };
    assert_eq!(with_threads(1), with_threads(3));
}

/// The map is highest where the defect is, and the score tells good from defective parts.
#[test]
fn defects_of_drawn_parts_are_found_and_located() {
    let config = InspectionConfig::new().side(32);
    for (category, expected) in [(InspectionCategory::Washer, 0.9), (InspectionCategory::Chip, 0.9)]
    {
        let train = parts(category, Split::Train, 60, false);
        let fitted = PatchMemoryConfig::new().fit(train.view()).unwrap();
        let good = parts(category, Split::Test, 30, false);
        let bad = parts(category, Split::Test, 30, true);
        let scores = [fitted.score(good.view()).unwrap(), fitted.score(bad.view()).unwrap()];
        let scores: Vec<f32> = scores.iter().flatten().copied().collect();
        let labels: Vec<bool> = (0..60).map(|i| i >= 30).collect();
        let auc = roc_auc(&scores, &labels).unwrap();
        println!("{}: image ROC-AUC {auc:.4}", category.name());
        assert!(auc > expected, "{}: {auc}", category.name());
        let maps = fitted.score_map(bad.view()).unwrap();
        let (mut values, mut masks) = (Vec::new(), Vec::new());
        for (i, map) in maps.outer_iter().enumerate() {
            let defect = category.defects()[i % category.defects().len()];
            let sample = config.draw(category, Split::Test, Some(defect), i).unwrap();
            values.extend(map.iter().copied());
            masks.extend(sample.mask.unwrap().iter().copied());
        }
        let auc = roc_auc(&values, &masks).unwrap();
        println!("{}: pixel ROC-AUC {auc:.4}", category.name());
        assert!(auc > 0.85, "{}: pixels {auc}", category.name());
    }
}

/// On photographs, where they are at hand; the settings were chosen on training images.
#[test]
fn mvtec_parts_are_told_apart() {
    let Some(root) = std::env::var_os("NOVELTY_DATASETS") else {
        println!("skipped: NOVELTY_DATASETS is not set");
        return;
    };
    let root = PathBuf::from(root).join("mvtec-256");
    for (category, expected) in [("bottle", 0.98), ("transistor", 0.9)] {
        let read = |split| {
            let config = ImageReadConfig::new().size(32, 32);
            MvtecDataset::open_with(&root, category, split, &config)
        };
        let (Ok(train), Ok(test)) = (read(Split::Train), read(Split::Test)) else {
            println!("skipped: no {category} in {}", root.display());
            continue;
        };
        let fitted = PatchMemoryConfig::new().fit(all(&train).view()).unwrap();
        let scores = fitted.score(all(&test).view()).unwrap().to_vec();
        let labels: Vec<bool> =
            (0..test.len()).map(|i| test.get(i).unwrap().is_anomalous.unwrap()).collect();
        let auc = roc_auc(&scores, &labels).unwrap();
        println!("{category}: image ROC-AUC {auc:.4}");
        assert!(auc > expected, "{category}: {auc}");
    }
}

fn all(dataset: &MvtecDataset) -> Array4<f32> {
    let shape = dataset.image_shape();
    let mut images = Array4::zeros((dataset.len(), shape.channels, shape.height, shape.width));
    for (i, mut image) in images.outer_iter_mut().enumerate() {
        image.assign(&dataset.get(i).unwrap().image);
    }
    images
}

#[test]
fn bad_references_and_settings_are_named() {
    let constant = Array4::from_elem((5, 1, 16, 16), 0.5);
    assert!(matches!(
        PatchMemoryConfig::new().fit(constant.view()),
        Err(ScoringError::NoSpread { place: "patches of the reference images" })
    ));
    let one = parts(InspectionCategory::Fabric, Split::Train, 1, false);
    assert!(matches!(
        PatchMemoryConfig::new().fit(one.view()),
        Err(ScoringError::TooFewSamples { n_samples: 1, needed: 2, .. })
    ));
    assert!(matches!(
        PatchMemoryConfig::new().scales(3).fit(Array4::zeros((3, 1, 12, 40)).view()),
        Err(ScoringError::ImageTooSmall { height: 12, needed: 16, .. })
    ));
    assert!(PatchMemoryConfig::new().scales(200).fit(constant.view()).is_err());
    assert!(matches!(
        PatchMemoryConfig::new().fit(Array4::zeros((0, 1, 16, 16)).view()),
        Err(ScoringError::Input(InputError::Empty { place: "images" }))
    ));
    let mut bad = parts(InspectionCategory::Fabric, Split::Train, 3, false);
    bad[[1, 0, 3, 3]] = f32::NAN;
    assert!(matches!(
        PatchMemoryConfig::new().fit(bad.view()),
        Err(ScoringError::Input(InputError::NotFinite { place: "images", .. }))
    ));
    for config in [
        PatchMemoryConfig::new().window(1),
        PatchMemoryConfig::new().stride(0),
        PatchMemoryConfig::new().scales(0),
        PatchMemoryConfig::new().n_components(0),
        PatchMemoryConfig::new().max_kept(0),
        PatchMemoryConfig::new().contrast(Some(0.0)),
        PatchMemoryConfig::new().pooling(Pooling::TopMean { share: 0.0 }),
    ] {
        assert!(matches!(config.validate(), Err(InputError::Setting { .. })), "{config:?}");
    }
    // Copies of one image are at no distance from each other, but they do vary within.
    let copies = parts(InspectionCategory::Washer, Split::Train, 1, false);
    let copies = copies.broadcast((4, 3, 32, 32)).unwrap().to_owned();
    assert!(matches!(
        PatchMemoryConfig::new().fit(copies.view()),
        Err(ScoringError::NoSpread { .. })
    ));
}
