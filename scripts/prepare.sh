#!/usr/bin/env bash
# What the site needs before Trunk assembles it. The module compiles while the tools are installed: both take
# minutes the first time, and each leaves a core idle for much of them.
set -euo pipefail
cd "$(dirname "$0")/.."
all=${NIJIGEN_RELEASE:-}${NIJIGEN_VARIANTS:-}
scripts/setup.sh wasm ${all:+atomics}
if [ "$all" ]; then
  echo "» compiling the browser's modules, with threads and without: usually 20 minutes the first time"
else
  echo "» compiling the browser's module: usually 6 minutes the first time, seconds after that"
fi
scripts/wasm.sh compile &
compiling=$!
trap 'kill $compiling 2>/dev/null || true' EXIT
scripts/setup.sh npm bindgen trunk
wait $compiling || { echo "The module did not compile; what the compiler said is above." >&2; exit 1; }
