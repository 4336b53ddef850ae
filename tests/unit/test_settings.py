"""The app starts with all settings right, or says of each what is off."""

from __future__ import annotations

from dataclasses import MISSING, FrozenInstanceError, fields
from pathlib import Path

import pytest

from survey.settings import PARSERS, PREFIX, Settings, SettingsError, read

SECRETS = {"secret_key", "password_salt", "code_key", "totp_key"}

KEY, SALT, TOTP = (f"{letter}0123456789abcdef0123456789abcdef" for letter in "kst")
CODE_KEY = bytes(range(32)).hex()

WHOLE = {
    "SURVEY_DATABASE_URL": "sqlite:////srv/survey.db",
    "SURVEY_SECRET_KEY": KEY,
    "SURVEY_PASSWORD_SALT": SALT,
    "SURVEY_CODE_KEY": CODE_KEY,
    "SURVEY_TOTP_KEY": TOTP,
    "SURVEY_PUBLIC_ADDRESS": "https://survey.example.org/",
    "SURVEY_OPERATOR_NAME": " Example Trust ",
    "SURVEY_OPERATOR_CONTACT": "help@example.org",
}
CHOSEN = {
    "SURVEY_ERASE_AFTER_DAYS": "30",
    "SURVEY_SESSION_MINUTES": "480",
    "SURVEY_DEMO": "yes",
    "SURVEY_KEY_FOLDER": "/srv/survey-keys",
}


def complaints(environ: dict[str, str]) -> tuple[str, ...]:
    with pytest.raises(SettingsError) as refused:
        read(environ)
    return refused.value.complaints


def test_the_whole_environment_is_read_into_one_object() -> None:
    assert read(WHOLE | CHOSEN) == Settings(
        database_url="sqlite:////srv/survey.db",
        secret_key=KEY,
        password_salt=SALT,
        code_key=bytes(range(32)),
        totp_key=TOTP,
        public_address="https://survey.example.org",
        operator_name="Example Trust",
        operator_contact="help@example.org",
        erase_after_days=30,
        session_minutes=480,
        demo=True,
        key_folder="/srv/survey-keys",
    )


def test_what_is_not_chosen_has_a_careful_default() -> None:
    given = read(WHOLE)
    assert (given.erase_after_days, given.session_minutes, given.demo) == (365, 30, False)


def test_the_ledger_stands_beside_the_sqlite_file_unless_it_is_named(tmp_path) -> None:  # type: ignore[no-untyped-def]
    assert str(read(WHOLE).ledger_file) == "/srv/survey.db.ledger"
    named = str(tmp_path / "ledger")
    assert str(read(WHOLE | {"SURVEY_LEDGER": named}).ledger_file) == named


def test_with_postgresql_the_ledger_is_named() -> None:
    postgres = WHOLE | {"SURVEY_DATABASE_URL": "postgresql+psycopg://survey@server/survey"}
    assert any(one.startswith("SURVEY_LEDGER is missing") for one in complaints(postgres))


@pytest.mark.parametrize("given", ["ledger", "/no/such/folder/ledger", "/tmp"])
def test_a_ledger_that_could_not_be_written_is_told_at_the_start(given: str) -> None:
    (complaint,) = complaints(WHOLE | {"SURVEY_LEDGER": given})
    assert complaint.startswith("SURVEY_LEDGER must be")


@pytest.mark.parametrize(
    ("given", "named"),
    [
        ({"MAIL_SERVER": "mail.test:25"}, "MAIL_FROM is missing"),
        ({"MAIL_FROM": "a@b.test"}, "MAIL_SERVER is missing"),
        ({"MAIL_SERVER": "m.test:25", "MAIL_FROM": "a@b.test", "MAIL_USER": "a"}, "MAIL_PASSWORD"),
        (
            {"MAIL_SERVER": "m.test:25", "MAIL_FROM": "a@b.test", "MAIL_FOLDER": "/tmp/mail"},
            "MAIL_FOLDER must not be set",
        ),
        (
            {
                "MAIL_SERVER": "m.test:25",
                "MAIL_FROM": "a@b.test",
                "MAIL_USER": "a",
                "MAIL_PASSWORD": "b",
                "MAIL_SECURITY": "none",
            },
            "MAIL_SECURITY must be",
        ),
    ],
)
def test_settings_for_mail_go_together(given: dict[str, str], named: str) -> None:
    (complaint,) = complaints(WHOLE | {f"SURVEY_{name}": value for name, value in given.items()})
    assert named in complaint


