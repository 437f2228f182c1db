//! Online detectors: how long without drift, how soon with it, and their saved state.

use ndarray::Array2;
use novelty_core::Fit;
use novelty_drift::{OnlineDrift, OnlineDriftConfig, OnlineMmd, OnlineMmdConfig, OnlineTest, Side};
use rand::SeedableRng;
use rand_chacha::ChaCha8Rng;

use crate::calibration::normal;

const TESTS: [OnlineTest; 4] = [
    OnlineTest::Cusum { slack: 0.5 },
    OnlineTest::Ewma { weight: 0.1 },
    OnlineTest::PageHinkley { tolerance: 0.25 },
    OnlineTest::Adwin { max_window: 1000 },
];

fn sample(n: usize, seed: u64) -> Vec<f32> {
    let mut rng = ChaCha8Rng::seed_from_u64(seed);
    (0..n).map(|_| normal(&mut rng)).collect()
}

/// Samples to the first alarm, counted from 1.
fn run_length(mut detector: OnlineDrift, shift: f32, seed: u64) -> usize {
    let mut rng = ChaCha8Rng::seed_from_u64(seed);
    let mut n = 0;
    loop {
        n += 1;
        if detector.update(normal(&mut rng) + shift).unwrap().is_drift {
            return n;
        }
    }
}

#[test]
fn the_expected_run_time_holds_on_new_data() {
    for test in TESTS {
        let config = OnlineDriftConfig::new(test).expected_run_time(200);
        let detector = config.fit(&sample(5000, 1)[..]).unwrap();
        let total: usize = (0..600).map(|i| run_length(detector.clone(), 0.0, 100 + i)).sum();
        let mean = total as f64 / 600.0;
        // The mean of 600 run lengths is off by 4 %.
        assert!((160.0..240.0).contains(&mean), "{test:?}: {mean}, not 200");
    }
}

#[test]
fn a_shift_of_one_deviation_is_found_soon() {
    for test in TESTS {
        let config = OnlineDriftConfig::new(test).expected_run_time(1000).side(Side::Up);
        let detector = config.fit(&sample(2000, 1)[..]).unwrap();
        let delay = |i: u64| {
            // What was normal first, for the tests that learn the mean as they go.
            let mut detector = detector.clone();
            for value in sample(100, 400 + i) {
                detector.update(value).unwrap();
            }
            run_length(detector, 1.0, 300 + i)
        };
        let mut delays: Vec<usize> = (0..50).map(delay).collect();
        delays.sort_unstable();
        // Nine in ten: after a false alarm just before the shift, the mean is learnt anew from it.
        assert!(delays[25] < 20 && delays[44] < 40, "{test:?}: {delays:?}");
    }
}

#[test]
fn a_fall_is_no_rise() {
    let reference = sample(1000, 1);
    let config = OnlineDriftConfig::new(OnlineTest::Cusum { slack: 0.5 });
    let alarms = |side: Side| {
        let mut detector = config.clone().side(side).fit(&reference[..]).unwrap();
        let falling = (0..50).filter(|_| detector.update(-3.0).unwrap().is_drift);
        falling.count()
    };
    assert_eq!(alarms(Side::Up), 0);
    assert!(alarms(Side::Down) > 5 && alarms(Side::Both) > 5);
}

#[test]
fn a_saved_detector_goes_on_as_if_nothing_had_been() {
    for test in TESTS {
        let mut detector =
            OnlineDriftConfig::new(test).expected_run_time(100).fit(&sample(500, 1)[..]).unwrap();
        let stream = sample(600, 2);
        for &value in &stream[..300] {
            detector.update(value).unwrap();
        }
        let text = serde_json::to_string(&detector).unwrap();
        let mut restored: OnlineDrift = serde_json::from_str(&text).unwrap();
        for &value in &stream[300..] {
            assert_eq!(detector.update(value).unwrap(), restored.update(value).unwrap());
        }
    }
}

fn embeddings(n: usize, shift: f32, seed: u64) -> Array2<f32> {
    let mut rng = ChaCha8Rng::seed_from_u64(seed);
    Array2::from_shape_simple_fn((n, 4), || normal(&mut rng) + shift)
}

