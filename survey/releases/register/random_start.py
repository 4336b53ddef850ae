"""The secret seed of a release's random start levels: a keyed function of the wave. Pure.

The random start level is the step of the ladder at which a table begins
(`disclosure.protection_levels`). A reader must not be able to work it out, so it is keyed with a
secret of the server. It must not change when a release is made again from the same answers, from a
restored copy of the database for example: two draws would print the same answers in two ways, and
together they give counts away. So the seed itself is not drawn at random.
"""

from __future__ import annotations

import hmac
import uuid
from hashlib import sha256

LABEL = b"safety-survey lot/1"
"""Separates this use of the key from every other."""


def seed_of(
    key: bytes, *, school_id: uuid.UUID, wave_id: uuid.UUID, questionnaire_hash: str
) -> bytes:
    """32 bytes for one wave of one school, as it was launched: the same key, the same bytes."""
    own_key = hmac.new(key, LABEL, sha256).digest()
    wave = school_id.bytes + wave_id.bytes + questionnaire_hash.encode()
    return hmac.new(own_key, wave, sha256).digest()
