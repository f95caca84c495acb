#!/usr/bin/env bash
# Fetches what schemas/requirements.txt pins into .packs/. Nothing is fetched when all of it is there, digest by digest.
set -euo pipefail
cd "$(dirname "$0")/.."

requirements=schemas/requirements.txt

complete() {
  local have want
  have=$(sha256sum .packs/*.whl 2>/dev/null | cut -d ' ' -f 1)
  for want in $(grep -o 'sha256:[0-9a-f]\{64\}' "$requirements" | cut -d : -f 2); do
    grep -q "$want" <<<"$have" || return 1
  done
}

mkdir -p .packs
if complete; then
  exit 0
fi
pip=(python3 -m pip)
if ! "${pip[@]}" --version >/dev/null 2>&1; then
  scripts/venv.sh .venv conformance/requirements.txt
  pip=(.venv/bin/python -m pip)
fi
echo "packs: fetching the pinned distributions"
"${pip[@]}" download --quiet --disable-pip-version-check --no-deps --require-hashes --dest .packs --requirement "$requirements"
complete || { echo "packs: a distribution is missing, or its SHA-256 is not the pinned one" >&2; exit 2; }
