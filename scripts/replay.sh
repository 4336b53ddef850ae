#!/usr/bin/env bash
# Replays the real records into a separate database. `RECORDS=path SCHOOLS=30 make replay`.
# `scripts/replay.sh serve` then serves what was made of them.
set -euo pipefail
cd "$(dirname "$0")/.."
port=${PORT:-8000}
if [ "${1:-}" = serve ]; then
  . scripts/demo-settings.sh .demo/replay "http://127.0.0.1:$port"
  exec .venv/bin/python -m survey.command_line serve --port "$port" --workers 2
fi
scripts/setup.sh
. scripts/demo-settings.sh .demo/replay "http://127.0.0.1:$port"
rm -f .demo/replay/survey.db*
.venv/bin/python -m survey.command_line migrate
.venv/bin/python -m survey.command_line replay "${RECORDS:-../shared/data/gshs_argentina_2018.csv}" --schools "${SCHOOLS:-30}"
echo "To read them:               PORT=$port scripts/replay.sh serve"
