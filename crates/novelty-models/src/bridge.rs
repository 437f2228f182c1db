//! The one place where arrays become tensors and tensors become arrays.

use ndarray::{Array, Array1, Array2, Array4, ArrayView, Dimension};
use tch::{Device, Kind, TchError, Tensor};

use crate::ModelError;
use crate::error::TorchContext;

/// Copies an array to the device, in row-major order.
pub(crate) fn to_tensor<D: Dimension>(
    array: &ArrayView<'_, f32, D>,
    device: Device,
) -> Result<Tensor, ModelError> {
    let contiguous = array.as_standard_layout();
    let values = contiguous.as_slice().unwrap_or_default();
    let size: Vec<i64> = array.shape().iter().map(|&n| n as i64).collect();
    Tensor::f_from_slice(values)
        .and_then(|flat| flat.f_view(size.as_slice()))
        .and_then(|tensor| moved(tensor, device))
        .during("copying an array to a tensor")
}

/// A tensor of the CPU on the device. To a GPU it is copied from page-locked memory, while the
/// CPU goes on; libtorch keeps that memory until the copy is done. Never run on a GPU.
fn moved(tensor: Tensor, device: Device) -> Result<Tensor, TchError> {
    if !device.is_cuda() {
        return tensor.f_to_device(device);
    }
    tensor.f_pin_memory(device)?.f_internal_to_copy((Kind::Float, device), true)
}

/// Copies a tensor's values to the CPU, in row-major order.
pub(crate) fn to_vec(tensor: &Tensor) -> Result<Vec<f32>, ModelError> {
    let tensor = tensor
        .f_detach()
        .and_then(|t| t.f_to_device(Device::Cpu))
        .and_then(|t| t.f_to_kind(Kind::Float))
        .and_then(|t| t.f_contiguous())
        .during("copying a tensor to an array")?;
    let mut values = vec![0.0_f32; tensor.numel()];
    tensor.f_copy_data(&mut values, tensor.numel()).during("copying a tensor to an array")?;
    Ok(values)
}

/// A four-dimensional tensor as an array.
pub(crate) fn to_array4(tensor: &Tensor) -> Result<Array4<f32>, ModelError> {
    let (n, c, h, w) = tensor.size4().during("reading a tensor's shape")?;
    to_array([n, c, h, w].map(|x| x as usize), tensor)
}

/// A two-dimensional tensor as an array.
pub(crate) fn to_array2(tensor: &Tensor) -> Result<Array2<f32>, ModelError> {
    let (n, d) = tensor.size2().during("reading a tensor's shape")?;
    to_array([n, d].map(|x| x as usize), tensor)
}

fn to_array<Sh, D>(shape: Sh, tensor: &Tensor) -> Result<Array<f32, D>, ModelError>
where
    Sh: ndarray::IntoDimension<Dim = D>,
    D: Dimension,
{
    let values = Array1::from_vec(to_vec(tensor)?);
    values.into_shape_with_order(shape).map_err(|error| ModelError::Torch {
        operation: "copying a tensor to an array",
        message: error.to_string(),
    })
}
