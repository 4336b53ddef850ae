"""What attacks on the ballot box share: a class that answers, and the construction of before.

`Before` writes as the product once did: one transaction deletes the code and inserts the answers
and texts as they are. Every attack is tried on it too, so that none passes for lack of strength.
"""

from __future__ import annotations

import json
import secrets
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from random import Random

from flask import Flask
from sqlalchemy import Connection, Engine, make_url, text

from survey.campaigns.access_codes import hash_code
from survey.campaigns.operations import find_wave, questionnaire_of
from survey.database import begin, database, read
from survey.questionnaires import routing
from survey.questionnaires.model import ItemKind, Questionnaire
from survey.releases import operations as release_operations
from survey.responses import collect
from survey.responses.ballot_box import opening
from survey.responses.collect import CollectOutcome
from tests.integration.responses.doors import make_codes
from tests.world import Side

TODAY = date(2026, 10, 5)
"""A day on which the small world's survey is open."""


@dataclass(frozen=True)
class Sent:
    """What one student sent. The words are in no other answer."""

    code: str
    code_hash: bytes
    answers: Mapping[str, object]
    words: str

    @property
    def spelled(self) -> str:
        """The answers without the words, as they are stored."""
        rest = {key: value for key, value in self.answers.items() if key != "P2"}
        return collect.canonical(rest)  # type: ignore[arg-type]


def answers_of(questionnaire: Questionnaire, random: Random, words: str) -> dict[str, object]:
    """An answer to everything that can be picked, and words to one item: as long as real ones."""
    raw: dict[str, str | list[str]] = {}
    for item in questionnaire.asked:
        match item.kind:
            case ItemKind.TEXT:
                continue
            case ItemKind.GRID:
                raw |= {f"{item.key}.{row.key}": random.choice(item.answers) for row in item.rows}
            case ItemKind.SEVERAL:
                raw[item.key] = [random.choice(item.answers)]
            case _:
                raw[item.key] = random.choice(item.answers)
    raw["A1"], raw["P2"] = "y9", words
    return dict(routing.check(questionnaire, None, raw))


def prepare(app: Flask, side: Side, count: int) -> list[Sent]:
    """Cards for a class, and what it will answer: nothing that another class answers, because all
    databases of a server share one write-ahead log."""
    key, random = app.extensions["settings"].code_key, Random(secrets.randbits(64))
    with app.app_context():
        questionnaire = questionnaire_of(find_wave(read(), side.school_id, side.wave_id))
    return [
        Sent(
            code,
            hash_code(code, key=key),
            answers_of(questionnaire, random, words := f"needle {secrets.token_hex(12)}"),
            words,
        )
        for code in make_codes(app, side, year=9, count=count)
    ]


def send(app: Flask, side: Side, one: Sent) -> CollectOutcome:
    """One Send, as the page does it."""
    key = app.extensions["settings"].code_key
    with app.app_context(), begin() as db:
        return collect.collect(
            db,
            wave=find_wave(db, side.school_id, side.wave_id),
            code_hash=one.code_hash,
            receipt=collect.hash_receipt(one.code, key=key),
            answers=one.answers,  # type: ignore[arg-type]
            today=TODAY,
            key=key,
        )


def send_all(app: Flask, side: Side, class_: Sequence[Sent]) -> None:
    for one in class_:
        assert send(app, side, one) is CollectOutcome.STORED


def close(app: Flask, side: Side) -> None:
    """The close, as the page does it."""
    which = {"school_id": side.school_id, "wave_id": side.wave_id}
    with app.app_context():
        with begin() as db:
            release_operations.close(db, wave=find_wave(db, **which), today=TODAY, by=None)
        opening.finish(**which, by=None)


class Before:
    """The old construction, in tables next to the real ones."""

    def __init__(self, engine: Engine) -> None:
        self.engine = engine
        rowid = " WITHOUT ROWID" if engine.dialect.name == "sqlite" else ""
        kind = "BLOB" if rowid else "BYTEA"
        for table, columns in (
            ("old_code", f"code_hash {kind} PRIMARY KEY"),
            ("old_response", "response_id TEXT PRIMARY KEY, answers TEXT"),
            ("old_text", "text_id TEXT PRIMARY KEY, words TEXT"),
        ):
            self._run(f"CREATE TABLE {table} ({columns}){rowid}")

    def print_codes(self, class_: Sequence[Sent]) -> None:
        with self.engine.begin() as connection:
            for one in sorted(class_, key=lambda one: one.code_hash):
                connection.execute(text("INSERT INTO old_code VALUES (:h)"), {"h": one.code_hash})

    def send(self, one: Sent) -> None:
        with self.engine.begin() as connection:
            which = {"h": one.code_hash, "r": str(uuid.uuid4()), "t": str(uuid.uuid4())}
            connection.execute(text("DELETE FROM old_code WHERE code_hash = :h"), which)
            connection.execute(
                text("INSERT INTO old_response VALUES (:r, :a)"), which | {"a": one.spelled}
            )
            connection.execute(
                text("INSERT INTO old_text VALUES (:t, :w)"), which | {"w": one.words}
            )

    def close(self) -> None:
        """What the old close did on SQLite: nothing but empty the log; on PostgreSQL, rows were
        written again in random order."""
        if self.engine.dialect.name == "sqlite":
            self._run("PRAGMA wal_checkpoint(TRUNCATE)")
            return
        for table, key in (("old_response", "response_id"), ("old_text", "text_id")):
            column = "answers" if key == "response_id" else "words"
            self._run(
                f"WITH gone AS (DELETE FROM {table} RETURNING *) INSERT INTO {table}"
                f" SELECT gen_random_uuid()::text, {column} FROM gone ORDER BY random()"
            )

    def _run(self, statement: str) -> None:
        options = {"isolation_level": "AUTOCOMMIT"}
        with self.engine.connect().execution_options(**options) as connection:
            connection.exec_driver_sql(statement)


