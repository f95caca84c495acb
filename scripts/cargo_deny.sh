#!/usr/bin/env bash
# Usage: cargo_deny.sh VERSION. Installs cargo-deny into .tools/ unless it is on the PATH.
set -euo pipefail
cd "$(dirname "$0")/.."

version=$1
if [ "$(cargo deny --version 2>/dev/null)" = "cargo-deny $version" ]; then
  exit 0
fi
echo "lint: installing cargo-deny $version (some minutes, once)"
cargo install --quiet --locked --root .tools --version "$version" cargo-deny
