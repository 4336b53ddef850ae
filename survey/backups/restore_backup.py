"""Restoring a backup so that it keeps the promises that were made since.

The copy is brought to the newest schema and corrected before it takes the place of the database, in
one step. Whatever interrupts a restore, the old database is there or the whole corrected new one.
"""

from __future__ import annotations

import fcntl
import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any

from flask import current_app
from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from survey.audit_log import EventName, record
from survey.backups import archive, make_backup, other_database, redo_after_restore
from survey.backups.archive import Manifest
from survey.backups.errors import BackupError
from survey.campaigns.access_codes import in_use_name
from survey.campaigns.ballot_box import open_without_key
from survey.campaigns.lifecycle.void_cards import new_door, void_cards
from survey.campaigns.models import Wave
from survey.campaigns.states import WaveState
from survey.database import begin, database, read
from survey.errors import SurveyError
from survey.help_requests import operations as help_requests
from survey.jobs.models import Job
from survey.jobs.states import UNFINISHED
from survey.ledger import since_backup
from survey.ledger.file import LedgerError
from survey.ledger.since_backup import SinceBackup
from survey.mail.models import MailState, OutMail
from survey.organisations.accounts.models import PasswordLink
from survey.organisations.models import Authority, Member, School, StaffSession
from survey.releases.register import publications
from survey.retention.operations import erase_due
from survey.settings import Settings, current_settings


@dataclass
class Restored:
    """What a restore did, for the operator."""

    manifest: Manifest
    done_again: int = 0
    voided: list[str] = field(default_factory=list)
    locked: list[str] = field(default_factory=list)
    keyless: list[str] = field(default_factory=list)


def restore(
    file: Path, *, options: Settings, today: date, replace: bool, without_ledger: bool
) -> Restored:
    """Puts a backup in the place of the database of the settings. Raises a `BackupError` and
    changes nothing if it cannot."""
    manifest = archive.read_manifest(file)
    _refuse_unfit(manifest, options)
    known = _known(options, manifest, without_ledger)
    if not replace and not other_database.is_empty(database.engine):
        raise BackupError(
            "The database is not empty. A restore replaces it, and what is in it now is gone for"
            " good. Make a backup of it first; then add --replace replace-it."
        )
    other_database.close()
    copier = make_backup.copier(manifest.engine)
    copier.refuse_if_served(options.database_url)
    with _one_at_a_time(options), tempfile.TemporaryDirectory(prefix="survey-restore-") as place:
        manifest, parts = archive.unpack(file, Path(place))
        with copier.building(options.database_url, parts) as address:
            # Without the real keys: none may be destroyed before the copy is in its place.
            with other_database.app_on(address, key_folder=_no_keys(Path(place))) as app:
                with app.app_context():  # at its end the connection of the steps is closed
                    current_app.extensions["alembic"].upgrade()
                done = _corrected(manifest, known, today)
            copier.put_in_place(options.database_url)
    since_backup.enter_restore(options.ledger_file, manifest.backup_id, today)
    with Session(database.engine) as db:
        done.keyless = [_name(wave) for wave in open_without_key(db, options.keys_at)]
    return done


def _no_keys(place: Path) -> Path:
    folder = place / "no-keys"
    folder.mkdir(mode=archive.FOLDER_MODE)
    return folder


def _refuse_unfit(manifest: Manifest, options: Settings) -> None:
    engine = make_backup.engine_of(options.database_url)
    if manifest.engine != engine:
        raise BackupError(
            f"This backup was made of {manifest.engine}, and SURVEY_DATABASE_URL names {engine}."
            " Restore it to its own kind; `safer-places move-database` takes it to PostgreSQL"
            " afterwards."
        )
    if not other_database.knows_schema(manifest.schema):
        raise BackupError(
            f"This backup was made by a newer version ({manifest.code_version}, schema"
            f" {manifest.schema}; this is schema {other_database.newest_schema()}). Install that"
            " version and restore with it."
        )


def _known(options: Settings, manifest: Manifest, without_ledger: bool) -> SinceBackup | None:
    """What happened since the backup; None if the operator says that the ledger is lost."""
    try:
        known = since_backup.since(options.ledger_file, manifest.backup_id)
    except LedgerError as problem:
        raise BackupError(f"The ledger cannot be read: {problem}.") from problem
    if known is None and not without_ledger:
        raise BackupError(
            f"The ledger ({options.ledger_file}) does not know this backup, so what happened after"
            " it is not known: which surveys were closed, whose answers were erased, which accounts"
            " were closed. Bring back the ledger that was kept next to this database. If it is"
            " lost, add --ledger-lost: then the cards of every open survey are void, and every"
            " account has to be renewed."
        )
    return known


