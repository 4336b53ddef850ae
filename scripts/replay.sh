#!/usr/bin/env bash
# Replays the real records into a database of its own. `RECORDS=path SCHOOLS=30 make replay`.
set -euo pipefail
cd "$(dirname "$0")/.."
scripts/setup.sh
. scripts/demo-settings.sh .demo/replay "http://127.0.0.1:${PORT:-8000}"
rm -f .demo/replay/survey.db*
.venv/bin/flask migrate
.venv/bin/flask replay "${RECORDS:-../shared/data/gshs_argentina_2018.csv}" --schools "${SCHOOLS:-30}"
