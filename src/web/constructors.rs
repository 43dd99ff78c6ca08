//! Static constructors (tract registers its operators by them) run once, here.
#![allow(unsafe_code)]

unsafe extern "C" {
    /// Made by the linker. A module that never calls it is taken for a program, and then the linker
    /// lets every exported function run all constructors before and all destructors after itself.
    fn __wasm_call_ctors();
}

/// Called once, by the module's start function.
pub fn run() {
    // SAFETY: nothing has run yet; the constructors only add to registries.
    unsafe { __wasm_call_ctors() }
}
