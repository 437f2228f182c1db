use std::collections::{BTreeMap, HashSet};

use rand::Rng;
use rand_chacha::ChaCha8Rng;
use rand_distr::{StandardNormal, Uniform};
use tch::{Device, TchError, Tensor};

use crate::ModelError;
use crate::error::{CheckpointProblem, TorchContext};
use crate::precision::SharedPrecision;

/// Numbers in one tensor, 4 GB of them: 36 times as many as any published network here has.
const MAX_VALUES: usize = 1 << 30;

/// How a parameter starts out.
#[derive(Debug, Clone, Copy, PartialEq)]
#[non_exhaustive]
pub enum Init {
    /// One value everywhere.
    Constant(f32),
    /// Uniform in `±sqrt(6 / (fan_in + fan_out))`.
    ///
    /// Glorot and Bengio, *Understanding the difficulty of training deep feedforward neural
    /// networks*, AISTATS 2010.
    GlorotUniform {
        /// Inputs that one output sums over.
        fan_in: usize,
        /// Outputs that one input reaches.
        fan_out: usize,
    },
    /// Uniform in `±limit`.
    Uniform {
        /// The largest absolute value.
        limit: f64,
    },
    /// Normal around 0.
    Normal {
        /// The standard deviation.
        std: f64,
    },
}

/// One tensor of a network, by name.
#[derive(Debug)]
pub(crate) struct Parameter {
    pub(crate) name: String,
    pub(crate) tensor: Tensor,
    pub(crate) trainable: bool,
}

/// Tensors read from a file: shape and values by name.
pub(crate) type StoredTensors = BTreeMap<String, (Vec<usize>, Vec<f32>)>;

/// Hands a network its parameters while it is built: drawn from a seed, or read from a file.
///
/// Random values come from ChaCha8, not from libtorch's process-wide generator, so that a seed
/// means the same whatever else the process draws. A network read from a file allocates nothing
/// that the file does not hold.
#[derive(Debug)]
pub struct Parameters {
    device: Device,
    source: Source,
    list: Vec<Parameter>,
    names: HashSet<String>,
    precision: SharedPrecision,
}

#[derive(Debug)]
enum Source {
    Random(Box<ChaCha8Rng>),
    Stored(StoredTensors),
}

impl Parameters {
    pub(crate) fn random(device: Device, rng: ChaCha8Rng) -> Self {
        Self::new(device, Source::Random(Box::new(rng)))
    }

    pub(crate) fn stored(device: Device, tensors: StoredTensors) -> Self {
        Self::new(device, Source::Stored(tensors))
    }

    fn new(device: Device, source: Source) -> Self {
        Self {
            device,
            source,
            list: Vec::new(),
            names: HashSet::new(),
            precision: SharedPrecision::default(),
        }
    }

    /// What the layers built from these will compute with.
    pub(crate) fn precision(&self) -> SharedPrecision {
        self.precision.clone()
    }

    /// A tensor that training changes.
    ///
    /// # Errors
    /// If the name is taken, or the file read from does not hold it in this shape.
    pub fn trainable(
        &mut self,
        name: &str,
        shape: &[usize],
        init: Init,
    ) -> Result<Tensor, ModelError> {
        self.add(name, shape, init, true)
    }

    /// A tensor that is saved but not trained, such as a running mean.
    ///
    /// # Errors
    /// As [`Parameters::trainable`].
    pub fn buffer(
        &mut self,
        name: &str,
        shape: &[usize],
        init: Init,
    ) -> Result<Tensor, ModelError> {
        self.add(name, shape, init, false)
    }

    /// Where the parameters are to be.
    pub(crate) fn device(&self) -> Device {
        self.device
    }

