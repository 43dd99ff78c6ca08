#!/usr/bin/env bash
# Builds the browser's modules, each into a folder of target/wasm/: nijigen.js, nijigen_bg.wasm and their types, and in
# its bench/ the same with what only tests and benches call. The file target/wasm/variants names those of this build.
# What was made of the same sources is not made again.
# scripts/wasm.sh [compile | finish | made]: only what comes before scripts/bindgen is needed, or only what comes after;
# or whether the first one is made of these sources.
#   NIJIGEN_VARIANTS   which to build: simd relaxed simd-threads relaxed-threads (default: simd)
#   NIJIGEN_RELEASE=1  all that this machine can
#   NIJIGEN_DEV=1      quickly, into target/wasm-dev/: not optimised as a whole
set -euo pipefail
cd "$(dirname "$0")/.."
. scripts/env.sh
set -m

part=${1:-}
release=${NIJIGEN_RELEASE:-}
profile=wasm${NIJIGEN_DEV:+-dev}
modules=target/$profile
plain=() threaded=()
for variant in ${NIJIGEN_VARIANTS:-simd${release:+ relaxed simd-threads relaxed-threads}}; do
  case $variant in
    simd | relaxed) plain+=("$variant") ;;
    simd-threads | relaxed-threads) threaded+=("$variant") ;;
    *) echo "There is no variant “$variant”." >&2; exit 2 ;;
  esac
done
if [ ${#threaded[@]} -gt 0 ] && [ -z "$(atomics_toolchain)" ]; then
  if [ "$part" != finish ]; then
    echo "» ${threaded[*]} left out: no toolchain here can build std with atomics (rustup component add rust-src)"
  fi
  threaded=()
fi
variants=(${plain[@]+"${plain[@]}"} ${threaded[@]+"${threaded[@]}"})

# Which std the plain modules have: the toolchain's, or one that is built with them, whose names of functions differ.
std=built
if [ "$(wasm_toolchain)" = own ] && { [ -n "${NIJIGEN_DEV:-}" ] || [ -z "$(atomics_toolchain)" ]; }; then std=brought; fi

# All that the modules depend on, in a number; the program is not part of them.
rustc=rustc
if [ "$(wasm_toolchain)" = debian ]; then rustc=$DEBIAN_RUSTC; fi
sources=$({
  find src patches Cargo.toml Cargo.lock scripts/wasm.sh scripts/env.sh scripts/bindgen -type f ! -path 'src/bin/*' -print0 |
    LC_ALL=C sort -z | xargs -0 cksum
  "$rustc" --version --verbose
  echo "std: $std"
} | cksum)
# linked or bound VARIANT: whether that was made of these sources
made() { [ "$(cat "$modules/$2/$1" 2>/dev/null)" = "$sources" ]; }
if [ "$part" = made ]; then made bound "${variants[0]}"; exit; fi

# Prints the folder of tract-onnx as Cargo fetched it, less what patches/tract-onnx.txt names. The lines that go are the
# registrations, and with them goes what is linked for them.
picture_onnx() {
  local fetched name line file folder
  folder=target/tract-onnx-$(cksum Cargo.lock patches/tract-onnx.txt | cksum | cut -d' ' -f1)
  if [ ! -d "$folder" ]; then
    fetched=$(cargo metadata --quiet --format-version 1 --locked | sed -n 's|.*"manifest_path":"\([^"]*/tract-onnx-[0-9][^"]*\)/Cargo.toml".*|\1|p') || return
    [ -d "$fetched" ] || { echo "Cargo names no source of tract-onnx" >&2; return 1; }
    rm -rf target/tract-onnx-*
    mkdir -p target && cp -r "$fetched" "$folder.new" || return
    while read -r name; do
      case $name in
        '' | '#'*) continue ;;
        *::) line="    ${name}register_all_ops(reg);" ;;
        *) line="    reg\\.insert(\"$name\", .*;" ;;
      esac
      file=$(grep -rlx "$line" "$folder.new/src/ops") || { echo "tract-onnx has no line that registers $name" >&2; return 1; }
      grep -vx "$line" "$file" >"$folder.new/less" && mv "$folder.new/less" "$file" || return
    done <patches/tract-onnx.txt
    { echo '#![allow(unused)]' && cat "$folder.new/src/lib.rs"; } >"$folder.new/more" &&
      mv "$folder.new/more" "$folder.new/src/lib.rs" && mv "$folder.new" "$folder" || return
  fi
  echo "$folder"
}

