#!/usr/bin/env bash
# Scanners that are not ours: bandit (code), pip-audit (packages), an HTML parser, wapiti and sqlmap
# (the running service, on 127.0.0.1). In a separate environment, .scan; findings are explained in
# docs/security/scans.md. `scripts/scan.sh code` runs the first two alone.
set -euo pipefail
cd "$(dirname "$0")/.."
scripts/setup.sh
pins=$(sha256sum requirements-scan.txt | cut -d' ' -f1)
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
if ! timeout 300 .scan/bin/pip-audit --disable-pip --no-deps -r requirements.txt; then
  echo "pip-audit found something, or its data could not be had: read what it says above." >&2
fi
[ "${1:-}" = code ] && exit 0
echo "== pages, wapiti, sqlmap"
.venv/bin/python -m tests.scan
