#!/usr/bin/env bash
# Scanners that are not ours: bandit (code), pip-audit (packages), two HTML validators, a second
# accessibility checker, wapiti and sqlmap (the running service, on 127.0.0.1). In a separate
# environment, .scan; findings are explained in docs/security/scans.md. `scripts/scan.sh code` runs the
# first two alone. The W3C validator needs Java, and npm brings it and the accessibility checker:
# without these two commands both are left out, and the run says so.
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
from_npm() { # name, version, sha512: a package of npm, unpacked in .scan/NAME
  if [ "$(cat ".scan/$1/.version" 2>/dev/null)" = "$2" ]; then return; fi
  rm -rf ".scan/$1"
  mkdir -p ".scan/$1"
  npm pack --silent --pack-destination ".scan/$1" "$1@$2" >/dev/null
  local file=".scan/$1/$1-$2.tgz"
  if [ "$(openssl dgst -sha512 -binary "$file" | base64 -w 0)" != "$3" ]; then
    echo "$file is not what was pinned." >&2
    return 1
  fi
  tar -xzf "$file" -C ".scan/$1" --strip-components 1
  echo "$2" > ".scan/$1/.version"
}
if command -v npm >/dev/null; then
  from_npm vnu-jar 26.9.27 \
    TkQd5DFfOaWC9ebtvozTsrH2Vaod3jYg+vrOeREzIXxBexLz9+rS2DNtjn7+RPUiZhgli0SghgBX6RJRNea0KA==
  from_npm accessibility-checker-engine 4.0.34 \
    nGE7j5gI/914QLgt1tFcjM9kCr4EKx3HxctsZE8BobObYmQr+UoYsKdWVLowG4QHCB7G/F0Prr3kTwKENPHrcA==
fi
echo "== pages, wapiti, sqlmap"
.venv/bin/python -m tests.scan
