#!/usr/bin/env bash
# Compiles the interface's catalogues, each that is newer than what was made of it. Those of the
# questionnaires are read as they are.
set -euo pipefail
cd "$(dirname "$0")/.."
for po in translations/*/LC_MESSAGES/messages.po; do
  [ "$po" -nt "${po%.po}.mo" ] || continue
  .venv/bin/pybabel -q compile -i "$po" -o "${po%.po}.mo"
done
