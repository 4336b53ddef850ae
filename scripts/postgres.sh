#!/usr/bin/env bash
# Starts a PostgreSQL for the tests and prints its address. On Debian as root it installs the
# package first and runs the server as the user postgres, because initdb refuses root.
set -euo pipefail

port=${SURVEY_TEST_POSTGRES_PORT:-54329}
home=${TMPDIR:-/tmp}/survey-test-postgres

# Nothing in it outlives a run, so nothing waits for the disk. Tests read the write-ahead log, so a
# checkpoint that another test asks for must not take its files away.
unsafe="-c wal_keep_size=512MB -c fsync=off -c full_page_writes=off -c synchronous_commit=off -c autovacuum=off"

find_server() { # the newest of Debian's; elsewhere the one of PATH
  local found=""
  for folder in /usr/lib/postgresql/*/bin; do
    [ -x "$folder/initdb" ] && found=$folder # two figures since PostgreSQL 10, so in order
  done
  if [ -z "$found" ] && command -v initdb >/dev/null; then found=$(dirname "$(command -v initdb)"); fi
  echo "$found"
}

if [ -z "$(find_server)" ]; then
  if [ "$(id -u)" != 0 ] || ! command -v apt-get >/dev/null; then
    echo "PostgreSQL is not installed." >&2
    exit 3
  fi
  apt-get update -qq >&2
  DEBIAN_FRONTEND=noninteractive apt-get install -y -qq postgresql >/dev/null
fi
bin=$(find_server)

as_owner() {
  if [ "$(id -u)" = 0 ]; then runuser -u postgres -- "$@"; else "$@"; fi
}

if [ ! -d "$home/data" ]; then
  mkdir -p "$home"
  if [ "$(id -u)" = 0 ]; then chown postgres "$home"; fi
  as_owner "$bin/initdb" -D "$home/data" -U survey --auth=trust --no-sync >/dev/null
fi
if ! as_owner "$bin/pg_ctl" -D "$home/data" status >/dev/null; then
  as_owner "$bin/pg_ctl" -D "$home/data" -w -l "$home/log" \
    -o "-p $port -k $home -c listen_addresses=127.0.0.1 $unsafe" start >/dev/null
fi
echo "postgresql+psycopg://survey@127.0.0.1:$port"
