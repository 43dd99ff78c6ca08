//! Makes what a browser takes of a linked module: `nijigen-bindgen LINKED.wasm FOLDER` leaves nijigen_bg.wasm, nijigen.js and
//! their types in the folder, and in its subfolder `bench` the same with what only tests and benches call. It is
//! wasm-bindgen's own program as far as it is needed here, and compiles in half the time: that has many more crates, for
//! its arguments and its test server.
use std::env::args;
use std::path::Path;
use std::process::exit;
use walrus::{Module, ModuleConfig};
use wasm_bindgen_cli_support::Bindgen;

/// The class that tests and benches call (src/web/bench.rs).
const BENCH: &str = "Bench";
/// Where a linked module says what its bindings are.
const BINDINGS: &str = "__wasm_bindgen_unstable";

fn main() {
    let (Some(linked), Some(folder), None) = (args().nth(1), args().nth(2), args().nth(3)) else {
        eprintln!("usage: nijigen-bindgen LINKED.wasm FOLDER");
        exit(2);
    };
    let folder = Path::new(&folder);
    let made = read(&linked).and_then(|module| bind(module, &folder.join("bench"))).and_then(|()| {
        let mut module = read(&linked)?;
        leave_bench_out(&mut module)?;
        bind(module, folder)
    });
    if let Err(error) = made {
        eprintln!("{linked}: {error:?}");
        exit(1);
    }
}

fn read(linked: &str) -> anyhow::Result<Module> {
    // As wasm-bindgen reads it; what LLVM writes for threads is made valid only afterwards.
    ModuleConfig::new()
        .strict_validate(false)
        .generate_name_section(false)
        .generate_producers_section(false)
        .parse_file(linked)
}

fn bind(module: Module, folder: &Path) -> anyhow::Result<()> {
    let mut bindgen = Bindgen::new();
    bindgen
        .web(true)?
        .input_module("nijigen", module)
        // Bundlers would look for a module named in the bindings.
        .omit_default_module_path(true)
        .remove_name_section(true)
        .remove_producers_section(true)
        .typescript(true)
        .generate(folder)
}

/// Nobody asks for what is not exported: wasm-bindgen drops it.
fn leave_bench_out(module: &mut Module) -> anyhow::Result<()> {
    let lower = BENCH.to_lowercase();
    let exports: Vec<_> = module.exports.iter().filter(|export| export.name.contains(&lower)).map(|e| e.id()).collect();
    anyhow::ensure!(!exports.is_empty(), "{BENCH} is not exported");
    exports.into_iter().for_each(|export| module.exports.delete(export));
    let mut bindings = module.customs.remove_raw(BINDINGS).ok_or_else(|| anyhow::anyhow!("no bindings"))?;
    // Pairs of a version and a program, each with its length before it; every item has a program of its own.
    let (mut rest, mut kept) = (&bindings.data[..], vec![]);
    while !rest.is_empty() {
        let (version, after) = piece(rest)?;
        let (program, after) = piece(after)?;
        let length = version.len() + program.len();
        if !program.windows(BENCH.len()).any(|window| window == BENCH.as_bytes()) {
            kept.extend_from_slice(&rest[..length]);
        }
        rest = after;
    }
    anyhow::ensure!(kept.len() < bindings.data.len(), "no binding is {BENCH}'s");
    bindings.data = kept;
    module.customs.add(bindings);
    Ok(())
}

/// The first piece with its length before it, and what comes after.
fn piece(bytes: &[u8]) -> anyhow::Result<(&[u8], &[u8])> {
    let (length, after) = bytes.split_first_chunk().ok_or_else(|| anyhow::anyhow!("bindings end early"))?;
    let length = u32::from_le_bytes(*length) as usize;
    anyhow::ensure!(length <= after.len(), "bindings end early");
    Ok(bytes.split_at(4 + length))
}
