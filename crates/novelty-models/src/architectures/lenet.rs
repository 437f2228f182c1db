use novelty_core::{ImageShape, InputError};
use serde::{Deserialize, Serialize};

use crate::layers::check_setting;
use crate::{
    Autoencoder, BatchNorm, Convolution, EncoderDecoder, Initialization, Layer, Layers, ModelError,
    NetworkConfig, Parameters,
};

/// The LeNet-type autoencoders on which Deep SVDD and Deep SAD pretrain their encoders.
///
/// No layer has a bias and no BatchNorm has weights (epsilon 1e-4), so that a one-class
/// objective cannot be met by a constant. Convolutions are 5x5 with padding 2.
///
/// | network | encoder | code | encoder's parameters | all |
/// |---|---|---:|---:|---:|
/// | [`LeNet::Mnist`], 1x28x28 | Conv 8, 4, Linear | 32 | 7,272 | 8,472 |
/// | [`LeNet::FashionMnist`], 1x28x28 | Conv 16, 32, Linear 128, BatchNorm, LeakyReLU, Linear | 64 | 222,096 | 249,888 |
/// | [`LeNet::Cifar10`], 3x32x32 | Conv 32, 64, 128, Linear | 128 | 520,544 | 804,544 |
/// | [`LeNet::Cifar10Elu`] | the same with ELU | 128 | 520,544 | 804,544 |
///
/// Each convolution is followed by BatchNorm, LeakyReLU 0.01 and MaxPool 2. The decoder reads
/// the code as maps of 4x4, and goes up by nearest neighbours and transposed convolutions; at
/// 28x28, one with padding 3 takes 16x16 to 14x14. It ends in a sigmoid.
///
/// Ruff et al., *Deep One-Class Classification*, ICML 2018, and *Deep Semi-Supervised Anomaly
/// Detection*, ICLR 2020, after the authors' PyTorch code. Published training: Adam at 1e-4,
/// batch 200, the sum of squared errors of an image, images after global contrast normalisation
/// and scaling to 0..1.
pub type LeNetAutoencoder = Autoencoder<LeNetAutoencoderConfig>;

/// Which of the published networks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub enum LeNet {
    /// For digits, 1x28x28.
    Mnist,
    /// For clothes, 1x28x28; Deep SAD's.
    FashionMnist,
    /// For photographs, 3x32x32.
    Cifar10,
    /// The same with ELU for LeakyReLU.
    Cifar10Elu,
}

/// The architecture of a [`LeNetAutoencoder`].
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[non_exhaustive]
pub struct LeNetAutoencoderConfig {
    /// The network, which sets the images' shape.
    pub network: LeNet,
    /// Length of the code, in 1..=65536; a multiple of 16 but for Fashion-MNIST. Default as
    /// published: 32, 64, 128.
    pub n_features: usize,
}

impl LeNetAutoencoderConfig {
    /// The published network.
    #[must_use]
    pub fn new(network: LeNet) -> Self {
        let n_features = match network {
            LeNet::Mnist => 32,
            LeNet::FashionMnist => 64,
            LeNet::Cifar10 | LeNet::Cifar10Elu => 128,
        };
        Self { network, n_features }
    }

    /// Sets the length of the code.
    #[must_use]
    pub fn n_features(mut self, n_features: usize) -> Self {
        self.n_features = n_features;
        self
    }

    pub(crate) fn encoder(&self) -> Layers {
        let stage = |layers: Layers, (i, &channels): (usize, &usize)| {
            let convolution = self.kernel(channels, 2);
            self.activated(layers.conv2d(format!("conv{i}"), convolution), i).max_pool2d(2)
        };
        let channels: &[usize] = match self.network {
            LeNet::Mnist => &[8, 4],
            LeNet::FashionMnist => &[16, 32],
            LeNet::Cifar10 | LeNet::Cifar10Elu => &[32, 64, 128],
        };
        let maps = channels.iter().enumerate().fold(Layers::images(self.image_shape()), stage);
        let vector = match self.network {
            LeNet::FashionMnist => linear(maps.flatten(), "linear", 128)
                .batch_norm("norm", BatchNorm::without_bias())
                .leaky_relu(0.01),
            _ => maps.flatten(),
        };
        linear(vector, "code", self.n_features)
    }

    /// Each stage is an upsampling, and a transposed convolution with its padding.
    fn decoder(&self) -> Layers {
        let code = Layers::new([self.n_features]);
        let norm = BatchNorm::without_bias();
        let (vector, stages): (Layers, &[(usize, usize)]) = match self.network {
            LeNet::Mnist => (code, &[(4, 2), (8, 3)]),
            LeNet::FashionMnist => {
                let wide = linear(code, "linear", 128).batch_norm("norm", norm);
                (wide, &[(32, 2), (16, 3)])
            }
            LeNet::Cifar10 | LeNet::Cifar10Elu => {
                (code.batch_norm("norm", norm), &[(128, 2), (64, 2), (32, 2)])
            }
        };
        let maps = match self.network {
            LeNet::FashionMnist => [8, 4, 4],
            _ => [self.n_features / 16, 4, 4],
        };
        let start = self.activation(vector.reshape(maps));
        let up = stages.iter().enumerate().fold(start, |layers, (i, &(channels, padding))| {
            let convolution = self.kernel(channels, padding);
            // The network for photographs starts with a convolution at 4x4.
            let large = if i == 0 && stages.len() == 3 { layers } else { layers.upsample(2) };
            self.activated(large.conv_transpose2d(format!("conv{i}"), convolution), i)
        });
        let last = self.kernel(self.image_shape().channels, 2);
        up.upsample(2).conv_transpose2d("output", last).sigmoid()
    }

    fn activated(&self, layers: Layers, i: usize) -> Layers {
        self.activation(layers.batch_norm(format!("norm{i}"), BatchNorm::without_bias()))
    }

    fn activation(&self, layers: Layers) -> Layers {
        match self.network {
            LeNet::Cifar10Elu => layers.layer("", Layer::Elu),
            _ => layers.leaky_relu(0.01),
        }
    }

    fn kernel(&self, outputs: usize, padding: usize) -> Convolution {
        let init = match self.network {
            LeNet::Mnist | LeNet::FashionMnist => Initialization::PyTorch,
            LeNet::Cifar10 => Initialization::glorot_for_leaky_relu(),
            LeNet::Cifar10Elu => Initialization::GlorotUniform { gain: 1.0 },
        };
        Convolution::new(outputs, 5).padding(padding).bias(false).init(init)
    }
}

fn linear(layers: Layers, name: &str, outputs: usize) -> Layers {
    layers.linear(name, outputs, false, Initialization::PyTorch)
}

impl NetworkConfig for LeNetAutoencoderConfig {
    const KIND: &'static str = "lenet_autoencoder";
    type Network = EncoderDecoder;

    fn validate(&self) -> Result<(), InputError> {
        let n = self.n_features;
        let maps = self.network == LeNet::FashionMnist || n.is_multiple_of(16);
        let range = "in 1..=65536, and a multiple of 16 but for Fashion-MNIST";
        check_setting("n_features", n, (1..=65536).contains(&n) && maps, range)
    }

    fn image_shape(&self) -> ImageShape {
        match self.network {
            LeNet::Mnist | LeNet::FashionMnist => ImageShape::new(1, 28, 28),
            LeNet::Cifar10 | LeNet::Cifar10Elu => ImageShape::new(3, 32, 32),
        }
    }

    fn build(&self, parameters: &mut Parameters) -> Result<EncoderDecoder, ModelError> {
        EncoderDecoder::build(&self.encoder(), &self.decoder(), parameters)
    }
}
