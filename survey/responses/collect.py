"""Collecting: the only writer of answers.

One transaction of the caller spends the code, keeps the answers and moves the coarse counter, or
does none of it. What is kept has no time, no order and no way back to the student.
"""

from __future__ import annotations

import hmac
import json
import secrets
import uuid
from collections.abc import Mapping
from datetime import date, timedelta
from enum import StrEnum
from typing import Any, cast

from sqlalchemy import Engine, Table, delete, func, select, text
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from survey.campaigns.codes import spend
from survey.campaigns.models import AccessCode, Wave
from survey.campaigns.operations import questionnaire_of
from survey.campaigns.states import WaveState
from survey.db import Base
from survey.questionnaires.answers import Answer, Answers
from survey.questionnaires.model import ItemKind, Questionnaire
from survey.responses.models import FreeText, Receipt, Response

RECEIPT_BYTES = 16
COARSE = 10


class Outcome(StrEnum):
    """What became of a Send."""

    STORED = "stored"
    ALREADY = "already"  # this very page was sent before: nothing more is stored
    SPENT = "spent"  # the code was used with another page, or was never printed
    CLOSED = "closed"  # the wave is not open


def new_receipt() -> str:
    """A random number for a page to carry, so that sending it twice is harmless."""
    return secrets.token_urlsafe(RECEIPT_BYTES)


def hash_receipt(receipt: str, *, key: bytes) -> bytes:
    """What is stored in place of a page's receipt."""
    derived = hmac.digest(key, b"receipts 1", "sha256")
    return hmac.digest(derived, receipt.encode(), "sha256")


def collect(
    db: Session, *, wave: Wave, code_hash: bytes, receipt: bytes, answers: Answers, today: date
) -> Outcome:
    """Takes one student's answers, once. `receipt` is the hash of the page's receipt, `answers` is
    what `routing.check` gave."""
    if _state_held(db, wave) is not WaveState.OPEN:
        return Outcome.CLOSED
    # The receipt goes first: of two sends of one page at the same moment, the second waits here for
    # the first to commit, and then knows that it is the second.
    if not _keep_receipt(db, wave, receipt):
        return Outcome.ALREADY
    if not spend(db, school_id=wave.school_id, wave_id=wave.wave_id, code_hash=code_hash):
        _drop_receipt(db, wave, receipt)
        return Outcome.SPENT
    move_counter(db, wave=wave, today=today)
    _keep(db, wave, questionnaire_of(wave), answers)
    return Outcome.STORED


def daily(db: Session, *, wave: Wave, today: date) -> None:
    """What an open wave needs once a day, before anything of today is stored."""
    if move_counter(db, wave=wave, today=today):
        rewrite(db, school_id=wave.school_id, wave_id=wave.wave_id)


def move_counter(db: Session, *, wave: Wave, today: date) -> bool:
    """Brings the coarse counter to the end of yesterday; no if it is there already.

    Called before anything of today is stored: so it moves at most once a day, and what moves it is
    never what it counts."""
    yesterday = today - timedelta(days=1)
    if not counter_is_due(wave, today=today):
        return False
    # Whoever sends at this moment holds the row too: waiting for each other would be a deadlock, so
    # the counter then waits for the next one.
    free = db.scalar(
        select(Wave)
        .where(Wave.school_id == wave.school_id, Wave.wave_id == wave.wave_id)
        .with_for_update(skip_locked=True)
        .execution_options(populate_existing=True)
    )
    if free is None or not counter_is_due(free, today=today):
        return False
    stored = db.scalar(
        select(func.count())
        .select_from(Response)
        .where(Response.school_id == wave.school_id, Response.wave_id == wave.wave_id)
    )
    free.counter = (stored or 0) // COARSE * COARSE
    free.counter_on = yesterday
    return True


def counter_is_due(wave: Wave, *, today: date) -> bool:
    """Has a day passed that the counter does not tell of?"""
    yesterday = today - timedelta(days=1)
    opened = wave.opened_on
    return (
        wave.state is WaveState.OPEN
        and opened is not None
        and opened <= yesterday
        and (wave.counter_on is None or wave.counter_on < yesterday)
    )


def forget_receipts(db: Session, *, school_id: uuid.UUID, wave_id: uuid.UUID) -> None:
    """At close: nothing can be sent again, so nothing needs to be recognised again."""
    db.execute(delete(Receipt).where(Receipt.school_id == school_id, Receipt.wave_id == wave_id))


def erase(db: Session, *, school_id: uuid.UUID, wave_id: uuid.UUID) -> None:
    """The end of the raw responses of a wave. Its release stays."""
    for kept in (Response, FreeText, Receipt):
        db.execute(delete(kept).where(kept.school_id == school_id, kept.wave_id == wave_id))


