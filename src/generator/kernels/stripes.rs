//! A picture written over while it is read, with a few of its rows kept aside: half the memory at the peak.

use super::{in_bands, source::Border, threads::workers};

/// The most parts of a picture that threads share.
const STRIPES: usize = 16;
/// Parts for each of several threads: more even the work out, and each takes a few rows of memory.
const EACH: usize = 3;

/// Some rows of the picture as it was, and which of them are to be made from these.
pub struct Window<'a> {
    /// Rows from [`top`](Self::top) on: those to be made, and those around that they read.
    pub raw: &'a [f32],
    pub top: usize,
    pub first: usize,
    pub rows: usize,
}

/// How a picture is gone through.
pub struct Stripes {
    /// Floats of a row.
    pub row: usize,
    /// Rows that are made at a time.
    pub band: usize,
    /// How many rows away an output row reads.
    pub reach: usize,
    pub border: Border,
    /// Whether they have to be the same ones for any number of threads.
    pub fixed: bool,
}

/// Gives `work` bands of `picture`. What `done` says of finished stripes comes in order.
pub fn in_stripes<T: Send, Scratch: Default>(
    picture: &mut [f32],
    Stripes { row, band, reach, border, fixed }: Stripes,
    work: impl Fn(&mut Scratch, Window, &mut [f32]) + Sync + Send,
    done: impl Fn(&[f32]) -> T + Sync + Send,
) -> Vec<T> {
    let height = picture.len() / row;
    // A mirror at the lower border reads back beyond what its own row does.
    let before = if border == Border::Reflect { 2 * reach } else { reach };
    // A stripe's last rows and the next one's first are read by both, and written before one of them is done.
    let stripes = match workers() {
        _ if fixed => STRIPES,
        1 => 1,
        several => STRIPES.min(EACH * several),
    };
    let stripe = (band * height.div_ceil(band).div_ceil(stripes)).max(before);
    let edges: Vec<_> = (stripe..height)
        .step_by(stripe)
        .map(|y| picture[(y - reach) * row..(y + reach).min(height) * row].to_vec())
        .collect();
    in_bands(picture, stripe * row, |(window, scratch): &mut (Vec<f32>, Scratch), index, out| {
        let (begin, end) = (index * stripe, index * stripe + out.len() / row);
        // Row `i` of the window is row `first + i - before` of the picture as it was.
        window.resize((before + band + reach) * row, 0.);
        if let Some(edge) = index.checked_sub(1).map(|above| &edges[above]) {
            window[(before - reach) * row..before * row].copy_from_slice(&edge[..reach * row]);
        }
        for first in (begin..end).step_by(band) {
            let rows = band.min(end - first);
            let inside = (rows + reach).min(end - first);
            let around = &mut window[before * row..];
            around[..inside * row].copy_from_slice(&out[(first - begin) * row..][..inside * row]);
            if let Some(edge) = edges.get(index) {
                let below = &edge[reach * row..];
                let below = &below[..below.len().min((rows + reach - inside) * row)];
                around[inside * row..][..below.len()].copy_from_slice(below);
            }
            // Rows before the picture do not exist, and are not asked for.
            let (raw, top) = (&window[before.saturating_sub(first) * row..], first.saturating_sub(before));
            work(scratch, Window { raw, top, first, rows }, &mut out[(first - begin) * row..][..rows * row]);
            window.copy_within(rows * row..(rows + before) * row, 0);
        }
        done(out)
    })
}
