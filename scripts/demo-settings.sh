# shellcheck shell=bash
# Sourced by the replay: settings with secrets made once, on this machine, for this
# folder. Only the demo has secrets that no one chose.
home=$1
address=$2
mkdir -p "$home"
if [ ! -f "$home/secrets" ]; then
  .venv/bin/python - > "$home/secrets" <<'PY'
import secrets

for name in ("SECRET_KEY", "PASSWORD_SALT", "CODE_KEY", "TOTP_KEY"):
    print(f"export SURVEY_{name}={secrets.token_hex(32)}")
PY
  chmod 600 "$home/secrets"
fi
# shellcheck source=/dev/null
. "$home/secrets"
export SURVEY_DATABASE_URL="sqlite:///$PWD/$home/survey.db"
export SURVEY_PUBLIC_ADDRESS="$address"
export SURVEY_OPERATOR_NAME="Demo operator"
export SURVEY_OPERATOR_CONTACT="operator@example.org"
export SURVEY_DEMO=yes
export SURVEY_SECOND_STEP=optional # visitors of the demo have no phone set up
