#!/usr/bin/env bash
# Takes the interface's words from the code into each catalogue, keeping what is translated and the
# header, which says how many plural forms the language has.
set -euo pipefail
cd "$(dirname "$0")/.."
pybabel=.venv/bin/pybabel
$pybabel -q extract -F babel.cfg -k _l -k _ -k ngettext:1,2 --no-location --sort-output --omit-header \
  -o translations/messages.pot survey
for language in cy; do
  catalogue=translations/$language/LC_MESSAGES/messages.po
  if [ -f "$catalogue" ]; then
    $pybabel -q update -i translations/messages.pot -d translations -l "$language" \
      --no-fuzzy-matching --ignore-obsolete --ignore-pot-creation-date
  else
    $pybabel -q init -i translations/messages.pot -d translations -l "$language"
  fi
done
$pybabel -q compile -d translations
