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
    cache::{Fault, Key},
    fingerprint::{Fingerprint, drawn::is_drawn, exact},
    generator::Threads,
    picture::{
        decode::{check_size, decode_eighth},
        encode::encode,
    },
    pipeline::{Engine, Prepared, prepare},
};

use crate::{
    Convert, ModelRange,
    cache::{self, Cache},
    generators::{self, explain},
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
    cache: Option<Cache>,
    force: bool,
    bar: ProgressBar,
    next: AtomicUsize,
    done: AtomicUsize,
    /// Of those done, how many were kept from an earlier run.
    kept: AtomicUsize,
}

/// Runs the command; gives the exit code.
pub fn run(arguments: &Convert) -> ExitCode {
    let wrong = |sentence: String| {
        eprintln!("nijigen: {sentence}");
        ExitCode::from(2)
    };
    let engine = match engine(arguments) {
        Ok(engine) => engine,
        Err(sentence) => return wrong(sentence),
    };
    let options = arguments.options();
    let found = inputs::expand(&arguments.inputs, &arguments.output);
    found.missing.iter().for_each(|sentence| eprintln!("nijigen: {sentence}"));
    let outputs = match output::plan(&found, &arguments.output, options.format) {
        Ok(outputs) => outputs,
        Err(sentence) => return wrong(sentence),
    };
    let key = Key::new(engine.entry(), &options);
    let batch = Batch {
        bar: bar(found.inputs.len()),
        found: &found,
        outputs: &outputs,
        options,
        cache: open_cache(arguments, key),
        force: arguments.force,
        next: AtomicUsize::new(0),
        done: AtomicUsize::new(0),
        kept: AtomicUsize::new(0),
    };
    let jobs = arguments.jobs.map_or_else(|| cores().min(DEFAULT_MAX_JOBS), usize::from).min(found.inputs.len());
    batch.run(&engine, jobs)
}

fn engine(arguments: &Convert) -> std::result::Result<Engine, String> {
    let Some(path) = &arguments.model else { return generators::load(&arguments.style, arguments.tier) };
    let name = path.file_stem().unwrap_or_default().to_string_lossy();
    let bytes = fs::read(path).map_err(|e| Error::BadModel(format!("{}: {e}", path.display())));
    let range = arguments.model_range.map(ModelRange::values);
    // It may have to draw once before it is known what the model gives.
    let _threads = Threads::start(cores());
    bytes.and_then(|bytes| Engine::for_user_model(&name, &bytes, range)).map_err(explain)
}

/// Without a cache all photos are drawn.
fn open_cache(arguments: &Convert, key: Key) -> Option<Cache> {
    if arguments.no_cache {
        return None;
    }
    let folder = cache::folder(arguments.cache_dir.as_ref());
    let opened = folder.and_then(|folder| {
        Cache::open(folder.clone(), key, arguments.near).map_err(|fault| format!("{}: {fault}", folder.display()))
    });
    opened.inspect_err(|why| eprintln!("nijigen: results are not kept: {why}")).ok()
}

