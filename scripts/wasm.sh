#!/usr/bin/env bash
# Builds the browser's module into target/wasm/simd/: nijigen.js, nijigen_bg.wasm and their types.
# Does nothing when nothing changed. With the word "compile" it stops before wasm-bindgen is needed.
set -euo pipefail
cd "$(dirname "$0")/.."
. scripts/env.sh

out=target/wasm/simd
built=target/$WASM_TARGET/wasm/nijigen.wasm
export RUSTFLAGS=$WASM_FLAGS
build=(build --quiet --lib --profile wasm --target $WASM_TARGET)

case $(wasm_toolchain) in
  own) cargo "${build[@]}" ;;
  debian)
    # Debian's Rust has the sources of std but no wasm std and no wasm linker: build the one, borrow
    # the other from the default toolchain. It needs the flag that lets a stable compiler do so.
    RUSTFLAGS+=" -C linker=$(rustc --print target-libdir)/../bin/rust-lld"
    RUSTC_BOOTSTRAP=1 RUSTC=$DEBIAN_RUSTC /usr/bin/cargo "${build[@]}" -Z build-std=std,panic_abort
    ;;
  *) echo "No toolchain can build for $WASM_TARGET: run scripts/setup.sh wasm" >&2; exit 1 ;;
esac

if [ "${1:-}" = compile ]; then exit; fi
if [ ! $out/nijigen_bg.wasm -nt $built ]; then
  wasm-bindgen --target web --remove-name-section --remove-producers-section --out-dir $out --out-name nijigen $built
  touch $out/nijigen_bg.wasm
fi
