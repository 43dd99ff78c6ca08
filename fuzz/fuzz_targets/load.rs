#![no_main]

use libfuzzer_sys::fuzz_target;

/// tract's own panics are caught by the product, so they end no run; libFuzzer's hook sees only the others.
fn let_tract_panic() {
    let hook = std::panic::take_hook();
    std::panic::set_hook(Box::new(move |panic| {
        if !panic.location().is_some_and(|place| place.file().contains("/registry/src/")) {
            hook(panic);
        }
    }));
}

fuzz_target!(init: let_tract_panic(), |input: &[u8]| nijigen_fuzz::load::check(input));
