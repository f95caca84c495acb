#!/usr/bin/env bash
# Usage: venv.sh FOLDER REQUIREMENTS. A Python environment with exactly these packages, made again when they change.
set -euo pipefail
cd "$(dirname "$0")/.."

folder=$1
requirements=$2
stamp=$folder/.requirements.sha256

if [ -x "$folder/bin/python" ] && sha256sum --check --status "$stamp" 2>/dev/null; then
  exit 0
fi
echo "venv: $folder from $requirements"
python3 -m venv --clear "$folder"
"$folder/bin/python" -m pip install --quiet --disable-pip-version-check --no-deps --require-hashes --requirement "$requirements"
sha256sum "$requirements" >"$stamp"
