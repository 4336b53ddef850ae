"""Boxes of requests in the database: read, changed and written again as a whole."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from contextlib import suppress
from itertools import chain

from flask import Flask
from sqlalchemy import Engine, Select, delete, select
from sqlalchemy.exc import DBAPIError, OperationalError
from sqlalchemy.orm import Session, undefer

from survey import postgresql
from survey.database import database
from survey.device.ended_sessions import EndedSession
from survey.errors import NotNowError
from survey.help_requests import encryption
from survey.help_requests.box_format import (
    BLANK,
    BoxEntry,
    BoxFullError,
    Slot,
    Slots,
    pack_index,
    pack_words,
    put,
    replace_slot,
    shuffled,
    unpack,
    unpack_index,
)
from survey.help_requests.models import HelpBox
from survey.jobs import periodic
from survey.mail.models import OutMail
from survey.organisations.models import HelpDesk
from survey.postgresql import LockedError


def hold(db: Session, school_id: uuid.UUID) -> HelpDesk | None:
    """The desk of a school, held until the transaction ends: boxes change one after the other."""
    return db.scalar(
        select(HelpDesk)
        .where(HelpDesk.school_id == school_id)
        .with_for_update()
        .execution_options(populate_existing=True)
    )


def add(db: Session, school_id: uuid.UUID, new: Slot, *, key: bytes) -> None:
    """Puts a request into the box that has room. One that is there already changes nothing, so
    sending a page twice is sending it once."""
    box = ready(db, school_id, key=key)
    slots = slots_of(box, key=key)
    if any(slot and slot.entry.request_id == new.entry.request_id for slot in slots):
        return
    try:
        _write(box, put(slots, new), key=key)
    except BoxFullError:
        box.has_room = False
        _write(_blank(db, school_id, key=key), put(BLANK, new), key=key)


def ready(db: Session, school_id: uuid.UUID, *, key: bytes) -> HelpBox:
    """The box that has room; a blank one if there is none. One stored under a key that the settings
    no longer have takes nothing more."""
    query = _boxes(school_id).where(HelpBox.has_room).options(undefer(HelpBox.stored_words))
    for box in db.scalars(query).all():
        if _opens(box, key=key):
            return box
        box.has_room = False
    return _blank(db, school_id, key=key)


def entries(db: Session, school_id: uuid.UUID, *, key: bytes) -> list[tuple[HelpBox, BoxEntry]]:
    """Every request of a school, without its words."""
    return [
        (box, entry)
        for box in db.scalars(_boxes(school_id))
        if _opens(box, key=key)
        for entry in unpack_index(_index(box, key=key))
        if entry
    ]


def broken(db: Session, school_id: uuid.UUID, *, key: bytes) -> int:
    """The number of a school's boxes that the settings cannot open: their key was changed."""
    return sum(not _opens(box, key=key) for box in db.scalars(_boxes(school_id)))


def whole(db: Session, school_id: uuid.UUID, *, key: bytes) -> list[HelpBox]:
    """Boxes of a school that the settings open, with their words."""
    query = _boxes(school_id).options(undefer(HelpBox.stored_words))
    return [box for box in db.scalars(query) if _opens(box, key=key)]


def all_slots(db: Session, school_id: uuid.UUID, *, key: bytes) -> Iterator[Slot]:
    query = _boxes(school_id).options(undefer(HelpBox.stored_words))
    for box in db.scalars(query.execution_options(yield_per=20)):
        if _opens(box, key=key):
            yield from (slot for slot in slots_of(box, key=key) if slot)


def find(
    db: Session, school_id: uuid.UUID, request_id: uuid.UUID, *, key: bytes
) -> tuple[HelpBox, Slot] | None:
    for box, entry in entries(db, school_id, key=key):
        if entry.request_id == request_id:
            slots = slots_of(box, key=key)
            return box, next(s for s in slots if s and s.entry.request_id == request_id)
    return None


def change(box: HelpBox, slot: Slot, *, key: bytes) -> None:
    _write(box, replace_slot(slots_of(box, key=key), slot), key=key)


def rewrite(db: Session, box: HelpBox, slots: Slots, *, key: bytes) -> None:
    """Writes a box again, its slots mixed. A blank one that takes nothing more is deleted."""
    if not any(slots) and not box.has_room:
        db.execute(
            delete(HelpBox).where(HelpBox.school_id == box.school_id, HelpBox.box_id == box.box_id)
        )
    else:
        _write(box, shuffled(slots), key=key)


def slots_of(box: HelpBox, *, key: bytes) -> Slots:
    words = encryption.unstore(box.stored_words, key=key, place=_place(box, b"words"))
    return unpack(_index(box, key=key), words)


def _boxes(school_id: uuid.UUID) -> Select[HelpBox]:
    return select(HelpBox).where(HelpBox.school_id == school_id).order_by(HelpBox.box_id)