def erase_texts(db: Session, *, school_id: uuid.UUID, wave_id: uuid.UUID, item: str) -> None:
    """The end of what was written to an item, here: it has gone to be read elsewhere."""
    db.execute(
        delete(FreeText).where(
            FreeText.school_id == school_id, FreeText.wave_id == wave_id, FreeText.item == item
        )
    )


ANONYMOUS_KEYS: Mapping[type[Response | FreeText], str] = {
    Response: "response_id",
    FreeText: "text_id",
}


def rewrite(db: Session, *, school_id: uuid.UUID, wave_id: uuid.UUID) -> None:
    """On PostgreSQL: writes the rows of a wave anew, in random order and under new random keys, so
    that neither their place on the disk nor the number of their transaction tells when each came.
    SQLite keeps these tables in the order of their keys, where there is nothing to do.

    `vacuum` afterwards, outside of any transaction, sweeps up what the old rows were."""
    if db.get_bind().dialect.name != "postgresql":
        return
    db.execute(
        select(Wave.wave_id)
        .where(Wave.school_id == school_id, Wave.wave_id == wave_id)
        .with_for_update()
    )
    which = {"school_id": school_id, "wave_id": wave_id}
    for kept, key in ANONYMOUS_KEYS.items():
        table = _table(kept)
        others = ", ".join(column.name for column in table.columns if column.name != key)
        db.execute(
            text(
                f"WITH gone AS (DELETE FROM {table.name}"  # noqa: S608 - names of our own models
                " WHERE school_id = :school_id AND wave_id = :wave_id RETURNING *)"
                f" INSERT INTO {table.name} ({key}, {others})"
                f" SELECT gen_random_uuid(), {others} FROM gone ORDER BY random()"
            ),
            which,
        )


VACUUM: Mapping[str, tuple[str, ...]] = {
    "postgresql": tuple(
        f"VACUUM (SKIP_LOCKED) {kept.__tablename__}"
        for kept in (AccessCode, Response, FreeText, Receipt)
    ),
    "sqlite": ("PRAGMA wal_checkpoint(TRUNCATE)",),
}


def vacuum(engine: Engine, *more: str) -> None:
    """Sweeps up what deleted rows leave behind: dead rows on PostgreSQL, also of the tables named
    in `more`, and the write-ahead log on SQLite, where the order of its pages would tell the order
    of the sends."""
    dialect = engine.dialect.name
    named = [f"VACUUM (SKIP_LOCKED) {table}" for table in more] if dialect == "postgresql" else []
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        for statement in (*named, *VACUUM[dialect]):
            connection.exec_driver_sql(statement)


def _state_held(db: Session, wave: Wave) -> WaveState | None:
    """The state of the wave as it is now, and held so until the transaction ends."""
    return db.scalar(
        select(Wave.state)
        .where(Wave.school_id == wave.school_id, Wave.wave_id == wave.wave_id)
        .with_for_update(read=True)
    )


INSERT: Mapping[str, Any] = {"postgresql": postgresql.insert, "sqlite": sqlite.insert}


def _keep_receipt(db: Session, wave: Wave, receipt: bytes) -> bool:
    """Yes if the receipt was not known; no if it was, also when it becomes so at this moment."""
    table = _table(Receipt)
    kept = db.scalar(
        INSERT[db.get_bind().dialect.name](table)
        .values(school_id=wave.school_id, wave_id=wave.wave_id, receipt_hash=receipt)
        .on_conflict_do_nothing()
        .returning(table.c.receipt_hash)
    )
    return kept is not None


def _drop_receipt(db: Session, wave: Wave, receipt: bytes) -> None:
    db.execute(
        delete(Receipt).where(
            Receipt.school_id == wave.school_id,
            Receipt.wave_id == wave.wave_id,
            Receipt.receipt_hash == receipt,
        )
    )


def _keep(db: Session, wave: Wave, questionnaire: Questionnaire, answers: Answers) -> None:
    texts: dict[str, Answer] = {}
    rest: dict[str, Answer] = {}
    for key, answer in answers.items():
        part = texts if questionnaire.by_key[key].kind is ItemKind.TEXT else rest
        part[key] = answer
    where = {"school_id": wave.school_id, "wave_id": wave.wave_id}
    db.add(Response(**where, response_id=uuid.uuid4(), answers=_canonical(rest)))
    db.add_all(
        FreeText(**where, text_id=uuid.uuid4(), item=key, words=str(words))
        for key, words in texts.items()
    )


def _canonical(answers: Answers) -> str:
    """One spelling for equal answers, so that it tells nothing of how they were given."""
    return json.dumps(answers, sort_keys=True, separators=(",", ":"), ensure_ascii=False)


def _table(model: type[Base]) -> Table:
    return cast(Table, model.__table__)
