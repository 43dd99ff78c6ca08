# What people type, and what tests and CI run. Each target installs what it lacks (scripts/setup.sh).
.PHONY: start test test-firefox check fuzz bench package cli site models docs

PORT ?= 8080
FUZZ ?= decode
SECONDS ?= 600
SETUP := scripts/setup.sh
SHELL := bash
# Tools that scripts/setup.sh installed come first.
export PATH := $(shell bash -c '. scripts/env.sh; echo "$$PATH"')

start: ## builds what changed and serves http://127.0.0.1:8080
	@scripts/prepare.sh
	@scripts/start.sh $(PORT)

test: ## every test: Rust, wasm in a real browser, the page end to end, the package
	@$(SETUP) cc chromium
	@echo "» building and running the Rust tests: usually 8 minutes the first time, seconds after that"
	cargo test --release --features cli
	NIJIGEN_PORTABLE=1 cargo test --quiet --release --features cli --lib kernels::
	@$(SETUP) python
	@echo "» training in miniature: usually 30 seconds"
	@. scripts/env.sh && OMP_NUM_THREADS=1 "$$PYTHON_ROOM/bin/python" -W ignore -m models.train.smoke
	@NIJIGEN_VARIANTS="simd relaxed simd-threads relaxed-threads" $(MAKE) --no-print-directory cli site
	node scripts/site.mjs package
	@echo "» running the browser tests: usually 12 minutes"
	@. scripts/env.sh && CHROMIUM="$$(chromium_path)" npm run --silent test:browser
	@echo "» installing the package in the projects of others: usually 3 minutes"
	@. scripts/env.sh && CHROMIUM="$$(chromium_path)" npm run --silent test:consumers

test-firefox: site ## the core flow in Firefox, on its own because it installs that browser
	@$(SETUP) firefox
	@npm ci --prefix tests/firefox --silent --no-audit --no-fund
	@FIREFOX="$$(command -v firefox-esr firefox | head -1)" node tests/browser/run.mjs tests/firefox

docs: ## the package's reference and guides, in dist/docs/
	@$(SETUP) npm
	@npm ci --prefix docs --silent --no-audit --no-fund
	docs/node_modules/.bin/typedoc --options docs/typedoc.json

check: ## formatting, lints, types, licences
	@$(SETUP) lint wasm npm deny
	@scripts/check.sh

fuzz: ## looks for input that breaks a target of fuzz/: make fuzz FUZZ=decode SECONDS=600
	@$(SETUP) fuzz
	fuzz/run.sh $(FUZZ) $(SECONDS)

package: export NIJIGEN_RELEASE = 1
package: site ## the static site in dist/site, the npm package in dist/
	node scripts/site.mjs package

site:
	@scripts/prepare.sh
	trunk build --release --dist dist/site

cli: ## the command-line program: target/release/nijigen
	@$(SETUP) cc
	@echo "» building the program: usually 6 minutes the first time"
	cargo build --release --features cli

models: ## trains every generator again from a folder of photos: make models PHOTOS=folder (hours; a GPU helps)
	@$(SETUP) python
	scripts/models.sh "$(PHOTOS)"

bench: package ## benchmarks: tables here, rows in benches/results/
	@$(SETUP) cc chromium
	cargo bench --features cli --bench pipeline
	@. scripts/env.sh && CHROMIUM="$$(chromium_path)" node benches/browser/cache.mjs
	@. scripts/env.sh && CHROMIUM="$$(chromium_path)" node benches/browser/throughput.mjs
	@$(SETUP) python
	@. scripts/env.sh && PYTHON="$$PYTHON_ROOM/bin/python" CHROMIUM="$$(chromium_path)" node benches/browser/tables.mjs
	@. scripts/env.sh && PYTHON="$$PYTHON_ROOM/bin/python" node benches/native.mjs
	@npm ci --prefix benches/browser --silent --no-audit --no-fund
	@. scripts/env.sh && PYTHON="$$PYTHON_ROOM/bin/python" CHROMIUM="$$(chromium_path)" node benches/browser/engine.mjs
