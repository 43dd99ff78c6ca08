#!/usr/bin/env bash
# Fuzzes a target for some seconds: fuzz/run.sh TARGET SECONDS [libFuzzer's options]
# What it keeps goes into target/corpus, and what breaks a check into artifacts/, both in this folder.
set -euo pipefail
cd "$(dirname "$0")/.."
target=$1 seconds=$2; shift 2

# About as long as the longest file of the corpus.
case $target in
  decode) longest=10000 ;;
  load) longest=50000 ;;
  record) longest=8000 ;;
  fingerprint) longest=5000 ;;
  *) echo "fuzz/run.sh: there is no target $target" >&2; exit 2 ;;
esac
mkdir -p "fuzz/target/corpus/$target"
cargo +nightly fuzz run --release "$target" "fuzz/target/corpus/$target" "fuzz/corpus/$target" -- \
  -max_total_time="$seconds" -max_len=$longest -rss_limit_mb=2048 -timeout=20 "$@"