def on_disk(url: str) -> bytes:
    """All that SQLite has on the disk: the file, and what it writes next to it."""
    path = Path(str(make_url(url).database))
    found = (one for one in path.parent.glob(f"{path.name}*") if one.is_file())
    return b"".join(one.read_bytes() for one in found)


def engine_of(app: Flask) -> Engine:
    with app.app_context():
        return database.engine


PARTS = (250, 550, 850)
PART = 120
"""Where stored answers are looked for, piece by piece: a page may end anywhere in them."""


def readable(class_: Sequence[Sent], data: bytes) -> int:
    """Of how many students is an answer or a word to be read in these bytes?"""
    return sum(
        one.words.encode() in data
        or any(one.spelled[at : at + PART].encode() in data for at in PARTS)
        for one in class_
    )


def in_place(guess: Sequence[str], truth: Sequence[str]) -> int:
    """How many are where they were in the order of sending."""
    return sum(one == other for one, other in zip(guess, truth, strict=True))


def needle_order(data: bytes, needles: Sequence[str]) -> list[str]:
    """The needles that are in these bytes, in the order of their first appearance."""
    places = {one: data.find(one.encode()) for one in needles}
    return sorted((one for one in needles if places[one] >= 0), key=lambda one: places[one])


def words_of(line: object) -> Mapping[str, object]:
    parsed: Mapping[str, object] = json.loads(str(line))
    return parsed


# PostgreSQL, as a superuser of the server reads it


WAL_PAGE, SHORT_HEADER, LONG_HEADER = 8192, 24, 40


def wal_position(connection: Connection) -> int:
    return int(
        connection.scalar(text("SELECT pg_wal_lsn_diff(pg_current_wal_insert_lsn(), '0/0')")) or 0
    )


def wal_since(connection: Connection, start: int) -> bytes:
    """The write-ahead log from a position on, without the headers of its pages, so that what was
    written over the end of one is whole. A commit that waits writes all of it to the file first:
    with `synchronous_commit` off the last pages are still in memory."""
    connection.execute(text("SET synchronous_commit = on"))
    connection.execute(text("SELECT pg_logical_emit_message(true, 'test', 'flush')"))
    segment = int(
        connection.scalar(text("SELECT setting::bigint FROM pg_settings WHERE name ="
                               " 'wal_segment_size'")) or 0
    )  # fmt: skip
    end = wal_position(connection)
    timeline = connection.scalar(text("SELECT timeline_id FROM pg_control_checkpoint()"))
    data = b""
    for number in range(start // segment, end // segment + 1):
        name = f"{timeline:08X}{number // (2**32 // segment):08X}{number % (2**32 // segment):08X}"
        part = connection.scalar(
            text("SELECT pg_read_binary_file('pg_wal/' || :name)"), {"name": name}
        )
        data += bytes(part or b"")
    data = data[: end - start // segment * segment]  # after it are old parts of a used file
    first = start % segment
    return b"".join(
        data[max(first, at + (LONG_HEADER if at % segment == 0 else SHORT_HEADER)) : at + WAL_PAGE]
        for at in range(first // WAL_PAGE * WAL_PAGE, len(data), WAL_PAGE)
    )


def heap_bytes(connection: Connection, table: str) -> bytes:
    """The pages of a table and of its long values, dead rows and holes included."""
    connection.exec_driver_sql("CHECKPOINT")
    paths = connection.scalars(
        text(
            "SELECT pg_relation_filepath(oid) FROM pg_class WHERE relname = :table"
            " UNION ALL SELECT pg_relation_filepath(reltoastrelid) FROM pg_class"
            " WHERE relname = :table AND reltoastrelid <> 0"
        ),
        {"table": table},
    ).all()
    parts = [
        connection.scalar(text("SELECT pg_read_binary_file(:path)"), {"path": path})
        for path in paths
    ]
    return b"".join(bytes(part or b"") for part in parts)
