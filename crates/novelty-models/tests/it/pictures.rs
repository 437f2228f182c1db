use ndarray::{Array3, Array4, Axis};
use novelty_core::{Dataset, ImageShape, InputError, Sample};
use novelty_models::{ConvAutoencoder, ConvAutoencoderConfig, Device, TrainConfig, Trainer};

/// Images of a bright bar at a place and of a width that differ from image to image.
pub(crate) fn bars(n: usize) -> Array4<f32> {
    Array4::from_shape_fn((n, 1, 8, 8), |(n, _, y, x)| {
        let (place, width) = (n % 7, 1 + n / 7 % 3);
        let inside = x >= place && x < place + width;
        if inside { 0.6 + 0.05 * ((n + y) % 8) as f32 } else { 0.01 * (n % 13) as f32 }
    })
}

pub(crate) fn network() -> ConvAutoencoderConfig {
    ConvAutoencoderConfig::new(ImageShape::new(1, 8, 8)).filters([8, 8]).n_features(6)
}

pub(crate) fn config() -> TrainConfig {
    TrainConfig::new().epochs(3).batch_size(16).learning_rate(5e-3).seed(3).device(Device::Cpu)
}

pub(crate) fn trained() -> ConvAutoencoder {
    let data = Images(bars(64));
    let trained = Trainer::new(network(), config().epochs(10));
    trained.fit_dataset(&data, None::<&Images>, &mut ()).unwrap().model
}

pub(crate) struct Images(pub(crate) Array4<f32>);

impl Dataset for Images {
    type Error = InputError;

    fn len(&self) -> usize {
        self.0.len_of(Axis(0))
    }

    fn image_shape(&self) -> ImageShape {
        let (_, channels, height, width) = self.0.dim();
        ImageShape { channels, height, width }
    }

    fn get(&self, index: usize) -> Result<Sample, InputError> {
        let image: Array3<f32> = self.0.index_axis(Axis(0), index).to_owned();
        Ok(Sample::new(image))
    }
}
