"""Requests for help lie in boxes of one size, and a desk has keys that only its readers hold.

What came before goes into boxes, its words and its urgency inside, under the operator's seal as
before; it is sealed to the readers' key as soon as a lead has made one. Desks that were open go on
meanwhile, under key number 0. Going down gives back what is under the operator's seal; what is
sealed to readers cannot be opened without them and is dropped.

New names of events, which need no change of the table: "desk_key.made", "desk_key.cancelled",
"desk_key.opened", "desk_key.refused", "desk_sheet.made", "desk_reader.invited",
"desk_reader.added", "desk_reader.removed", "news.seen".

Revision: 0016; follows: 0015.
"""

from __future__ import annotations

import json
import secrets
import struct
import uuid
from collections.abc import Iterator
from datetime import date
from typing import Any

import sqlalchemy as sa
from alembic import op
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from flask import current_app

revision = "0016"
down_revision = "0015"
branch_labels = None
depends_on = None

# The layout of that day, on its own: later code may know another.
SLOTS, PLAIN_BYTES, SEALED_BYTES = 16, 5408, 5456
ENTRY = struct.Struct(">16sIHI16sI16s")
OLD, NEW = b"survey: words of help requests, 1", b"survey: boxes of help requests, 2"
LOST = {"name": "–", "form": "–", "where": "–", "about": "–", "urgent": True}
"""For words sealed under a key that the settings do not have any more."""
LONGEST_NOTE = 500


