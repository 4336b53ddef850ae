#!/usr/bin/env bash
# The tests of `make test` under coverage.py: prints the lines of code and of templates that no test
# reaches, and the assertions of tests that were never reached: those cannot fail. It takes about
# half as long again as `make test`, so it is a separate command.
# Arguments go to pytest: `scripts/coverage.sh tests/unit`.
set -euo pipefail
cd "$(dirname "$0")/.."
scripts/setup.sh
bin=.venv/bin

if [ -z "${SURVEY_TEST_POSTGRES:-}" ] && address=$(scripts/postgres.sh); then
  export SURVEY_TEST_POSTGRES=$address
fi
export PYTHONPATH=$PWD
$bin/python -m coverage erase
$bin/python -m coverage run -m pytest -n 2 --dist loadfile --no-loadscope-reorder -q "$@" || failed=1
$bin/python -m coverage combine -q
printf '\n== lines of templates\n'
$bin/python -m coverage report --include='*.html' --skip-covered --show-missing
printf '\n== lines of code\n'
$bin/python -m coverage report --include='*.py' --omit='tests/**' --skip-covered --show-missing
printf '\n== assertions that were never reached\n'
$bin/python scripts/unreached_asserts.py
exit "${failed:-0}"
