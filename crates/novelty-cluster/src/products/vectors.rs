//! Kinds of vectors, and the widest at hand.

use pulp::{Arch, Simd, WithSimd};

use super::Kernel;

/// What a kernel needs of vectors.
pub(crate) trait Vectors<T>: Copy {
    type Vector: Copy;
    const LANES: usize;
    /// Whether there are 32 registers, not 16.
    const HAS_MANY_REGISTERS: bool;

    fn splat(self, value: T) -> Self::Vector;

    /// The first values.
    fn load(self, values: &[T]) -> Self::Vector;

    /// Writes all lanes, to as many values.
    fn store(self, vector: Self::Vector, values: &mut [T]);

    /// `a b + c`.
    fn mul_add(self, a: Self::Vector, b: Self::Vector, c: Self::Vector) -> Self::Vector;
}

/// A number that is multiplied.
pub(crate) trait Real: Copy + Default + Into<f64> + Send + Sync + 'static {
    /// Columns of a panel: three vectors of the widest kind.
    const WIDTH: usize;

    /// Runs a kernel on the widest vectors at hand.
    fn widest<K: Kernel<Self>>(kernel: K);
}

/// The vectors of pulp.
#[derive(Clone, Copy)]
struct Pulp<S>(S);

macro_rules! real {
    ($real:ty, $width:literal, $portable:ident, $vector:ident, $lanes:ident, $splat:ident,
     $as_simd:ident, $as_mut_simd:ident, $mul_add:ident) => {
        impl Real for $real {
            const WIDTH: usize = $width;

            fn widest<K: Kernel<Self>>(kernel: K) {
                #[cfg(target_arch = "x86_64")]
                if let Some(avx512) = avx512::Avx512::detect() {
                    return avx512.run(kernel);
                }
                Arch::new().dispatch($portable(kernel));
            }
        }

        struct $portable<K>(K);

        impl<K: Kernel<$real>> WithSimd for $portable<K> {
            type Output = ();

            #[inline(always)]
            fn with_simd<S: Simd>(self, simd: S) {
                self.0.run(Pulp(simd));
            }
        }

        impl<S: Simd> Vectors<$real> for Pulp<S> {
            type Vector = S::$vector;
            const LANES: usize = S::$lanes;
            const HAS_MANY_REGISTERS: bool = cfg!(target_arch = "aarch64");

            #[inline(always)]
            fn splat(self, value: $real) -> S::$vector {
                self.0.$splat(value)
            }

            #[inline(always)]
            fn load(self, values: &[$real]) -> S::$vector {
                S::$as_simd(values).0[0]
            }

            #[inline(always)]
            fn store(self, vector: S::$vector, values: &mut [$real]) {
                S::$as_mut_simd(values).0[0] = vector;
            }

            #[inline(always)]
            fn mul_add(self, a: S::$vector, b: S::$vector, c: S::$vector) -> S::$vector {
                self.0.$mul_add(a, b, c)
            }
        }
    };
}

real!(
    f32,
    48,
    PortableF32,
    f32s,
    F32_LANES,
    splat_f32s,
    as_simd_f32s,
    as_mut_simd_f32s,
    mul_add_e_f32s
);
real!(
    f64,
    24,
    PortableF64,
    f64s,
    F64_LANES,
    splat_f64s,
    as_simd_f64s,
    as_mut_simd_f64s,
    mul_add_e_f64s
);

/// Twice as wide as what pulp has without a feature that all crates would be built anew for.
#[cfg(target_arch = "x86_64")]
#[expect(unsafe_code, reason = "the vectors of AVX-512, of which there is a proof at hand")]
mod avx512 {
    use std::arch::x86_64::{
        __m512, __m512d, _mm512_fmadd_pd, _mm512_fmadd_ps, _mm512_loadu_pd, _mm512_loadu_ps,
        _mm512_set1_pd, _mm512_set1_ps, _mm512_storeu_pd, _mm512_storeu_ps,
    };

    use super::{Kernel, Vectors};

    /// The proof that the processor has AVX-512.
    #[derive(Clone, Copy)]
    pub(super) struct Avx512(());

    impl Avx512 {
        pub(super) fn detect() -> Option<Self> {
            is_x86_feature_detected!("avx512f").then_some(Self(()))
        }

        pub(super) fn run<T, K: Kernel<T>>(self, kernel: K)
        where
            Self: Vectors<T>,
        {
            #[target_feature(enable = "avx512f")]
            fn inside<T, K: Kernel<T>>(proof: Avx512, kernel: K)
            where
                Avx512: Vectors<T>,
            {
                kernel.run(proof);
            }
            // SAFETY: the processor has AVX-512.
            unsafe { inside(self, kernel) }
        }
    }

    macro_rules! vectors {
        ($real:ty, $vector:ty, $lanes:literal, $splat:ident, $load:ident, $store:ident,
         $mul_add:ident) => {
            impl Vectors<$real> for Avx512 {
                type Vector = $vector;
                const LANES: usize = $lanes;
                const HAS_MANY_REGISTERS: bool = true;

                #[inline(always)]
                fn splat(self, value: $real) -> $vector {
                    // SAFETY: the processor has AVX-512.
                    unsafe { $splat(value) }
                }

                #[inline(always)]
                fn load(self, values: &[$real]) -> $vector {
                    let values = &values[..$lanes];
                    // SAFETY: the processor has AVX-512, and there are as many values as lanes.
                    unsafe { $load(values.as_ptr()) }
                }

                #[inline(always)]
                fn store(self, vector: $vector, values: &mut [$real]) {
                    let values = &mut values[..$lanes];
                    // SAFETY: the processor has AVX-512, and there are as many values as lanes.
                    unsafe { $store(values.as_mut_ptr(), vector) }
                }

                #[inline(always)]
                fn mul_add(self, a: $vector, b: $vector, c: $vector) -> $vector {
                    // SAFETY: the processor has AVX-512.
                    unsafe { $mul_add(a, b, c) }
                }
            }
        };
    }

    vectors!(f32, __m512, 16, _mm512_set1_ps, _mm512_loadu_ps, _mm512_storeu_ps, _mm512_fmadd_ps);
    vectors!(f64, __m512d, 8, _mm512_set1_pd, _mm512_loadu_pd, _mm512_storeu_pd, _mm512_fmadd_pd);
}
