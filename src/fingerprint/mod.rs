//! Is this a photo that was here before? [`checksum::sha256`](crate::checksum::sha256) of its file says so for certain; a
//! [`Fingerprint`] of its pixels says so of a copy that was saved again, resized, or slightly changed.

mod change;
mod dct;
pub mod drawn;
mod guard;
pub mod phash;
mod sketch;
mod squares;

use serde::{Deserialize, Serialize};

use crate::Picture;
use guard::{Guard, MAX_ASPECT};

/// What two photos are compared by. Serialises to about 1.1 kB.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Fingerprint {
    /// As text: JavaScript's numbers have 53 bits.
    #[serde(with = "digits")]
    phash: u64,
    guard: Option<Guard>,
    /// Longer side, in pixels, of what is drawn of the photo; of entries of before this was noted, 0.
    #[serde(default)]
    side: u32,
}

impl Fingerprint {
    /// Of upright sRGB pixels. Those that [`crate::picture::decode::decode_dc_image`] gives of a large JPEG do: copies
    /// are found as often, also of one seen so and one seen whole (`benches/README.md`).
    pub fn new(picture: &Picture) -> Fingerprint {
        Fingerprint { phash: phash::phash(picture.width(), picture.rgba()), guard: Guard::new(picture), side: 0 }
    }

    /// The same of a photo of which a drawing with a longer side of so many pixels is made.
    pub fn drawn_at(self, side: u32) -> Fingerprint {
        Fingerprint { side, ..self }
    }

    /// Equal to Python's ImageHash, see [`phash`].
    pub fn phash(&self) -> u64 {
        self.phash
    }

    /// The distance of the hashes in bits when it is at most `threshold`, the guard sees the same picture too, and the
    /// drawings have the same size: a small copy's is another result. `a.same(b)` is `b.same(a)`.
    pub fn same(&self, other: &Fingerprint, threshold: u32) -> Option<u32> {
        let distance = (self.phash ^ other.phash).count_ones();
        let (a, b) = (self.guard.as_ref()?, other.guard.as_ref()?);
        let (smaller, larger) = (self.side.min(other.side), self.side.max(other.side));
        let same_size = larger as f32 <= MAX_ASPECT * smaller as f32;
        (distance <= threshold && same_size && a.agrees(b)).then_some(distance)
    }
}

/// A hash as ImageHash prints it: 16 hexadecimal digits.
mod digits {
    use serde::{Deserialize, Deserializer, Serializer, de::Error as _};

    pub(super) fn serialize<S: Serializer>(hash: &u64, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(&format_args!("{hash:016x}"))
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<u64, D::Error> {
        u64::from_str_radix(&String::deserialize(deserializer)?, 16).map_err(D::Error::custom)
    }
}

/// What tells whether two photos look the same.
pub trait Likeness {
    /// 64 bits that change little when the picture changes little.
    fn phash(&self) -> u64;

    /// The distance in bits when both belong to the same picture: at most `threshold`, and nothing
    /// else speaks against it.
    fn same(&self, other: &Self, threshold: u32) -> Option<u32>;

    /// Whether it can be found by its likeness: one that proves nothing, as of a picture of one colour, is not even the same
    /// as itself.
    fn tells(&self) -> bool {
        self.same(self, 0).is_some()
    }
}

impl Likeness for Fingerprint {
    fn phash(&self) -> u64 {
        self.phash
    }

    fn same(&self, other: &Fingerprint, threshold: u32) -> Option<u32> {
        Fingerprint::same(self, other, threshold)
    }
}
