#!/usr/bin/env bash
# Sets up, fills and serves the demo. `PORT=8080 make demo` serves elsewhere; `rm -r .demo` starts again.
set -euo pipefail
cd "$(dirname "$0")/.."
scripts/setup.sh
exec .venv/bin/python -m survey.command_line demo --port "${PORT:-8000}"
