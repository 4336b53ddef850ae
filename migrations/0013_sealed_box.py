"""Answers of open waves are sealed next to their codes; receipts have no table any more.

Revision: 0013; follows: 0012. New names of events, which need no change of the table:
"key.made_again", "key.printed", "boxes.opened", "boxes.lost", "key.destroyed". New states of a
wave, likewise: "closing", "lost".

Of a wave that is open, each stored response becomes a sealed box next to a random code, each text
joins a response drawn at random (what it came with is not known, and a separate box would count as
one more student), and each live code gets a blank box. Of every other
wave the answers are written again under new random keys and in their order, into new tables.
`migrate` sweeps afterwards what the old ones left behind.
"""

from __future__ import annotations

import json
import secrets
import uuid
from collections import Counter
from collections.abc import Iterator, Sequence
from typing import Any

import sqlalchemy as sa
from alembic import op
from flask import current_app

from survey.campaigns.access_codes import RECEIPT_BYTES, TAG_BYTES, live_tag
from survey.database import folder_of
from survey.encryption import keys, sealing
from survey.encryption.sealing import PrivateKey
from survey.questionnaires.check_answers import Answer
from survey.questionnaires.codecs import fixed_size_codec
from survey.questionnaires.codecs.fixed_size_codec import DecodedAnswers, TextTooLongError
from survey.questionnaires.document import from_document
from survey.questionnaires.model import ItemKind, Questionnaire

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None

USE = b"survey: ballot box, 1"
AT_ONCE = 500


def upgrade() -> None:
    _add_box_columns()
    old = {name: _set_aside(name) for name in ("access_code", "response", "free_text")}
    new = {name: make() for name, make in NEW_TABLES.items()}
    bind = op.get_bind()
    open_waves = _open_waves(bind)
    for where in open_waves:
        _seal_wave(bind, old, new["access_code"], where)
    for name, key in (("response", "response_id"), ("free_text", "text_id")):
        for where in _waves_in(bind, old[name]):
            if where not in open_waves:
                _write_anew(bind, old[name], new[name], key, where)
        if bind.dialect.name == "postgresql":  # a short row can go back to a page that has room
            op.execute(f"CLUSTER {name} USING pk_{name}")
            op.execute(f"ALTER TABLE {name} SET WITHOUT CLUSTER")
    op.drop_table("receipt")
    for table in old.values():
        op.drop_table(table.name)


def downgrade() -> None:
    """Opens the boxes of waves that are open or not opened yet, with the keys of the key folder."""
    bind = op.get_bind()
    codes = _described("access_code")
    opened = [_open_wave(bind, codes, where) for where in _waves_in(bind, codes)]
    op.drop_table("access_code")
    kept = _old_access_code()
    _receipt()
    response, free_text = _described("response"), _described("free_text")
    for where, live, contents in opened:
        _insert(bind, kept, [where | {"code_hash": one} for one in live])
        _insert(bind, response, _rows(where, contents))
        _insert(bind, free_text, _text_rows(where, contents))
    wave = _described("wave")
    bind.execute(
        sa.update(wave).where(wave.c.state.in_(("closing", "lost"))).values(state="closed")
    )
    if bind.dialect.name == "postgresql":
        op.execute("ALTER TABLE wave DROP CONSTRAINT ck_wave_box_whole")
    for column in ("box_size", "box_key", "box_split"):
        op.execute(f"ALTER TABLE wave DROP COLUMN {column}")


# The tables

BOX_WHOLE = "CONSTRAINT ck_wave_box_whole CHECK ((box_key IS NULL) = (box_size IS NULL))"


def _add_box_columns() -> None:
    """SQLite takes a rule only with the column that it adds; the table, which others point to,
    stays as it is."""
    on_sqlite = op.get_bind().dialect.name == "sqlite"
    op.add_column("wave", sa.Column("box_key", sa.LargeBinary(length=1216), nullable=True))
    op.execute(f"ALTER TABLE wave ADD COLUMN box_size INTEGER {BOX_WHOLE if on_sqlite else ''}")
    op.add_column(
        "wave", sa.Column("box_split", sa.Boolean(), nullable=False, server_default=sa.false())
    )
    if not on_sqlite:
        op.execute(f"ALTER TABLE wave ADD {BOX_WHOLE}")


def _where() -> list[sa.Column[Any]]:
    return [
        sa.Column("school_id", sa.Uuid(), nullable=False),
        sa.Column("wave_id", sa.Uuid(), nullable=False),
    ]


