//! The arithmetic of a generator, apart from tract: pictures as `H×W×C` floats with `C` rounded up to whole vectors,
//! the channels beyond the last one zero.

#![expect(unsafe_code, reason = "vectors are read and written through pointers")]
#![expect(clippy::needless_range_loop, reason = "indices are rows and columns of more than one array")]

mod conv;
mod depthwise;
mod direct;
mod fourier;
mod gemm;
pub mod layout;
mod moments;
mod simd;
mod source;
mod stripes;
#[cfg(test)]
mod tests;
mod winograd;

pub use conv::{Convolution, Finish, Method, Weights};
pub use depthwise::Depthwise;
pub use moments::moments;
pub use simd::{LANES, whole};
pub use source::{Axis, Border, Part, Source};

/// Does `rounds` rounds of multiply-adds in registers; gives how many of single floats a round is.
pub fn drill(rounds: usize) -> usize {
    simd::dispatch(simd::Drill { rounds });
    simd::CHAINS * LANES
}

/// Splits `out` into bands of `length` and gives each to `work` with its number and a scratch that bands of one thread
/// share; what they return comes in order.
fn in_bands<T: Send, Scratch: Default>(
    out: &mut [f32],
    length: usize,
    work: impl Fn(&mut Scratch, usize, &mut [f32]) -> T + Sync + Send,
) -> Vec<T> {
    #[cfg(feature = "threads")]
    {
        use rayon::prelude::*;
        out.par_chunks_mut(length)
            .enumerate()
            .map_init(Scratch::default, |scratch, (band, out)| work(scratch, band, out))
            .collect()
    }
    #[cfg(not(feature = "threads"))]
    {
        let mut scratch = Scratch::default();
        out.chunks_mut(length).enumerate().map(|(band, out)| work(&mut scratch, band, out)).collect()
    }
}
