use tch::{TchError, Tensor};

use super::{Clip, OptimizerConfig};
use crate::parameters::Parameter;

/// An optimiser with its running values.
///
/// Written on tensors, not on libtorch's own optimisers, whose state cannot be read out: a run
/// could not be resumed.
#[derive(Debug)]
pub(crate) struct Optimizer {
    config: OptimizerConfig,
    clip: Option<Clip>,
    slots: Vec<Slot>,
    step: u64,
}

/// A weight and its running values, in the order of the optimiser's state names.
#[derive(Debug)]
struct Slot {
    name: String,
    weight: Tensor,
    state: Vec<Tensor>,
}

impl Optimizer {
    pub(crate) fn new<'a>(
        config: OptimizerConfig,
        clip: Option<Clip>,
        weights: impl Iterator<Item = &'a Parameter>,
    ) -> Result<Self, TchError> {
        let names = config.state_names();
        let slots = weights.map(|parameter| Slot::new(parameter, names.len()));
        Ok(Self { config, clip, slots: slots.collect::<Result<_, _>>()?, step: 0 })
    }

    /// Takes one step down the gradient of `loss`.
    #[cfg(test)]
    pub(crate) fn step(&mut self, loss: &Tensor, rate: f64) -> Result<(), TchError> {
        Self::step_all(std::slice::from_mut(self), loss, rate)
    }

    /// Each of the optimisers takes one step down the gradient of `loss`.
    ///
    /// Only their weights get a gradient, and it lives as long as the step: nothing has to be
    /// cleared, and the losses of several optimisers do not mix.
    pub(crate) fn step_all(
        optimizers: &mut [Self],
        loss: &Tensor,
        rate: f64,
    ) -> Result<(), TchError> {
        let slots = optimizers.iter().flat_map(|optimizer| &optimizer.slots);
        let weights: Vec<&Tensor> = slots.map(|slot| &slot.weight).collect();
        let mut gradients = Tensor::f_run_backward(&[loss], &weights, false, false)?;
        let _no_grad = tch::no_grad_guard();
        let mut rest = gradients.as_mut_slice();
        for optimizer in optimizers {
            let own;
            (own, rest) = rest.split_at_mut(optimizer.slots.len());
            optimizer.apply(own, rate)?;
        }
        Ok(())
    }

    fn apply(&mut self, gradients: &mut [Tensor], rate: f64) -> Result<(), TchError> {
        self.step = self.step.saturating_add(1);
        if let Some(clip) = self.clip {
            clip.apply(gradients)?;
        }
        for (slot, gradient) in self.slots.iter_mut().zip(gradients) {
            if gradient.defined() {
                slot.update(self.config, gradient, rate, self.step)?;
            }
        }
        Ok(())
    }

    /// Steps taken.
    pub(crate) fn n_steps(&self) -> u64 {
        self.step
    }

    pub(crate) fn set_n_steps(&mut self, step: u64) {
        self.step = step;
    }

    /// Every running value, by the weight's name and its own: `encoder.weight.exp_avg`.
    pub(crate) fn state(&self) -> impl Iterator<Item = (String, Tensor)> {
        let names = self.config.state_names();
        self.slots.iter().flat_map(move |slot| {
            let values = names.iter().zip(&slot.state);
            values.map(|(name, tensor)| (format!("{}.{name}", slot.name), tensor.shallow_clone()))
        })
    }
}

impl Slot {
    fn new(parameter: &Parameter, n_values: usize) -> Result<Self, TchError> {
        let zeros = || parameter.tensor.f_detach()?.f_zeros_like();
        let state = (0..n_values).map(|_| zeros()).collect::<Result<_, _>>()?;
        let (name, weight) = (parameter.name.clone(), parameter.tensor.shallow_clone());
        Ok(Self { name, weight, state })
    }

    fn update(
        &mut self,
        config: OptimizerConfig,
        gradient: &Tensor,
        rate: f64,
        step: u64,
    ) -> Result<(), TchError> {
        let (weight, state) = (&mut self.weight, &mut self.state[..]);
        match config {
            OptimizerConfig::Adam(adam) => adam.update(weight, gradient, state, rate, step),
            OptimizerConfig::Sgd(sgd) => sgd.update(weight, gradient, state, rate),
            OptimizerConfig::Adadelta(ada) => ada.update(weight, gradient, state, rate),
            OptimizerConfig::RmsProp(rms) => rms.update(weight, gradient, state, rate),
        }
    }
}
