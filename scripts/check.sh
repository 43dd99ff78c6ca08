#!/usr/bin/env bash
# Everything that can be said of the code without running it.
set -euo pipefail
cd "$(dirname "$0")/.."
. scripts/env.sh

cargo fmt --check
cargo fmt --check --manifest-path scripts/bindgen/Cargo.toml
cargo clippy --quiet --release --all-targets --features cli,redis -- -D warnings
# Without the shared cache, as somebody may build it.
cargo clippy --quiet --release --bins --features cli -- -D warnings
# The bindings exist only for wasm.
if [ "$(wasm_toolchain)" = own ]; then
  RUSTFLAGS=$WASM_FLAGS cargo clippy --quiet --profile wasm --lib --features relaxed,threads --target $WASM_TARGET -- -D warnings
else
  echo "» the bindings in src/web are not linted: this toolchain has no wasm32 std (make test still builds them)"
fi
RUSTDOCFLAGS="-D warnings" cargo doc --quiet --release --no-deps --document-private-items --features cli,redis
npm run --silent check
# What TypeScript has of the core is made of it.
cargo test --quiet --release --features cli,redis --lib types::
if scripts/wasm.sh made; then node scripts/types.mjs check
else
  echo "» the types of the bindings were not compared: the module is not built of these sources (make test does both)"
fi
node scripts/actions.mjs
"$LINTERS/bin/shellcheck" -x scripts/*.sh docs/examples/*/*.sh fuzz/run.sh .ci/run
"$LINTERS/bin/ruff" check --quiet .
# What the guides link to and the API refers to is there.
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
