#!/usr/bin/env bash
# Usage: fuzz.sh [TARGET…]. Fuzzes the loader and the evaluator of the rules, FUZZ_SECONDS (30) each, with libFuzzer.
#
# Stable Rust is enough: the coverage that libFuzzer needs is a pass of LLVM, and no sanitizer is used, as the crate has
# no unsafe code. What is found worth keeping goes to target/fuzz/corpus, what crashes to target/fuzz/found.
set -euo pipefail
cd "$(dirname "$0")/.."

seconds=${FUZZ_SECONDS:-30}
targets=("$@")
[ ${#targets[@]} -gt 0 ] || targets=(load evaluate)
host=$(rustc -vV | sed -n 's/^host: //p')
folder=$(pwd)/target/fuzz

flags=(--cfg=fuzzing -Cpasses=sancov-module)
for option in level=4 inline-8bit-counters pc-table trace-compares; do
  flags+=("-Cllvm-args=-sanitizer-coverage-$option")
done

RUSTFLAGS="${flags[*]}" CARGO_TARGET_DIR=$folder cargo build --quiet --locked --release --target "$host" \
  --manifest-path crates/rules/fuzz/Cargo.toml

for target in "${targets[@]}"; do
  mkdir -p "$folder/corpus/$target" "$folder/found/$target"
  echo "fuzz $target: $seconds s"
  # No input may take 10 s or 1 GB.
  "$folder/$host/release/$target" "$folder/corpus/$target" "crates/rules/fuzz/seeds/$target" \
    -max_total_time="$seconds" -timeout=10 -rss_limit_mb=1024 -max_len=16384 -print_final_stats=1 -verbosity=0 \
    -dict=crates/rules/fuzz/words.dict -artifact_prefix="$folder/found/$target/" -seed="${FUZZ_SEED:-1}" \
    2>"$folder/$target.log" || { tail -40 "$folder/$target.log"; exit 1; }
  grep -E "^stat::(number_of_executed_units|average_exec_per_sec|peak_rss_mb)" "$folder/$target.log"
done
