//! tract's operators around the kernels. Between them a picture is a tensor `H×W×whole(C)`.

mod chain;
mod conv;
mod convert;
mod read;
mod statistics;

pub use chain::{Chain, Flow, Link};
pub use conv::{Conv, Kernel};
pub use convert::{FromTensor, Store, ToTensor};
pub use read::{Read, ReadPart};
pub use statistics::{Question, Statistics};

use tract_onnx::prelude::*;

use super::kernels::whole;

/// Which way a tensor's pixels lie in memory.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Order {
    /// Plane after plane.
    Chw,
    /// Pixel after pixel.
    Hwc,
}

/// A tensor of the kernels' layout, not yet written.
fn pixels([height, width]: [usize; 2], channels: usize) -> TractResult<Tensor> {
    unwritten(&[height, width, whole(channels)])
}

#[expect(unsafe_code, reason = "zeros that are all written over would cost a pass over the memory")]
fn unwritten(shape: &[usize]) -> TractResult<Tensor> {
    // SAFETY: every operator here writes all of its output.
    unsafe { Tensor::uninitialized::<f32>(shape) }
}

/// An input that nothing reads from then on.
fn taken(input: &mut TValue) -> Tensor {
    std::mem::replace(input, tensor0(0f32).into()).into_tensor()
}

fn values(tensor: &Tensor) -> TractResult<&[f32]> {
    tensor.try_as_plain_ram()?.as_slice::<f32>()
}

/// Fills the values of a tensor that nobody else has yet.
fn fill<T>(tensor: &mut Tensor, with: impl FnOnce(&mut [f32]) -> T) -> TractResult<T> {
    let mut plain = tensor.try_as_plain_ram_mut()?;
    Ok(with(plain.as_slice_mut::<f32>()?))
}
