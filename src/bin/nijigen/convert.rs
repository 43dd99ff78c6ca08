//! `nijigen convert`: from what was typed to a batch of photos.

use std::{fs, process::ExitCode, sync::Arc};

use indicatif::ProgressBar;
use nijigen::{Error, cache::Key, generator::Threads, pipeline::Engine};

use crate::{
    Convert, ModelRange,
    batch::{self, Batch, Counts, End, INTERRUPTED, cores},
    cache::Cache,
    generators::{self, explain},
    inputs, list, output,
    report::Report,
    shared::Shared,
    streams::tell,
};

/// A photo of 64 megapixels takes up to 0.8 GB while it is converted, one from a phone 0.2 GB.
const DEFAULT_MAX_JOBS: usize = 4;

/// Runs the command; gives the exit code.
pub fn run(arguments: &Convert) -> ExitCode {
    draw(arguments).unwrap_or_else(|sentence| {
        tell(sentence);
        ExitCode::from(2)
    })
}

/// # Errors
/// A sentence where what was typed is wrong; then nothing is drawn.
fn draw(arguments: &Convert) -> Result<ExitCode, String> {
    let engine = engine(arguments)?;
    let options = arguments.options();
    let listed = arguments.files_from.as_deref().map(list::read).transpose()?.unwrap_or_default();
    let found = inputs::expand(&arguments.inputs, &listed, &arguments.output);
    found.tell();
    let outputs = output::plan(&found, &arguments.output, options.finish.format)?;
    let key = Key::new(engine.entry(), &options);
    let report = arguments.report.map(|_| Report::default());
    if let Some(report) = &report {
        if output::is_standard(&arguments.output) {
            return Err("--report writes to standard output, where the picture would go; name a file for one".into());
        }
        found.missing.iter().for_each(|missing| report.missing(&missing.name, &missing.why));
    }
    let bar = batch::bar(found.inputs.len());
    let cache = open_cache(arguments, key.clone(), &bar)?;
    let jobs = arguments.jobs.map_or_else(|| cores().min(DEFAULT_MAX_JOBS), usize::from).min(found.inputs.len());
    output::check(&outputs)?;
    let batch = Batch {
        found: &found,
        outputs: &outputs,
        options,
        key,
        cache,
        force: arguments.force,
        resume: arguments.resume,
        report,
        end: end(),
        bar,
        counts: Counts::default(),
    };
    Ok(batch.run(&engine, jobs))
}

fn engine(arguments: &Convert) -> Result<Engine, String> {
    let Some(path) = &arguments.model else { return generators::load(&arguments.style, arguments.tier) };
    let name = path.file_stem().unwrap_or_default().to_string_lossy();
    let bytes = fs::read(path).map_err(|e| Error::BadModel(format!("{}: {e}", path.display())));
    let range = arguments.model_range.map(|ModelRange(ranges)| ranges);
    // It may have to draw once before it is known what the model gives.
    let _threads = Threads::start(cores());
    bytes.and_then(|bytes| Engine::for_user_model(&name, &bytes, range)).map_err(explain)
}

/// Without a cache all photos are drawn.
///
/// # Errors
/// A sentence when what is named cannot be a cache.
fn open_cache(arguments: &Convert, key: Key, bar: &ProgressBar) -> Result<Option<Cache>, String> {
    if arguments.no_cache {
        return Ok(None);
    }
    let say = |bar: &ProgressBar, sentence: &str| bar.suspend(|| tell(sentence));
    let own = bar.clone();
    let shared = Shared::open(arguments, move |sentence| say(&own, sentence))?;
    Ok(Some(Cache::open(arguments, key, shared, |sentence| say(bar, sentence))))
}

/// What SIGTERM and SIGINT (Ctrl-C) set; a second one ends the program at once.
fn end() -> End {
    use signal_hook::{
        consts::{SIGINT, SIGTERM},
        flag,
    };
    /// What a shell says of a program that SIGTERM ended.
    const TERMINATED: i32 = 128 + 15;
    let end = End::default();
    let told = || Arc::clone(&end.told);
    // Where signals cannot be heard it ends as any program does.
    let _ = flag::register(SIGINT, Arc::clone(&end.interrupted));
    for (signal, code) in [(SIGINT, INTERRUPTED.into()), (SIGTERM, TERMINATED)] {
        let _ = flag::register_conditional_shutdown(signal, code, told()).and_then(|_| flag::register(signal, told()));
    }
    end
}
