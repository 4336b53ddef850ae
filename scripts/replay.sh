#!/usr/bin/env bash
# Replays the real records into a separate database. `RECORDS=path SCHOOLS=30 make replay`.
# `scripts/replay.sh serve` then serves what was made of them.
set -euo pipefail
cd "$(dirname "$0")/.."
port=${PORT:-8000}
if [ "${1:-}" = serve ]; then
  . scripts/demo-settings.sh .demo/replay "http://127.0.0.1:$port"
  exec .venv/bin/granian --interface wsgi --host 127.0.0.1 --port "$port" --workers 2 \
    --blocking-threads 2 --respawn-failed-workers --no-access-log --log-level warning wsgi:app
fi
scripts/setup.sh
. scripts/demo-settings.sh .demo/replay "http://127.0.0.1:$port"
rm -f .demo/replay/survey.db*
.venv/bin/flask migrate
.venv/bin/flask replay "${RECORDS:-../shared/data/gshs_argentina_2018.csv}" --schools "${SCHOOLS:-30}"
echo "To read them:               PORT=$port scripts/replay.sh serve"
