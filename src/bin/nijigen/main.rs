//! The command-line program: `nijigen convert IN… -o OUT`.
#![forbid(unsafe_code)]
#![deny(clippy::unwrap_used, clippy::expect_used)]
// They panic where nothing can be written; `streams` does not.
#![deny(clippy::print_stderr, clippy::print_stdout)]
// As in the library.
#![cfg_attr(test, allow(clippy::unwrap_used, clippy::expect_used))]

mod batch;
mod cache;
mod convert;
mod fingerprint;
mod generators;
mod inputs;
mod list;
mod mark;
mod output;
mod panics;
mod report;
#[cfg_attr(not(feature = "redis"), path = "unshared.rs")]
mod shared;
mod streams;

use std::{env, error::Error, ffi::OsString, ops::RangeInclusive, path::PathBuf, process::ExitCode};

use clap::{
    Arg, Args, CommandFactory as _, FromArgMatches as _, Parser, Subcommand, ValueEnum, builder::RangedI64ValueParser,
    value_parser,
};
use nijigen::{
    cache::Settings,
    generator::ranges::{self, Ranges},
    options::{
        Comparison, Crop, Draw, Finish, Format, Framing, Language, Limits, MAX_SIDE_RANGE, Options, QUALITY_RANGE,
        Rotation, STRENGTH_RANGE,
    },
};

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
    Convert(Box<Convert>),
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
    #[command(flatten)]
    most: Most,
}

/// What is read at most.
#[derive(Args)]
struct Most {
    /// Largest file read, in MiB
    #[arg(long, default_value_t = 128, value_name = "MIB")]
    max_file: u64,
    /// Largest picture read, in megapixels; JPEG that is decoded smaller may have eight times as many
    #[arg(long, default_value_t = 64, value_name = "MP")]
    max_megapixels: u64,
}

impl Most {
    fn limits(&self) -> Limits {
        Limits {
            max_bytes: self.max_file.saturating_mul(1 << 20),
            max_pixels: self.max_megapixels.saturating_mul(1_000_000),
        }
    }
}

#[derive(Args)]
struct Convert {
    /// Files, folders (with all below them) and patterns
    #[arg(required_unless_present = "files_from", value_name = "IN")]
    inputs: Vec<OsString>,
    /// Also what FILE lists ('-' for standard input), one path a line or NUL-terminated; below OUT, each keeps its folders
    #[arg(long, value_name = "FILE")]
    files_from: Option<PathBuf>,
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
    /// The values of black and white that your generator takes, and after a colon those that it gives where they are
    /// others: -1,1 or 0,1 or 0,255, such as -1,1:0,255; without it they are found out
    #[arg(long, requires = "model", allow_hyphen_values = true, value_parser = model_range, value_name = "RANGE")]
    model_range: Option<ModelRange>,
    /// Longer side of what is drawn, in pixels; smaller photos are not enlarged. Above 2048 not with generators of your own
    #[arg(long, default_value_t = Draw::default().max_side, value_name = "PIXELS", value_parser = whole(MAX_SIDE_RANGE))]
    max_side: u32,
    /// Bring the result to the photo's own size
    #[arg(long)]
    full_size: bool,
    /// Format of the result; without it what OUT's name says, or PNG
    #[arg(long)]
    format: Option<FormatName>,
    /// How much of the drawing shows over the photo, 0 to 1
    #[arg(long, default_value_t = Finish::default().strength, value_parser = strength, value_name = "SHARE")]
    strength: f32,
    /// Turn each photo clockwise: 90, 180 or 270 degrees
    #[arg(long, value_parser = rotation, value_name = "DEGREES")]
    rotate: Option<Rotation>,
    /// Let left and right change places, once it is turned
    #[arg(long)]
    mirror: bool,
    /// Draw only a part of what is turned and mirrored: LEFT,TOP,WIDTH,HEIGHT in shares of its sides, such as 0.25,0,0.5,1
    #[arg(long, value_parser = crop, value_name = "PART")]
    crop: Option<Crop>,
    /// Save the photo beside the drawing: side-by-side, or divided by a line in the middle
    #[arg(long, value_name = "LAYOUT")]
    compare: Option<LayoutName>,
    /// Quality of a JPEG
    #[arg(long, default_value_t = Finish::default().quality, value_parser = whole(QUALITY_RANGE))]
    quality: u8,
    /// Leave out the corner's "AI generated" (in the language of LC_ALL or LANG); in XMP every result says it
    #[arg(long)]
    no_label: bool,
    /// Photos converted at the same time; without it one per core, 4 at most
    #[arg(long, value_parser = value_parser!(u16).range(1..=64))]
    jobs: Option<u16>,
    /// The folder that results are kept in for 7 days, 5 GB of those used last, so that no photo is drawn twice; without it
    /// the user's own cache
    #[arg(long, env = "NIJIGEN_CACHE", value_name = "DIR")]
    cache_dir: Option<PathBuf>,
    /// A cache in Redis or Valkey, a server or a cluster, that many machines share, behind this computer's own: redis://HOST:PORT,
    /// or rediss:// for TLS; several of a cluster with commas between. A password in it is safer in the variable
    #[cfg(feature = "redis")]
    #[arg(long, env = "NIJIGEN_SHARED_CACHE", hide_env_values = true, value_name = "URL")]
    cache: Option<String>,
    /// Let the kept result of another file do that looks the same, up to so many bits of 64 apart (5 is usual). Without
    /// it only the same file's does: the pictures of a burst differ in what matters
    #[arg(long, value_name = "BITS", conflicts_with = "no_cache", value_parser = whole(0..=Settings::MAX_THRESHOLD))]
    near: Option<u32>,
    /// Draw every photo, and keep nothing
    #[arg(long)]
    no_cache: bool,
    /// Replace results that are already there (never an input)
    #[arg(long)]
    force: bool,
    /// Go on where an earlier run ended: what is in its place, is whole, and was made of this photo with these choices
    /// stays. Results get a mark that says so
    #[arg(long)]
    resume: bool,
    /// A line of JSON on standard output for each photo: input, output, fingerprint, what the cache said, milliseconds;
    /// or code and sentence
    #[arg(long, value_name = "FORMAT")]
    report: Option<ReportFormat>,
    #[command(flatten)]
    most: Most,
}