def test_variables_of_others_are_not_looked_at() -> None:
    assert read(WHOLE | {"PATH": "/bin", "SURVEYOR": "x"}) == read(WHOLE)


@pytest.mark.parametrize("variable", sorted(WHOLE))
def test_a_missing_setting_stops_the_start_and_is_named(variable: str) -> None:
    rest = {name: value for name, value in WHOLE.items() if name != variable}
    assert complaints(rest) == (f"{variable} is missing",)


WRONG = """
DATABASE_URL      mysql://server/survey               must start with sqlite:/// or
DATABASE_URL      postgresql://server/survey          must start with sqlite:/// or
DATABASE_URL      sqlite:///                          must name a file
DATABASE_URL      sqlite:///:memory:                  must name a file
SECRET_KEY        kkkkkkkkkkkkkkkkkkkkkkkkkkkkkkk     must be at least 32 random characters
METRICS_TOKEN     short                               must be at least 32 random characters
PASSWORD_SALT     short                               must be at least 32 random characters
TOTP_KEY          short                               must be at least 32 random characters
BACKUP_DAYS       6                                   must be a whole number from 7 to 90
LEDGER            ledger                              must be the full path of a file
MAIL_SERVER       mail.example.org                    must be a name and a port
MAIL_SECURITY     yes                                 must be starttls or tls or none
MAIL_FROM         surveys                             must be an e-mail address
MAIL_USER (blank) must not be empty
MAIL_PASSWORD (blank) must not be empty
MAIL_FOLDER       mail                                must be the full path of a folder
CODE_KEY          0f0f                                must be hexadecimal, 64 characters
KEY_FOLDER        keys                                must be the full path of a folder
CODE_KEY          zz                                  must be hexadecimal, 64 characters
PUBLIC_ADDRESS    survey.example.org                  must be a web address without a path
PUBLIC_ADDRESS    ftp://survey.example.org            must be a web address without a path
PUBLIC_ADDRESS    https://                            must be a web address without a path
PUBLIC_ADDRESS    https://a,b.example.org             must be a web address without a path
PUBLIC_ADDRESS    https://me:word@example.org         must be a web address without a path
PUBLIC_ADDRESS    https://example.org:99999           must end with a port from 1 to 65535
PUBLIC_ADDRESS    https://example.org:port            must be a web address without a path
MAIL_FOLDER       /dev/null/mail                      must be the full path of a folder that this
PUBLIC_ADDRESS    https://example.org/survey          must be a web address without a path
PUBLIC_ADDRESS    https://example.org?survey          must be a web address without a path
PUBLIC_ADDRESS    https://example.org/#survey         must be a web address without a path
OPERATOR_NAME     (blank)                             must not be empty
OPERATOR_CONTACT  (blank)                             must not be empty
ERASE_AFTER_DAYS  29                                  must be a whole number from 30 to 3650
ERASE_AFTER_DAYS  3651                                must be a whole number from 30 to 3650
ERASE_AFTER_DAYS  a_year                              must be a whole number from 30 to 3650
SESSION_MINUTES   4                                   must be a whole number from 5 to 480
SESSION_MINUTES   481                                 must be a whole number from 5 to 480
SESSION_MINUTES   7.5                                 must be a whole number from 5 to 480
SECOND_STEP       yes                                 must be required or optional
SECRET_KEY        kkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkk  must be random
PASSWORD_SALT     change-me-0123456789-abcdefghijklm  must be random
TOTP_KEY          my-Secret-my-secret-0123456789-abc  must be random
CODE_KEY          0000000000000000000000000000000000000000000000000000000000000000 must be random
PUBLIC_ADDRESS    http://survey.example.org           must begin with https://
PUBLIC_ADDRESS    http://127.0.0.1.example.org        must begin with https://
PUBLIC_ADDRESS    http://192.168.0.4:8000             must begin with https://
OLD_TOTP_KEYS     short                               must be at least 32 random characters
MICROSOFT_CLIENT_ID (blank) must not be empty
MICROSOFT_CLIENT_SECRET (blank) must not be empty
MICROSOFT_TENANTS northmoor.onmicrosoft.com           must be the ids of tenants
MICROSOFT_TENANTS common                              must be the ids of tenants
MICROSOFT_ADDRESS http://login.example.org            must begin with https://
GOOGLE_CLIENT_ID  (blank) must not be empty
GOOGLE_CLIENT_SECRET (blank) must not be empty
GOOGLE_DOMAINS    https://northmoor.sch.uk            must be names of domains
GOOGLE_ADDRESS    http://accounts.example.org         must begin with https://
DEMO              true                                must be yes or no
KEY_FOLDER        keys                                must be the full path of a folder
"""


