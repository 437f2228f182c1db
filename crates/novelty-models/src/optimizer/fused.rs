//! Adam in one pass over memory. In libtorch's separate operations a step reads and writes the
//! weights, the gradients and the means eight times; on small tensors their dispatch alone
//! costs more than the arithmetic.

use tch::{Device, Kind, TchError, Tensor};

/// Values below which a second thread costs more than it saves.
const VALUES_A_THREAD: usize = 1 << 17;

/// The numbers of one step that are the same for every weight.
#[derive(Debug, Clone, Copy)]
pub(super) struct AdamStep {
    /// What the weight is multiplied with first (decoupled decay).
    pub(super) shrink: f32,
    /// The weight's share in its gradient (L2).
    pub(super) penalty: f32,
    /// `1 - beta1`.
    pub(super) share1: f32,
    pub(super) beta2: f32,
    /// `1 - beta2`.
    pub(super) share2: f32,
    /// `sqrt(1 - beta2^t)`.
    pub(super) root_correction2: f32,
    pub(super) epsilon: f32,
    /// `rate / (1 - beta1^t)`.
    pub(super) step_size: f32,
}

impl AdamStep {
    /// The updated mean, mean square and weight, with the weight's own penalty in the gradient.
    #[inline(always)]
    fn moments(&self, w: f32, g: f32, m: f32, v: f32) -> (f32, f32, f32) {
        let w = w * self.shrink;
        let g = g + self.penalty * w;
        let m = m + self.share1 * (g - m);
        let v = v * self.beta2 + self.share2 * (g * g);
        (w, m, v)
    }

    #[inline(always)]
    fn weight(&self, w: f32, m: f32, v: f32) -> f32 {
        w - self.step_size * (m / (v.sqrt() / self.root_correction2 + self.epsilon))
    }

    fn part(&self, weights: &mut [f32], gradients: &[f32], means: &mut [f32], squares: &mut [f32]) {
        let rows = weights.iter_mut().zip(gradients).zip(means).zip(squares);
        for (((w, &g), m), v) in rows {
            let (shrunk, mean, square) = self.moments(*w, g, *m, *v);
            (*m, *v) = (mean, square);
            *w = self.weight(shrunk, mean, square);
        }
    }

    fn part_amsgrad(&self, parts: Parts<'_>, largest: &mut [f32]) {
        let Parts { weights, gradients, means, squares } = parts;
        let rows = weights.iter_mut().zip(gradients).zip(means).zip(squares).zip(largest);
        for ((((w, &g), m), v), top) in rows {
            let (shrunk, mean, square) = self.moments(*w, g, *m, *v);
            (*m, *v, *top) = (mean, square, top.max(square));
            *w = self.weight(shrunk, mean, *top);
        }
    }
}

struct Parts<'a> {
    weights: &'a mut [f32],
    gradients: &'a [f32],
    means: &'a mut [f32],
    squares: &'a mut [f32],
}

/// Takes the step if every tensor is plain CPU memory in one order; says whether it did.
pub(super) fn adam(
    step: &AdamStep,
    weight: &mut Tensor,
    gradient: &Tensor,
    state: &mut [Tensor],
) -> Result<bool, TchError> {
    let order = layout(weight);
    if order.is_none() || state.iter().any(|tensor| layout(tensor) != order) {
        return Ok(false);
    }
    let [mean, square, largest @ ..] = state else { return Ok(false) };
    let mut gradient = in_order_of(weight, gradient)?;
    if layout(&gradient) != order {
        return Ok(false);
    }
    let parts = Parts {
        weights: values(weight),
        gradients: values(&mut gradient),
        means: values(mean),
        squares: values(square),
    };
    match largest {
        [largest] => step.part_amsgrad(parts, values(largest)),
        _ => in_threads(step, parts),
    }
    note_change(weight)?;
    Ok(true)
}

/// Lets libtorch count a change that was made behind its back: what is prepared from weights is
/// made anew when the count has moved. An operation in place on none of the values counts.
fn note_change(weight: &Tensor) -> Result<(), TchError> {
    let _ = weight.f_detach()?.f_unsqueeze(0)?.f_narrow(0, 0, 0)?.f_zero_()?;
    Ok(())
}

/// The gradient, copied if its values lie in another order than the weight's.
fn in_order_of(weight: &Tensor, gradient: &Tensor) -> Result<Tensor, TchError> {
    if layout(gradient) == layout(weight) {
        return Ok(gradient.shallow_clone());
    }
    let mut same = weight.f_detach()?.f_empty_like()?;
    same.f_copy_(gradient)?;
    Ok(same)
}

/// Every value is computed alone, so that the number of threads does not change a bit.
fn in_threads(step: &AdamStep, parts: Parts<'_>) {
    let Parts { weights, gradients, means, squares } = parts;
    let n_threads = crate::threads().min(weights.len() / VALUES_A_THREAD).max(1);
    if n_threads == 1 {
        return step.part(weights, gradients, means, squares);
    }
    let size = weights.len().div_ceil(n_threads);
    let mut rows = weights
        .chunks_mut(size)
        .zip(gradients.chunks(size))
        .zip(means.chunks_mut(size).zip(squares.chunks_mut(size)));
    // This thread takes the first part.
    let own = rows.next();
    std::thread::scope(|scope| {
        for ((weights, gradients), (means, squares)) in rows {
            scope.spawn(move || step.part(weights, gradients, means, squares));
        }
        if let Some(((weights, gradients), (means, squares))) = own {
            step.part(weights, gradients, means, squares);
        }
    });
}

/// The strides of a tensor of 32-bit floats on the CPU that fills its memory without gaps, as
/// `(length, stride)` of the axes that have any extent.
fn layout(tensor: &Tensor) -> Option<Vec<(i64, i64)>> {
    if tensor.device() != Device::Cpu || tensor.kind() != Kind::Float {
        return None;
    }
    let axes = tensor.size().into_iter().zip(tensor.stride());
    let axes: Vec<(i64, i64)> = axes.filter(|&(length, _)| length != 1).collect();
    let mut inner_first = axes.clone();
    inner_first.sort_by_key(|&(_, stride)| stride);
    let mut next = 1;
    for (length, stride) in inner_first {
        if stride != next {
            return None;
        }
        next *= length;
    }
    Some(axes)
}

/// The values of a tensor for which [`layout`] is `Some`, in memory order.
#[expect(unsafe_code, reason = "one pass over libtorch's own memory, without copies")]
fn values(tensor: &mut Tensor) -> &mut [f32] {
    let (pointer, len) = (tensor.data_ptr().cast::<f32>(), tensor.numel());
    if pointer.is_null() || len == 0 {
        return &mut [];
    }
    // SAFETY: `layout` has seen that the tensor is `len` 32-bit floats side by side in CPU
    // memory. libtorch aligns to 64 bytes and views move by whole floats. The tensor is
    // borrowed for as long as the slice lives, and nothing else touches a weight, its gradient
    // or its means during a step.
    unsafe { std::slice::from_raw_parts_mut(pointer, len) }
}
