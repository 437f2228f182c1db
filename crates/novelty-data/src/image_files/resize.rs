use std::cell::RefCell;

use fast_image_resize::images::{TypedImage, TypedImageRef};
use fast_image_resize::pixels::{F32, F32x3, InnerPixel, U8, U8x3, U16, U16x3};
use fast_image_resize::{FilterType, PixelTrait, ResizeAlg, ResizeOptions, Resizer};

use super::config::Filter;
use super::raster::{Raster, Values};

thread_local! {
    /// Keeps its buffers from one image to the next.
    static RESIZER: RefCell<Resizer> = RefCell::new(Resizer::new());
}

/// Resizes to `(height, width)`, both at least 1, in the depth of the image.
pub(crate) fn resize(from: &Raster, (height, width): (usize, usize), filter: Filter) -> Raster {
    let sizes = [from.height, from.width, height, width];
    let values = match (&from.values, from.channels) {
        (Values::U8(values), 1) => Values::U8(scaled::<U8, u8>(values, sizes, filter)),
        (Values::U8(values), _) => Values::U8(scaled::<U8x3, u8>(values, sizes, filter)),
        (Values::U16(values), 1) => Values::U16(scaled::<U16, u16>(values, sizes, filter)),
        (Values::U16(values), _) => Values::U16(scaled::<U16x3, u16>(values, sizes, filter)),
        (Values::F32(values), 1) => Values::F32(scaled::<F32, f32>(values, sizes, filter)),
        (Values::F32(values), _) => Values::F32(scaled::<F32x3, f32>(values, sizes, filter)),
    };
    Raster { height, width, channels: from.channels, values }
}

/// Values whose sizes do not fit each other, which callers rule out, come back as zeros.
fn scaled<P, T>(values: &[T], [rows, columns, height, width]: [usize; 4], filter: Filter) -> Vec<T>
where
    P: PixelTrait + InnerPixel + Default + bytemuck::Pod,
    T: bytemuck::Pod,
{
    let mut target = vec![P::default(); height * width];
    let source: &[P] = bytemuck::cast_slice(values);
    let images = (
        TypedImageRef::new(columns as u32, rows as u32, source),
        TypedImage::from_pixels_slice(width as u32, height as u32, &mut target),
    );
    if let (Ok(from), Ok(mut to)) = images {
        let options = ResizeOptions::new().resize_alg(algorithm(filter)).use_alpha(false);
        let outcome = RESIZER.with_borrow_mut(|r| r.resize_typed(&from, &mut to, &options));
        debug_assert!(outcome.is_ok());
    }
    bytemuck::cast_slice(&target).to_vec()
}

fn algorithm(filter: Filter) -> ResizeAlg {
    match filter {
        Filter::Nearest => ResizeAlg::Nearest,
        Filter::Bilinear => ResizeAlg::Convolution(FilterType::Bilinear),
        Filter::Bicubic => ResizeAlg::Convolution(FilterType::CatmullRom),
        Filter::Lanczos3 => ResizeAlg::Convolution(FilterType::Lanczos3),
    }
}
/// One plane of `f32`, resized.
pub(crate) fn resize_plane(
    values: &[f32],
    from: (usize, usize),
    to: (usize, usize),
    filter: Filter,
) -> Vec<f32> {
    scaled::<F32, f32>(values, [from.0, from.1, to.0, to.1], filter)
}
