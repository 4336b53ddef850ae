#!/usr/bin/env bash
# Makes .venv with the pinned packages; does nothing when it is already as the pins say.
set -euo pipefail
cd "$(dirname "$0")/.."

python=${PYTHON:-}
for candidate in ${python:-python3.13 python3.12 python3.11 python3}; do
  if command -v "$candidate" >/dev/null && "$candidate" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then
    python=$candidate
    break
  fi
done
[ -n "$python" ] || { echo "Python 3.11 or newer is needed." >&2; exit 3; }

hash() { if command -v sha256sum >/dev/null; then sha256sum; else shasum -a 256; fi; } # macOS has the second
stamp=.venv/.pins
pins=$(cat requirements.txt requirements-dev.txt | hash | cut -d' ' -f1)
[ -f "$stamp" ] && [ "$(cat "$stamp")" = "$pins" ] && exec scripts/catalogues.sh

if [ ! -x .venv/bin/python ]; then
  "$python" -m venv .venv 2>/dev/null || {
    # Debian keeps venv in a separate package.
    if [ "$(id -u)" != 0 ] || ! command -v apt-get >/dev/null; then
      echo "Python's venv module is missing." >&2
      exit 3
    fi
    apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq python3-venv >/dev/null
    "$python" -m venv .venv
  }
fi
echo "Installing the pinned packages, once (about a minute) ..." >&2
.venv/bin/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements.txt -r requirements-dev.txt
.venv/bin/python -m pip check --disable-pip-version-check >/dev/null
echo "$pins" > "$stamp"
scripts/catalogues.sh
