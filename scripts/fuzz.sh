#!/usr/bin/env bash
# Sends 100,000 invented requests to the app on SQLite, and as many on PostgreSQL.
# `scripts/fuzz.sh --requests 5000 --seed 7` sends fewer, and others.
set -euo pipefail
cd "$(dirname "$0")/.."
scripts/setup.sh
.venv/bin/python -m tests.fuzz --engine sqlite "$@"
if [ -z "${SURVEY_TEST_POSTGRES:-}" ]; then
  SURVEY_TEST_POSTGRES=$(scripts/postgres.sh)
  export SURVEY_TEST_POSTGRES
fi
.venv/bin/python -m tests.fuzz --engine postgresql "$@"
