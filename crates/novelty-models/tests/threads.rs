//! One thread or two. A process of its own, because the number of threads is the process's.

#![allow(clippy::unwrap_used, reason = "a failing fixture fails its test")]

use ndarray::Array4;
use novelty_core::{ImageShape, Reconstruct};
use novelty_data::InMemoryDataset;
use novelty_models::{
    Device, FaceAutoencoder, FaceAutoencoderConfig, TrainConfig, Trainer, set_threads, threads,
};

fn images() -> Array4<f32> {
    Array4::from_shape_fn((24, 3, 16, 16), |(n, c, y, x)| {
        0.5 + 0.5 * ((n + 1) as f32 * 0.1 * (x + 2 * y) as f32 + c as f32).sin()
    })
}

fn trained(n_threads: usize) -> (f64, FaceAutoencoder) {
    set_threads(n_threads).unwrap();
    assert_eq!(threads(), n_threads);
    let network = FaceAutoencoderConfig::new(ImageShape::new(3, 16, 16));
    let config = TrainConfig::new().epochs(3).batch_size(8).seed(1).device(Device::Cpu);
    let data = InMemoryDataset::new(images()).unwrap();
    let none = None::<&InMemoryDataset>;
    let trained = Trainer::new(network, config).fit_dataset(&data, none, &mut ()).unwrap();
    (trained.history.final_train_loss().unwrap(), trained.model)
}

/// Two threads normalise maps of few channels in another memory layout than one does: the same
/// function, whose sums are taken in another order.
#[test]
fn networks_learn_the_same_with_one_thread_and_with_two() {
    let (one, two) = (trained(1), trained(2));
    assert!((one.0 / two.0 - 1.0).abs() < 1e-4, "{} {}", one.0, two.0);
    let redrawn = [one.1, two.1].map(|model| model.reconstruct(images().view()).unwrap());
    let apart = redrawn[0].iter().zip(&redrawn[1]).fold(0.0_f32, |m, (a, b)| m.max((a - b).abs()));
    assert!(apart < 1e-3, "{apart}");
    assert_eq!(trained(2).0.to_bits(), two.0.to_bits());
}
