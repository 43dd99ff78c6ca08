//! A picture in 16×16 cells: the colour of each, and how much is going on in it.

use serde::{Deserialize, Deserializer, Serialize, Serializer, de::Error as _};

use crate::Picture;

/// Cells along a side.
pub(super) const SIDE: usize = 16;
/// Cells of the whole picture.
pub(super) const CELLS: usize = SIDE * SIDE;
/// Texture is what differs among this many parts along a cell's side.
const PARTS: usize = 4;
/// Parts along a picture's side.
const FINE: usize = SIDE * PARTS;
/// Values are kept in 6 bits, and written as one letter each (RFC 4648's URL-safe alphabet).
const LETTERS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
const VALUES: usize = 4 * CELLS;

/// Four values of 6 bits a cell, cells in rows from the top: red, green and blue, and the square root
/// of the luma's standard deviation among the cell's parts, eightfold. Serialised as text of 1024 letters.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Sketch([u8; VALUES]);

impl Sketch {
    /// Alpha is ignored.
    pub(super) fn new(picture: &Picture) -> Sketch {
        let parts = means(picture);
        let mut values = [0; VALUES];
        for (i, cell) in values.chunks_exact_mut(4).enumerate() {
            let corner = i / SIDE * PARTS * FINE + i % SIDE * PARTS;
            let inside: [[f32; 3]; PARTS * PARTS] =
                std::array::from_fn(|j| parts[corner + j / PARTS * FINE + j % PARTS]);
            let mean = |value: &dyn Fn(&[f32; 3]) -> f32| inside.iter().map(value).sum::<f32>() / inside.len() as f32;
            for channel in 0..3 {
                cell[channel] = (mean(&|part| part[channel]) / 255. * 63.).round() as u8;
            }
            let middle = mean(&luma);
            let deviation = mean(&|part| (luma(part) - middle).powi(2)).sqrt();
            cell[3] = (8. * deviation.sqrt()).round().min(63.) as u8;
        }
        Sketch(values)
    }

    /// The cells' colours, 0 to 255.
    pub(super) fn colours(&self) -> impl Iterator<Item = [f32; 3]> {
        self.0.chunks_exact(4).map(|cell| [0, 1, 2].map(|i| f32::from(cell[i]) * 255. / 63.))
    }

    /// The standard deviation of luma in each cell, 0 to 62.
    pub(super) fn textures(&self) -> impl Iterator<Item = f32> {
        self.0.chunks_exact(4).map(|cell| (f32::from(cell[3]) / 8.).powi(2))
    }
}

/// ITU-R BT.601.
pub(super) fn luma(colour: &[f32; 3]) -> f32 {
    0.299 * colour[0] + 0.587 * colour[1] + 0.114 * colour[2]
}

/// Mean colours of the parts; a pixel that lies in several counts in each by its area.
fn means(picture: &Picture) -> Vec<[f32; 3]> {
    let (width, height) = (picture.width() as usize, picture.height() as usize);
    let area = (width * height) as f64;
    // 32 bits do for 16 million rows.
    let mut sums = vec![0u32; width * 4];
    let mut means = Vec::with_capacity(FINE * FINE);
    for band in 0..FINE {
        sums.fill(0);
        for (y, share) in part(band, height) {
            let row = &picture.rgba()[y * width * 4..][..width * 4];
            sums.iter_mut().zip(row).for_each(|(sum, &value)| *sum += share as u32 * u32::from(value));
        }
        means.extend((0..FINE).map(|column| {
            let sum = |c: usize| part(column, width).map(|(x, share)| share * u64::from(sums[4 * x + c])).sum::<u64>();
            [0, 1, 2].map(|c| (sum(c) as f64 / area) as f32)
        }));
    }
    means
}

/// The pixels of the `i`th part of a side, and how much of each is in it, in shares of `FINE`.
fn part(i: usize, side: usize) -> impl Iterator<Item = (usize, u64)> {
    let (from, to) = (i * side, (i + 1) * side);
    (from / FINE..to.div_ceil(FINE)).map(move |at| (at, (to.min((at + 1) * FINE) - from.max(at * FINE)) as u64))
}

impl Serialize for Sketch {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer
            .serialize_str(&self.0.iter().map(|&value| char::from(LETTERS[usize::from(value)])).collect::<String>())
    }
}

impl<'de> Deserialize<'de> for Sketch {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Sketch, D::Error> {
        let text = String::deserialize(deserializer)?;
        let value = |letter| LETTERS.iter().position(|l| *l == letter).map(|value| value as u8);
        let values: Option<Vec<u8>> = text.bytes().map(value).collect();
        let values = values.and_then(|values| values.try_into().ok());
        values.map(Sketch).ok_or_else(|| D::Error::custom("not a sketch of a picture"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn means_are_exact_for_any_size() {
        for (width, height) in [(8, 8), (63, 65), (64, 64), (100, 9)] {
            let flat = Picture::new(width, height, [30, 60, 90, 255].repeat((width * height) as usize)).unwrap();
            assert!(means(&flat).iter().all(|mean| *mean == [30., 60., 90.]), "{width}×{height}");
        }
    }

    #[test]
    fn is_read_back_from_its_text() {
        let noise: Vec<u8> = (0..80 * 50 * 4u32).map(|i| (i.wrapping_mul(2_654_435_761) >> 24) as u8).collect();
        let sketch = Sketch::new(&Picture::new(80, 50, noise).unwrap());
        let text = serde_json::to_string(&sketch).unwrap();
        assert_eq!(text.len(), VALUES + 2);
        assert_eq!(serde_json::from_str::<Sketch>(&text).unwrap(), sketch);
        for wrong in ["\"\"".to_owned(), text.replace(&text[1..2], "!"), "7".into()] {
            assert!(serde_json::from_str::<Sketch>(&wrong).is_err());
        }
    }
}