fn mmd_run_length(mut detector: OnlineMmd, shift: f32, seed: u64) -> usize {
    let mut rng = ChaCha8Rng::seed_from_u64(seed);
    let mut n = 0;
    loop {
        n += 1;
        let row: Vec<f32> = (0..4).map(|_| normal(&mut rng) + shift).collect();
        if detector.update(&row).unwrap().is_drift {
            return n;
        }
    }
}

#[test]
fn online_mmd_keeps_its_run_time_and_finds_a_shift() {
    let config = OnlineMmdConfig::new().window(20).expected_run_time(200).max_reference(1200);
    let detector = config.fit(embeddings(1200, 0.0, 1).view()).unwrap();
    let total: usize = (0..150).map(|i| mmd_run_length(detector.clone(), 0.0, 100 + i)).sum();
    let mean = total as f64 / 150.0;
    // The mean of 150 run lengths is off by 8 %.
    assert!((160.0..240.0).contains(&mean), "{mean}, not 200");
    let total: usize = (0..20).map(|i| mmd_run_length(detector.clone(), 1.0, 500 + i)).sum();
    assert!(total / 20 < 30, "{} samples", total / 20);
}

#[test]
fn a_saved_online_mmd_goes_on_as_if_nothing_had_been() {
    let config = OnlineMmdConfig::new().window(10).expected_run_time(100).max_reference(100);
    let mut detector = config.fit(embeddings(100, 0.0, 1).view()).unwrap();
    let stream = embeddings(60, 0.5, 2);
    for row in stream.rows().into_iter().take(25) {
        detector.update(&row.to_vec()).unwrap();
    }
    let mut restored: OnlineMmd =
        serde_json::from_str(&serde_json::to_string(&detector).unwrap()).unwrap();
    for row in stream.rows().into_iter().skip(25) {
        let row = row.to_vec();
        assert_eq!(detector.update(&row).unwrap(), restored.update(&row).unwrap());
    }
}

#[test]
fn bad_values_and_settings_are_named() {
    let reference = sample(100, 1);
    let cusum = OnlineDriftConfig::new(OnlineTest::Cusum { slack: 0.5 });
    let mut detector = cusum.fit(&reference[..]).unwrap();
    let before = detector.clone();
    let error = detector.update(f32::NAN).unwrap_err().to_string();
    assert!(error.starts_with("score holds NaN"), "{error}");
    assert_eq!(detector, before);
    for (config, message) in [
        (OnlineDriftConfig::new(OnlineTest::Cusum { slack: -1.0 }), "slack is -1"),
        (OnlineDriftConfig::new(OnlineTest::Ewma { weight: 0.0 }), "weight is 0"),
        (OnlineDriftConfig::new(OnlineTest::PageHinkley { tolerance: f64::NAN }), "tolerance"),
        (OnlineDriftConfig::new(OnlineTest::Adwin { max_window: 3 }), "max_window is 3"),
        (cusum.clone().expected_run_time(1), "expected_run_time is 1"),
    ] {
        let error = config.fit(&reference[..]).unwrap_err().to_string();
        assert!(error.starts_with(message), "{error}");
    }
    assert!(cusum.fit(&[1.0; 50][..]).unwrap_err().to_string().contains("must vary"));
    let mmd = OnlineMmdConfig::new().window(10).max_reference(100).expected_run_time(50);
    let mut detector = mmd.fit(embeddings(80, 0.0, 1).view()).unwrap();
    assert!(detector.update(&[0.0; 3]).unwrap_err().to_string().contains("shape [3]"));
    assert!(detector.update(&[0.0, f32::NAN, 0.0, 0.0]).is_err());
    assert!(mmd.fit(embeddings(30, 0.0, 1).view()).is_err());
    assert!(mmd.fit(Array2::zeros((80, 4)).view()).unwrap_err().to_string().contains("must vary"));
    assert!(mmd.clone().window(30).fit(embeddings(80, 0.0, 1).view()).is_err());
}