#[derive(Clone, Copy, ValueEnum)]
enum FormatName {
    Png,
    Jpeg,
    Webp,
}

#[derive(Clone, Copy, ValueEnum)]
enum ReportFormat {
    Json,
}

#[derive(Clone, Copy, ValueEnum)]
enum LayoutName {
    SideBySide,
    Divided,
}

#[derive(Clone, Copy)]
struct ModelRange(Ranges);

fn model_range(text: &str) -> Result<ModelRange, String> {
    let read = |text: &str| {
        let named = ranges::ALL.into_iter().find(|[black, white]| text == format!("{black},{white}"));
        named.ok_or_else(|| "it must be -1,1 or 0,1 or 0,255, or two of them such as -1,1:0,255".to_owned())
    };
    let (input, output) = text.split_once(':').unwrap_or((text, text));
    Ok(ModelRange(Ranges { input: read(input)?, output: read(output)? }))
}

fn rotation(text: &str) -> Result<Rotation, String> {
    let degrees = text.parse::<u16>().map_err(|_| "it must be a number of degrees".to_owned())?;
    Rotation::try_from(degrees).map_err(str::to_owned)
}

fn crop(text: &str) -> Result<Crop, String> {
    let shares: Option<Vec<f64>> = text.split(',').map(|share| share.trim().parse().ok()).collect();
    match shares.as_deref() {
        Some(&[left, top, width, height]) => Some(Crop { left, top, width, height }).filter(Crop::is_sound),
        _ => None,
    }
    .ok_or_else(|| "it must be LEFT,TOP,WIDTH,HEIGHT, each from 0 to 1".to_owned())
}

impl Convert {
    fn options(&self) -> Options {
        let format = match self.format {
            Some(FormatName::Png) => Format::Png,
            Some(FormatName::Jpeg) => Format::Jpeg,
            Some(FormatName::Webp) => Format::Webp,
            None => output::format_of(&self.output).unwrap_or(Format::Png),
        };
        let label = (!self.no_label).then(language);
        Options {
            limits: self.most.limits(),
            draw: Draw { max_side: self.max_side, full_size: self.full_size, ..Draw::default() },
            framing: Framing { rotate: self.rotate.unwrap_or_default(), mirror: self.mirror, crop: self.crop },
            finish: Finish {
                strength: self.strength,
                format,
                quality: self.quality,
                label,
                comparison: self.compare.map(|layout| match layout {
                    LayoutName::SideBySide => Comparison::SideBySide,
                    LayoutName::Divided => Comparison::Divided,
                }),
                ..Finish::default()
            },
        }
    }
}

/// Reads what the core has a range for.
fn whole<T>(range: RangeInclusive<T>) -> RangedI64ValueParser<T>
where
    T: TryFrom<i64, Error: Into<Box<dyn Error + Send + Sync>>> + Into<i64> + Copy + Send + Sync,
{
    RangedI64ValueParser::new().range((*range.start()).into()..=(*range.end()).into())
}

fn strength(text: &str) -> Result<f32, String> {
    text.parse()
        .ok()
        .filter(|share| STRENGTH_RANGE.contains(share))
        .ok_or_else(|| "it must be a number from 0 to 1".into())
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

/// What was typed. An empty variable is as none: files of many variables cannot leave one out.
fn arguments() -> Program {
    let unless_empty = |arg: Arg| match arg.get_env().and_then(env::var_os) {
        Some(value) if value.is_empty() => arg.env(None::<&str>),
        _ => arg,
    };
    let command = Program::command().mut_subcommand("convert", |convert| convert.mut_args(unless_empty));
    Program::from_arg_matches(&command.get_matches()).unwrap_or_else(|error| error.exit())
}

/// Exit codes: 0 all done, 1 some failed (each named on stderr), 2 wrong usage.
fn main() -> ExitCode {
    match arguments().command {
        Command::Styles => generators::list(),
        Command::Fingerprint(arguments) => fingerprint::run(&arguments.inputs, arguments.most.limits()),
        Command::Convert(arguments) => convert::run(&arguments),
    }
}
