#!/usr/bin/env bash
# Makes .venv-bench with the load tool of `benchmarks/load.py`, apart from the product and its tests.
set -euo pipefail
cd "$(dirname "$0")/.."
hash() { if command -v sha256sum >/dev/null; then sha256sum; else shasum -a 256; fi; } # macOS has the second
pins=$(hash < requirements-bench.txt | cut -d' ' -f1)
[ "$(cat .venv-bench/.pins 2>/dev/null)" = "$pins" ] && exit 0
rm -rf .venv-bench
.venv/bin/python -m venv .venv-bench
.venv-bench/bin/python -m pip install -q --disable-pip-version-check --require-hashes -r requirements-bench.txt
echo "$pins" > .venv-bench/.pins
