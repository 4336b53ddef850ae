"""`safer-places doctor`: how every part of the service is, and what to do about it."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path

import click
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError, OperationalError
from sqlalchemy.orm import Session

from survey import settings, startup_safety
from survey.app import create_app
from survey.campaigns.ballot_box import open_without_key
from survey.command_line.settings_file import SETTINGS_FILE
from survey.database import database, today
from survey.jobs import lease_clock
from survey.ledger import since_backup
from survey.ledger.file import LedgerError
from survey.postgresql import is_pooled
from survey.serving import start
from survey.serving.checks import CheckResult, CheckState, examine, missing_file
from survey.serving.exit_codes import EXIT_CODES, StopReason
from survey.settings import Settings, SettingsError

CONNECTIONS_A_WORKER = 15
"""What the pool of one process may open: five that stay and ten for a rush."""

MARKS = {
    CheckState.OK: ("ok", "green"),
    CheckState.WARNING: ("look", "yellow"),
    CheckState.FAILING: ("BAD", "red"),
}


@click.command("doctor")
def doctor() -> int:
    """Check settings, database, schema, disk, keys, housekeeping and logs, and say what to do.

    It changes nothing. It ends with 0 if the service can run, also if something needs attention.
    """
    worst = 0
    for finding in look():
        mark, colour = MARKS[finding.state]
        click.echo(f"{click.style(f'{mark:>4}', fg=colour)}  {finding.name:<13} {finding.words}")
        if finding.advice and finding.state is not CheckState.OK:
            click.echo(f"{'':>6}{'':<13} → {finding.advice}")
        if finding.state is CheckState.FAILING and not worst:
            worst = EXIT_CODES[finding.reason]
    return worst


def look() -> Iterator[CheckResult]:
    """Every finding, in the order in which they are best corrected."""
    yield CheckResult(
        "Python", CheckState.OK, f"Python {'.'.join(map(str, sys.version_info[:3]))}."
    )
    try:
        options = settings.read(os.environ)
        app = create_app(options, testing=True)  # a telling log is a finding, and not the end
    except SettingsError as problem:
        for words in problem.complaints:
            advice = "docs/settings.md lists every setting."
            yield CheckResult("settings", CheckState.FAILING, words, advice, StopReason.SETTINGS)
        return
    yield CheckResult("settings", CheckState.OK, "All settings are there and of the right form.")
    yield from _of_settings_file(os.environ.get(SETTINGS_FILE, ""))
    yield from _of_settings(options)
    yield from _of_machine()
    with app.app_context():
        yield from examine(database.engine, options)
        yield from of_open_surveys(options)
        yield from _of_clocks()
        yield from of_backups(options, today())
        yield from _of_logs()
        yield from _of_connections()
        database.engine.dispose()


MOVES_CONNECTIONS = Path("/proc/sys/net/ipv4/tcp_migrate_req")


def _of_machine() -> Iterator[CheckResult]:
    """Whether connections that wait for a worker go to another one if it dies."""
    try:
        moves = MOVES_CONNECTIONS.read_text(encoding="ascii").strip() == "1"
    except OSError:  # not Linux, or older than 5.14
        return
    if moves:
        yield CheckResult(
            "connections", CheckState.OK, "A worker that dies loses no waiting connection."
        )
    else:
        words = "A worker that dies may lose connections that wait for it: browsers try again."
        advice = "Set net.ipv4.tcp_migrate_req = 1 in /etc/sysctl.d/safer-places.conf."
        yield CheckResult("connections", CheckState.WARNING, words, advice)


def _of_settings_file(name: str) -> Iterator[CheckResult]:
    """Whether other accounts of this machine can read the secrets."""
    if name and Path(name).stat().st_mode & 0o077:
        words = f"{name} holds the secrets, and other accounts of this machine can open it."
        yield CheckResult("secrets", CheckState.WARNING, words, f"Run chmod 600 {name}.")


def _of_settings(options: Settings) -> Iterator[CheckResult]:
    if not options.is_https:
        words = f"{options.public_address} is not https: only for a demo on this machine."
        yield CheckResult(
            "address", CheckState.WARNING, words, "Set SURVEY_PUBLIC_ADDRESS to https://..."
        )
    if options.demo:
        words = "SURVEY_DEMO is yes: everyone knows the passwords of a demo."
        yield CheckResult(
            "demo", CheckState.WARNING, words, "Take it out where real surveys are held."
        )
    if options.second_step != "required" and not options.demo:
        words = "Members may sign in without a second step."
        yield CheckResult(
            "second step", CheckState.WARNING, words, "Set SURVEY_SECOND_STEP to required."
        )
    if options.sqlite_file:
        yield _apart(options.sqlite_file.parent, options.keys_at)


def _apart(database_at: Path, keys_at: Path) -> CheckResult:
    """Whether one copy of a disk holds both the sealed answers and the keys that open them."""
    if _device(database_at) != _device(keys_at):
        return CheckResult("keys", CheckState.OK, "Keys and database are on different disks.")
    return CheckResult(
        "keys",
        CheckState.WARNING,
        "Keys and database are on one disk, so a copy of it holds both.",
        "Name a folder on another disk in SURVEY_KEY_FOLDER, or leave the folder out of backups.",
    )


def of_open_surveys(options: Settings) -> Iterator[CheckResult]:
    """Whether the key folder opens what students send. It may have been left out of a move or a
    restore, and nothing else would show that before the survey is closed."""
    if missing_file(database.engine):
        return
    try:
        with Session(database.engine) as db:
            lost = sum(1 for _wave in open_without_key(db, options.keys_at))
    except DBAPIError:  # gone, empty or of another schema, which is a finding already
        return
    if lost:
        words = f"Open surveys whose key is not in the key folder: {lost}."
        advice = (
            "Bring back the folder that SURVEY_KEY_FOLDER named before. Without it, answers open"
            " only with the paper copy of the key."
        )
        yield CheckResult("open surveys", CheckState.WARNING, words, advice)
    else:
        yield CheckResult("open surveys", CheckState.OK, "The keys of all open surveys are there.")


CLOCKS_APART = timedelta(minutes=1)


def _of_clocks() -> Iterator[CheckResult]:
    """Whether this machine and that of PostgreSQL agree on the time."""
    if database.engine.dialect.name != "postgresql":
        return
    try:
        with Session(database.engine) as db:
            apart = lease_clock.apart(db)
    except OperationalError:
        return
    words = f"The clocks of this machine and of the database are {apart.seconds} s apart."
    if apart > CLOCKS_APART:
        words = f"The clocks of this machine and of the database are {apart} apart."
        yield CheckResult("clock", CheckState.WARNING, words, "Have both set by a time server.")
    else:
        yield CheckResult("clock", CheckState.OK, words)


BACKUP_IS_OLD = timedelta(days=2)


def of_backups(options: Settings, day: date) -> Iterator[CheckResult]:
    """Whether there is a backup of these days, and none that is kept too long."""
    try:
        made = since_backup.backups(options.ledger_file)
        too_long = since_backup.kept_too_long(options.ledger_file, day)
    except LedgerError as problem:
        words, advice = f"The ledger cannot be read: {problem}.", "Look at SURVEY_LEDGER."
        yield CheckResult("backups", CheckState.FAILING, words, advice, StopReason.SETTINGS)
        return
    for one in too_long:
        words = f"{one.file} was to be deleted after {one.last_day}: answers in it are due."
        yield CheckResult(
            "backups", CheckState.WARNING, words, "Delete it; the next backup does as well."
        )
    if not made:
        words = "No backup was ever made."
    elif made[-1].on < day - BACKUP_IS_OLD:
        words = f"The last backup is of {made[-1].on}."
    else:
        yield CheckResult("backups", CheckState.OK, f"The last backup is of {made[-1].on}.")
        return
    advice = "Run `safer-places backup FOLDER` each day after housekeeping: docs/backup.md."
    yield CheckResult("backups", CheckState.WARNING, words, advice)


def _device(path: Path) -> int | None:
    try:
        return path.stat().st_dev
    except OSError:
        return None


def _of_logs() -> Iterator[CheckResult]:
    refused, warned = startup_safety.log_complaints(database.engine)
    advice = "Change it in postgresql.conf and reload: docs/settings.md says to what."
    for words in refused:
        yield CheckResult("log", CheckState.FAILING, words, advice, StopReason.SETTINGS)
    for words in warned:
        yield CheckResult("log", CheckState.WARNING, words, advice)
    if not refused and not warned:
        yield CheckResult(
            "log", CheckState.OK, "The database writes nothing that was sent to its log."
        )


def _of_connections() -> Iterator[CheckResult]:
    engine = database.engine
    if engine.dialect.name != "postgresql":
        return
    try:
        with engine.connect() as connection:
            allowed = int(connection.scalar(text("SHOW max_connections")) or 0)
            pooled = is_pooled(connection.connection.driver_connection)
    except OperationalError:
        return
    if pooled:
        words = "Connections go through a pooler. Workers, migrate and backup go past it."
        yield CheckResult("pool", CheckState.OK, words)
        return
    workers = start.workers_for(start.processors(), start.megabytes())
    needed = (workers + 1) * CONNECTIONS_A_WORKER
    words = f"This server may open {needed} connections of {allowed}."
    if needed > allowed:
        advice = "Raise max_connections, use fewer --workers, or put PgBouncer between."
        yield CheckResult("pool", CheckState.WARNING, words, advice)
    else:
        yield CheckResult("pool", CheckState.OK, words)
