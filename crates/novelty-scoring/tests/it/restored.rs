//! What scores images, and what scales scores: saved, restored, and on images that break them.

use ndarray::{Array3, Array4};
use novelty_core::{Fit, InputError, Score, ScoreMap, SelectThreshold, Threshold};
use novelty_scoring::{
    ConformalPValues, Normalisation, PatchMemory, PatchMemoryConfig, PixelError, Pooling,
    QuantileThreshold, ScoreNormaliser, ScoringError, TileAttention, TileAttentionConfig,
};
use serde::Serialize;
use serde::de::DeserializeOwned;

fn again<T: Serialize + DeserializeOwned>(value: &T) -> T {
    serde_json::from_str(&serde_json::to_string(value).unwrap()).unwrap()
}

fn images(n: usize, side: usize, salt: usize) -> Array4<f32> {
    let mut i = salt as u32;
    Array4::from_shape_simple_fn((n, 2, side, side), || {
        i += 1;
        let mixed = i.wrapping_mul(2_654_435_761);
        ((mixed ^ (mixed >> 15)).wrapping_mul(2_246_822_519) >> 8) as f32 / (1 << 24) as f32
    })
}

#[test]
fn a_restored_patch_memory_gives_the_same_bits() {
    let (reference, queries) = (images(12, 16, 0), images(5, 16, 777_777));
    for config in [PatchMemoryConfig::new(), PatchMemoryConfig::new().stride(3).contrast(None)] {
        let fitted = config.n_components(8).fit(reference.view()).unwrap();
        let restored = again(&fitted);
        assert_eq!(restored, fitted);
        let maps = |memory: &PatchMemory| memory.score_map(queries.view()).unwrap();
        assert_eq!(maps(&restored).mapv(f32::to_bits), maps(&fitted).mapv(f32::to_bits));
        let scores = |memory: &PatchMemory| memory.score(queries.view()).unwrap();
        assert_eq!(scores(&restored).mapv(f32::to_bits), scores(&fitted).mapv(f32::to_bits));
    }
}

#[test]
fn a_mangled_patch_memory_is_refused() {
    let config = PatchMemoryConfig::new().n_components(4).scales(1);
    let saved = serde_json::to_string(&config.fit(images(4, 8, 0).view()).unwrap()).unwrap();
    for (from, to) in [
        ("\"window\":4", "\"window\":5"),
        ("\"window\":4", "\"window\":0"),
        ("\"scales\":1", "\"scales\":2"),
        ("\"stride\":1", "\"stride\":2"),
        ("\"height\":8", "\"height\":9"),
        ("\"width\":8", "\"width\":4000000000"),
        ("\"channels\":2", "\"channels\":3"),
        ("\"images\":[0,", "\"images\":["),
    ] {
        assert!(saved.contains(from), "{from}");
        let mangled = saved.replacen(from, to, 1);
        assert!(serde_json::from_str::<PatchMemory>(&mangled).is_err(), "{to}");
    }
}

#[test]
fn what_scales_scores_is_restored() {
    let scores: Vec<f32> = (0..100).map(|i| (i as f32 * 0.37).sin() + 0.1 * i as f32).collect();
    let fresh = [-3.0, 0.1, 4.44, 1e6];
    for kind in [Normalisation::MinMax, Normalisation::EmpiricalCdf, Normalisation::RobustZ] {
        let fitted = kind.fit(&scores[..]).unwrap();
        let restored: ScoreNormaliser = again(&fitted);
        assert_eq!(restored.normalise(&fresh).unwrap(), fitted.normalise(&fresh).unwrap());
    }
    let conformal = ConformalPValues::new(&scores).unwrap();
    assert_eq!(again(&conformal).p_values(&fresh).unwrap(), conformal.p_values(&fresh).unwrap());
    let threshold = QuantileThreshold::new(0.9).select(&scores, None).unwrap();
    let restored: Threshold = again(&threshold);
    assert_eq!(restored, threshold);
    assert!(matches!(restored.judge(&scores), Err(InputError::InSample { n: 100, .. })));
    let tiles = Array3::from_shape_fn((20, 2, 3), |(n, r, c)| ((n * 7 + r * 5 + c) % 11) as f32);
    let attention = TileAttentionConfig::new().fit(tiles.view()).unwrap();
    let restored: TileAttention = again(&attention);
    let of = |attention: &TileAttention| attention.attention(tiles.view()).unwrap();
    assert_eq!(of(&restored), of(&attention));
    for bad in [
        r#"{"scale":{"Linear":{"zero":0.0,"unit":0.0}}}"#,
        r#"{"scale":{"Ranks":[]}}"#,
        r#"{"scale":{"Ranks":[2.0,1.0]}}"#,
    ] {
        assert!(serde_json::from_str::<ScoreNormaliser>(bad).is_err(), "{bad}");
    }
    assert!(serde_json::from_str::<ConformalPValues>(r#"{"calibration":[]}"#).is_err());
    let bad = r#"{"location":[0.0,0.0],"scale":[1.0],"rows":1,"columns":2}"#;
    assert!(serde_json::from_str::<TileAttention>(bad).is_err());
}

/// What each error says of two flat images, 0.25 and 0.75, and of a flat one redrawn as it is.
#[test]
fn flat_images_have_documented_scores() {
    let flat = |value: f32| Array4::from_elem((2, 1, 32, 32), value);
    let (x, y) = (flat(0.25), flat(0.75));
    let entropy = |p: f64, q: f64| -(p * q.ln() + (1.0 - p) * (1.0 - q).ln());
    // Without structure only brightness counts: 1 - (2 m n + c) / (m^2 + n^2 + c), c = 0.01^2.
    let luminance = 1.0 - (2.0 * 0.1875 + 1e-4) / (0.625 + 1e-4);
    let cases = [
        (PixelError::Squared, 0.25, 0.0),
        (PixelError::Absolute, 0.5, 0.0),
        (PixelError::BinaryCrossEntropy, entropy(0.25, 0.75), entropy(0.25, 0.25)),
        (PixelError::Ssim, luminance, 0.0),
        (PixelError::MultiScaleSsim { scales: 1 }, luminance, 0.0),
        // Flat images have no edges.
        (PixelError::GradientMagnitude, 0.0, 0.0),
    ];
    let poolings = [Pooling::Mean, Pooling::Max, Pooling::TopMean { share: 0.1 }];
    for (error, apart, same) in cases {
        for pooling in poolings {
            for (other, expected) in [(&y, apart), (&x, same)] {
                let scores = error.scores(x.view(), other.view(), pooling).unwrap();
                for &score in &scores {
                    let off = (f64::from(score) - expected).abs();
                    assert!(off < 1e-5, "{error:?} {pooling:?}: {score} not {expected}");
                }
            }
        }
        let mut bad = y.clone();
        bad[[1, 0, 31, 31]] = f32::NAN;
        for pooling in poolings {
            let (place, index) = ("reconstruction", 2047);
            assert!(
                matches!(
                    error.scores(x.view(), bad.view(), pooling),
                    Err(ScoringError::Input(InputError::NotFinite { place: at, index: i, .. }))
                        if at == place && i == index
                ),
                "{error:?} {pooling:?}"
            );
        }
        let none = Array4::zeros((0, 1, 32, 32));
        assert!(error.scores(none.view(), none.view(), Pooling::Mean).unwrap().is_empty());
        let pixelless = Array4::zeros((2, 1, 0, 32));
        assert!(error.scores(pixelless.view(), pixelless.view(), Pooling::Mean).is_err());
    }
}
