"""The keys that a reader has opened, for the time of reading.

They are in the session's cookie, sealed under a key made from the operator's `secret_key`: the
browser cannot read them, and the server has them only while it answers this browser. They count for
one school, one account as it is now, and an hour; signing out forgets them.
"""

from __future__ import annotations

import json
import time
import uuid
from base64 import b64decode, b64encode
from collections.abc import Mapping

from flask import Flask, session
from flask_login import user_logged_out

from survey.help_requests import encryption
from survey.organisations.models import Member
from survey.settings import current_settings

NAME = "help_keys"
PURPOSE = b"survey: opened keys of help desks, 1"
OPEN_SECONDS = 3600


def remember(school_id: uuid.UUID, member: Member, keys: Mapping[int, bytes]) -> None:
    content = {
        "until": int(time.time()) + OPEN_SECONDS,
        "keys": {str(number): private.hex() for number, private in keys.items()},
    }
    stored = encryption.store(
        json.dumps(content).encode(), key=_key(), place=_place(school_id, member)
    )
    session[NAME] = b64encode(stored).decode()


def recall(school_id: uuid.UUID, member: Member) -> dict[int, bytes]:
    """The keys, or none: not opened, an hour ago, by another account, or for another school."""
    if NAME not in session:
        return {}
    try:
        stored = b64decode(session[NAME])
        content = json.loads(
            encryption.unstore(stored, key=_key(), place=_place(school_id, member))
        )
    except (encryption.SealBrokenError, ValueError, TypeError):
        return {}
    if not 0 < content["until"] - time.time() <= OPEN_SECONDS:  # more: a clock that was ahead
        return {}
    return {int(number): bytes.fromhex(private) for number, private in content["keys"].items()}


def forget(*_sender: object, **_named: object) -> None:
    session.pop(NAME, None)


def init_app(app: Flask) -> None:
    user_logged_out.connect(forget, app)


def _key() -> bytes:
    return encryption.key_from(current_settings().secret_key, PURPOSE)


def _place(school_id: uuid.UUID, member: Member) -> bytes:
    return school_id.bytes + member.id.bytes + member.fs_uniquifier.encode()
