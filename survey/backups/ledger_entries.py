"""Enters in the ledger, before it is committed, what a restore would have to do again."""

from __future__ import annotations

from typing import Any

from flask_babel import gettext as _
from sqlalchemy.orm import Session

from survey.audit_log import Event, EventName, committing
from survey.backups.redo_after_restore import ABOUT, OWN_DOING, REDO
from survey.database import ledger, today
from survey.errors import NotNowError
from survey.ledger import backup_lock, since_backup
from survey.ledger.file import LedgerError
from survey.ledger.since_backup import LedgerEvent


class NotEnteredError(NotNowError):
    """The ledger cannot be written, so what it must know of is not done."""


@committing.connect
def _enter(db: Session, *, happened: tuple[Event, ...]) -> None:
    lines = [line_of(one) for one in happened if one.name in REDO]
    if not lines:
        return
    path = ledger(db)
    try:
        backup_lock.hold_open(db, path)
        for line in lines:
            since_backup.enter(path, line)
    except LedgerError as problem:
        raise NotEnteredError(
            _(
                "The ledger, which keeps this done if the database is ever restored, cannot be"
                " written. Ask the operator of this service to look at the file that SURVEY_LEDGER"
                " names, and try again."
            )
        ) from problem


def line_of(event: Event) -> LedgerEvent:
    """What the ledger keeps of an event: identifiers and the day."""
    about: dict[str, Any] = {name: event.details[name] for name in ABOUT if name in event.details}
    if event.name is EventName.WAVE_ENDED:
        about["reason"] = event.details["reason"]
    if event.name in OWN_DOING and event.member_id:
        about["member"] = event.member_id
    for name in ("school_id", "authority_id"):
        if (value := getattr(event, name)) is not None:
            about[name] = value
    plain = {name: value if isinstance(value, bool | int) else str(value)
             for name, value in about.items()}  # fmt: skip
    return LedgerEvent(event.name.value, today(), plain)
