#!/usr/bin/env bash
# Fuzzes every target, or those that are named: fuzz/run.sh [SECONDS [TARGET...]].
# 600 seconds each without a word. What is found stays in target/fuzz and fails.
#
# libFuzzer's instrumentation is a pass of LLVM that the stable compiler has too, so
# nothing is installed; no sanitizer is needed where `unsafe` is denied.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")"
seconds=${1:-600}
targets=("${@:2}")
[ ${#targets[@]} -gt 0 ] || targets=(key credential path relay events)

host=$(rustc -vV | sed -n 's/^host: //p')
export RUSTFLAGS="--cfg fuzzing -Cpasses=sancov-module -Cllvm-args=-sanitizer-coverage-level=4 \
-Cllvm-args=-sanitizer-coverage-inline-8bit-counters -Cllvm-args=-sanitizer-coverage-pc-table \
-Cllvm-args=-sanitizer-coverage-trace-compares -Ccodegen-units=1"
export CARGO_TARGET_DIR=../target/fuzz
# The versions of the product, and what fuzzing needs beside them.
cp ../Cargo.lock Cargo.lock
cargo build --target "$host"

failed=()
for target in "${targets[@]}"; do
  found=../target/fuzz/found/$target artifacts=../target/fuzz/artifacts/$target
  mkdir -p "$found" "$artifacts"
  echo "== $target for $seconds s"
  # New inputs go there, and are not kept; the corpus is.
  "$CARGO_TARGET_DIR/$host/debug/$target" -max_total_time="$seconds" -timeout=10 -rss_limit_mb=1024 \
    -max_len=4096 -print_final_stats=1 -verbosity=0 \
    -artifact_prefix="$artifacts/" "$found" "corpus/$target" || failed+=("$target")
done
[ ${#failed[@]} -eq 0 ] || { echo "FAILED: ${failed[*]}"; exit 1; }