def upgrade() -> None:
    with op.batch_alter_table("help_desk") as desk:
        desk.add_column(sa.Column("key_number", sa.Integer(), nullable=True))
    op.execute("UPDATE help_desk SET key_number = 0 WHERE is_open")
    op.create_table(
        "desk_key",
        sa.Column("school_id", sa.Uuid(), nullable=False),
        sa.Column("number", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("public_key", sa.LargeBinary(), nullable=False),
        sa.Column("made_on", sa.Date(), nullable=False),
        sa.Column("made_by", sa.Uuid(), nullable=True),
        sa.Column("in_use_from", sa.Date(), nullable=False),
        sa.CheckConstraint("number >= 1", name=op.f("ck_desk_key_numbered_from_one")),
        sa.ForeignKeyConstraint(
            ["school_id"], ["school.school_id"], name=op.f("fk_desk_key_school_id")
        ),
        sa.ForeignKeyConstraint(["made_by"], ["member.id"], name=op.f("fk_desk_key_made_by")),
        sa.PrimaryKeyConstraint("school_id", "number", name=op.f("pk_desk_key")),
    )
    op.create_table(
        "desk_key_copy",
        sa.Column("school_id", sa.Uuid(), nullable=False),
        sa.Column("number", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("copy_id", sa.Uuid(), nullable=False),
        sa.Column(
            "kind",
            sa.Enum("reader", "invitation", "sheet", name="copykind", native_enum=False, length=12),
            nullable=False,
        ),
        sa.Column("member_id", sa.Uuid(), nullable=True),
        sa.Column("since", sa.Date(), nullable=False),
        sa.Column("given_by", sa.Uuid(), nullable=True),
        sa.Column("wrapped", sa.LargeBinary(), nullable=False),
        sa.CheckConstraint(
            "(kind = 'sheet') = (member_id IS NULL)", name=op.f("ck_desk_key_copy_has_its_holder")
        ),
        sa.ForeignKeyConstraint(
            ["school_id", "number"],
            ["desk_key.school_id", "desk_key.number"],
            name=op.f("fk_desk_key_copy_school_id"),
        ),
        sa.ForeignKeyConstraint(
            ["member_id"], ["member.id"], name=op.f("fk_desk_key_copy_member_id")
        ),
        sa.ForeignKeyConstraint(
            ["given_by"], ["member.id"], name=op.f("fk_desk_key_copy_given_by")
        ),
        sa.PrimaryKeyConstraint("school_id", "number", "copy_id", name=op.f("pk_desk_key_copy")),
    )
    op.create_table(
        "help_box",
        sa.Column("school_id", sa.Uuid(), nullable=False),
        sa.Column("box_id", sa.Uuid(), nullable=False),
        sa.Column("has_room", sa.Boolean(), nullable=False),
        sa.Column("stored_index", sa.LargeBinary(), nullable=False),
        sa.Column("stored_words", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(
            ["school_id"], ["school.school_id"], name=op.f("fk_help_box_school_id")
        ),
        sa.PrimaryKeyConstraint("school_id", "box_id", name=op.f("pk_help_box")),
        sqlite_with_rowid=False,
    )
    _into_boxes()
    op.drop_table("help_request")


def downgrade() -> None:
    op.create_table(
        "help_request",
        sa.Column("school_id", sa.Uuid(), nullable=False),
        sa.Column("request_id", sa.Uuid(), nullable=False),
        sa.Column("arrived_on", sa.Date(), nullable=False),
        sa.Column("urgent", sa.Boolean(), nullable=False),
        sa.Column("sealed", sa.LargeBinary(), nullable=False),
        sa.Column("read_on", sa.Date(), nullable=True),
        sa.Column("read_by", sa.Uuid(), nullable=True),
        sa.Column("closed_on", sa.Date(), nullable=True),
        sa.Column("closed_by", sa.Uuid(), nullable=True),
        sa.Column("sealed_note", sa.LargeBinary(), nullable=True),
        sa.CheckConstraint(
            "(read_on IS NULL) = (read_by IS NULL)", name=op.f("ck_help_request_read_whole")
        ),
        sa.CheckConstraint(
            "(closed_on IS NULL) = (closed_by IS NULL)", name=op.f("ck_help_request_closed_whole")
        ),
        sa.CheckConstraint(
            "(closed_on IS NULL) = (sealed_note IS NULL)",
            name=op.f("ck_help_request_closed_noted"),
        ),
        sa.CheckConstraint(
            "closed_on IS NULL OR read_on IS NOT NULL",
            name=op.f("ck_help_request_closed_after_read"),
        ),
        sa.ForeignKeyConstraint(
            ["school_id"], ["school.school_id"], name=op.f("fk_help_request_school_id")
        ),
        sa.ForeignKeyConstraint(["read_by"], ["member.id"], name=op.f("fk_help_request_read_by")),
        sa.ForeignKeyConstraint(
            ["closed_by"], ["member.id"], name=op.f("fk_help_request_closed_by")
        ),
        sa.PrimaryKeyConstraint("school_id", "request_id", name=op.f("pk_help_request")),
        sqlite_with_rowid=False,
    )
    _out_of_boxes()
    op.drop_table("help_box")
    op.drop_table("desk_key_copy")
    op.drop_table("desk_key")
    with op.batch_alter_table("help_desk") as desk:
        desk.drop_column("key_number")


REQUESTS = sa.table(
    "help_request",
    sa.column("school_id", sa.Uuid()),
    sa.column("request_id", sa.Uuid()),
    sa.column("arrived_on", sa.Date()),
    sa.column("urgent", sa.Boolean()),
    sa.column("sealed", sa.LargeBinary()),
    sa.column("read_on", sa.Date()),
    sa.column("read_by", sa.Uuid()),
    sa.column("closed_on", sa.Date()),
    sa.column("closed_by", sa.Uuid()),
    sa.column("sealed_note", sa.LargeBinary()),
)
BOXES = sa.table(
    "help_box",
    sa.column("school_id", sa.Uuid()),
    sa.column("box_id", sa.Uuid()),
    sa.column("has_room", sa.Boolean()),
    sa.column("stored_index", sa.LargeBinary()),
    sa.column("stored_words", sa.LargeBinary()),
)


def _into_boxes() -> None:
    old, new = _key(OLD), _key(NEW)
    of_school: dict[uuid.UUID, list[tuple[bytes, bytes]]] = {}
    for row in op.get_bind().execute(sa.select(REQUESTS)).mappings():
        of_school.setdefault(row["school_id"], []).append((_entry(row), _words(row, old)))
    for school_id, requests in of_school.items():
        for at in range(0, len(requests), SLOTS):
            slots = requests[at : at + SLOTS]
            slots += [(bytes(ENTRY.size), bytes(SEALED_BYTES))] * (SLOTS - len(slots))
            secrets.SystemRandom().shuffle(slots)
            box_id = uuid.uuid4()
            place = school_id.bytes + box_id.bytes
            index, words = (b"".join(parts) for parts in zip(*slots, strict=True))
            op.get_bind().execute(
                BOXES.insert().values(
                    school_id=school_id,
                    box_id=box_id,
                    has_room=at + SLOTS > len(requests),
                    stored_index=_store(index, new, place + b"index"),
                    stored_words=_store(words, new, place + b"words"),
                )
            )


def _out_of_boxes() -> None:
    old, new = _key(OLD), _key(NEW)
    for box in op.get_bind().execute(sa.select(BOXES)).mappings():
        place = box["school_id"].bytes + box["box_id"].bytes
        index = _unstore(box["stored_index"], new, place + b"index")
        words = _unstore(box["stored_words"], new, place + b"words")
        if index is None or words is None:
            continue
        for number, entry in enumerate(ENTRY.iter_unpack(index)):
            content = words[number * SEALED_BYTES :][:PLAIN_BYTES]
            for row in _row(box["school_id"], entry, content, old):
                op.get_bind().execute(REQUESTS.insert().values(**row))


def _entry(row: Any) -> bytes:
    return ENTRY.pack(
        row["request_id"].bytes,
        row["arrived_on"].toordinal(),
        0,
        row["read_on"].toordinal() if row["read_on"] else 0,
        row["read_by"].bytes if row["read_by"] else bytes(16),
        row["closed_on"].toordinal() if row["closed_on"] else 0,
        row["closed_by"].bytes if row["closed_by"] else bytes(16),
    )


def _words(row: Any, key: bytes) -> bytes:
    place = row["school_id"].bytes + row["request_id"].bytes
    asked = _unstore(row["sealed"], key, place + b"asked")
    words: dict[str, Any] = json.loads(asked) if asked else dict(LOST)
    if row["sealed_note"] is not None:
        note = _unstore(row["sealed_note"], key, place + b"note")
        words["note"] = note.decode()[:LONGEST_NOTE] if note else "–"
    clean = {
        name: "".join(letter for letter in value if letter >= " " or letter == "\n")
        if isinstance(value, str)
        else value
        for name, value in words.items()
    }
    document = json.dumps(clean, ensure_ascii=False).encode("utf-8", "replace")
    return (len(document).to_bytes(4, "big") + document).ljust(SEALED_BYTES, b"\0")


def _row(
    school_id: uuid.UUID, entry: tuple[Any, ...], content: bytes, key: bytes
) -> Iterator[dict[str, Any]]:
    request_id, arrived, key_number, read_on, read_by, closed_on, closed_by = entry
    if not arrived or key_number:
        return
    place = school_id.bytes + request_id
    words = json.loads(content[4 : 4 + int.from_bytes(content[:4], "big")])
    note = words.pop("note", None)
    asked = json.dumps(words, ensure_ascii=False).encode()
    yield {
        "school_id": school_id,
        "request_id": uuid.UUID(bytes=request_id),
        "arrived_on": date.fromordinal(arrived),
        "urgent": words["urgent"],
        "sealed": _store(asked, key, place + b"asked"),
        "read_on": date.fromordinal(read_on) if read_on else None,
        "read_by": uuid.UUID(bytes=read_by) if read_on else None,
        "closed_on": date.fromordinal(closed_on) if closed_on else None,
        "closed_by": uuid.UUID(bytes=closed_by) if closed_on else None,
        "sealed_note": _store(note.encode(), key, place + b"note") if note is not None else None,
    }


def _key(purpose: bytes) -> bytes:
    secret: str = current_app.extensions["settings"].totp_key
    made: bytes = HKDF(algorithm=SHA256(), length=32, salt=None, info=purpose).derive(
        secret.encode()
    )
    return made


def _store(content: bytes, key: bytes, place: bytes) -> bytes:
    nonce = secrets.token_bytes(12)
    return nonce + AESGCM(key).encrypt(nonce, content, place)


def _unstore(stored: bytes, key: bytes, place: bytes) -> bytes | None:
    try:
        content: bytes = AESGCM(key).decrypt(stored[:12], stored[12:], place)
    except (InvalidTag, ValueError):
        return None
    return content
