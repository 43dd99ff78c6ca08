//! The arithmetic of a generator, apart from tract: pictures as `H×W×C` floats with `C` rounded up to whole vectors,
//! the channels beyond the last one zero.

#![expect(unsafe_code, reason = "vectors go through pointers, work goes to other threads")]
#![expect(clippy::needless_range_loop, reason = "indices are rows and columns of more than one array")]

mod conv;
mod depthwise;
mod direct;
mod fourier;
mod gemm;
mod integer;
pub mod layout;
mod moments;
mod operands;
mod simd;
mod source;
#[cfg(test)]
mod tests;
mod threads;
mod winograd;

pub use depthwise::Depthwise;
pub use moments::{Partial, moments};
pub use operands::{Convolution, Convolve, Finish, Method, Residual, Weights};
#[cfg(test)]
pub use simd::adds_integers;
pub use simd::{LANES, whole};
pub use source::{Axis, Border, Part, Source};
use threads::in_bands;
pub use threads::{Pool, Threads, workers};

/// Does `rounds` rounds of multiply-adds in registers; gives how many of single floats a round is.
pub fn peak_flops(rounds: usize) -> usize {
    simd::dispatch(simd::Drill { rounds });
    simd::CHAINS * LANES
}
