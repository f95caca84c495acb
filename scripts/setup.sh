#!/usr/bin/env bash
# Installs the system packages that are missing. Does nothing, and needs no rights, when all are there.
set -euo pipefail

packages=(gcc g++ libc6-dev libxml2-dev libxmlsec1-dev libclang-dev pkg-config libssl-dev
          python3 python3-venv python3-pip xmlsec1 libxml2-utils ca-certificates postgresql
          tesseract-ocr tesseract-ocr-fra poppler-utils qpdf)

if ! command -v dpkg-query >/dev/null; then
  echo "setup: not a Debian system; needed are the equivalents of: ${packages[*]}" >&2
  exit 0
fi

missing=()
for package in "${packages[@]}"; do
  status=$(dpkg-query --show --showformat='${db:Status-Status}' "$package" 2>/dev/null || true)
  [ "$status" = installed ] || missing+=("$package")
done

if ! command -v cargo >/dev/null; then
  echo "setup: Rust is missing (cargo was found neither on the PATH nor in ~/.cargo/bin)" >&2
  exit 2
fi
[ ${#missing[@]} -gt 0 ] || exit 0

as_root=()
if [ "$(id -u)" -ne 0 ]; then
  if ! command -v sudo >/dev/null; then
    echo "setup: ask the administrator of this machine for: apt-get install ${missing[*]}" >&2
    exit 2
  fi
  as_root=(sudo)
fi
echo "setup: installing ${missing[*]}"
"${as_root[@]}" apt-get update -q
"${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get install -q -y --no-install-recommends "${missing[@]}"
