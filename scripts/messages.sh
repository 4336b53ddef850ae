#!/usr/bin/env bash
# Takes the words from the code and the templates into each catalogue, keeping what is translated
# and the header, which says how many plural forms the language has. With languages named, only
# into theirs: `scripts/messages.sh pl ro`.
set -euo pipefail
cd "$(dirname "$0")/.."
pybabel=.venv/bin/pybabel
python=.venv/bin/python
words='import sys; from survey.languages import LANGUAGES as known
print(*(tag for tag, one in known.items() if tag != "en" and one.staff == (sys.argv[1] == "staff")))'
staff=$($python -c "$words" staff)
student=$($python -c "$words" student)
pots=$(mktemp -d)
trap 'rm -r "$pots"' EXIT

extract() { # mapping, catalogue of all words, further keywords
  PYTHONPATH=. $pybabel -q extract -F "$1" --no-location --omit-header -o "$2" "${@:3}" survey
}
begin() { # language, domain, catalogue: an empty one with its header
  mkdir -p "$(dirname "$3")"
  $python - "$1" "$2" > "$3" <<'HEADER'
import sys
from babel import Locale
from babel.messages.plurals import get_plural
tag, domain = sys.argv[1:]
print(f"""# {Locale.parse(tag).english_name} words of the {domain}.
# ../review.toml says whether a fluent reader has checked them.
msgid ""
msgstr ""
"Project-Id-Version: school-safety-survey {tag}\\n"
"Report-Msgid-Bugs-To: \\n"
"Last-Translator: \\n"
"Language: {tag}\\n"
"Language-Team: \\n"
"Plural-Forms: {get_plural(tag)}\\n"
"MIME-Version: 1.0\\n"
"Content-Type: text/plain; charset=utf-8\\n"
"Content-Transfer-Encoding: 8bit\\n"
""")
HEADER
}
take_in() { # catalogue of all words, domain, languages
  local pot=$1 domain=$2
  for language in "${@:3}"; do
    [[ ${#only[@]} -eq 0 || " ${only[*]} " == *" $language "* ]] || continue
    catalogue=translations/$language/LC_MESSAGES/$domain.po
    [ -f "$catalogue" ] || begin "$language" "$domain" "$catalogue"
    $pybabel -q update -i "$pot" -o "$catalogue" -D "$domain" -l "$language" \
      --no-fuzzy-matching --ignore-obsolete --ignore-pot-creation-date
  done
}
only=("$@")
extract babel.cfg "$pots/whole.pot" -k _l -k _ -k ngettext:1,2 --sort-output
extract babel-student.cfg "$pots/student.pot" -k _l -k _ -k ngettext:1,2 --sort-output
# Only what a template or words_of says: the rest of that code speaks to staff.
extract babel-questionnaires.cfg "$pots/questionnaires.pot" --no-default-keywords \
  -k gettext -k pgettext:1c,2 -k words_of
# shellcheck disable=SC2086 # a language has no space in it
{
  take_in "$pots/whole.pot" messages $staff
  take_in "$pots/student.pot" messages $student
  take_in "$pots/questionnaires.pot" questionnaires $staff $student
}
scripts/catalogues.sh
