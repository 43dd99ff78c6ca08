//! `nijigen convert`: every input in turn, several at a time; a failure does not stop the rest.

use std::{
    collections::HashSet,
    fs,
    panic::{AssertUnwindSafe, catch_unwind},
    path::{Path, PathBuf},
    process::ExitCode,
    sync::atomic::{AtomicUsize, Ordering},
    thread,
    time::Instant,
};

use indicatif::{ProgressBar, ProgressStyle};
use nijigen::{
    Error, Options, Result,
    picture::{decode::check_size, encode::encode},
    pipeline::{Engine, prepare},
};

use crate::{Convert, generators, inputs, inputs::Input, output};

/// Steps of the progress bar per photo.
const STEPS: u64 = 1000;
/// A photo at the default size takes a few hundred MB while it is converted.
const DEFAULT_MAX_JOBS: usize = 4;

/// What all threads share.
struct Batch<'a> {
    inputs: &'a [Input],
    outputs: &'a [PathBuf],
    originals: HashSet<PathBuf>,
    options: Options,
    force: bool,
    bar: ProgressBar,
    next: AtomicUsize,
    failed: AtomicUsize,
}

/// Runs the command; gives the exit code.
pub fn run(arguments: &Convert) -> ExitCode {
    let engine = match engine(arguments) {
        Ok(engine) => engine,
        Err(error) => {
            eprintln!("nijigen: {error} [{}]", error.code());
            return ExitCode::from(2);
        }
    };
    let options = arguments.options();
    let (inputs, missing) = inputs::expand(&arguments.inputs);
    let outputs = match output::plan(&inputs, &arguments.output, options.format) {
        Ok(outputs) => outputs,
        Err(why) => {
            eprintln!("nijigen: {why}");
            return ExitCode::from(2);
        }
    };
    missing.iter().for_each(|sentence| eprintln!("nijigen: {sentence}"));
    let batch = Batch {
        originals: inputs.iter().filter_map(|input| fs::canonicalize(&input.path).ok()).collect(),
        bar: bar(inputs.len()),
        inputs: &inputs,
        outputs: &outputs,
        options,
        force: arguments.force,
        next: AtomicUsize::new(0),
        failed: AtomicUsize::new(missing.len()),
    };
    let jobs = arguments.jobs.map_or_else(default_jobs, usize::from).min(inputs.len());
    batch.run(&engine, jobs)
}

fn engine(arguments: &Convert) -> Result<Engine> {
    let Some(path) = &arguments.model else { return generators::load(&arguments.style, arguments.tier) };
    let name = path.file_stem().unwrap_or_default().to_string_lossy();
    let bytes = fs::read(path).map_err(|e| Error::BadModel(format!("{}: {e}", path.display())))?;
    Engine::for_user_model(&name, &bytes)
}

fn default_jobs() -> usize {
    thread::available_parallelism().map_or(1, usize::from).min(DEFAULT_MAX_JOBS)
}

/// Shown only where stderr is a terminal.
fn bar(photos: usize) -> ProgressBar {
    let bar = ProgressBar::new(photos as u64 * STEPS);
    if let Ok(style) = ProgressStyle::with_template("{bar:40} {percent:>3} % · {eta} left · {msg}") {
        bar.set_style(style);
    }
    bar
}

impl Batch<'_> {
    fn run(&self, engine: &Engine, jobs: usize) -> ExitCode {
        let begin = Instant::now();
        // A panic becomes the photo's error; its message goes there instead of to stderr.
        std::panic::set_hook(Box::new(|_| {}));
        thread::scope(|scope| {
            for _ in 0..jobs {
                scope.spawn(|| self.work(engine));
            }
        });
        self.bar.finish_and_clear();
        let failed = self.failed.load(Ordering::Relaxed);
        let done = self.inputs.len().saturating_sub(failed);
        let not = if failed > 0 { format!(", {failed} not") } else { String::new() };
        eprintln!("nijigen: {done} converted{not}, {:.1} s", begin.elapsed().as_secs_f32());
        if failed > 0 { ExitCode::FAILURE } else { ExitCode::SUCCESS }
    }

    /// Takes the next photo until there is none; each thread has an engine of its own.
    fn work(&self, engine: &Engine) {
        let mut own = engine.clone();
        loop {
            let index = self.next.fetch_add(1, Ordering::Relaxed);
            let (Some(input), Some(target)) = (self.inputs.get(index), self.outputs.get(index)) else { return };
            self.bar.set_message(input.relative.display().to_string());
            let mut shown = 0;
            if let Err(sentence) = self.one(&mut own, &input.path, target, &mut shown) {
                self.failed.fetch_add(1, Ordering::Relaxed);
                self.bar.suspend(|| eprintln!("nijigen: {}: {sentence}", input.path.display()));
            }
            self.bar.inc(STEPS.saturating_sub(shown));
        }
    }

    /// Converts one photo; a panic leaves a fresh engine behind.
    fn one(
        &self,
        engine: &mut Engine,
        photo: &Path,
        target: &Path,
        shown: &mut u64,
    ) -> std::result::Result<(), String> {
        if let Some(why) = output::refusal(target, self.force, &self.originals) {
            return Err(why);
        }
        let explain = |error: Error| format!("{error} [{}]", error.code());
        let unreadable = |error| format!("it cannot be read: {error}");
        // A file over the limit is not even read.
        check_size(fs::metadata(photo).map_err(unreadable)?.len(), &self.options.limits).map_err(explain)?;
        let file = fs::read(photo).map_err(unreadable)?;
        let fresh = engine.clone();
        let bytes = catch_unwind(AssertUnwindSafe(|| self.render(engine, &file, shown))).unwrap_or_else(|panic| {
            *engine = fresh;
            let what = panic.downcast_ref::<String>().map(String::as_str).or(panic.downcast_ref::<&str>().copied());
            Err(Error::Internal(what.unwrap_or("a panic").to_owned()))
        });
        output::write(target, &bytes.map_err(explain)?)
            .map_err(|error| format!("{} cannot be written: {error}", target.display()))
    }

    fn render(&self, engine: &mut Engine, file: &[u8], shown: &mut u64) -> Result<Vec<u8>> {
        let mut rendering = engine.begin(prepare(file, &self.options.limits)?, &self.options)?;
        while !rendering.step()? {
            let now = (f64::from(rendering.progress()) * (STEPS - 1) as f64) as u64;
            self.bar.inc(now.saturating_sub(*shown));
            *shown = now.max(*shown);
        }
        encode(&rendering.finish()?, &self.options)
    }
}
