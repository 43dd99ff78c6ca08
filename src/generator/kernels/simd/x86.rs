//! AVX2, AVX-VNNI and AVX-512 with VNNI.

use std::arch::x86_64::*;

#[target_feature(enable = "avx2,fma")]
pub fn run<T: super::Task>(task: T) -> T::Output {
    task.run::<Avx2>()
}

#[target_feature(enable = "avx2,fma,avxvnni")]
pub fn run_vnni<T: super::Task>(task: T) -> T::Output {
    task.run::<AvxVnni>()
}

#[target_feature(enable = "avx2,fma,avx512f,avx512vl,avx512dq,avx512vnni")]
pub fn run_wide<T: super::Task>(task: T) -> T::Output {
    task.run::<Avx512>()
}

/// A panel's row is one vector of sixteen floats, and there are 32 registers.
macro_rules! single {
    () => {
        type Wide = __m512;
        type Sums = [__m512; 12];
        #[inline(always)]
        fn sums() -> Self::Sums {
            [unsafe { _mm512_setzero_ps() }; 12]
        }
        #[inline(always)]
        unsafe fn load_wide(from: *const f32) -> __m512 {
            unsafe { _mm512_loadu_ps(from) }
        }
        #[inline(always)]
        fn mul_add_wide(value: f32, b: __m512, c: __m512) -> __m512 {
            unsafe { _mm512_fmadd_ps(_mm512_set1_ps(value), b, c) }
        }
        #[inline(always)]
        fn dot_wide(value: f32, b: __m512, c: __m512) -> __m512 {
            unsafe {
                let value = _mm512_set1_epi32(value.to_bits().cast_signed());
                let sum = _mm512_dpbusd_epi32(_mm512_castps_si512(c), value, _mm512_castps_si512(b));
                _mm512_castsi512_ps(sum)
            }
        }
        #[inline(always)]
        fn halves(wide: __m512) -> [__m256; 2] {
            unsafe { [_mm512_castps512_ps256(wide), _mm512_extractf32x8_ps::<1>(wide)] }
        }
    };
}

/// In two steps, of which the first cannot saturate: 2 · 127 · 127 fit 16 bits.
#[inline(always)]
unsafe fn dot(value: __m256, b: __m256, c: __m256) -> __m256 {
    unsafe {
        let pairs = _mm256_maddubs_epi16(_mm256_castps_si256(value), _mm256_castps_si256(b));
        let fours = _mm256_madd_epi16(pairs, _mm256_set1_epi16(1));
        _mm256_castsi256_ps(_mm256_add_epi32(fours, _mm256_castps_si256(c)))
    }
}

#[inline(always)]
unsafe fn dot_vnni(value: __m256, b: __m256, c: __m256) -> __m256 {
    unsafe {
        let sum = _mm256_dpbusd_avx_epi32(_mm256_castps_si256(c), _mm256_castps_si256(value), _mm256_castps_si256(b));
        _mm256_castsi256_ps(sum)
    }
}

/// As integers, positive floats have the same order, and what is no number comes last.
#[inline(always)]
unsafe fn larger(a: __m256, b: __m256) -> __m256 {
    unsafe {
        let b = _mm256_andnot_ps(_mm256_set1_ps(-0.), b);
        _mm256_castsi256_ps(_mm256_max_epi32(_mm256_castps_si256(a), _mm256_castps_si256(b)))
    }
}

#[inline(always)]
unsafe fn store_levels(values: [__m256; 2], to: *mut __m128i) {
    unsafe {
        let low = _mm256_set1_epi32(0xFF);
        let first = _mm256_and_si256(_mm256_castps_si256(values[0]), low);
        let second = _mm256_and_si256(_mm256_castps_si256(values[1]), low);
        let first = _mm_packs_epi32(_mm256_castsi256_si128(first), _mm256_extracti128_si256::<1>(first));
        let second = _mm_packs_epi32(_mm256_castsi256_si128(second), _mm256_extracti128_si256::<1>(second));
        _mm_storeu_si128(to, _mm_packus_epi16(first, second));
    }
}

// Vectors of eight floats are the same in all.
macro_rules! avx {
    ($name:ident, $($wide:tt)*) => {
        simd!(
            $name,
            __m256,
            _mm256_set1_ps,
            _mm256_loadu_ps,
            _mm256_storeu_ps,
            _mm256_add_ps,
            _mm256_sub_ps,
            _mm256_mul_ps,
            _mm256_fmadd_ps,
            _mm256_max_ps,
            larger,
            |lanes| _mm256_cvtepi32_ps(_mm256_castps_si256(lanes)),
            store_levels,
            $($wide)*
        );
    };
}

avx!(Avx2, pairs! { 6, dot });
avx!(AvxVnni, pairs! { 6, dot_vnni });
avx!(Avx512, single! {});
