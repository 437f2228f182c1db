//! Networks made of `tch`'s own modules.

use std::any::Any;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Mutex, PoisonError};

use tch::Tensor;
use tch::nn::{ModuleT, Path, VarStore};

use crate::{Encoder, ModelError, Network, Parameters};

/// Two [`tch::nn`] modules as the encoder and the decoder of a [`Network`].
///
/// Build it in [`NetworkConfig::build`](crate::NetworkConfig::build). The modules take their
/// variables from the paths they are given; those are then trained, saved and loaded like any
/// others, under names that begin with `encoder.` and `decoder.`.
///
/// What to know of `tch`'s modules: they draw their weights from libtorch's generator, which is
/// seeded here from the seed of training and which other threads of the process may draw from
/// meanwhile; BatchNorm's weights start uniform in 0..1 unless its `ws_init` says otherwise; and
/// they panic on shapes that do not fit. A panic of theirs is turned into
/// [`ModelError::Torch`]. Reading a checkpoint, the modules are made before the file's shapes
/// are known to fit. [`Layers`](crate::Layers) have none of this, and are prepared for inference.
///
/// ```
/// use ndarray::Array4;
/// use novelty_core::{Embed, Fit, ImageShape, InputError};
/// use novelty_models::{
///     Device, ModelError, ModulePair, NetworkConfig, Parameters, TrainConfig, Trainer,
/// };
/// use serde::{Deserialize, Serialize};
/// use tch::nn::{self, Sequential};
///
/// #[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
/// struct Narrow {
///     n_features: i64,
/// }
///
/// impl NetworkConfig for Narrow {
///     const KIND: &'static str = "narrow";
///     type Network = ModulePair<Sequential, Sequential>;
///
///     fn validate(&self) -> Result<(), InputError> {
///         Ok(())
///     }
///
///     fn image_shape(&self) -> ImageShape {
///         ImageShape::new(1, 8, 8)
///     }
///
///     fn build(&self, parameters: &mut Parameters) -> Result<Self::Network, ModelError> {
///         let n = self.n_features;
///         ModulePair::build(
///             parameters,
///             |path| {
///                 let linear = nn::linear(&path / "code", 64, n, Default::default());
///                 nn::seq().add_fn(|x| x.flatten(1, -1)).add(linear)
///             },
///             |path| {
///                 let linear = nn::linear(&path / "pixels", n, 64, Default::default());
///                 nn::seq().add(linear).add_fn(|x| x.sigmoid().view([-1, 1, 8, 8]))
///             },
///         )
///     }
/// }
///
/// let images = Array4::from_shape_fn((32, 1, 8, 8), |(n, _, y, x)| ((n + x * y) % 7) as f32 / 7.0);
/// let config = TrainConfig::new().epochs(3).batch_size(8).device(Device::Cpu);
/// let model = Trainer::new(Narrow { n_features: 5 }, config).fit(images.view())?;
/// assert_eq!(model.embed(images.view())?.dim(), (32, 5));
/// assert_eq!(model.n_encoder_parameters(), 64 * 5 + 5);
/// # Ok::<(), ModelError>(())
/// ```
#[derive(Debug)]
pub struct ModulePair<E, D> {
    encoder: ModuleEncoder<E>,
    decoder: D,
}

/// A [`tch::nn`] module as an [`Encoder`], for
/// [`EncoderConfig::build_encoder`](crate::EncoderConfig::build_encoder). What [`ModulePair`]
/// says of modules holds here too.
#[derive(Debug)]
pub struct ModuleEncoder<E>(E);

impl<E: ModuleT, D: ModuleT> ModulePair<E, D> {
    /// Makes both modules, each with variables of its own path.
    ///
    /// # Errors
    /// If a module panics, two of its variables have one name, or `parameters` are read from a
    /// file that does not hold them.
    pub fn build(
        parameters: &mut Parameters,
        encoder: impl FnOnce(Path<'_>) -> E,
        decoder: impl FnOnce(Path<'_>) -> D,
    ) -> Result<Self, ModelError> {
        Ok(Self {
            encoder: ModuleEncoder::build(parameters, encoder)?,
            decoder: made(parameters, "decoder", decoder)?,
        })
    }
}

impl<E: ModuleT> ModuleEncoder<E> {
    /// Makes the module, with variables of the path `encoder`: the names they have in
    /// [`ModulePair::build`], so that pretrained weights find their place.
    ///
    /// # Errors
    /// As [`ModulePair::build`].
    pub fn build(
        parameters: &mut Parameters,
        encoder: impl FnOnce(Path<'_>) -> E,
    ) -> Result<Self, ModelError> {
        Ok(Self(made(parameters, "encoder", encoder)?))
    }
}

impl<E: ModuleT> Encoder for ModuleEncoder<E> {
    fn encode(&self, images: &Tensor, train: bool) -> Result<Tensor, ModelError> {
        caught("encoding images", || self.0.forward_t(images, train))
    }
}

impl<E: ModuleT, D: ModuleT> Network for ModulePair<E, D> {
    fn encode(&self, images: &Tensor, train: bool) -> Result<Tensor, ModelError> {
        self.encoder.encode(images, train)
    }

    fn decode(&self, codes: &Tensor, train: bool) -> Result<Tensor, ModelError> {
        caught("decoding codes", || self.decoder.forward_t(codes, train))
    }
}

/// A module whose variables are the parameters below `prefix`.
fn made<M>(
    parameters: &mut Parameters,
    prefix: &str,
    make: impl FnOnce(Path<'_>) -> M,
) -> Result<M, ModelError> {
    // One at a time: the generator that is seeded is the process's.
    static MAKING: Mutex<()> = Mutex::new(());
    let store = VarStore::new(parameters.device());
    let module = {
        let _one = MAKING.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(seed) = parameters.draw_seed() {
            tch::manual_seed(seed);
        }
        caught("making a module", || make(store.root().sub(prefix)))?
    };
    let mut variables: Vec<_> = store.variables().into_iter().collect();
    // The order of a hash map is another in every process.
    variables.sort_by(|(a, _), (b, _)| a.cmp(b));
    for (name, variable) in variables {
        parameters.adopt(&name, variable)?;
    }
    Ok(module)
}

/// What `compute` returns, or the first line of what it panicked with.
fn caught<T>(operation: &'static str, compute: impl FnOnce() -> T) -> Result<T, ModelError> {
    // Nothing of what the closure touched is used after an error.
    catch_unwind(AssertUnwindSafe(compute)).map_err(|cause| {
        let message = text(&*cause).lines().next().unwrap_or_default().to_owned();
        ModelError::Torch { operation, message }
    })
}

fn text(cause: &(dyn Any + Send)) -> &str {
    let owned = cause.downcast_ref::<String>().map(String::as_str);
    owned.or_else(|| cause.downcast_ref::<&str>().copied()).unwrap_or("a module panicked")
}
