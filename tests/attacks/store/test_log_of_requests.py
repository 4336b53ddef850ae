"""One copy of the SQLite file and its log, at the end of a day, with all keys of the settings:
which code was used just before each request for help? Together with the readers' password and the
key folder, that joins a name to answers.

Before, the log told it of 8 of 8 students who sent their survey and then asked for help.
"""

from __future__ import annotations

import shutil
import sqlite3
import struct
import uuid
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy import make_url

from survey.campaigns.access_codes import hash_code
from survey.help_requests import box_format, encryption
from survey.help_requests.operations import box_key
from tests.attacks.test_help_requests import send as ask
from tests.integration.responses.doors import Student, make_codes
from tests.limits_clock import MINUTE_SECONDS, moved_by_hand
from tests.world import World

pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)

STUDENTS = 6
LOG_HEADER, FRAME_HEADER = 32, 24
Seen = tuple[dict[bytes, bytes], set[uuid.UUID]]


def versions(path: Path, to: Path, key: bytes) -> Iterator[Seen]:
    """The database as it was after each commit in the log, read by SQLite itself from a copy whose
    log ends there: what is stored with each code, and which requests there are."""
    log = path.with_name(f"{path.name}-wal").read_bytes()
    ends = [LOG_HEADER] if not log else []
    if log:
        size = FRAME_HEADER + struct.unpack(">I", log[8:12])[0]
        frames = range(LOG_HEADER, len(log) - size + 1, size)
        ends = [
            LOG_HEADER,
            *(at + size for at in frames if struct.unpack(">I", log[at + 4 : at + 8])[0]),
        ]
    for end in ends:
        shutil.copy(path, to)
        Path(f"{to}-wal").write_bytes(log[:end])
        Path(f"{to}-shm").unlink(missing_ok=True)
        with closing(sqlite3.connect(to)) as connection:
            tags = dict(connection.execute("SELECT code_hash, tag FROM access_code"))
            requests = set()
            for school, number, stored in connection.execute(
                "SELECT school_id, box_id, stored_index FROM help_box"
            ):
                place = uuid.UUID(school).bytes + uuid.UUID(number).bytes + b"index"
                index = encryption.unstore(stored, key=key, place=place)
                requests |= {one.request_id for one in box_format.unpack_index(index) if one}
        yield tags, requests


def joined(path: Path, to: Path, key: bytes) -> dict[uuid.UUID, bytes]:
    """Each request that the log shows to have come, with the code that was used last before it."""
    found: dict[uuid.UUID, bytes] = {}
    before: Seen | None = None
    last = b""
    for tags, requests in versions(path, to, key):
        if before is not None:
            last = next((one for one in tags if tags[one] != before[0].get(one)), last)
            found |= dict.fromkeys(requests - before[1], last)
        before = tags, requests
    return found


def test_the_log_joins_no_request_to_a_code(
    app: Flask,
    world: World,
    database_url: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    settings = app.extensions["settings"]
    clock = moved_by_hand(monkeypatch)
    path, key = Path(str(make_url(database_url).database)), box_key(settings.totp_key)
    copy = tmp_path / "copy"
    copy.mkdir()
    told = 0
    for number, code in enumerate(make_codes(app, world.own, year=9, count=STUDENTS)):
        clock.now += MINUTE_SECONDS  # two names may share a lane of the limit by chance
        student = Student(app.test_client(), code)
        student.walk_to_send()
        student.press("send")
        assert student.heading == "Thank you"
        assert (
            ask(app.test_client(), world.own, f"Robin {'ABCDEFGH'[number] * 5}").status_code == 200
        )
        told += hash_code(code, key=settings.code_key) in joined(path, copy / "db", key).values()
    assert told == 0