def _blank(db: Session, school_id: uuid.UUID, *, key: bytes) -> HelpBox:
    box = HelpBox(school_id=school_id, box_id=uuid.uuid4(), has_room=True)
    _write(box, BLANK, key=key)
    db.add(box)
    db.flush()  # found again by the next request of the same transaction
    return box


def _opens(box: HelpBox, *, key: bytes) -> bool:
    try:
        _index(box, key=key)
    except encryption.SealBrokenError:
        return False
    return True


def _index(box: HelpBox, *, key: bytes) -> bytes:
    return encryption.unstore(box.stored_index, key=key, place=_place(box, b"index"))


def _write(box: HelpBox, slots: Slots, *, key: bytes) -> None:
    box.stored_index = encryption.store(pack_index(slots), key=key, place=_place(box, b"index"))
    box.stored_words = encryption.store(pack_words(slots), key=key, place=_place(box, b"words"))


def _place(box: HelpBox, part: bytes) -> bytes:
    return box.school_id.bytes + box.box_id.bytes + part


class RequestsNotSweptError(NotNowError):
    """Someone reads the database for so long that earlier versions could not be removed."""


SWEPT = (HelpBox.__tablename__, OutMail.__tablename__, EndedSession.__tablename__)
"""Tables with a row that a request writes: a box, a message to each reader, and the end of its
page. They are locked in the order in which a request writes them."""


def _anew(table: str) -> tuple[str, ...]:
    """PostgreSQL: new files with nothing but what is there now. VACUUM would leave what an open
    reader may still see, also in new files, and would say nothing of it."""
    return (
        f"CREATE TEMPORARY TABLE kept_{table} ON COMMIT DROP AS TABLE {table}",
        f"TRUNCATE {table}",
        f"INSERT INTO {table} SELECT * FROM kept_{table} ORDER BY random()",  # noqa: S608 - ours
    )


IN_THE_NIGHT, BY_THE_HOUR = 30.0, 1.0
"""For how many seconds a sweep tries to have the tables for itself. No student waits behind it for
longer than one try: `postgresql.alone_with`."""


def sweep(engine: Engine, *, seconds: float = IN_THE_NIGHT) -> None:
    """Removes earlier versions of boxes from the files of the database: they would tell when a slot
    was filled. Outside of any transaction; `RequestsNotSweptError` if it cannot be done."""
    if engine.dialect.name == "postgresql":
        options = {"isolation_level": "AUTOCOMMIT"}
        try:
            with (
                engine.connect().execution_options(**options) as connection,
                postgresql.alone_with(connection, *SWEPT, seconds=seconds),
            ):
                for statement in chain.from_iterable(map(_anew, SWEPT)):
                    connection.exec_driver_sql(statement)
        except (OperationalError, LockedError):
            raise RequestsNotSweptError(UNSWEPT) from None
        return
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        busy, _pages, _moved = connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)").one()
    if busy:
        raise RequestsNotSweptError(UNSWEPT)


@periodic.hour_begins.connect
def sweep_by_the_hour(_app: Flask) -> None:
    """PostgreSQL: the number of the transaction that wrote a row is between those of two Sends, so
    until the row is written again it tells which code was used just before a request. At the
    full hour it is. What is in the way then is left to the next hour, or to the night."""
    if database.engine.dialect.name == "postgresql":
        with suppress(RequestsNotSweptError):
            sweep(database.engine, seconds=BY_THE_HOUR)


LOG_WAIT_MILLISECONDS = 200
"""A student waits no longer than this for a reader to be gone."""


@periodic.some_seconds_passed.connect
def empty_log_by_the_clock(_app: Flask) -> None:
    """SQLite: a log that were emptied only after requests would begin with the code that was used
    next. It waits for no one: what is in the way is gone the next time."""
    empty_log(database.engine, waits=0)


def empty_log(engine: Engine, *, waits: int = LOG_WAIT_MILLISECONDS) -> None:
    """SQLite: empties the log after a request, if no one reads at this moment. The log keeps each
    version of a box between the Sends of that hour, so a copy of it would tell, together with the
    settings, which code was used just before each request. PostgreSQL has no such step: its dead
    rows go at the next full hour."""
    if engine.dialect.name != "sqlite":
        return
    with (
        suppress(DBAPIError),  # the request is kept, whatever happens to the log
        engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection,
    ):
        before = connection.exec_driver_sql("PRAGMA busy_timeout").scalar_one()
        connection.exec_driver_sql(f"PRAGMA busy_timeout = {waits}")
        try:
            connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")
        finally:
            connection.exec_driver_sql(f"PRAGMA busy_timeout = {before}")


UNSWEPT = (
    "Earlier versions of requests for help are still in the files of the database, because"
    " something reads it. End what reads it, and run housekeeping again."
)
