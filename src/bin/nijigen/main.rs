//! The command-line program: `nijigen convert IN… -o OUT`.
#![forbid(unsafe_code)]
#![deny(clippy::unwrap_used, clippy::expect_used)]
// As in the library.
#![cfg_attr(test, allow(clippy::unwrap_used, clippy::expect_used))]

mod cache;
mod convert;
mod fingerprint;
mod generators;
mod inputs;
mod output;

use std::{env, ffi::OsString, path::PathBuf, process::ExitCode};

use clap::{Args, Parser, Subcommand, ValueEnum, value_parser};
use nijigen::options::{Format, Language, Limits, Options};

/// Photos become anime, on this computer: nothing is uploaded.
#[derive(Parser)]
#[command(version, about)]
struct Program {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Convert photos, folders of photos, or patterns such as 'holiday/*.jpg'
    Convert(Convert),
    /// List the generators
    Styles,
    /// Print PHASH SHA256 FILE, a line for each photo
    Fingerprint(Fingerprint),
}

#[derive(Args)]
struct Fingerprint {
    /// Files, folders (with all below them) and patterns
    #[arg(required = true, value_name = "IN")]
    inputs: Vec<OsString>,
}

#[derive(Args)]
struct Convert {
    /// Files, folders (with all below them) and patterns
    #[arg(required = true, value_name = "IN")]
    inputs: Vec<OsString>,
    /// The file to write, or the folder for several
    #[arg(short, long, value_name = "OUT")]
    output: PathBuf,
    /// The look
    #[arg(long, default_value = "meadow", conflicts_with = "model")]
    style: String,
    /// fast or fine; without it the best that this style has
    #[arg(long, value_parser = generators::parse_tier, conflicts_with = "model")]
    tier: Option<nijigen::manifest::Tier>,
    /// Your own generator
    #[arg(long, value_name = "FILE.onnx")]
    model: Option<PathBuf>,
    /// The values that your generator takes for black and white; without it they are guessed
    #[arg(long, requires = "model", allow_hyphen_values = true)]
    model_range: Option<ModelRange>,
    /// Longer side of what is drawn, in pixels; smaller photos are not enlarged. Above 2048 not with generators of your own
    #[arg(long, default_value_t = 1024, value_name = "PIXELS", value_parser = value_parser!(u32).range(256..=16384))]
    max_side: u32,
    /// Bring the result to the photo's own size
    #[arg(long)]
    full_size: bool,
    /// Format of the result; without it what OUT's name says, or PNG
    #[arg(long)]
    format: Option<FormatName>,
    /// How much of the drawing shows over the photo, 0 to 1
    #[arg(long, default_value_t = 1., value_parser = strength, value_name = "SHARE")]
    strength: f32,
    /// Quality of a JPEG
    #[arg(long, default_value_t = 90, value_parser = value_parser!(u8).range(1..=100))]
    quality: u8,
    /// Leave out the corner's "AI generated" (in the language of LC_ALL or LANG); in XMP every result says it
    #[arg(long)]
    no_label: bool,
    /// Photos converted at the same time; without it one per core, 4 at most
    #[arg(long, value_parser = value_parser!(u16).range(1..=64))]
    jobs: Option<u16>,
    /// The folder that results are kept in for 7 days, so that no photo is drawn twice; without it the user's own cache
    #[arg(long, env = "NIJIGEN_CACHE", value_name = "DIR")]
    cache_dir: Option<PathBuf>,
    /// Let the kept result of another file do that looks the same, up to so many bits of 64 apart (5 is usual). Without
    /// it only the same file's does: the pictures of a burst differ in what matters
    #[arg(long, value_name = "BITS", conflicts_with = "no_cache", value_parser = value_parser!(u32).range(0..=16))]
    near: Option<u32>,
    /// Draw every photo, and keep nothing
    #[arg(long)]
    no_cache: bool,
    /// Replace results that are already there (never an input)
    #[arg(long)]
    force: bool,
    /// Largest file read, in MiB
    #[arg(long, default_value_t = 32, value_name = "MIB")]
    max_file: u64,
    /// Largest picture read, in megapixels
    #[arg(long, default_value_t = 64, value_name = "MP")]
    max_megapixels: u64,
}

#[derive(Clone, Copy, ValueEnum)]
enum FormatName {
    Png,
    Jpeg,
    Webp,
}

#[derive(Clone, Copy, ValueEnum)]
enum ModelRange {
    #[value(name = "-1,1")]
    Signed,
    #[value(name = "0,1")]
    Unsigned,
}

impl ModelRange {
    fn values(self) -> [f32; 2] {
        match self {
            ModelRange::Signed => [-1., 1.],
            ModelRange::Unsigned => [0., 1.],
        }
    }
}

impl Convert {
    fn options(&self) -> Options {
        let format = match self.format {
            Some(FormatName::Png) => Format::Png,
            Some(FormatName::Jpeg) => Format::Jpeg,
            Some(FormatName::Webp) => Format::Webp,
            None => output::format_of(&self.output).unwrap_or(Format::Png),
        };
        let limits = Limits {
            max_bytes: self.max_file.saturating_mul(1 << 20),
            max_pixels: self.max_megapixels.saturating_mul(1_000_000),
        };
        let label = (!self.no_label).then(language);
        Options {
            max_side: self.max_side,
            full_size: self.full_size,
            strength: self.strength,
            format,
            quality: self.quality,
            label,
            limits,
            ..Options::default()
        }
    }
}

fn strength(text: &str) -> Result<f32, String> {
    text.parse().ok().filter(|share| (0. ..=1.).contains(share)).ok_or_else(|| "it must be a number from 0 to 1".into())
}

/// What the environment asks for (POSIX.1-2017, 8.2), English for any other.
fn language() -> Language {
    let set = |name| env::var(name).ok().filter(|locale| !locale.is_empty());
    let locale = ["LC_ALL", "LC_MESSAGES", "LANG"].into_iter().find_map(set).unwrap_or_default();
    match locale.get(..2) {
        Some("zh") => Language::Zh,
        Some("ja") => Language::Ja,
        _ => Language::En,
    }
}

/// Exit codes: 0 all done, 1 some failed (each named on stderr), 2 wrong usage.
fn main() -> ExitCode {
    match Program::parse().command {
        Command::Styles => generators::list(),
        Command::Fingerprint(arguments) => fingerprint::run(&arguments.inputs),
        Command::Convert(arguments) => convert::run(&arguments),
    }
}