@pytest.mark.parametrize("line", WRONG.strip().splitlines())
def test_a_wrong_setting_stops_the_start_and_is_named(line: str) -> None:
    name, value, said = line.split(maxsplit=2)
    value = value.replace("(blank)", "  ")
    (complaint,) = complaints(WHOLE | {PREFIX + name: value})
    assert complaint.startswith(f"{PREFIX}{name} {said}")


def test_every_setting_has_a_wrong_value_in_the_table() -> None:
    tried = {line.split()[0].lower() for line in WRONG.strip().splitlines()}
    assert tried == set(PARSERS)


def test_with_postgresql_the_key_folder_must_be_named() -> None:
    given = WHOLE | {"SURVEY_DATABASE_URL": "postgresql+psycopg://survey@server/survey"}
    assert "SURVEY_KEY_FOLDER is missing; with PostgreSQL it is required" in complaints(given)
    named = given | CHOSEN | {"SURVEY_LEDGER": "/tmp/ledger"}
    assert read(named).keys_at == Path("/srv/survey-keys")


def test_with_sqlite_the_keys_lie_beside_the_database_if_nothing_is_said() -> None:
    assert read(WHOLE).keys_at == Path("/srv/survey.db.keys")


def test_what_is_wrong_is_not_called_missing_as_well() -> None:
    given = {"SURVEY_MAIL_SERVER": "mail.example.org", "SURVEY_MAIL_FROM": "surveys@example.org"}
    (complaint,) = complaints(WHOLE | given)
    assert complaint.startswith("SURVEY_MAIL_SERVER must be a name and a port")


def test_all_complaints_come_at_once() -> None:
    given = WHOLE | {"SURVEY_DEMO": "maybe", "SURVEY_SESION_MINUTES": "30"}
    del given["SURVEY_CODE_KEY"]
    with pytest.raises(SettingsError) as refused:
        read(given)
    assert refused.value.complaints == (
        "SURVEY_CODE_KEY is missing",
        "SURVEY_DEMO must be yes or no",
        "SURVEY_SESION_MINUTES is not a setting",
    )
    assert str(refused.value).count("\n") == 3


def test_an_unknown_setting_is_named_and_not_passed_over() -> None:
    assert complaints(WHOLE | {"SURVEY_MINIMUM_BASE": "3"}) == (
        "SURVEY_MINIMUM_BASE is not a setting",
    )


def test_no_secret_has_a_default() -> None:
    without = {one.name for one in fields(Settings) if one.default is MISSING}
    assert without >= SECRETS
    assert all(one.default_factory is MISSING for one in fields(Settings))


def test_every_setting_has_a_parser_and_no_parser_is_left_over() -> None:
    assert set(PARSERS) == {one.name for one in fields(Settings)}


def test_settings_do_not_change_after_they_were_read() -> None:
    with pytest.raises(FrozenInstanceError):
        read(WHOLE).demo = True  # type: ignore[misc]


