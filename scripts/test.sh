#!/usr/bin/env bash
# Every check, from a fresh clone. `scripts/test.sh slow` runs the long property runs instead.
# With CI set, nothing is skipped for want of a tool: it is installed, or the run fails.
set -euo pipefail
cd "$(dirname "$0")/.."
scripts/setup.sh
bin=.venv/bin

need() { # a Debian package for a command
  command -v "$1" >/dev/null && return
  if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null; then
    apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq "$2" >/dev/null
  elif [ -n "${CI:-}" ]; then
    echo "$1 is not installed and cannot be." >&2
    exit 3
  fi
}
need chromium chromium
need pdftoppm poppler-utils
need firefox-esr firefox-esr
need Xvfb xvfb

if [ -z "${SURVEY_TEST_POSTGRES:-}" ]; then
  if address=$(scripts/postgres.sh); then
    export SURVEY_TEST_POSTGRES=$address
  elif [ -n "${CI:-}" ]; then
    echo "PostgreSQL could not be started." >&2
    exit 3
  fi
fi

if [ "${1:-}" = slow ]; then
  exec $bin/pytest -m slow -n 2 --dist loadfile --no-loadscope-reorder
fi

step() { printf '\n== %s\n' "$1"; shift; "$@"; }
step "format" $bin/ruff format --check -q .
step "lint" $bin/ruff check -q .
step "types" $bin/mypy
step "import contracts" $bin/lint-imports
step "tests" $bin/pytest -n 2 --dist loadfile --no-loadscope-reorder -q