# compile TOOLCHAIN FOLDER VARIANT…: the modules as linked, VARIANT/linked.wasm
compile() {
  local toolchain=$1 folder=$2 cargo=(cargo) variant out
  # Built for size where its sources are: its ways to sort alone are 40 kB of a module.
  local build_std=(-Z 'build-std=std,panic_abort' -Z 'build-std-features=optimize_for_size')
  local built=$folder/$WASM_TARGET/$profile/deps/nijigen.wasm
  shift 2
  [ $# -gt 0 ] || return 0
  export RUSTFLAGS=$WASM_FLAGS
  case $1 in
    *-threads) RUSTFLAGS=$ATOMICS_FLAGS ;;
    *) if [ $std = brought ]; then build_std=(); fi ;;
  esac
  case $toolchain in
    own) ;;
    debian)
      # Debian's Rust has the sources of std but no wasm std and no wasm linker: build the one, borrow
      # the other from the default toolchain.
      export CARGO_TARGET_WASM32_UNKNOWN_UNKNOWN_LINKER
      CARGO_TARGET_WASM32_UNKNOWN_UNKNOWN_LINKER=$(rustc --print target-libdir)/../bin/rust-lld
      export RUSTC=$DEBIAN_RUSTC
      cargo=(/usr/bin/cargo)
      ;;
    *) echo "No toolchain can build for $WASM_TARGET: run scripts/setup.sh wasm" >&2; return 1 ;;
  esac
  # The flag that lets a stable compiler build std.
  if [ ${#build_std[@]} -gt 0 ]; then export RUSTC_BOOTSTRAP=1; fi
  for variant; do
    if made linked "$variant"; then continue; fi
    out=$modules/$variant
    mkdir -p "$out"
    # Cargo gives the modules of all features one name, and does not see that it is another one that lies there.
    rm -f "$built"
    "${cargo[@]}" build --quiet --lib --profile "$profile" --target $WASM_TARGET --target-dir "$folder" ${build_std[@]+"${build_std[@]}"} \
      --config "paths=[\"$onnx\"]" --features "$(features "$variant")" || return
    cp "$built" "$out/linked.wasm" && echo "$sources" >"$out/linked" || return
  done
}

features() {
  case $1 in relaxed*) echo relaxed ;; esac
  case $1 in *-threads) echo threads ;; esac
}

# finish VARIANT: what the site takes
finish() {
  local out=$modules/$1
  if made bound "$1"; then return; fi
  # No wasm-opt after it: at -Oz the file is a tenth smaller, but compressed, as it is sent, larger.
  "$BINDGEN/bin/nijigen-bindgen" "$out/linked.wasm" "$out"
  echo "$sources" >"$out/bound"
}

stale=
for variant in "${variants[@]}"; do made linked "$variant" || stale+=" $variant"; done
if [ "$stale" ] && [ "$part" != finish ]; then
  echo "» compiling the browser's module:$stale (usually 5 minutes for one the first time, 15 for four)"
  onnx=$(picture_onnx)
  # The two kinds share no compiled code, and the longest part of each keeps only one core busy.
  compile "$(atomics_toolchain)" target/threads ${threaded[@]+"${threaded[@]}"} &
  threads=$!
  compile "$(wasm_toolchain)" target ${plain[@]+"${plain[@]}"} &
  single=$!
  trap 'kill -- -$threads -$single 2>/dev/null || true' EXIT
  trap 'exit 130' INT TERM
  both $threads $single
fi
if [ "$part" = compile ]; then exit; fi

for variant in "${variants[@]}"; do finish "$variant"; done
printf '%s\n' "${variants[@]}" >"$modules/variants"
