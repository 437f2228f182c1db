use ndarray::Array4;
use novelty_core::{ImageShape, InputError};

/// From this size on, asking for large pages pays; NumPy's limit too.
const MIN_HUGE_BYTES: usize = 4 << 20;

/// `len` zeros that the system may keep in large pages. A page of 4 KiB is cleared when it is
/// first written to, at the price of an interrupt each; a large array is filled several times
/// faster with pages of 2 MiB.
pub(crate) fn zeros<T: bytemuck::Pod>(len: usize) -> Vec<T> {
    let mut values = vec![T::zeroed(); len];
    if len.saturating_mul(size_of::<T>()) >= MIN_HUGE_BYTES {
        advise_huge(bytemuck::cast_slice_mut(&mut values));
    }
    values
}

/// `n` black images.
pub(crate) fn zero_images(n: usize, shape: ImageShape) -> Result<Array4<f32>, InputError> {
    let dim = (n, shape.channels, shape.height, shape.width);
    let too_many = || InputError::setting("indices", n, "few enough for memory to address");
    let len = shape.checked_len().and_then(|len| len.checked_mul(n));
    let len = len.filter(|&len| len <= isize::MAX as usize / 4).ok_or_else(too_many)?;
    Array4::from_shape_vec(dim, zeros(len)).map_err(|_| too_many())
}

#[cfg(target_os = "linux")]
fn advise_huge(bytes: &mut [u8]) {
    const PAGE: usize = 4096;
    let skipped = bytes.as_ptr().align_offset(PAGE);
    let Some(aligned) = bytes.get_mut(skipped..) else { return };
    let len = aligned.len() / PAGE * PAGE;
    #[expect(unsafe_code, reason = "advice on memory has no safe interface")]
    // SAFETY: the range lies within memory that is borrowed for writing; this advice changes
    // neither its content nor what may be done with it. Failing, it has no effect.
    unsafe {
        libc::madvise(aligned.as_mut_ptr().cast(), len, libc::MADV_HUGEPAGE);
    }
}

#[cfg(not(target_os = "linux"))]
fn advise_huge(_bytes: &mut [u8]) {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn zeros_are_zeros_of_any_size() {
        for len in [0, 1, 1000, 5 << 20] {
            let values: Vec<u16> = zeros(len);
            assert_eq!(values.len(), len);
            assert!(values.iter().all(|&value| value == 0));
        }
    }
}