def _of_wave(table: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint(
        ["school_id", "wave_id"],
        ["wave.school_id", "wave.wave_id"],
        name=op.f(f"fk_{table}_school_id"),
    )


def _make(table: str, key: sa.Column[Any], *columns: sa.Column[Any]) -> sa.Table:
    return op.create_table(
        table,
        *_where(),
        key,
        *columns,
        _of_wave(table),
        sa.PrimaryKeyConstraint("school_id", "wave_id", key.name, name=op.f(f"pk_{table}")),
        sqlite_with_rowid=False,
    )


def _access_code() -> sa.Table:
    return _make(
        "access_code",
        sa.Column("code_hash", sa.LargeBinary(length=32), nullable=False),
        sa.Column("tag", sa.LargeBinary(length=32), nullable=False),
        sa.Column("receipt", sa.LargeBinary(length=64), nullable=False),
        sa.Column("box", sa.LargeBinary(), nullable=False),
    )


def _old_access_code() -> sa.Table:
    return _make("access_code", sa.Column("code_hash", sa.LargeBinary(length=32), nullable=False))


def _response() -> sa.Table:
    return _make(
        "response",
        sa.Column("response_id", sa.Uuid(), nullable=False),
        sa.Column("answers", sa.Text(), nullable=False),
    )


def _free_text() -> sa.Table:
    return _make(
        "free_text",
        sa.Column("text_id", sa.Uuid(), nullable=False),
        sa.Column("item", sa.Text(), nullable=False),
        sa.Column("words", sa.Text(), nullable=False),
    )


def _receipt() -> sa.Table:
    return _make("receipt", sa.Column("receipt_hash", sa.LargeBinary(length=32), nullable=False))


NEW_TABLES = {"access_code": _access_code, "response": _response, "free_text": _free_text}


def _set_aside(name: str) -> sa.Table:
    """Renames a table, so that a new one can take its place; its rules go with the rows."""
    if op.get_bind().dialect.name == "postgresql":
        op.execute(f"ALTER TABLE {name} DROP CONSTRAINT pk_{name}")
        op.execute(f"ALTER TABLE {name} DROP CONSTRAINT fk_{name}_school_id")
    op.rename_table(name, f"{name}_before")
    return _described(f"{name}_before")


IDENTIFIERS = {"school_id", "wave_id", "response_id", "text_id"}


def _described(name: str) -> sa.Table:
    """A table as it is in the database, with the types of identifiers that SQLite does not know."""

    def name_type(_inspector: object, _table: object, column: dict[str, Any]) -> None:
        if column["name"] in IDENTIFIERS:
            column["type"] = sa.Uuid()

    return sa.Table(
        name,
        sa.MetaData(),
        autoload_with=op.get_bind(),
        resolve_fks=False,
        listeners=[("column_reflect", name_type)],
    )


# Their rows

Where = dict[str, uuid.UUID]


def _open_waves(bind: sa.Connection) -> list[Where]:
    wave = _described("wave")
    found = bind.execute(sa.select(wave.c.school_id, wave.c.wave_id).where(wave.c.state == "open"))
    return [dict(row._mapping) for row in found]


def _waves_in(bind: sa.Connection, table: sa.Table) -> list[Where]:
    found = bind.execute(sa.select(table.c.school_id, table.c.wave_id).distinct())
    return [dict(row._mapping) for row in found]


def _of(table: sa.Table, where: Where) -> sa.ColumnElement[bool]:
    return (table.c.school_id == where["school_id"]) & (table.c.wave_id == where["wave_id"])


def _seal_wave(
    bind: sa.Connection, old: dict[str, sa.Table], codes: sa.Table, where: Where
) -> None:
    key: bytes = current_app.extensions["settings"].code_key
    questionnaire = _questionnaire(bind, where)
    responses, texts, live = (
        bind.execute(sa.select(old[name]).where(_of(old[name], where))).all()
        for name in ("response", "free_text", "access_code")
    )
    size = max(
        [fixed_size_codec.size(questionnaire)]
        + [5 + len(row.answers.encode()) for row in responses]
        + [8 + len(_spelled_text(row).encode()) for row in texts]
    )
    secret = sealing.new_secret()
    keys.write(folder_of(bind), f"box-{where['wave_id']}", secret)
    public = PrivateKey.of(secret).public
    use = USE + where["school_id"].bytes + where["wave_id"].bytes
    plains = _plains(questionnaire, responses, texts, size)
    rows = [
        {"code_hash": secrets.token_bytes(32), "tag": secrets.token_bytes(TAG_BYTES), "plain": one}
        for one in plains
    ]
    rows += [
        {"code_hash": one.code_hash, "tag": live_tag(one.code_hash, key=key),
         "plain": fixed_size_codec.blank(size)}
        for one in live
    ]  # fmt: skip
    _insert(
        bind,
        codes,
        (
            where
            | {
                "code_hash": row["code_hash"],
                "tag": row["tag"],
                "receipt": secrets.token_bytes(RECEIPT_BYTES),
                "box": sealing.seal(row["plain"], public=public, use=use),
            }
            for row in sorted(rows, key=lambda row: bytes(row["code_hash"]))
        ),
    )
    wave = _described("wave")
    bind.execute(sa.update(wave).where(_of(wave, where)).values(box_key=public, box_size=size))


def _questionnaire(bind: sa.Connection, where: Where) -> Questionnaire:
    wave, frozen = _described("wave"), _described("frozen_questionnaire")
    document = bind.scalars(
        sa.select(frozen.c.document)
        .join(wave, wave.c.questionnaire_hash == frozen.c.content_hash)
        .where(_of(wave, where))
    ).one()
    return from_document(json.loads(document))


def _plains(
    questionnaire: Questionnaire, responses: Sequence[Any], texts: Sequence[Any], size: int
) -> list[bytes]:
    """What goes into the boxes: a response each. What does not fit the layout of today stays as it
    was spelled, and a text that no response can take has a separate box."""
    plains: list[bytes] = []
    takers: list[dict[str, Answer]] = []
    for row in responses:
        given = _given(questionnaire, row.answers, size)
        if given is None:
            plains.append(fixed_size_codec.spelled_to_bytes(row.answers, length=size))
        else:
            takers.append(given)
    lot = secrets.SystemRandom()
    lot.shuffle(takers)
    taken: Counter[str] = Counter()
    for row in lot.sample(texts, len(texts)):
        if alone := _text_alone(questionnaire, row, size):
            plains.append(alone)
        elif taken[row.item] < len(takers):
            takers[taken[row.item]][row.item] = row.words
            taken[row.item] += 1
        else:
            plains.append(
                fixed_size_codec.texts_to_bytes(questionnaire, {row.item: row.words}, length=size)
            )
    return plains + [fixed_size_codec.to_bytes(questionnaire, one, length=size) for one in takers]


def _given(questionnaire: Questionnaire, line: str, size: int) -> dict[str, Answer] | None:
    """A stored response, or None if it does not fit the layout or holds a text itself."""
    try:
        given = {
            key: tuple(value) if isinstance(value, list) else value
            for key, value in json.loads(line).items()
        }
        fixed_size_codec.to_bytes(questionnaire, given, length=size)
    except (TextTooLongError, ValueError, AttributeError):
        return None
    kinds = {questionnaire.by_key[key].kind for key in given}
    return None if ItemKind.TEXT in kinds else given


def _text_alone(questionnaire: Questionnaire, row: Any, size: int) -> bytes | None:
    """A box for a text that does not fit the layout, or None if it does."""
    try:
        fixed_size_codec.texts_to_bytes(questionnaire, {row.item: row.words}, length=size)
    except TextTooLongError:
        return fixed_size_codec.spelled_text_to_bytes(row.item, row.words, length=size)
    return None


def _spelled_text(row: Any) -> str:
    return json.dumps([row.item, row.words])


def _write_anew(bind: sa.Connection, old: sa.Table, new: sa.Table, key: str, where: Where) -> None:
    rows = [dict(row._mapping) for row in bind.execute(sa.select(old).where(_of(old, where)))]
    _insert(bind, new, _under_new_keys(rows, key))


def _under_new_keys(rows: list[dict[str, Any]], key: str) -> Iterator[dict[str, Any]]:
    secrets.SystemRandom().shuffle(rows)
    for row, one in zip(rows, sorted(uuid.uuid4() for _row in rows), strict=True):
        yield row | {key: one}


def _insert(bind: sa.Connection, table: sa.Table, rows: Any) -> None:
    waiting: list[dict[str, Any]] = []
    for row in rows:
        waiting.append(row)
        if len(waiting) == AT_ONCE:
            bind.execute(sa.insert(table), waiting)
            waiting = []
    if waiting:
        bind.execute(sa.insert(table), waiting)


# The way back


def _open_wave(
    bind: sa.Connection, codes: sa.Table, where: Where
) -> tuple[Where, list[bytes], list[DecodedAnswers]]:
    wave = _described("wave")
    found = bind.execute(sa.select(wave).where(_of(wave, where))).one()
    if found.box_split:
        raise RuntimeError(f"wave {where['wave_id']} opens only with its lead's part of the key")
    key = PrivateKey.of(keys.read(folder_of(bind), f"box-{where['wave_id']}"))
    questionnaire = _questionnaire(bind, where)
    use = USE + where["school_id"].bytes + where["wave_id"].bytes
    live, contents = [], []
    for row in bind.execute(sa.select(codes).where(_of(codes, where))):
        plain = key.open(row.box, use=use)
        if plain == fixed_size_codec.blank(len(plain)):
            live.append(row.code_hash)
        else:
            contents.append(fixed_size_codec.from_bytes(questionnaire, plain))
    return where, live, contents


def _rows(where: Where, contents: list[DecodedAnswers]) -> Iterator[dict[str, Any]]:
    rows: list[dict[str, Any]] = [
        where
        | {
            "answers": json.dumps(
                one.answers, sort_keys=True, separators=(",", ":"), ensure_ascii=False
            )
        }
        for one in contents
        if one.answers is not None
    ]
    return _under_new_keys(rows, "response_id")


def _text_rows(where: Where, contents: list[DecodedAnswers]) -> Iterator[dict[str, Any]]:
    rows: list[dict[str, Any]] = [
        where | {"item": item, "words": words}
        for one in contents
        for item, words in one.texts.items()
    ]
    return _under_new_keys(rows, "text_id")
