#!/usr/bin/env bash
# Installs what the named needs lack, and nothing that is there: scripts/setup.sh NEED…
# Needs: cc  lint  wasm  atomics  bindgen  trunk  npm  chromium  firefox  deny  fuzz  python
# Never asks; safe to interrupt and run again. Without root it prints the command to run and stops.
set -euo pipefail
cd "$(dirname "$0")/.."
. scripts/env.sh

# One at a time: two that install the same tool would write over each other's files.
mkdir -p "$TOOLS"
if command -v flock >/dev/null; then exec 9>"$TOOLS/lock"; flock 9; fi

say() { printf '» %s\n' "$*"; }
stop() { printf '\n%s\n' "$*" >&2; exit 1; }

# apt PACKAGE… : what for : how long
apt() {
  local packages=$1 why=$2 long=$3
  local command="apt-get install -y --no-install-recommends $packages"
  command -v apt-get >/dev/null || stop "Please install $why ($packages on Debian) with your system's package manager, then run this again."
  [ "$(id -u)" = 0 ] || stop "$why is missing. Run this once, then the same make command again:
  sudo apt-get update && sudo $command"
  say "installing $why ($packages): usually $long"
  # Package lists on a new machine are empty or old.
  if [ -z "${APT_UPDATED:-}" ]; then apt-get -qq update; APT_UPDATED=1; fi
  # shellcheck disable=SC2086
  DEBIAN_FRONTEND=noninteractive apt-get -qq -o=Dpkg::Use-Pty=0 install -y --no-install-recommends $packages 2>&1 >/dev/null |
    { grep -v '^debconf: ' >&2 || true; }
}

# tool CRATE VERSION HOW-LONG CARGO-FLAGS… : a Rust program at exactly this version, in our own folder
tool() {
  local crate=$1 version=$2 long=$3; shift 3
  local root=$TOOLS/$crate-$version
  say "installing $crate $version: usually $long"
  if cargo binstall -V >/dev/null 2>&1 && cargo binstall -y --quiet --root "$root" "$crate@$version"; then return; fi
  # A target folder of its own lets an interrupted build go on where it stopped.
  CARGO_TARGET_DIR=$TOOLS/build/$crate cargo install --quiet --root "$root" "$crate" --version "$version" "$@"
  rm -rf "$TOOLS/build/$crate"
}

need_cc() {
  command -v cargo >/dev/null || stop "Rust is missing: install it from https://rustup.rs, then run this again."
  command -v cc >/dev/null || apt "gcc libc6-dev" "a C linker (Rust links with it)" "20 s"
}

need_lint() {
  need_cc
  cargo fmt --version >/dev/null 2>&1 && cargo clippy --version >/dev/null 2>&1 && return
  say "adding rustfmt and clippy: usually 20 s"
  rustup component add rustfmt clippy >/dev/null 2>&1 || stop "rustfmt and clippy are missing; run: rustup component add rustfmt clippy"
}

need_wasm() {
  need_cc
  [ -n "$(wasm_toolchain)" ] && return
  if command -v rustup >/dev/null; then
    say "adding Rust's wasm32 target: usually 20 s"
    timeout 180 rustup target add wasm32-unknown-unknown >/dev/null 2>&1 || true
    [ -n "$(wasm_toolchain)" ] && return
    say "rustup cannot fetch it here; Debian's Rust has it"
  fi
  apt "rustc-web cargo-web rust-web-src" "a Rust that can build for wasm32" "90 s"
  [ -n "$(wasm_toolchain)" ] || stop "No Rust toolchain here can build for wasm32-unknown-unknown."
}

# For the modules with threads, which need a std of their own. Where it cannot be built they are left out.
need_atomics() {
  need_wasm
  [ -n "$(atomics_toolchain)" ] && return
  say "adding the sources of Rust's std: usually 20 s"
  timeout 180 rustup component add rust-src >/dev/null 2>&1 || true
}

need_bindgen() {
  need_cc
  [ "$(wasm-bindgen --version 2>/dev/null)" = "wasm-bindgen $BINDGEN_VERSION" ] && return
  # Not --locked: its lock file can name crates that are newer than a registry mirror holds.
  tool wasm-bindgen-cli "$BINDGEN_VERSION" "4 minutes" --no-default-features --bin wasm-bindgen
}

need_trunk() {
  need_cc
  [ "$(trunk --version 2>/dev/null)" = "trunk $TRUNK_VERSION" ] && return
  # --locked: it does not compile with newer dependencies.
  tool trunk "$TRUNK_VERSION" "8 minutes" --locked --no-default-features --features rustls
}

need_deny() {
  need_cc
  [ "$(cargo-deny --version 2>/dev/null)" = "cargo-deny $DENY_VERSION" ] && return
  tool cargo-deny "$DENY_VERSION" "6 minutes" --locked
}

need_fuzz() {
  need_cc
  rustc +nightly --version >/dev/null 2>&1 || stop "Fuzzing needs Rust's nightly toolchain; run: rustup toolchain install nightly --profile minimal"
  [ "$(cargo-fuzz --version 2>/dev/null)" = "cargo-fuzz $FUZZ_VERSION" ] && return
  tool cargo-fuzz "$FUZZ_VERSION" "2 minutes" --locked
}

need_npm() {
  command -v npm >/dev/null || stop "Node 20 or newer with npm is missing: https://nodejs.org"
  cmp -s package-lock.json node_modules/.package-lock.copy && return
  say "installing npm packages: usually 20 s"
  npm ci --silent --no-audit --no-fund
  cp package-lock.json node_modules/.package-lock.copy
}

need_chromium() {
  [ -n "$(chromium_path)" ] || apt "chromium" "Chromium (the tests run in it)" "60 s"
}

need_firefox() {
  [ -n "$(command -v firefox-esr firefox)" ] || apt "firefox-esr" "Firefox (make test-firefox runs in it)" "60 s"
}

# PyTorch and the rest of the training room, in a folder of their own.
need_python() {
  [ -e "$PYTHON_ROOM/ready" ] && return
  command -v python3 >/dev/null && python3 -c 'import ensurepip, venv' 2>/dev/null || apt "python3-venv" "Python 3.11 or newer with venv" "20 s"
  python3 -c 'import sys; sys.exit(sys.version_info < (3, 11))' || stop "The training room needs Python 3.11 or newer."
  say "installing PyTorch for the training room's smoke test: usually 3 minutes"
  python3 -m venv --clear "$PYTHON_ROOM"
  # PyTorch's own index has it without CUDA, a tenth of the size. Where a network does not reach it, the usual one will do.
  local index=https://download.pytorch.org/whl/cpu
  "$PYTHON_ROOM/bin/python" -c "import urllib.request as u; u.urlopen('$index/torch/', timeout=5)" 2>/dev/null || index=
  "$PYTHON_ROOM/bin/pip" install --quiet ${index:+--extra-index-url $index} -r models/train/requirements.txt
  touch "$PYTHON_ROOM/ready"
}

# On one line with the exit: an update of this file while it runs is not half read.
for need in "$@"; do "need_$need"; done; exit