    /// A seed for what cannot draw from these parameters' own numbers; none where values are
    /// read.
    pub(crate) fn draw_seed(&mut self) -> Option<i64> {
        match &mut self.source {
            Source::Random(rng) => Some(rng.r#gen()),
            Source::Stored(_) => None,
        }
    }

    /// Takes in a variable made elsewhere: with its values, or with those read from a file.
    pub(crate) fn adopt(&mut self, name: &str, tensor: Tensor) -> Result<(), ModelError> {
        // tch gives the second variable of a name the first's with a number.
        let twin = name.rsplit_once("__").filter(|(_, end)| end.parse::<usize>().is_ok());
        let is_twin = twin.is_some_and(|(first, _)| self.names.contains(first));
        if is_twin || !self.names.insert(name.to_owned()) {
            return Err(ModelError::DuplicateParameter(name.to_owned()));
        }
        if let Source::Stored(tensors) = &mut self.source {
            let shape: Vec<usize> = tensor.size().iter().map(|&n| n as usize).collect();
            let values = take(tensors, name, &shape)?;
            let _no_grad = tch::no_grad_guard();
            Tensor::f_from_slice(&values)
                .and_then(|values| values.f_view(tensor.size().as_slice()))
                .and_then(|values| tensor.shallow_clone().f_copy_(&values))
                .during("reading a parameter")?;
        }
        let trainable = tensor.requires_grad();
        self.list.push(Parameter { name: name.to_owned(), tensor, trainable });
        Ok(())
    }

    fn add(
        &mut self,
        name: &str,
        shape: &[usize],
        init: Init,
        trainable: bool,
    ) -> Result<Tensor, ModelError> {
        if !self.names.insert(name.to_owned()) {
            return Err(ModelError::DuplicateParameter(name.to_owned()));
        }
        let values = match &mut self.source {
            Source::Random(rng) => draw(rng, shape, init)?,
            Source::Stored(tensors) => take(tensors, name, shape)?,
        };
        let size: Vec<i64> = shape.iter().map(|&n| n as i64).collect();
        let tensor = Tensor::f_from_slice(&values)
            .and_then(|t| t.f_view(size.as_slice()))
            .and_then(|t| if size.len() == 4 { channels_last(&t) } else { Ok(t) })
            .and_then(|t| t.f_to_device(self.device))
            .and_then(|t| t.f_set_requires_grad(trainable))
            .during("making a parameter")?;
        self.list.push(Parameter {
            name: name.to_owned(),
            tensor: tensor.shallow_clone(),
            trainable,
        });
        Ok(tensor)
    }

    /// The parameters, once the network is complete.
    ///
    /// # Errors
    /// If the file read from holds a tensor that no layer asked for.
    pub(crate) fn finish(self) -> Result<Vec<Parameter>, CheckpointProblem> {
        if let Source::Stored(rest) = &self.source
            && let Some(name) = rest.keys().find(|name| !is_batch_counter(name))
        {
            return Err(CheckpointProblem::Unexpected(name.clone()));
        }
        Ok(self.list)
    }
}

/// The same tensor with channels innermost in memory. Convolutions take the layout of their
/// weights on to their output, and oneDNN's kernels and BatchNorm are faster on it: training
/// the 28x28 autoencoder gains a quarter.
pub(crate) fn channels_last(tensor: &Tensor) -> Result<Tensor, TchError> {
    tensor.f_permute([0, 2, 3, 1])?.f_contiguous()?.f_permute([0, 3, 1, 2])
}

/// PyTorch counts the batches a BatchNorm has seen in a tensor that no computation reads.
pub(crate) fn is_batch_counter(name: &str) -> bool {
    name.ends_with(".num_batches_tracked")
}

fn draw(rng: &mut ChaCha8Rng, shape: &[usize], init: Init) -> Result<Vec<f32>, ModelError> {
    let len = shape.iter().try_fold(1_usize, |n, &d| n.checked_mul(d));
    let len = len.filter(|&n| n <= MAX_VALUES).ok_or_else(|| {
        let range = "of at most 2^30 numbers";
        novelty_core::InputError::setting("layer size", format!("{shape:?}"), range)
    })?;
    Ok(match init {
        Init::Constant(value) => vec![value; len],
        Init::GlorotUniform { fan_in, fan_out } => {
            uniform(rng, len, (6.0 / (fan_in + fan_out) as f64).sqrt())
        }
        Init::Uniform { limit } => uniform(rng, len, limit),
        Init::Normal { std } => {
            let normal = rng.sample_iter::<f64, _>(StandardNormal);
            normal.take(len).map(|x| (x * std) as f32).collect()
        }
    })
}

fn uniform(rng: &mut ChaCha8Rng, len: usize, limit: f64) -> Vec<f32> {
    let range = Uniform::new_inclusive(-limit as f32, limit as f32);
    rng.sample_iter(range).take(len).collect()
}

fn take(
    tensors: &mut StoredTensors,
    name: &str,
    expected: &[usize],
) -> Result<Vec<f32>, CheckpointProblem> {
    let (got, values) =
        tensors.remove(name).ok_or_else(|| CheckpointProblem::Missing(name.to_owned()))?;
    if got != expected {
        let (name, expected) = (name.to_owned(), expected.to_vec());
        return Err(CheckpointProblem::Shape { name, expected, got });
    }
    Ok(values)
}
