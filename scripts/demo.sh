#!/usr/bin/env bash
# Sets up, fills and serves the demo. `PORT=8080 make demo` serves elsewhere; `rm -r .demo` starts again.
set -euo pipefail
cd "$(dirname "$0")/.."
scripts/setup.sh
port=${PORT:-8000}
. scripts/demo-settings.sh .demo "http://127.0.0.1:$port"
.venv/bin/flask migrate
.venv/bin/flask demo
exec .venv/bin/granian --interface wsgi --host 127.0.0.1 --port "$port" --workers 2 \
  --blocking-threads 64 --respawn-failed-workers --no-access-log --log-level warning wsgi:app