def test_neither_settings_nor_complaints_show_a_secret() -> None:
    secret = "q7-only the school knows this, longer than 32-"
    given = WHOLE | {
        f"{PREFIX}{name.upper()}": f"{secret}{name[0]}" for name in SECRETS - {"code_key"}
    }
    given["SURVEY_DATABASE_URL"] = "postgresql+psycopg://survey:password@server/survey"
    given["SURVEY_KEY_FOLDER"] = "/srv/survey-keys"
    given["SURVEY_LEDGER"] = "/tmp/ledger"
    shown = repr(read(given))
    for hidden in (secret, "password@", str(bytes(range(32)))):
        assert hidden not in shown
    assert secret not in str(complaints(given | {"SURVEY_CODE_KEY": secret}))
    assert secret not in str(complaints(given | {"SURVEY_TOTP_KEY": given["SURVEY_SECRET_KEY"]}))


@pytest.mark.parametrize("first", sorted(SECRETS))
def test_two_secrets_are_never_the_same(first: str) -> None:
    others = sorted(SECRETS - {first})
    for second in others:
        same = {f"{PREFIX}{name.upper()}": CODE_KEY for name in (first, second)}
        (complaint,) = complaints(WHOLE | {"SURVEY_CODE_KEY": bytes(range(1, 33)).hex()} | same)
        assert "must not be the same as" in complaint


@pytest.mark.parametrize(
    ("address", "is_https", "host"),
    [
        ("https://survey.example.org", True, "survey.example.org"),
        ("http://127.0.0.1:8000", False, "127.0.0.1:8000"),
        ("http://[::1]:8000", False, "[::1]:8000"),
        ("http://localhost", False, "localhost"),
        ("http://survey.test", False, "survey.test"),
    ],
)
def test_the_address_says_how_it_is_served_and_what_a_card_prints(
    address: str, is_https: bool, host: str
) -> None:
    given = read(WHOLE | {"SURVEY_PUBLIC_ADDRESS": address})
    assert (given.is_https, given.host) == (is_https, host)


MICROSOFT = {
    "SURVEY_MICROSOFT_CLIENT_ID": "our-client",
    "SURVEY_MICROSOFT_CLIENT_SECRET": "our-secret",
    "SURVEY_MICROSOFT_TENANTS": "72f988bf-86f1-41af-91ab-2d7cd011db47",
}
GOOGLE = {
    "SURVEY_GOOGLE_CLIENT_ID": "our-client",
    "SURVEY_GOOGLE_CLIENT_SECRET": "our-secret",
    "SURVEY_GOOGLE_DOMAINS": "northmoor.sch.uk, Southwold.sch.uk",
}


@pytest.mark.parametrize("given", [MICROSOFT, GOOGLE])
def test_a_provider_that_is_given_by_half_stops_the_start(given: dict[str, str]) -> None:
    read(WHOLE | given)
    for missing in given:
        rest = {name: value for name, value in given.items() if name != missing}
        (complaint,) = complaints(WHOLE | rest)
        assert complaint.startswith(f"{missing} is missing: signing in with ")


def test_an_address_of_a_provider_alone_stops_the_start() -> None:
    (complaint,) = complaints(WHOLE | {"SURVEY_GOOGLE_ADDRESS": "https://accounts.example.org"})
    assert complaint.startswith("SURVEY_GOOGLE_ADDRESS is set")


def test_several_organisations_of_a_provider_can_be_named() -> None:
    assert read(WHOLE | GOOGLE).google_domains == "northmoor.sch.uk southwold.sch.uk"


def test_old_keys_follow_the_new_one_and_are_none_of_the_other_secrets() -> None:
    old = [f"{letter}0123456789abcdef0123456789abcdef" for letter in "xy"]
    given = WHOLE | {"SURVEY_OLD_TOTP_KEYS": " ".join(old)}
    assert read(given).totp_keys == (TOTP, *old)
    (complaint,) = complaints(WHOLE | {"SURVEY_OLD_TOTP_KEYS": f"{old[0]} {KEY}"})
    assert complaint == "SURVEY_OLD_TOTP_KEYS must not be the same as SURVEY_SECRET_KEY"
    assert old[0] not in repr(read(given))
