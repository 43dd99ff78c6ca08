//! The generators inside the program, so that it is one file without set-up.

use std::process::ExitCode;

use nijigen::{
    Error,
    manifest::{self, Entry, Tier},
    pipeline::Engine,
};

use crate::streams::{Printer, tell};

const MANIFEST: &str = include_str!("../../../models/manifest.json");

/// Every file of the manifest, under its name.
const FILES: &[(&str, &[u8])] = &[
    ("meadow-fast.onnx", include_bytes!("../../../models/meadow-fast.onnx")),
    ("meadow-fine.onnx", include_bytes!("../../../models/meadow-fine.onnx")),
    ("skyline-fast.onnx", include_bytes!("../../../models/skyline-fast.onnx")),
    ("skyline-fine.onnx", include_bytes!("../../../models/skyline-fine.onnx")),
    ("carnival-fast.onnx", include_bytes!("../../../models/carnival-fast.onnx")),
    ("carnival-fine.onnx", include_bytes!("../../../models/carnival-fine.onnx")),
    ("portrait-fast.onnx", include_bytes!("../../../models/portrait-fast.onnx")),
    ("portrait-fine.onnx", include_bytes!("../../../models/portrait-fine.onnx")),
];

/// `nijigen styles`: one line a generator.
pub fn list() -> ExitCode {
    match manifest::parse(MANIFEST) {
        Ok(entries) => {
            let line = |e: &Entry| {
                format!("{:<10} {:<5} {:>5.1} MB  {}\n", e.style, name(e.tier), e.bytes as f64 / 1e6, e.licence)
            };
            let out = Printer::default();
            out.print(entries.iter().map(line).collect::<String>());
            if out.lost() { ExitCode::FAILURE } else { ExitCode::SUCCESS }
        }
        Err(error) => {
            tell(explain(error));
            ExitCode::FAILURE
        }
    }
}

/// The generator of a style; without a tier the finest there is.
///
/// # Errors
/// A sentence.
pub fn load(style: &str, tier: Option<Tier>) -> std::result::Result<Engine, String> {
    let entries = manifest::parse(MANIFEST).map_err(explain)?;
    let mut found: Vec<&Entry> =
        entries.iter().filter(|e| e.style == style && tier.is_none_or(|t| t == e.tier)).collect();
    found.sort_by_key(|e| e.tier == Tier::Fast);
    let Some(entry) = found.first() else {
        let known: Vec<String> = entries.iter().map(|e| format!("{} ({})", e.style, name(e.tier))).collect();
        let wished = tier.map_or(style.to_owned(), |t| format!("{style} ({})", name(t)));
        return Err(format!("there is no style {wished}; there are: {}", known.join(", ")));
    };
    let file = FILES.iter().find(|(name, _)| *name == entry.file);
    let (_, bytes) = file.ok_or_else(|| format!("{} is not in this program", entry.file))?;
    Engine::new((*entry).clone(), bytes).map_err(explain)
}

/// An error as it is shown.
pub fn explain(error: Error) -> String {
    format!("{error} [{}]", error.code())
}

fn name(tier: Tier) -> &'static str {
    match tier {
        Tier::Fast => "fast",
        Tier::Fine => "fine",
    }
}

/// Reads `--tier`.
pub fn parse_tier(text: &str) -> std::result::Result<Tier, String> {
    match text {
        "fast" => Ok(Tier::Fast),
        "fine" => Ok(Tier::Fine),
        _ => Err("must be fast or fine".into()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_that_the_manifest_names_is_inside() {
        for entry in manifest::parse(MANIFEST).unwrap() {
            assert_eq!(load(&entry.style, Some(entry.tier)).unwrap().entry().id, entry.id);
        }
        assert_eq!(load("meadow", None).unwrap().entry().tier, Tier::Fine);
    }
}
