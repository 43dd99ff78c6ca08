# What people type, and what tests and CI run. Each target installs what it lacks (scripts/setup.sh), and may be the first
# that a machine ever sees.
.PHONY: start dev test test-quick test-firefox test-webkit test-trunk test-bundlers check fuzz bench package cli site models docs

PORT ?= 8080
FUZZ ?= decode
SECONDS ?= 600
SETUP := scripts/setup.sh
SHELL := bash
VARIANTS := simd relaxed simd-threads relaxed-threads
# Tools that scripts/setup.sh installed come first.
export PATH := $(shell bash -c '. scripts/env.sh; echo "$$PATH"')

start: ## builds what changed and serves http://127.0.0.1:8080
	@scripts/start.sh $(PORT)

dev: export NIJIGEN_DEV = 1
dev: PORT = 8090
dev: ## the same built quickly, with source maps, and again at each change: http://127.0.0.1:8090
	@scripts/start.sh $(PORT)

test: ## every test: Rust, wasm in a real browser, the page end to end, the package
	@$(SETUP) cc npm chromium redis
	node --test tests/scripts/*.test.mjs
	node tests/unit/run.mjs
	@echo "» building and running the Rust tests: usually 8 minutes the first time, seconds after that"
	cargo test --release --features cli,redis
	@for simd in none avx2 avxvnni avx512; do \
	  echo "» the generator with $$simd, where the machine has it"; \
	  NIJIGEN_SIMD=$$simd cargo test --quiet --release --features cli,redis --lib -- kernels:: generator::tests:: || exit; \
	done
	@$(SETUP) python
	@echo "» training in miniature: usually 30 seconds"
	@. scripts/env.sh && OMP_NUM_THREADS=1 "$$PYTHON_ROOM/bin/python" -W ignore -m models.train.smoke
	@NIJIGEN_VARIANTS="$(VARIANTS)" $(MAKE) --no-print-directory site
	node scripts/site.mjs package
	@echo "» running the browser tests: usually 20 minutes on two cores"
	@. scripts/env.sh && CHROMIUM="$$(chromium_path)" npm run --silent test:browser
	@echo "» installing the package in the projects of others: usually 3 minutes"
	@. scripts/env.sh && CHROMIUM="$$(chromium_path)" npm run --silent test:consumers

test-quick: ## what can be said in 3 minutes once it is built: unit tests, and one photo through the page
	@$(SETUP) cc npm chromium redis
	node tests/unit/run.mjs
	cargo test --release --features cli,redis --lib
	node tests/start.mjs

# Of what is released: a quicker build would take its place in dist/.
test-firefox test-webkit test-trunk: export NIJIGEN_RELEASE = 1
test-firefox: site ## the core flow in Firefox, on its own because it installs that browser
	@$(SETUP) firefox
	@FIREFOX="$$(command -v firefox-esr firefox | head -1)" node tests/browser/run.mjs tests/firefox

test-webkit: site ## the same in WebKit
	@$(SETUP) webkit
	@node tests/browser/run.mjs tests/webkit

test-trunk: site ## that Trunk builds the very same site; on its own because compiling Trunk takes long
	@$(SETUP) trunk
	trunk --log warn build --release --dist target/trunk
	node scripts/site.mjs same dist/site target/trunk

test-bundlers: package ## the guides to esbuild, Rollup, Parcel, Angular, Nuxt, SvelteKit, Astro; on its own because they are large
	@$(SETUP) chromium
	@. scripts/env.sh && CHROMIUM="$$(chromium_path)" node tests/browser/run.mjs tests/bundlers

docs: ## the package's reference and guides, in dist/docs/
	@$(SETUP) docs
	docs/node_modules/.bin/typedoc --options docs/typedoc.json

check: ## formatting, lints, types, licences
	@$(SETUP) cc lint wasm npm docs deny linters
	@scripts/check.sh

fuzz: ## looks for input that breaks a target of fuzz/: make fuzz FUZZ=decode SECONDS=600
	@$(SETUP) cc fuzz
	fuzz/run.sh $(FUZZ) $(SECONDS)

package: export NIJIGEN_RELEASE = 1
package: site ## the static site in dist/site, the npm package in dist/
	node scripts/site.mjs package

site:
	@scripts/prepare.sh
	node scripts/site.mjs site dist/site

cli: ## the command-line program: target/release/nijigen
	@$(SETUP) cc
	@echo "» building the program: usually 6 minutes the first time"
	cargo build --release --features cli,redis

models: ## trains every generator again from a folder of photos: make models PHOTOS=folder (hours; a GPU helps)
	@$(SETUP) cc python teacher
	scripts/models.sh "$(PHOTOS)"

bench: package ## benchmarks: tables here, rows in benches/results/
	@$(SETUP) cc chromium python benches
	cargo bench --features cli --bench pipeline
	@. scripts/env.sh && CHROMIUM="$$(chromium_path)" node benches/browser/cache.mjs
	@. scripts/env.sh && CHROMIUM="$$(chromium_path)" node benches/browser/throughput.mjs
	@. scripts/env.sh && PYTHON="$$PYTHON_ROOM/bin/python" CHROMIUM="$$(chromium_path)" node benches/browser/tables.mjs
	@. scripts/env.sh && PYTHON="$$PYTHON_ROOM/bin/python" node benches/native.mjs
	@. scripts/env.sh && PYTHON="$$PYTHON_ROOM/bin/python" CHROMIUM="$$(chromium_path)" node benches/browser/engine.mjs
