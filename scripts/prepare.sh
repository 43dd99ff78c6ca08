#!/usr/bin/env bash
# What the site is made of: the browser's modules and the npm packages. The modules compile while the tools are installed:
# both take minutes the first time, and each leaves a core idle for much of them.
set -euo pipefail
cd "$(dirname "$0")/.."
. scripts/env.sh
all=${NIJIGEN_RELEASE:-}${NIJIGEN_VARIANTS:-}
scripts/setup.sh cc wasm ${all:+atomics}
if [ "${NIJIGEN_LIST:-}" ]; then exec scripts/setup.sh npm bindgen; fi

set -m
mkdir -p target
# What goes wrong is shown when all else has ended, or its cause would scroll away.
scripts/wasm.sh compile 2>target/compile.log &
compiling=$!
scripts/setup.sh npm bindgen 2>target/install.log &
installing=$!
trap 'kill -- -$compiling -$installing 2>/dev/null || true' EXIT
trap 'exit 130' INT TERM
if ! both $compiling $installing; then
  if [ "$failed" = $installing ]; then cat target/install.log >&2; exit 1; fi
  cat target/compile.log >&2
  echo "The browser's module did not compile: the cause is above." >&2
  exit 1
fi
cat target/install.log target/compile.log >&2
scripts/wasm.sh finish
