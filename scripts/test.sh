#!/usr/bin/env bash
# Every check, from a fresh clone. `scripts/test.sh slow` runs the long property runs instead.
# With CI set, nothing is skipped for lack of a tool: it is installed, or the run fails.
# Work that waits for something else is done meanwhile: Debian's packages are installed while pip
# runs, and types and import contracts are checked while the tests run.
set -euo pipefail
cd "$(dirname "$0")/.."
bin=.venv/bin
unset PYTHONDONTWRITEBYTECODE # every process that a test starts would compile the whole package again

missing=()
need() { # a Debian package for a command
  command -v "$1" >/dev/null || missing+=("$2")
}
need chromium chromium
need pdftoppm poppler-utils
need firefox-esr firefox-esr
need Xvfb xvfb
need nginx nginx-light
need caddy caddy
need pgbouncer pgbouncer
need shellcheck shellcheck
need systemd-analyze systemd
if [ -z "${SURVEY_TEST_POSTGRES:-}" ] && ! compgen -G "/usr/lib/postgresql/*/bin/initdb" >/dev/null; then
  need initdb postgresql
fi

install_missing() { # all at once: one list of packages is fetched
  if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null; then
    local quick=()
    if [ -n "${CI:-}" ]; then quick=(-o Dpkg::Options::=--force-unsafe-io); fi
    apt-get update -qq
    # With Chromium, its shell for pages without a window, which takes a third less: Debian alone
    # has it.
    case " $* " in *" chromium "*)
      if apt-cache show chromium-headless-shell >/dev/null 2>&1; then
        set -- "$@" chromium-headless-shell
      fi
    esac
    DEBIAN_FRONTEND=noninteractive apt-get install -y -qq ${quick[@]+"${quick[@]}"} "$@" >/dev/null
  elif [ -n "${CI:-}" ]; then
    echo "Not installed, and cannot be: $*" >&2
    return 3
  fi
}

if [ ${#missing[@]} = 0 ]; then
  scripts/setup.sh
elif ! python3 -c 'import ensurepip' 2>/dev/null; then # set-up needs apt-get for itself first
  scripts/setup.sh
  install_missing "${missing[@]}"
else
  install_missing "${missing[@]}" &
  installing=$!
  scripts/setup.sh
  wait "$installing"
fi

if [ -z "${SURVEY_TEST_POSTGRES:-}" ]; then
  if address=$(scripts/postgres.sh); then
    export SURVEY_TEST_POSTGRES=$address
  elif [ -n "${CI:-}" ]; then
    echo "PostgreSQL could not be started." >&2
    exit 3
  fi
fi

if [ "${1:-}" = slow ]; then
  # With the properties, which draw ten times as many examples here.
  exec $bin/pytest -m "slow or hypothesis" --hypothesis-profile "long run" -n 2 --dist loadfile --no-loadscope-reorder
fi

# Tests wait for browsers, servers and databases: one more worker than there are processors.
workers=${TEST_WORKERS:-$(($(getconf _NPROCESSORS_ONLN) + 1))}

title() { printf '\n== %s\n' "$1"; }
step() { title "$1"; shift; "$@"; }

kept=$(mktemp -d)
beside=()
trap 'kill ${beside[@]+"${beside[@]}"} 2>/dev/null || true; rm -rf "$kept"' EXIT
meanwhile() { # a check whose output is shown when the tests are done; a failure is told at once
  local name=$1
  shift
  { "$@" >"$kept/$name" 2>&1 || { title "$name: failed, see below" >&2; false; }; } &
  beside+=($!)
}

step "format" $bin/ruff format --check -q .
step "lint" $bin/ruff check -q .
meanwhile "types" $bin/mypy
meanwhile "import contracts" $bin/lint-imports
failed=0
step "tests" $bin/pytest -n "$workers" --dist loadfile --no-loadscope-reorder -q || failed=1
wait "${beside[0]}" || failed=1
step "types" cat "$kept/types"
wait "${beside[1]}" || failed=1
step "import contracts" cat "$kept/import contracts"
exit $failed
