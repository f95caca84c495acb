#!/usr/bin/env bash
# Usage: fuzz.sh [TARGET…]. Fuzzes the loader and the evaluator of the rules, FUZZ_SECONDS (30) each, with libFuzzer;
# by name also the readers of PDFs and of supplier templates (pdf, template), which take minutes to build.
#
# Stable Rust is enough: the coverage that libFuzzer needs is a pass of LLVM, and no sanitizer is used, as the crates have
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

# The crate whose target it is.
crate_of() {
  case $1 in
    load | evaluate) echo rules ;;
    pdf | template) echo parse ;;
    *) echo "fuzz: no target is called $1 (load, evaluate, pdf, template)" >&2; return 2 ;;
  esac
}

crates=$(for target in "${targets[@]}"; do crate_of "$target"; done | sort -u)
for crate in $crates; do
  RUSTFLAGS="${flags[*]}" CARGO_TARGET_DIR=$folder cargo build --quiet --locked --release --target "$host" \
    --manifest-path "crates/$crate/fuzz/Cargo.toml"
done

for target in "${targets[@]}"; do
  own=crates/$(crate_of "$target")/fuzz
  mkdir -p "$folder/corpus/$target" "$folder/found/$target"
  echo "fuzz $target: $seconds s"
  # No input may take 10 s or 1 GB.
  "$folder/$host/release/$target" "$folder/corpus/$target" "$own/seeds/$target" \
    -max_total_time="$seconds" -timeout=10 -rss_limit_mb=1024 -max_len=16384 -print_final_stats=1 -verbosity=0 \
    -dict="$own/words.dict" -artifact_prefix="$folder/found/$target/" -seed="${FUZZ_SEED:-1}" \
    2>"$folder/$target.log" || { tail -40 "$folder/$target.log"; exit 1; }
  grep -E "^stat::(number_of_executed_units|average_exec_per_sec|peak_rss_mb)" "$folder/$target.log"
done
