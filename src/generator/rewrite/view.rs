//! Which axes of a tensor are the picture's.

use tract_onnx::{prelude::*, tract_core::ops::change_axes::AxisOp};

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
    /// Where the channels, the rows and the columns are, each in an axis of its own, with nothing else beside them.
    pub spatial: Option<[usize; 3]>,
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
        let spatial = spatial(order, shape, lengths.map(|(length, _)| length));
        Some(View { order, shape: shape.into(), axes, channel_axis, spatial })
    }
}

/// A column that became a row is as long, but no longer where rows are.
fn spatial(order: Order, shape: &[usize], lengths: [usize; 3]) -> Option<[usize; 3]> {
    let (rest, last) = shape.split_last_chunk()?;
    let first = rest.len();
    (*last == lengths && rest.iter().all(|&length| length == 1)).then_some(match order {
        Order::Chw => [first, first + 1, first + 2],
        Order::Hwc => [first + 2, first, first + 1],
    })
}

/// What the axes of a tensor run over that was `1×C×2H×2W`, while they are split, moved and put together.
pub struct Factors {
    /// Of C, H, two rows, W, two columns.
    lengths: [usize; 5],
    /// Per axis, the outermost first.
    axes: Vec<Vec<usize>>,
}

impl Factors {
    pub fn of(shape: &[usize]) -> Option<Factors> {
        let &[1, channels, height, width] = shape else { return None };
        let even = height.is_multiple_of(2) && width.is_multiple_of(2);
        let lengths = [channels, height / 2, 2, width / 2, 2];
        even.then(|| Factors { lengths, axes: vec![vec![], vec![0], vec![1, 2], vec![3, 4]] })
    }

    /// None where an axis would be split within a factor.
    pub fn change(&mut self, op: &AxisOp) -> Option<()> {
        match op {
            AxisOp::Add(at) => self.axes.insert(*at, vec![]),
            AxisOp::Rm(at) => drop(self.axes.remove(*at)),
            AxisOp::Move(from, to) => {
                let axis = self.axes.remove(*from);
                self.axes.insert(*to, axis);
            }
            AxisOp::Reshape(at, from, to) => {
                let mut left = self.axes.drain(*at..at + from.len()).flatten().collect::<Vec<_>>().into_iter();
                for (place, length) in (*at..).zip(to) {
                    let (mut axis, mut product, length) = (vec![], 1, usize::try_from(length.to_i64().ok()?).ok()?);
                    while product < length {
                        let factor = left.next()?;
                        product *= self.lengths[factor];
                        axis.push(factor);
                    }
                    if product != length {
                        return None;
                    }
                    self.axes.insert(place, axis);
                }
                if left.next().is_some() {
                    return None;
                }
            }
        }
        Some(())
    }

    /// Whether it is `1×(C·2·2)×H×W` by now.
    pub fn are_blocks(&self) -> bool {
        self.axes == [vec![], vec![0, 2, 4], vec![1], vec![3]]
    }
}