@contextmanager
def _one_at_a_time(options: Settings) -> Iterator[None]:
    lock = options.ledger_file.with_name(f"{options.ledger_file.name}.restore")
    descriptor = os.open(lock, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, archive.FILE_MODE)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(descriptor)
        raise BackupError("Another restore is running.") from None
    try:
        yield
    finally:
        os.close(descriptor)


# Correcting a copy


def _corrected(manifest: Manifest, known: SinceBackup | None, today: date) -> Restored:
    try:
        return _correct(manifest, known, today)
    except (SurveyError, LedgerError) as problem:
        raise BackupError(f"The backup cannot be brought up to date: {problem}") from problem


def _correct(manifest: Manifest, known: SinceBackup | None, today: date) -> Restored:
    """Does again what was done after the backup, and ends what must not continue."""
    done = Restored(manifest)
    options = current_settings()
    with begin() as db:
        for happened in known.happened if known else ():
            again = redo_after_restore.REDO.get(EventName(happened.name))
            if again is not None:
                again(db, happened)
                db.flush()
                done.done_again += 1
        _end_sessions(db)
        _drop_what_waits(db)
        _void_cards(db, manifest, known, options, today, done)
        if known is None:
            for member in db.scalars(select(Member).where(Member.active)):
                redo_after_restore.lock(db, member)
        publications.settle(db)
        _tell(db, manifest)
    with begin() as db:
        erase_due(db, today=today, erase_after_days=options.erase_after_days)
        help_requests.erase_due(db, key=help_requests.box_key(*options.totp_keys), today=today)
    locked = select(Member.email).where(Member.active, Member.password.is_(None))
    done.locked = list(read().scalars(locked.order_by(Member.email)))
    return done


def _end_sessions(db: Session) -> None:
    """Signs everyone out: a session that was ended after the backup is in it again."""
    db.execute(delete(StaffSession))
    for member in db.scalars(select(Member)):
        member.fs_uniquifier = os.urandom(16).hex()


def _drop_what_waits(db: Session) -> None:
    """Deletes links for a new password, which may have been used since, messages that may have
    been sent, and jobs that may have been done. Asking again starts each again."""
    db.execute(delete(PasswordLink))
    db.execute(delete(OutMail).where(OutMail.state.in_((MailState.WAITING, MailState.SENDING))))
    db.execute(delete(Job).where(Job.state.in_(UNFINISHED)))


def _void_cards(
    db: Session,
    manifest: Manifest,
    known: SinceBackup | None,
    options: Settings,
    today: date,
    done: Restored,
) -> None:
    """Makes the cards of surveys void that were in use after the backup, and of those that were
    drafts in it and may have been launched since."""
    waves = select(Wave).where(Wave.state.in_((WaveState.OPEN, WaveState.DRAFT)))
    for wave in db.scalars(waves.order_by(Wave.school_id, Wave.wave_id)).all():
        new_door(db, wave=wave)
        name = in_use_name(wave.school_id, wave.wave_id)
        if wave.state is WaveState.OPEN and (known is None or name in known.in_use):
            void_cards(
                db, wave=wave, restored_to=manifest.made_on, key=options.code_key, today=today
            )
            done.voided.append(_name(wave))


def _name(wave: Wave) -> str:
    return f"{wave.campaign.school.name}: {wave.campaign.title}"


def _tell(db: Session, manifest: Manifest) -> None:
    """Every school and authority, and the operators, find the restore in their log."""
    said: dict[str, Any] = {"made_on": manifest.made_on.isoformat(), "backup": manifest.backup_id}
    for school_id in db.scalars(select(School.school_id)).all():
        record(db, EventName.DATABASE_RESTORED, by=None, school_id=school_id, **said)
    for authority_id in db.scalars(select(Authority.authority_id)).all():
        record(db, EventName.DATABASE_RESTORED, by=None, authority_id=authority_id, **said)
    record(db, EventName.DATABASE_RESTORED, by=None, **said)
