//! Which axes of a tensor are the picture's.

use tract_onnx::prelude::*;

use crate::generator::ops::Order;

/// What an axis of a tensor runs over: a set of the picture's axes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Axes {
    pub channels: bool,
    pub space: bool,
}

/// A picture's shape as tract sees it at one place: `1×C×H×W`, `H×W×C`, `1×(C·H·W)`, and so on.
#[derive(Debug, Clone)]
pub struct View {
    pub order: Order,
    pub shape: TVec<usize>,
    /// Per axis of the shape.
    pub axes: TVec<Axes>,
    /// The axis of the channels alone.
    pub channel_axis: Option<usize>,
}

impl View {
    /// None where the shape's axes are not products of the picture's.
    pub fn new(order: Order, shape: &[usize], channels: usize, [height, width]: [usize; 2]) -> Option<View> {
        // (length, whether it is the channels')
        let lengths = match order {
            Order::Chw => [(channels, true), (height, false), (width, false)],
            Order::Hwc => [(height, false), (width, false), (channels, true)],
        };
        let mut left = lengths.into_iter().filter(|&(length, _)| length != 1).peekable();
        let mut axes = TVec::new();
        for &length in shape {
            let (mut product, mut here) = (1, Axes { channels: false, space: false });
            while product < length {
                let (next, channels) = left.next()?;
                product *= next;
                here.channels |= channels;
                here.space |= !channels;
            }
            if product != length {
                return None;
            }
            axes.push(here);
        }
        if left.peek().is_some() {
            return None;
        }
        let channel_axis = axes.iter().position(|axes| axes.channels && !axes.space);
        Some(View { order, shape: shape.into(), axes, channel_axis })
    }

    /// The axes of a 4-dimensional tensor of one picture: where the channels, the rows and the columns are.
    pub fn spatial(&self) -> Option<[usize; 3]> {
        let first = self.shape.len().checked_sub(3)?;
        if self.shape[..first].iter().any(|&length| length != 1) {
            return None;
        }
        Some(match self.order {
            Order::Chw => [first, first + 1, first + 2],
            Order::Hwc => [first + 2, first, first + 1],
        })
    }
}
