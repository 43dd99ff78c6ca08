//! `nijigen convert`: every input in turn, several at a time; a failure does not stop the rest.

use std::{
    fs,
    ops::ControlFlow,
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

use crate::{
    Convert, ModelRange, generators,
    inputs::{self, Found},
    output,
};

/// Steps of the progress bar per photo.
const STEPS: u64 = 1000;
/// A photo of 64 megapixels takes up to 0.8 GB while it is converted, one from a phone 0.2 GB.
const DEFAULT_MAX_JOBS: usize = 4;

/// What all threads share.
struct Batch<'a> {
    found: &'a Found,
    outputs: &'a [PathBuf],
    options: Options,
    force: bool,
    bar: ProgressBar,
    next: AtomicUsize,
    done: AtomicUsize,
}

/// Runs the command; gives the exit code.
pub fn run(arguments: &Convert) -> ExitCode {
    let wrong = |sentence: String| {
        eprintln!("nijigen: {sentence}");
        ExitCode::from(2)
    };
    let engine = match engine(arguments) {
        Ok(engine) => engine,
        Err(error) => return wrong(format!("{error} [{}]", error.code())),
    };
    let options = arguments.options();
    let found = inputs::expand(&arguments.inputs, &arguments.output);
    found.missing.iter().for_each(|sentence| eprintln!("nijigen: {sentence}"));
    let outputs = match output::plan(&found, &arguments.output, options.format) {
        Ok(outputs) => outputs,
        Err(sentence) => return wrong(sentence),
    };
    let batch = Batch {
        bar: bar(found.inputs.len()),
        found: &found,
        outputs: &outputs,
        options,
        force: arguments.force,
        next: AtomicUsize::new(0),
        done: AtomicUsize::new(0),
    };
    let jobs = arguments.jobs.map_or_else(default_jobs, usize::from).min(found.inputs.len());
    batch.run(&engine, jobs)
}

fn engine(arguments: &Convert) -> Result<Engine> {
    let Some(path) = &arguments.model else { return generators::load(&arguments.style, arguments.tier) };
    let name = path.file_stem().unwrap_or_default().to_string_lossy();
    let bytes = fs::read(path).map_err(|e| Error::BadModel(format!("{}: {e}", path.display())))?;
    Engine::for_user_model(&name, &bytes, arguments.model_range.map(ModelRange::values))
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
        let done = self.done.load(Ordering::Relaxed);
        let failed = self.found.inputs.len() + self.found.missing.len() - done;
        let not = if failed > 0 { format!(", {failed} not") } else { String::new() };
        eprintln!("nijigen: {done} converted{not}, {:.1} s", begin.elapsed().as_secs_f32());
        if failed > 0 { ExitCode::FAILURE } else { ExitCode::SUCCESS }
    }

    /// Takes the next photo until there is none; each thread has an engine of its own.
    fn work(&self, engine: &Engine) {
        let mut own = engine.clone();
        loop {
            let index = self.next.fetch_add(1, Ordering::Relaxed);
            let (Some(input), Some(target)) = (self.found.inputs.get(index), self.outputs.get(index)) else { return };
            self.bar.set_message(input.relative.display().to_string());
            let mut shown = 0;
            match self.one(&mut own, &input.path, target, &mut shown) {
                Ok(()) => drop(self.done.fetch_add(1, Ordering::Relaxed)),
                Err(sentence) => self.bar.suspend(|| eprintln!("nijigen: {}: {sentence}", input.path.display())),
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
        if let Some(why) = output::refusal(target, self.force, self.found) {
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
        output::write(target, &bytes.map_err(explain)?, self.force)
            .map_err(|error| format!("{} cannot be written: {error}", target.display()))
    }

    fn render(&self, engine: &mut Engine, file: &[u8], shown: &mut u64) -> Result<Vec<u8>> {
        let picture = engine.render(prepare(file, &self.options.limits)?, &self.options, |progress| {
            let now = (f64::from(progress) * (STEPS - 1) as f64) as u64;
            self.bar.inc(now.saturating_sub(*shown));
            *shown = now.max(*shown);
            ControlFlow::Continue(())
        })?;
        encode(picture, &self.options)
    }
}
