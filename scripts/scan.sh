#!/usr/bin/env bash
# Scanners that are not ours: bandit (code), pip-audit (packages), an HTML parser, wapiti and sqlmap
# (the running service, on 127.0.0.1). In a separate environment, .scan; findings are explained in
# docs/security/scans.md. `scripts/scan.sh code` runs the first two alone.
set -euo pipefail
cd "$(dirname "$0")/.."
scripts/setup.sh
hash() { if command -v sha256sum >/dev/null; then sha256sum; else shasum -a 256; fi; } # macOS has the second
pins=$(hash < requirements-scan.txt | cut -d' ' -f1)
if [ "$(cat .scan/.pins 2>/dev/null)" != "$pins" ]; then
  rm -rf .scan
  .venv/bin/python -m venv .scan
  .scan/bin/python -m pip install -q --disable-pip-version-check --require-hashes -r requirements-scan.txt
  echo "$pins" > .scan/.pins
fi
echo "== bandit"
.scan/bin/bandit -q -r survey migrations --severity-level medium --confidence-level medium \
  || echo "Findings: see docs/security/scans.md."
echo "== pip-audit"
if ! .scan/bin/pip-audit --timeout 60 --disable-pip --no-deps -r requirements.txt; then
  echo "pip-audit found something, or its data could not be had: read what it says above." >&2
fi
[ "${1:-}" = code ] && exit 0
echo "== pages, wapiti, sqlmap"
.venv/bin/python -m tests.scan
