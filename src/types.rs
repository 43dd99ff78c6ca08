//! TypeScript's types, made of the core's, and the ranges and defaults that a client checks before anything crosses:
//! `www/client/core.ts`. `NIJIGEN_BLESS=1 cargo test --features cli --lib types::` writes it; else a difference fails.

use serde_json::json;
use ts_rs::{Config, TS};

use crate::{
    cache::{Settings, Since},
    generator::gpu,
    lookup::Step,
    objects::{CacheMode, DATABASE, Listed},
    options::{
        Comparison, Crop, Device, Draw, Finish, Format, Framing, Language, Limits, MAX_SIDE_RANGE, QUALITY_RANGE,
        Rotation, STRENGTH_RANGE,
    },
    picture::label::LEAST_SIDE,
};

const FILE: &str = "www/client/core.ts";
const HEAD: &str = "\
// Made of the Rust core by src/types.rs, which says how; not to be edited.
";
/// The largest whole number that JavaScript counts to.
const LARGEST: u64 = (1 << 53) - 1;

/// A type's declaration, with what its fields say of themselves.
fn declared<T: TS>(config: &Config) -> String {
    format!("\n{}export {}\n", T::docs().unwrap_or_default(), T::decl(config))
}

/// A constant whose type is its very value.
fn constant(says: &str, name: &str, value: &serde_json::Value) -> String {
    format!("\n/** {says} */\nexport const {name} = {value} as const;\n")
}

/// All values of an enum without fields.
fn values<T: TS>(config: &Config, says: &str, name: &str) -> String {
    let list: Vec<String> = T::inline(config).split('"').skip(1).step_by(2).map(str::to_owned).collect();
    constant(says, name, &json!(list))
}

/// The types, each with those that it is made of.
fn types(config: &Config) -> String {
    [
        declared::<Limits>,
        declared::<Framing>,
        declared::<Crop>,
        declared::<Rotation>,
        declared::<Draw>,
        declared::<Device>,
        declared::<Finish>,
        declared::<Comparison>,
        declared::<Format>,
        declared::<Language>,
        declared::<Settings>,
        declared::<Since>,
        declared::<CacheMode>,
        declared::<Step>,
        declared::<Listed>,
        declared::<gpu::Program>,
        declared::<gpu::Step>,
        declared::<gpu::Part>,
        declared::<gpu::Coefficient>,
        declared::<gpu::Weights>,
        declared::<gpu::Operand>,
        declared::<gpu::Place>,
        declared::<gpu::Border>,
        declared::<gpu::Order>,
        declared::<gpu::Function>,
    ]
    .map(|declared| declared(config))
    .concat()
}

fn constants(config: &Config) -> String {
    let Limits { max_bytes, max_pixels } = Limits::default();
    let ranges = json!({
        "maxSide": [MAX_SIDE_RANGE.start(), MAX_SIDE_RANGE.end()],
        "share": [STRENGTH_RANGE.start(), STRENGTH_RANGE.end()],
        "quality": [QUALITY_RANGE.start(), QUALITY_RANGE.end()],
        "limit": [1, LARGEST],
        "threshold": [0, Settings::MAX_THRESHOLD],
    });
    let limits = json!({ "maxBytes": max_bytes, "maxPixels": max_pixels });
    let (Draw { max_side, full_size, .. }, Finish { format, quality, .. }) = (Draw::default(), Finish::default());
    let format = format.mime().trim_start_matches("image/");
    let defaults = json!({ "maxSide": max_side, "fullSize": full_size, "format": format, "quality": quality });
    [
        values::<Format>(config, "All of `OutputFormat`.", "FORMATS"),
        values::<Comparison>(config, "All of `Comparison`.", "COMPARISONS"),
        constant("All of `Rotation`.", "ROTATIONS", &json!(Rotation::DEGREES)),
        values::<Language>(config, "All of `Language`.", "LANGUAGES"),
        values::<Since>(config, "All of `Since`.", "SINCE"),
        constant("The least and the most of what is a number.", "RANGES", &ranges),
        constant("The browser's database of kept pictures.", "DATABASE", &json!(DATABASE)),
        constant("What is refused where nothing else is said.", "LIMITS", &limits),
        constant("How a picture is made where nothing else is said.", "DEFAULTS", &defaults),
        constant("A picture with a side under so many pixels gets no mark.", "LEAST_MARKED", &json!(LEAST_SIDE)),
    ]
    .concat()
}

#[test]
fn what_typescript_has_of_the_core_is_what_the_core_says() {
    let config = Config::new().with_large_int("number");
    let made = [HEAD, &types(&config), &constants(&config)].concat();
    if std::env::var_os("NIJIGEN_BLESS").is_some() {
        std::fs::write(FILE, &made).unwrap();
    }
    let held = std::fs::read_to_string(FILE).unwrap_or_default();
    assert!(held == made, "{FILE} is not what src/types.rs makes: run `npm run types`");
}
