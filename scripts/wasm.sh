#!/usr/bin/env bash
# Builds the browser's modules, each into a folder of target/wasm/: nijigen.js, nijigen_bg.wasm and their types. The
# file target/wasm/variants names those of this build. Does nothing when nothing changed. With the word "compile" it
# stops before wasm-bindgen is needed.
#   NIJIGEN_VARIANTS   which to build: simd relaxed simd-threads relaxed-threads (default: simd)
#   NIJIGEN_RELEASE=1  all that this machine can
set -euo pipefail
cd "$(dirname "$0")/.."
. scripts/env.sh

release=${NIJIGEN_RELEASE:-}
plain=() threaded=()
for variant in ${NIJIGEN_VARIANTS:-simd${release:+ relaxed simd-threads relaxed-threads}}; do
  case $variant in
    simd | relaxed) plain+=("$variant") ;;
    simd-threads | relaxed-threads) threaded+=("$variant") ;;
    *) echo "There is no variant “$variant”." >&2; exit 2 ;;
  esac
done
if [ ${#threaded[@]} -gt 0 ] && [ -z "$(atomics_toolchain)" ]; then
  echo "» ${threaded[*]} left out: no toolchain here can build std with atomics (rustup component add rust-src)"
  threaded=()
fi

# Prints the folder of tract-onnx as Cargo fetched it, less what patches/tract-onnx.txt names. The lines that go are the
# registrations, and with them goes what is linked for them.
picture_onnx() {
  local fetched made=target/tract-onnx-$(cksum Cargo.lock patches/tract-onnx.txt scripts/wasm.sh | cksum | cut -d' ' -f1) name line
  if [ ! -d "$made" ]; then
    fetched=$(cargo metadata --format-version 1 --locked | sed -n 's|.*"manifest_path":"\([^"]*/tract-onnx-[0-9][^"]*\)/Cargo.toml".*|\1|p')
    rm -rf target/tract-onnx-*
    cp -r "${fetched:?Cargo names no source of tract-onnx}" "$made.new"
    while read -r name; do
      case $name in
        '' | '#'*) continue ;;
        *::) line="    ${name}register_all_ops(reg);" ;;
        *) line="    reg\\.insert(\"$name\", .*;" ;;
      esac
      grep -rqx "$line" "$made.new/src/ops" || { echo "tract-onnx has no line that registers $name" >&2; return 1; }
      find "$made.new/src/ops" -name '*.rs' -exec sed -i "/^$line\$/d" {} +
    done <patches/tract-onnx.txt
    sed -i '1i #![allow(unused)]' "$made.new/src/lib.rs"
    mv "$made.new" "$made"
  fi
  echo "$made"
}

# compile TOOLCHAIN FOLDER VARIANT…: the modules as linked, target/wasm/VARIANT/linked.wasm
compile() {
  local toolchain=$1 folder=$2 cargo=(cargo) std=() variant out
  local built=$folder/$WASM_TARGET/wasm/deps/nijigen.wasm
  shift 2
  [ $# -gt 0 ] || return 0
  export RUSTFLAGS=$WASM_FLAGS
  case $1 in *-threads) RUSTFLAGS=$ATOMICS_FLAGS std=(-Z build-std=std,panic_abort) ;; esac
  case $toolchain in
    own) ;;
    debian)
      # Debian's Rust has the sources of std but no wasm std and no wasm linker: build the one, borrow
      # the other from the default toolchain.
      RUSTFLAGS+=" -C linker=$(rustc --print target-libdir)/../bin/rust-lld" std=(-Z build-std=std,panic_abort)
      export RUSTC=$DEBIAN_RUSTC
      cargo=(/usr/bin/cargo)
      ;;
    *) echo "No toolchain can build for $WASM_TARGET: run scripts/setup.sh wasm" >&2; return 1 ;;
  esac
  # The flag that lets a stable compiler build std.
  if [ ${#std[@]} -gt 0 ]; then export RUSTC_BOOTSTRAP=1; fi
  for variant; do
    out=target/wasm/$variant
    mkdir -p "$out" "${built%/*}"
    # Cargo gives the modules of all features one name, and does not see that it is another one that lies there.
    if [ -e "$out/linked.wasm" ]; then cp -p --remove-destination "$out/linked.wasm" "$built"; fi
    "${cargo[@]}" build --quiet --lib --profile wasm --target $WASM_TARGET --target-dir "$folder" "${std[@]}" \
      --config "paths=[\"$onnx\"]" --features "$(features "$variant")" || return
    if [ ! "$built" -ot "$out/linked.wasm" ]; then cp -p "$built" "$out/linked.wasm"; fi
  done
}

features() {
  case $1 in relaxed*) echo relaxed ;; esac
  case $1 in *-threads) echo threads ;; esac
}

# finish VARIANT: what the site takes
finish() {
  local out=target/wasm/$1
  if [ "$out/nijigen_bg.wasm" -nt "$out/linked.wasm" ] && [ "$out/nijigen_bg.wasm" -nt scripts/wasm.sh ]; then return; fi
  # No wasm-opt after it: at -Oz the file is a tenth smaller, but compressed, as it is sent, larger.
  # Bundlers would look for a module named in the bindings.
  wasm-bindgen --target web --omit-default-module-path --remove-name-section --remove-producers-section --out-dir "$out" --out-name nijigen \
    "$out/linked.wasm"
  touch "$out/nijigen_bg.wasm"
}

onnx=$(picture_onnx)
# The two kinds share no compiled code, and the longest part of each keeps only one core busy.
compile "$(atomics_toolchain)" target/threads "${threaded[@]}" &
compiling=$!
trap 'kill $compiling 2>/dev/null || true' EXIT
compile "$(wasm_toolchain)" target "${plain[@]}"
wait $compiling
if [ "${1:-}" = compile ]; then exit; fi

for variant in "${plain[@]}" "${threaded[@]}"; do finish "$variant"; done
printf '%s\n' "${plain[@]}" "${threaded[@]}" >target/wasm/variants
