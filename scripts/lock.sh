#!/usr/bin/env bash
# Pins what pyproject.toml asks for, with hashes and without an index address. Pins that still fit
# stay as they are; `scripts/lock.sh --upgrade` takes the newest.
set -euo pipefail
cd "$(dirname "$0")/.."

tool=$(mktemp -d)
trap 'rm -rf "$tool"' EXIT
"${PYTHON:-python3}" -m venv "$tool"
"$tool/bin/python" -m pip install --quiet --disable-pip-version-check uv==0.13.9

pin() { # output, what to pin and how
  "$tool/bin/uv" pip compile --quiet --universal --python-version 3.11 --generate-hashes \
    --no-emit-index-url --no-header --no-annotate -o "$@"
}
pin requirements.txt pyproject.toml --extra postgres "$@"
pin requirements-dev.txt --group dev -c requirements.txt "$@"
