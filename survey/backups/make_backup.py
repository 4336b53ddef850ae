"""Making a backup, and deleting those that were kept long enough."""

from __future__ import annotations

import fcntl
import importlib
import os
import shutil
import tempfile
import uuid
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import date, timedelta
from pathlib import Path
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from survey.backups import archive
from survey.backups.archive import Manifest
from survey.backups.errors import BackupError
from survey.backups.other_database import schema_of
from survey.campaigns.models import Wave
from survey.campaigns.queries import erased_on
from survey.campaigns.states import WaveState
from survey.database import database, read
from survey.ledger import backup_lock, since_backup
from survey.ledger.file import LedgerError
from survey.releases.register.stamp import code_version
from survey.responses import collect
from survey.settings import SQLITE, Settings

LEAST_DAYS = 7
"""A backup may be kept at least so long. So an answer that is erased from the database is in no
backup so many days later."""

FOLDER_PREFIX = ".survey-backup-"


def engine_of(database_url: str) -> str:
    return "sqlite" if database_url.startswith(SQLITE) else "postgresql"


def copier(engine: str) -> Any:
    """The module that copies databases of this engine. That of PostgreSQL needs its driver."""
    return importlib.import_module(f"survey.backups.{engine}")


def last_day(db: Session, *, options: Settings, today: date) -> date:
    """The last day on which a backup made today may be kept: so many days as the settings say, but
    only until the first answers in it are due to be erased. At least a week either way."""
    days = [today + timedelta(days=options.backup_days)]
    columns = (Wave.school_id, Wave.wave_id, Wave.opened_on, Wave.closes_on, Wave.closed_on)
    # By column, so that a database can be backed up before it is brought to a newer schema.
    for wave in db.execute(select(*columns).where(Wave.state != WaveState.DRAFT)):
        due = erased_on(wave, erase_after_days=options.erase_after_days)
        if due and collect.has_raw(db, school_id=wave.school_id, wave_id=wave.wave_id):
            days.append(due)
    return max(min(days), today + timedelta(days=LEAST_DAYS))


def refuse_folder(folder: Path, options: Settings) -> None:
    """Raises a `BackupError` if a backup here would be next to what it must be kept apart from."""
    here, keys_at = folder.resolve(), options.keys_at.resolve()
    if here == keys_at or here.is_relative_to(keys_at) or keys_at.is_relative_to(here):
        raise BackupError(
            f"Backups must not be in the key folder ({keys_at}), and the key folder not among"
            " backups: a person who has both can read what students answer. Name another folder,"
            " best on another machine."
        )
    if options.ledger_file.resolve().is_relative_to(here):
        raise BackupError(
            f"The ledger ({options.ledger_file}) must not be among backups: it says what happened"
            " after them. Name another folder, best on another machine."
        )


def make(folder: Path, *, options: Settings, today: date) -> tuple[Path, Manifest]:
    """Makes a backup in this folder. It holds neither the key folder nor the ledger."""
    refuse_folder(folder, options)
    schema = schema_of(database.engine)
    if schema is None:
        raise BackupError("There is nothing to back up: the database is empty.")
    until = last_day(read(), options=options, today=today)
    read().rollback()
    engine, backup_id = engine_of(options.database_url), uuid.uuid4().hex
    file = folder.resolve() / archive.name_of(backup_id, today)
    begun = since_backup.BackupBegun(backup_id, today, until, file)
    try:
        folder.mkdir(mode=archive.FOLDER_MODE, parents=True, exist_ok=True)
        with _working_folder(folder) as parts_in:
            with backup_lock.closed(options.ledger_file):
                since_backup.begin(options.ledger_file, begun)
            parts = copier(engine).copy_out(options.database_url, parts_in)
            digests = {one.name: archive.digest(one) for one in parts}
            manifest = Manifest(backup_id, today, until, engine, schema, code_version(), digests)
            archive.write(file, manifest, parts)
    except LedgerError as problem:
        raise BackupError(
            f"The ledger cannot be written ({problem}). Without it a restore would not know what"
            " happened since. See SURVEY_LEDGER in docs/settings.md."
        ) from problem
    except OSError as problem:
        raise BackupError(f"{folder} cannot be written: {problem.strerror}.") from problem
    return file, manifest


@contextmanager
def _working_folder(folder: Path) -> Iterator[Path]:
    """A folder for the parts, removed at the end; so is one that a killed backup left. Of two
    backups to one folder the second is refused while the first runs."""
    with _one_at_a_time(folder):
        yield from _made_in(folder)


@contextmanager
def _one_at_a_time(folder: Path) -> Iterator[None]:
    descriptor = os.open(folder, os.O_RDONLY | os.O_CLOEXEC)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        yield
    except BlockingIOError:
        raise BackupError("Another backup to this folder is running.") from None
    finally:
        os.close(descriptor)


def _made_in(folder: Path) -> Iterator[Path]:
    for left in folder.glob(f"{FOLDER_PREFIX}*"):
        shutil.rmtree(left, ignore_errors=True)
    for left in folder.glob(f"*{archive.ENDS}{archive.UNFINISHED}"):
        left.unlink()
    with tempfile.TemporaryDirectory(prefix=FOLDER_PREFIX, dir=folder) as made:
        os.chmod(made, archive.FOLDER_MODE)
        yield Path(made)


def delete_old(folder: Path, *, today: date) -> list[Path]:
    """Deletes the backups of a folder whose last day has passed; returns which."""
    gone = []
    for file in sorted(folder.glob(f"*{archive.ENDS}")):
        with suppress(BackupError):
            if archive.read_manifest(file).last_day < today:
                file.unlink()
                gone.append(file)
    return gone
