use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;
use rand_distr::StandardNormal;
use tch::{Device, Tensor};

use crate::ModelError;
use crate::error::TorchContext;

/// What random numbers are drawn for: draws for one purpose do not move those for another.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Purpose {
    /// Noise on the images of a batch.
    InputNoise = 1,
    /// A draw from a code's distribution.
    Latent = 2,
    /// A draw from the codes' prior.
    Prior = 3,
    /// Anomalies made of the images of a batch.
    Anomalies = 4,
}

/// The stream of a batch: its 256-bit key is the seed, the purpose, the epoch and the batch, each
/// as eight little-endian bytes. A run that is resumed draws what it would have drawn.
pub(crate) fn stream(seed: u64, purpose: Purpose, epoch: usize, batch: usize) -> ChaCha8Rng {
    let mut key = [0_u8; 32];
    let parts = [seed, purpose as u64, epoch as u64, batch as u64];
    for (bytes, part) in key.chunks_exact_mut(8).zip(parts) {
        bytes.copy_from_slice(&part.to_le_bytes());
    }
    ChaCha8Rng::from_seed(key)
}

/// Standard normal numbers in the shape given, drawn in row-major order.
pub(crate) fn standard_normal(
    rng: &mut ChaCha8Rng,
    size: &[i64],
    device: Device,
) -> Result<Tensor, ModelError> {
    let len = size.iter().product::<i64>() as usize;
    let values: Vec<f32> = rng.sample_iter(StandardNormal).take(len).collect();
    Tensor::f_from_slice(&values)
        .and_then(|flat| flat.f_view(size))
        .and_then(|tensor| tensor.f_to_device(device))
        .during("drawing noise")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn streams_are_apart_and_normal() {
        let draw = |seed, epoch, batch| {
            let mut rng = stream(seed, Purpose::InputNoise, epoch, batch);
            standard_normal(&mut rng, &[100, 50], Device::Cpu).unwrap()
        };
        let one = draw(1, 2, 3);
        assert_eq!(one, draw(1, 2, 3));
        for other in [draw(2, 2, 3), draw(1, 3, 3), draw(1, 2, 4), draw(1, 3, 2)] {
            assert_ne!(one, other);
        }
        let (mean, spread) = (one.mean(tch::Kind::Float), one.std(true));
        assert!(mean.double_value(&[]).abs() < 0.05);
        assert!((spread.double_value(&[]) - 1.0).abs() < 0.05);
    }
}
