//! What an entry belongs to, and the name it is stored under.

use std::fmt::{self, Display, Formatter};
use std::str::FromStr;

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use crate::manifest;
use crate::options::{Comparison, Draw, Finish, Format, Framing, Options};

/// A model and all choices that change the result. Entries answer only photos of an equal key.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Key {
    model: String,
    making: String,
}

impl Key {
    /// The key of what `model` makes with `options`. This crate's version is part of it: another
    /// version may draw differently.
    pub fn new(model: &manifest::Entry, options: &Options) -> Key {
        // Named one by one, so that an option added later has to be decided on here.
        let Options { limits: _, framing, draw, finish } = options;
        let Draw { max_side, full_size, revisable: _, device: _ } = draw;
        let Finish { strength, format, quality, label, comparison, split } = finish;
        let comparison = match comparison {
            None => String::new(),
            Some(Comparison::SideBySide) => " comparison=SideBySide".into(),
            Some(Comparison::Divided) => format!(" comparison=Divided split={split}"),
        };
        // What is not framed has the name that it had before there was such a choice.
        let framing = if *framing == Framing::default() { String::new() } else { format!(" {framing:?}") };
        let quality = if *format == Format::Jpeg { *quality } else { 0 };
        let manifest::Entry { sha256, version, layout, range, output_range, multiple, receptive_field, detail, .. } =
            model;
        let crate_version = env!("CARGO_PKG_VERSION");
        Key {
            model: model.id.clone(),
            making: format!(
                "nijigen={crate_version} sha256={sha256:?} version={version:?} layout={layout:?} range={range:?} \
                 outputRange={output_range:?} multiple={multiple} receptiveField={receptive_field:?} detail={detail} maxSide={max_side} fullSize={full_size} \
                 strength={strength} format={format:?} quality={quality} label={label:?}{comparison}{framing}"
            ),
        }
    }

    /// The model's `id` of the manifest.
    pub fn model(&self) -> &str {
        &self.model
    }
}

/// Names an entry: the SHA-256 of its key and of its photo's file. Whoever stores the same thing, in
/// whichever tab or process, uses the same name, so that writing twice leaves one entry.
/// As text: 64 lower-case hexadecimal digits.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Id([u8; 32]);

impl Id {
    /// The name of what `key` makes of the file with this SHA-256.
    pub fn new(key: &Key, sha256: &[u8; 32]) -> Id {
        let mut hash = Sha256::new();
        hash.update(sha256);
        // The length keeps the two texts apart.
        hash.update((key.model.len() as u64).to_le_bytes());
        hash.update(&key.model);
        hash.update(&key.making);
        Id(hash.finalize().into())
    }
}

/// As a store has it that counts every byte.
#[cfg(any(feature = "redis", target_arch = "wasm32"))]
impl Id {
    pub(super) fn bytes(&self) -> &[u8; 32] {
        &self.0
    }

    pub(super) fn from_bytes(bytes: [u8; 32]) -> Id {
        Id(bytes)
    }
}

impl Display for Id {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

/// The text is not an [`Id`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not the name of a cache entry")]
pub struct NotAnId;

impl FromStr for Id {
    type Err = NotAnId;

