"""The operator's settings: one frozen object, read once. The app does not start if it is
incomplete."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Mapping
from dataclasses import MISSING, dataclass, field, fields
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlsplit

from flask import current_app
from sqlalchemy import make_url
from sqlalchemy.exc import ArgumentError

from survey import incomplete_settings
from survey.incomplete_settings import PREFIX as PREFIX

PRODUCT = "Safer Places"
SQLITE = "sqlite:///"


class SettingsError(Exception):
    """Settings are missing or wrong; the message names each and says what it should be."""

    def __init__(self, complaints: tuple[str, ...]) -> None:
        self.complaints = complaints
        super().__init__("The app did not start:\n" + "\n".join(f"  - {c}" for c in complaints))


@dataclass(frozen=True)
class Settings:
    """Reads the settings, or raises a `SettingsError` that names every one that is wrong."""

    database_url: str = field(repr=False)  # may hold a password
    secret_key: str = field(repr=False)
    password_salt: str = field(repr=False)
    code_key: bytes = field(repr=False)
    totp_key: str = field(repr=False)
    public_address: str
    operator_name: str
    operator_contact: str
    key_folder: str = ""
    erase_after_days: int = 365
    backup_days: int = 30
    session_minutes: int = 30
    second_step: str = "required"
    demo: bool = False
    ledger: str = ""
    mail_server: str = ""
    mail_security: str = "starttls"
    mail_from: str = ""
    mail_user: str = ""
    mail_password: str = field(default="", repr=False)
    mail_folder: str = ""
    metrics_token: str = field(default="", repr=False)
    old_totp_keys: str = field(default="", repr=False)
    microsoft_client_id: str = ""
    microsoft_client_secret: str = field(default="", repr=False)
    microsoft_tenants: str = ""
    microsoft_address: str = "https://login.microsoftonline.com"
    google_client_id: str = ""
    google_client_secret: str = field(default="", repr=False)
    google_domains: str = ""
    google_address: str = "https://accounts.google.com"

    @property
    def totp_keys(self) -> tuple[str, ...]:
        """The key of second steps and of boxes, then those that it replaced, the newest first."""
        return (self.totp_key, *self.old_totp_keys.split())

    @property
    def ledger_file(self) -> Path:
        """The file of report references, outside the database; next to a SQLite file if none was
        chosen."""
        return Path(self.ledger or self.database_url.removeprefix(SQLITE) + ".ledger")

    @property
    def sqlite_file(self) -> Path | None:
        """The database file; None with PostgreSQL."""
        if not self.database_url.startswith(SQLITE):
            return None
        return Path(self.database_url.removeprefix(SQLITE))

    @property
    def keys_at(self) -> Path:
        """The key folder: the one named, or with SQLite one next to the database file."""
        if self.key_folder:
            return Path(self.key_folder)
        return Path(self.database_url.removeprefix(SQLITE) + ".keys")

    @property
    def is_https(self) -> bool:
        return self.public_address.startswith("https://")

    @property
    def host(self) -> str:
        """The address as printed on a card: without scheme."""
        return urlsplit(self.public_address).netloc


def _words(value: str) -> str:
    if not value.strip():
        raise ValueError("must not be empty")
    return value.strip()


FEWEST_DIFFERENT = 10
PLACEHOLDERS = ("change", "secret", "password", "placeholder", "example", "replace", "default")


def _secret(value: str) -> str:
    """A secret; refused if it was plainly not made at random."""
    plain = value.lower()
    if len(value) < 32:
        raise ValueError("must be at least 32 random characters")
    if len(set(value)) < FEWEST_DIFFERENT or any(word in plain for word in PLACEHOLDERS):
        raise ValueError("must be random: this is a placeholder, or can be guessed")
    return value


def _secret_or_none(value: str) -> str:
    return _secret(value) if value else ""


def _key(value: str) -> bytes:
    try:
        key = bytes.fromhex(value)
    except ValueError:
        raise ValueError("must be hexadecimal, 64 characters") from None
    if len(key) != 32:
        raise ValueError("must be hexadecimal, 64 characters")
    if len(set(key)) < FEWEST_DIFFERENT:
        raise ValueError("must be random: this is a placeholder, or can be guessed")
    return key


def _database(value: str) -> str:
    if not value.startswith((SQLITE, "postgresql+psycopg://")):
        raise ValueError("must start with sqlite:/// or postgresql+psycopg://")
    if value in (SQLITE, f"{SQLITE}:memory:"):
        raise ValueError("must name a file, like sqlite:////srv/survey/survey.db")
    return value if value.startswith(SQLITE) else _several_hosts(value)


HOSTS = re.compile(
    r"(?P<scheme>[^/]+//)(?P<who>.*@)?(?P<hosts>[^/@?]+)"
    r"(?P<rest>/[^?]*)(?P<query>.*)"
)


def _several_hosts(value: str) -> str:
    """An address with several servers, `a:5432,b:5432`, as the driver takes it: it then connects to
    the one that can be written, if the address does not ask for another."""
    parts = HOSTS.fullmatch(value)
    if parts is None or "," not in parts["hosts"]:
        return _port_is_number(value)
    hosts = [f"host={quote(host, safe=':')}" for host in parts["hosts"].split(",")]
    given = [parts["query"].removeprefix("?")] if parts["query"] else []
    if "target_session_attrs=" not in parts["query"]:
        given.append("target_session_attrs=read-write")
    address = f"{parts['scheme']}{parts['who'] or ''}{parts['rest']}?{'&'.join((*hosts, *given))}"
    return _port_is_number(address)


def _port_is_number(value: str) -> str:
    try:
        make_url(value)
    except (ArgumentError, ValueError):
        raise ValueError(
            "must be an address like postgresql+psycopg://user:password@server:5432/name"
        ) from None
    return value


def _folder(value: str) -> str:
    if value and not Path(value).is_absolute():
        raise ValueError("must be the full path of a folder, like /srv/survey-keys")
    return value


def _folder_to_write(value: str) -> str:
    """A folder that is there, or that can be made."""
    there = next(one for one in (Path(_folder(value)), *Path(value).parents) if one.exists())
    if value and not (there.is_dir() and os.access(there, os.W_OK | os.X_OK)):
        raise ValueError("must be the full path of a folder that this account can write")
    return value


def _file(value: str) -> str:
    path = Path(value)
    if not path.is_absolute() or path.is_dir() or not path.parent.is_dir():
        raise ValueError("must be the full path of a file, in a folder that is there")
    return value


PLACE = re.compile(r"([A-Za-z0-9.-]{1,253}|\[[0-9a-fA-F:]+\])(:(?P<port>[0-9]{1,9}))?")
"""A name or number of a machine, and perhaps a port, without a name and a password."""


def _address(value: str) -> str:
    parts = urlsplit(value)
    beyond = parts.path.strip("/") + parts.query + parts.fragment
    place = PLACE.fullmatch(parts.netloc)
    if parts.scheme not in ("http", "https") or place is None or beyond:
        raise ValueError("must be a web address without a path, like https://survey.example.org")
    if place["port"] and not 0 < int(place["port"]) < 65536:
        raise ValueError("must end with a port from 1 to 65535, or with none")
    if parts.scheme == "http" and not _stays_here(parts.hostname or ""):
        raise ValueError("must begin with https://, or codes and answers can be read on their way")
    return value.rstrip("/")


def _stays_here(host: str) -> bool:
    """Is this a name of this machine, or of a test? `test` and `localhost` are not domains of the
    internet (RFC 2606)."""
    if host == "::1" or host.rpartition(".")[2] in ("localhost", "test"):
        return True
    return bool(re.fullmatch(r"127(\.\d{1,3}){3}", host))


SECRETS = (
    "secret_key", "password_salt", "code_key", "totp_key", "metrics_token", "old_totp_keys",
)  # fmt: skip


def _equal_secrets(values: Mapping[str, Any]) -> list[str]:
    """Complaints about secrets that are the same: a person who learns one would have both."""
    complaints, seen = [], dict[str, str]()
    for name in SECRETS:
        value = values.get(name)
        if not value:
            continue
        spelled = value.hex() if isinstance(value, bytes) else str(value).lower()
        for one in spelled.split() if name == "old_totp_keys" else [spelled]:
            if first := seen.get(one):
                complaints.append(f"{PREFIX}{name.upper()} must not be the same as {first}")
            seen.setdefault(one, PREFIX + name.upper())
    return complaints


def _between(least: int, most: int) -> Callable[[str], int]:
    def parse(value: str) -> int:
        if not value.isdecimal() or not least <= int(value) <= most:
            raise ValueError(f"must be a whole number from {least} to {most}")
        return int(value)

    return parse


def _one_of(*values: str) -> Callable[[str], str]:
    def parse(value: str) -> str:
        if value not in values:
            raise ValueError(f"must be {' or '.join(values)}")
        return value

    return parse


def _server(value: str) -> str:
    address = value
    host, _, port = address.rpartition(":")
    if not re.fullmatch(r"[A-Za-z0-9.-]{1,253}|\[[0-9a-fA-F:]+\]", host) or not port.isdecimal():
        raise ValueError("must be a name and a port, like mail.example.org:587")
    if not 0 < int(port) < 65536:
        raise ValueError("must end with a port from 1 to 65535")
    return value


def _sender(value: str) -> str:
    if not re.fullmatch(r"[^@\s<>]{1,64}@[^@\s<>]{1,255}", value):
        raise ValueError("must be an e-mail address, like surveys@example.org")
    return value


def _secrets(value: str) -> str:
    return " ".join(_secret(one) for one in value.split())


def _several(pattern: str, says: str) -> Callable[[str], str]:
    """Several words of one shape, with spaces or commas between them."""

    def parse(value: str) -> str:
        words = value.lower().replace(",", " ").split()
        if not words or not all(re.fullmatch(pattern, word) for word in words):
            raise ValueError(says)
        return " ".join(words)

    return parse


_tenants = _several(
    r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}",
    "must be the ids of tenants, like 72f988bf-86f1-41af-91ab-2d7cd011db47",
)
_domains = _several(
    r"([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\.){1,8}[a-z]{2,63}",
    "must be names of domains, like northmoor.sch.uk",
)


def _or_none(parse: Callable[[str], str]) -> Callable[[str], str]:
    """A setting that can be left empty."""
    return lambda value: parse(value) if value else ""


def _yes_or_no(value: str) -> bool:
    if value not in ("yes", "no"):
        raise ValueError("must be yes or no")
    return value == "yes"


PARSERS: Mapping[str, Callable[[str], Any]] = {
    "database_url": _database,
    "secret_key": _secret,
    "password_salt": _secret,
    "code_key": _key,
    "totp_key": _secret,
    "public_address": _address,
    "operator_name": _words,
    "operator_contact": _words,
    "key_folder": _folder,
    "erase_after_days": _between(30, 3650),
    "backup_days": _between(7, 90),
    "session_minutes": _between(5, 480),
    "second_step": _one_of("required", "optional"),
    "demo": _yes_or_no,
    "ledger": _file,
    "mail_server": _or_none(_server),
    "mail_security": _one_of("starttls", "tls", "none"),
    "mail_from": _or_none(_sender),
    "mail_user": _or_none(_words),
    "mail_password": _or_none(_words),
    "mail_folder": _folder_to_write,
    "metrics_token": _secret_or_none,
    "old_totp_keys": _or_none(_secrets),
    "microsoft_client_id": _or_none(_words),
    "microsoft_client_secret": _or_none(_words),
    "microsoft_tenants": _or_none(_tenants),
    "microsoft_address": _address,
    "google_client_id": _or_none(_words),
    "google_client_secret": _or_none(_words),
    "google_domains": _or_none(_domains),
    "google_address": _address,
}
"""The parser of each setting; a test finds a field without one."""


def read(environ: Mapping[str, str]) -> Settings:
    """Settings from the environment, or a `SettingsError` that names every one that is off."""
    values: dict[str, Any] = {}
    wrong: set[str] = set()
    complaints: list[str] = []
    required = {one.name for one in fields(Settings) if one.default is MISSING}
    for name, parse in PARSERS.items():
        variable = PREFIX + name.upper()
        given = environ.get(variable)
        if given is None:
            if name in required:
                complaints.append(f"{variable} is missing")
            continue
        try:
            values[name] = parse(given)
        except ValueError as error:
            wrong.add(name)
            complaints.append(f"{variable} {error}")
        except OSError as error:
            wrong.add(name)
            complaints.append(f"{variable} cannot be looked at: {error.strerror}")
    complaints += _equal_secrets(values)
    groups = {name.split("_")[0] for name in wrong}  # what is wrong is not missing as well
    halves = incomplete_settings.mail(values) + incomplete_settings.providers(values)
    complaints += [one for one in halves if one.split("_")[1].lower() not in groups]
    needs_folder = not values.get("database_url", SQLITE).startswith(SQLITE)
    if needs_folder and not environ.get(f"{PREFIX}KEY_FOLDER"):
        complaints.append(f"{PREFIX}KEY_FOLDER is missing; with PostgreSQL it is required")
    known = {PREFIX + name.upper() for name in PARSERS}
    complaints += [
        f"{variable} is not a setting"
        for variable in sorted(environ)
        if variable.startswith(PREFIX) and variable not in known
    ]
    if "ledger" not in {*values, *wrong} and not str(values.get("database_url", SQLITE)).startswith(
        SQLITE
    ):
        complaints.append(f"{PREFIX}LEDGER is missing: with PostgreSQL, name a file for it")
    if complaints:
        raise SettingsError(tuple(complaints))
    return Settings(**values)


def current_settings() -> Settings:
    """The settings of the app that answers this request."""
    found: Settings = current_app.extensions["settings"]
    return found
