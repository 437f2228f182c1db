use ndarray::{Array2, Array4, Axis};
use novelty_core::{Assign, Images};
use tch::{Kind, Tensor};

use super::StyleVaeGanConfig;
use crate::autoencoder::{concatenate, finite_rows};
use crate::bridge::{to_array2, to_array4};
use crate::error::TorchContext;
use crate::{Autoencoder, ModelError};

impl Autoencoder<StyleVaeGanConfig> {
    /// How sure the model is of each style, `(n, n_styles)`; rows add up to 1.
    ///
    /// # Errors
    /// As embedding.
    pub fn style_probabilities(&self, images: Images<'_>) -> Result<Array2<f32>, ModelError> {
        self.check(&images)?;
        let parts = self.in_parts(&images, |network, part| {
            let logits = network.style_logits(&network.split(part, false)?.style)?;
            to_array2(&logits.f_softmax(-1, Kind::Float).during("comparing styles")?)
        })?;
        if parts.is_empty() {
            return Ok(Array2::zeros((0, self.config().n_styles)));
        }
        finite_rows(concatenate(&parts)?)
    }

    /// What the images show, drawn in a style: 0 is the clean one.
    ///
    /// # Errors
    /// As reconstructing; and if there is no such style.
    pub fn rerender(&self, images: Images<'_>, style: usize) -> Result<Array4<f32>, ModelError> {
        self.config().check_style(style)?;
        self.check(&images)?;
        let parts = self.in_parts(&images, |network, part| {
            let contents = network.split(part, false)?.content.mean;
            let styles =
                Tensor::f_full([part.size()[0]], style as i64, (Kind::Int64, part.device()));
            let styles = network.prototypes_of(&styles.during("looking styles up")?)?;
            to_array4(&network.compose(&contents, &styles, false)?)
        })?;
        if parts.is_empty() {
            return Ok(Array4::zeros(images.raw_dim()));
        }
        finite_rows(concatenate(&parts)?)
    }
}

/// The style of each image, the likeliest one.
impl Assign<Images<'_>> for Autoencoder<StyleVaeGanConfig> {
    type Error = ModelError;

    fn assign(&self, images: Images<'_>) -> Result<Vec<Option<usize>>, ModelError> {
        let probabilities = self.style_probabilities(images)?;
        let likeliest = probabilities.axis_iter(Axis(0)).map(|row| {
            let best = row.iter().enumerate().max_by(|a, b| a.1.total_cmp(b.1));
            best.map(|(style, _)| style)
        });
        Ok(likeliest.collect())
    }
}
