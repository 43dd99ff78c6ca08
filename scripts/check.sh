#!/usr/bin/env bash
# Everything that can be said of the code without running it.
set -euo pipefail
cd "$(dirname "$0")/.."
. scripts/env.sh

cargo fmt --check
cargo clippy --quiet --release --all-targets --features cli -- -D warnings
# The bindings exist only for wasm.
if [ "$(wasm_toolchain)" = own ]; then
  RUSTFLAGS=$WASM_FLAGS cargo clippy --quiet --profile wasm --lib --features relaxed,threads --target $WASM_TARGET -- -D warnings
else
  echo "» the bindings in src/web are not linted: this toolchain has no wasm32 std (make test still builds them)"
fi
npm run --silent check
# What the guides link to and the API refers to is there.
npm ci --prefix docs --silent --no-audit --no-fund
docs/node_modules/.bin/typedoc --options docs/typedoc.json --emit none
cargo deny --log-level error check bans licenses sources
# The advisories are a repository of their own, which not every network reaches.
if cargo deny --log-level off fetch db >/dev/null 2>&1; then
  cargo deny --log-level error check --disable-fetch advisories
else
  echo "» security advisories were not checked: the advisory database cannot be fetched here"
fi
# npm's advisories are asked of the registry, which not every network lets be asked.
if ! audit=$(npm audit --json 2>/dev/null); then
  if [[ $audit == *auditReportVersion* ]]; then npm audit; fi
  echo "» npm's security advisories were not checked: the registry does not answer such questions here"
fi
echo "» check passed"
