use half::f16;

use super::header::{NpyType, NumberType};

/// How the bytes of one value become a number.
pub(super) trait Value: Sync {
    const SIZE: usize;
    fn f64(bytes: &[u8]) -> f64;
    /// As NumPy's `astype(float32)`: to the nearest, directly from the stored type.
    fn f32(bytes: &[u8]) -> f32;
}

macro_rules! value {
    ($name:ident, $number:ty, $size:literal, $from:ident, $f64:expr, $f32:expr) => {
        pub(super) struct $name;
        impl Value for $name {
            const SIZE: usize = $size;
            #[inline(always)]
            fn f64(bytes: &[u8]) -> f64 {
                $f64(<$number>::$from(<[u8; $size]>::try_from(bytes).unwrap_or([0; $size])))
            }
            #[inline(always)]
            fn f32(bytes: &[u8]) -> f32 {
                $f32(<$number>::$from(<[u8; $size]>::try_from(bytes).unwrap_or([0; $size])))
            }
        }
    };
}

value!(U8, u8, 1, from_le_bytes, f64::from, f32::from);
value!(I8, i8, 1, from_le_bytes, f64::from, f32::from);
value!(U16Le, u16, 2, from_le_bytes, f64::from, f32::from);
value!(U16Be, u16, 2, from_be_bytes, f64::from, f32::from);
value!(I16Le, i16, 2, from_le_bytes, f64::from, f32::from);
value!(I16Be, i16, 2, from_be_bytes, f64::from, f32::from);
value!(U32Le, u32, 4, from_le_bytes, f64::from, |x| x as f32);
value!(U32Be, u32, 4, from_be_bytes, f64::from, |x| x as f32);
value!(I32Le, i32, 4, from_le_bytes, f64::from, |x| x as f32);
value!(I32Be, i32, 4, from_be_bytes, f64::from, |x| x as f32);
value!(U64Le, u64, 8, from_le_bytes, |x| x as f64, |x| x as f32);
value!(U64Be, u64, 8, from_be_bytes, |x| x as f64, |x| x as f32);
value!(I64Le, i64, 8, from_le_bytes, |x| x as f64, |x| x as f32);
value!(I64Be, i64, 8, from_be_bytes, |x| x as f64, |x| x as f32);
value!(F16Le, f16, 2, from_le_bytes, f64::from, f32::from);
value!(F16Be, f16, 2, from_be_bytes, f64::from, f32::from);
value!(F32Le, f32, 4, from_le_bytes, f64::from, |x| x);
value!(F32Be, f32, 4, from_be_bytes, f64::from, |x| x);
value!(F64Le, f64, 8, from_le_bytes, |x| x, |x| x as f32);
value!(F64Be, f64, 8, from_be_bytes, |x| x, |x| x as f32);

/// One byte, 0 or not.
pub(super) struct Bool;

impl Value for Bool {
    const SIZE: usize = 1;

    fn f64(bytes: &[u8]) -> f64 {
        f64::from(u8::from(bytes != [0]))
    }

    fn f32(bytes: &[u8]) -> f32 {
        f32::from(u8::from(bytes != [0]))
    }
}

/// Work that is compiled once for every type of value.
pub(super) trait Visit {
    type Output;
    fn visit<V: Value>(self) -> Self::Output;
}

pub(super) fn dispatch<W: Visit>(element: NpyType, work: W) -> W::Output {
    use NumberType::{Bool as Flag, Float, Int, Uint};
    match (element.number, element.size, element.is_big_endian) {
        (Flag, _, _) => work.visit::<Bool>(),
        (Int, 1, _) => work.visit::<I8>(),
        (Int, 2, false) => work.visit::<I16Le>(),
        (Int, 2, true) => work.visit::<I16Be>(),
        (Int, 4, false) => work.visit::<I32Le>(),
        (Int, 4, true) => work.visit::<I32Be>(),
        (Int, _, false) => work.visit::<I64Le>(),
        (Int, _, true) => work.visit::<I64Be>(),
        (Uint, 1, _) => work.visit::<U8>(),
        (Uint, 2, false) => work.visit::<U16Le>(),
        (Uint, 2, true) => work.visit::<U16Be>(),
        (Uint, 4, false) => work.visit::<U32Le>(),
        (Uint, 4, true) => work.visit::<U32Be>(),
        (Uint, _, false) => work.visit::<U64Le>(),
        (Uint, _, true) => work.visit::<U64Be>(),
        (Float, 2, false) => work.visit::<F16Le>(),
        (Float, 2, true) => work.visit::<F16Be>(),
        (Float, 4, false) => work.visit::<F32Le>(),
        (Float, 4, true) => work.visit::<F32Be>(),
        (Float, _, false) => work.visit::<F64Le>(),
        (Float, _, true) => work.visit::<F64Be>(),
    }
}

struct Each<'a, F>(&'a [u8], F);

impl<F: FnMut(f64)> Visit for Each<'_, F> {
    type Output = ();

    fn visit<V: Value>(mut self) {
        self.0.chunks_exact(V::SIZE).for_each(|bytes| (self.1)(V::f64(bytes)));
    }
}

/// Every value in the order of the file.
pub(super) fn for_each_value(element: NpyType, bytes: &[u8], work: impl FnMut(f64)) {
    dispatch(element, Each(bytes, work));
}