    fn from_str(text: &str) -> Result<Id, NotAnId> {
        let mut id = [0; 32];
        let digits = text.as_bytes();
        if digits.len() != 64 || digits.iter().any(|d| !matches!(d, b'0'..=b'9' | b'a'..=b'f')) {
            return Err(NotAnId);
        }
        for (byte, pair) in id.iter_mut().zip(digits.chunks_exact(2)) {
            let pair = std::str::from_utf8(pair).map_err(|_| NotAnId)?;
            *byte = u8::from_str_radix(pair, 16).map_err(|_| NotAnId)?;
        }
        Ok(Id(id))
    }
}

#[cfg(test)]
impl Key {
    /// A key for tests that only need two to differ.
    pub(crate) fn named(model: &str) -> Key {
        Key { model: model.into(), making: String::new() }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;
    use crate::manifest::Layout;
    use crate::options::{Crop, Device, Language, Rotation};

    #[test]
    fn whatever_changes_the_result_changes_the_key() {
        let model = || manifest::Entry::for_user_model("a", b"model", Layout::Nchw);
        let options = Options::default;
        let drawn = |draw| Key::new(&model(), &Options { draw, ..options() });
        let finished = |finish| Key::new(&model(), &Options { finish, ..options() });
        let jpeg = || Finish { format: Format::Jpeg, ..Finish::default() };
        let framed = |framing| Key::new(&model(), &Options { framing, ..options() });
        let compared =
            |comparison, split| finished(Finish { comparison: Some(comparison), split, ..Finish::default() });
        let crop = Crop { left: 0.1, top: 0., width: 0.5, height: 1. };
        let keys = [
            Key::new(&model(), &options()),
            Key::new(&manifest::Entry { id: "b".into(), ..model() }, &options()),
            Key::new(&manifest::Entry { version: "2".into(), ..model() }, &options()),
            Key::new(&manifest::Entry { sha256: "0".into(), ..model() }, &options()),
            Key::new(&manifest::Entry { layout: Layout::Nhwc, ..model() }, &options()),
            Key::new(&manifest::Entry { range: [0., 1.], ..model() }, &options()),
            Key::new(&manifest::Entry { output_range: Some([0., 255.]), ..model() }, &options()),
            Key::new(&manifest::Entry { detail: 0.5, ..model() }, &options()),
            Key::new(&manifest::Entry { multiple: 8, ..model() }, &options()),
            drawn(Draw { max_side: 512, ..Draw::default() }),
            drawn(Draw { full_size: true, ..Draw::default() }),
            finished(Finish { strength: 0.5, ..Finish::default() }),
            finished(Finish { format: Format::Webp, ..Finish::default() }),
            finished(Finish { label: Some(Language::Ja), ..Finish::default() }),
            finished(Finish { label: None, ..Finish::default() }),
            finished(jpeg()),
            finished(Finish { quality: 50, ..jpeg() }),
            compared(Comparison::SideBySide, 0.5),
            compared(Comparison::Divided, 0.5),
            compared(Comparison::Divided, 0.6),
            framed(Framing { rotate: Rotation::Right, ..Framing::default() }),
            framed(Framing { mirror: true, ..Framing::default() }),
            framed(Framing { crop: Some(crop), ..Framing::default() }),
            framed(Framing { crop: Some(Crop { left: 0.2, ..crop }), ..Framing::default() }),
        ];
        assert_eq!(keys.iter().collect::<HashSet<_>>().len(), keys.len());
        assert_eq!(keys.iter().map(|key| Id::new(key, &[0; 32])).collect::<HashSet<_>>().len(), keys.len());
        assert_ne!(Id::new(&keys[0], &[0; 32]), Id::new(&keys[0], &[1; 32]));
    }

    #[test]
    fn what_leaves_the_result_alone_does_not_count() {
        let model = manifest::Entry::for_user_model("a", b"model", Layout::Nchw);
        let other = Options { finish: Finish { quality: 50, ..Finish::default() }, ..Options::default() };
        assert_eq!(Key::new(&model, &Options::default()), Key::new(&model, &other));
        let revisable = Options { draw: Draw { revisable: true, ..Draw::default() }, ..Options::default() };
        assert_eq!(Key::new(&model, &Options::default()), Key::new(&model, &revisable));
        let draw = Draw { device: Device { memory: Some(8.), mobile: true }, ..Draw::default() };
        assert_eq!(Key::new(&model, &Options::default()), Key::new(&model, &Options { draw, ..Options::default() }));
    }

    #[test]
    fn an_id_is_read_back_from_its_text() {
        let id = Id::new(&Key::named("a"), &[7; 32]);
        assert_eq!(id.to_string().parse(), Ok(id));
        for text in ["", "zz", &"g".repeat(64), &"A".repeat(64), &"é".repeat(32), &"0".repeat(65)] {
            assert_eq!(text.parse::<Id>(), Err(NotAnId));
        }
    }
}