fn cores() -> usize {
    thread::available_parallelism().map_or(1, usize::from)
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
        // Rather one too many than one that idles.
        let threads = cores().div_ceil(jobs.max(1));
        thread::scope(|scope| {
            for _ in 0..jobs {
                scope.spawn(|| self.work(engine, threads));
            }
        });
        self.bar.finish_and_clear();
        let done = self.done.load(Ordering::Relaxed);
        let failed = self.found.inputs.len() + self.found.missing.len() - done;
        let not = if failed > 0 { format!(", {failed} not") } else { String::new() };
        let kept = match self.kept.load(Ordering::Relaxed) {
            0 => String::new(),
            kept => format!(" ({kept} from the cache)"),
        };
        eprintln!("nijigen: {done} converted{kept}{not}, {:.1} s", begin.elapsed().as_secs_f32());
        if failed > 0 { ExitCode::FAILURE } else { ExitCode::SUCCESS }
    }

    /// Takes the next photo until there is none, with an engine of its own and its share of the threads. In a pool that
    /// all photos have in common they would wait for each other after every operator.
    fn work(&self, engine: &Engine, threads: usize) {
        let _threads = Threads::start(threads);
        let mut own = engine.clone();
        loop {
            let index = self.next.fetch_add(1, Ordering::Relaxed);
            let (Some(input), Some(target)) = (self.found.inputs.get(index), self.outputs.get(index)) else { return };
            self.bar.set_message(input.relative.display().to_string());
            let mut shown = 0;
            match self.one(&mut own, &input.path, target, &mut shown) {
                Ok(()) => drop(self.done.fetch_add(1, Ordering::Relaxed)),
                Err(sentence) => self.say(&input.path, &sentence),
            }
            self.bar.inc(STEPS.saturating_sub(shown));
        }
    }

    /// Says something of a photo without tearing the progress bar.
    fn say(&self, photo: &Path, sentence: &str) {
        self.bar.suspend(|| eprintln!("nijigen: {}: {sentence}", photo.display()));
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
        let explain = |error: Error| {
            let more =
                if matches!(error, Error::TooLarge(_)) { "; --max-megapixels, --max-file allow more" } else { "" };
            explain(error) + more
        };
        let unreadable = |error| format!("it cannot be read: {error}");
        // A file over the limit is not even read.
        check_size(fs::metadata(photo).map_err(unreadable)?.len(), &self.options.limits).map_err(explain)?;
        let file = fs::read(photo).map_err(unreadable)?;
        let fresh = engine.clone();
        let bytes = catch_unwind(AssertUnwindSafe(|| self.find_or_render(engine, photo, &file, shown))).unwrap_or_else(
            |panic| {
                *engine = fresh;
                let what = panic.downcast_ref::<String>().map(String::as_str).or(panic.downcast_ref::<&str>().copied());
                Err(Error::Internal(what.unwrap_or("a panic").to_owned()))
            },
        );
        output::write(target, &bytes.map_err(explain)?, self.force)
            .map_err(|error| format!("{} cannot be written: {error}", target.display()))
    }

    /// The very file's kept result, one of a picture that looks the same, or a new one, which is kept.
    fn find_or_render(&self, engine: &mut Engine, path: &Path, file: &[u8], shown: &mut u64) -> Result<Vec<u8>> {
        let limits = &self.options.limits;
        let Some(cache) = &self.cache else { return self.render(engine, path, prepare(file, limits)?, shown) };
        let sha256 = exact::sha256(file);
        if let Some(kept) = cache.exact(&sha256) {
            self.kept.fetch_add(1, Ordering::Relaxed);
            return Ok(kept);
        }
        // A large JPEG is looked up before all of it is decoded. No drawing is kept that a drawing could be near to.
        let glimpsed = decode_eighth(file, limits)?.map(|small| Fingerprint::new(&small));
        if let Some(kept) = glimpsed.as_ref().and_then(|seen| self.near(cache, path, seen)) {
            return Ok(kept);
        }
        let photo = prepare(file, limits)?;
        // Drawings can be alike and yet differ in what matters.
        if is_drawn(photo.picture())? {
            return self.render(engine, path, photo, shown);
        }
        let fingerprint = match glimpsed {
            Some(fingerprint) => fingerprint,
            None => {
                let seen = Fingerprint::new(photo.picture());
                if let Some(kept) = self.near(cache, path, &seen) {
                    return Ok(kept);
                }
                seen
            }
        };
        let bytes = self.render(engine, path, photo, shown)?;
        if let Err(fault) = cache.put(sha256, fingerprint, &bytes) {
            let what = if fault == Fault::Full { "some results are not kept" } else { "results are no longer kept" };
            self.bar.suspend(|| eprintln!("nijigen: {what}: {fault}"));
        }
        Ok(bytes)
    }

    /// The kept result of a photo that looks the same, which is said.
    fn near(&self, cache: &Cache, path: &Path, seen: &Fingerprint) -> Option<Vec<u8>> {
        let (bits, kept) = cache.near(seen)?;
        self.kept.fetch_add(1, Ordering::Relaxed);
        self.say(path, &format!("looks like an earlier photo ({bits} of 64 bits differ); its result is used"));
        Some(kept)
    }

    fn render(&self, engine: &mut Engine, path: &Path, photo: Prepared, shown: &mut u64) -> Result<Vec<u8>> {
        let wanted = photo.picture().width().max(photo.picture().height()).min(self.options.max_side);
        let picture = engine.render(photo, &self.options, |progress| {
            let now = (f64::from(progress) * (STEPS - 1) as f64) as u64;
            self.bar.inc(now.saturating_sub(*shown));
            *shown = now.max(*shown);
            ControlFlow::Continue(())
        })?;
        let (width, height) = (picture.width(), picture.height());
        if width.max(height) < wanted {
            self.say(path, &format!("drawn at {width}×{height} pixels, the most that this generator takes"));
        }
        encode(picture, &self.options)
    }
}
