use std::error::Error;

use ndarray::{Axis, concatenate};
use novelty_core::{Dataset, ImageShape, InputError, Sample};

use crate::ModelError;

/// Each clean image beside itself in each style: the channels of both, and the style as class.
pub(super) struct Pairs<'a, D: ?Sized> {
    styles: &'a [&'a D],
    shape: ImageShape,
}

impl<'a, D: Dataset + ?Sized> Pairs<'a, D> {
    /// Checks that every style has the same number of images of the same shape.
    pub(super) fn new(styles: &'a [&'a D], n_styles: usize) -> Result<Self, InputError> {
        let Some(clean) = styles.first().filter(|_| styles.len() == n_styles) else {
            let range = "one dataset for each style of the network";
            return Err(InputError::setting("styles", styles.len(), range));
        };
        let sides = |shape: ImageShape| vec![shape.channels, shape.height, shape.width];
        for style in styles {
            if style.len() != clean.len() {
                let range = "the same for every style";
                return Err(InputError::setting("images of a style", style.len(), range));
            }
            if style.image_shape() != clean.image_shape() {
                let (expected, got) = (sides(clean.image_shape()), sides(style.image_shape()));
                return Err(InputError::Shape { place: "images of a style", expected, got });
            }
        }
        Ok(Self { styles, shape: clean.image_shape() })
    }
}

impl<D: Dataset + ?Sized> Dataset for Pairs<'_, D>
where
    D::Error: 'static,
{
    type Error = ModelError;

    fn len(&self) -> usize {
        self.styles[0].len().saturating_mul(self.styles.len())
    }

    fn image_shape(&self) -> ImageShape {
        ImageShape { channels: self.shape.channels.saturating_mul(2), ..self.shape }
    }

    fn get(&self, index: usize) -> Result<Sample, ModelError> {
        let (image, style) = (index / self.styles.len(), index % self.styles.len());
        let read = |style: usize| {
            let sample = self.styles[style].get(image);
            sample.map_err(|source| ModelError::Dataset { index: image, source: boxed(source) })
        };
        let (clean, styled) = (read(0)?.image, read(style)?.image);
        let both = concatenate(Axis(0), &[clean.view(), styled.view()]).map_err(|_| {
            let (expected, got) = (clean.shape().to_vec(), styled.shape().to_vec());
            ModelError::Input(InputError::Shape { place: "image", expected, got })
        })?;
        let mut sample = Sample::new(both);
        sample.class = Some(style);
        Ok(sample)
    }
}

fn boxed(error: impl Error + Send + Sync + 'static) -> Box<dyn Error + Send + Sync> {
    Box::new(error)
}
