#!/usr/bin/env bash
# Runs the tests many times, each with another seed and so in another order, to find those that
# fail by chance: `scripts/many_runs.sh 20` or, of some tests only, `scripts/many_runs.sh 20 tests/unit`.
# Every fourth run is made on a busy machine: as many processes as processors do nothing but count.
set -euo pipefail
cd "$(dirname "$0")/.."

runs=${1:?how many runs}
shift
if [ -z "${SURVEY_TEST_POSTGRES:-}" ]; then
  SURVEY_TEST_POSTGRES=$(scripts/postgres.sh)
  export SURVEY_TEST_POSTGRES
fi

busy=()
quiet() {
  for pid in ${busy[@]+"${busy[@]}"}; do kill "$pid" 2>/dev/null || true; done
  busy=()
}
trap quiet EXIT

failed=0
for run in $(seq "$runs"); do
  seed=$((RANDOM * 32768 + RANDOM))
  loaded=""
  if ((run % 4 == 0)); then
    loaded=" on a busy machine"
    for _ in $(seq "$(getconf _NPROCESSORS_ONLN)"); do
      sh -c 'end=$(($(date +%s) + 3600)); while [ "$(date +%s)" -lt "$end" ]; do :; done' &
      busy+=($!)
    done
  fi
  printf '\n== run %s of %s, seed %s%s\n' "$run" "$runs" "$seed" "$loaded"
  .venv/bin/pytest -n 2 --dist loadfile --no-loadscope-reorder -q -p no:cacheprovider \
    "--randomly-seed=$seed" "$@" || failed=$((failed + 1))
  quiet
done
printf '\n%s of %s runs failed\n' "$failed" "$runs"
exit $((failed > 0))
