"""The sealed ballot box of a wave: its key pair, its one size, and what is sealed in it.

The public key and the size are in the wave's row. The private key is in the key folder only. In the
stronger mode the folder holds one part of it and the lead holds the other, on paper.
"""

from __future__ import annotations

import hmac
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import select
from sqlalchemy.orm import Session

from survey.campaigns.models import Wave
from survey.campaigns.states import WaveState
from survey.database import key_folder
from survey.encryption import keys, sealing
from survey.encryption.sealing import PrivateKey
from survey.questionnaires.check_answers import Answers
from survey.questionnaires.codecs import fixed_size_codec
from survey.questionnaires.codecs.fixed_size_codec import DecodedAnswers
from survey.questionnaires.model import Questionnaire

USE = b"survey: ballot box, 1"


class NoBoxError(LookupError):
    """The wave has no box, though every open wave needs one."""


class KeyLostError(Exception):
    """The key folder does not hold the key of this box, and no one typed it."""


class PartNeededError(Exception):
    """The box opens only with the part of the key that the lead has on paper."""


class WrongPartError(Exception):
    """The key typed from paper is not the key of this box, or not its part."""


def prepare(db: Session, *, wave: Wave, questionnaire: Questionnaire, split: bool) -> bytes | None:
    """Makes the box of a wave. The key is in the folder before the wave can be open. With `split`
    the folder gets one part; the other is returned, here and nowhere else."""
    secret = sealing.new_secret()
    kept, part = sealing.split(secret) if split else (secret, None)
    keys.write(key_folder(db), key_name(wave), kept)
    wave.box_key = PrivateKey.of(secret).public
    wave.box_size = fixed_size_codec.size(questionnaire)
    wave.box_split = split
    return part


def key_name(wave: Wave) -> str:
    """The name of the wave's key in the key folder."""
    return f"box-{wave.wave_id}"


@dataclass(frozen=True)
class BallotBox:
    """What sealing needs of a wave."""

    public: bytes
    size: int
    use: bytes

    @classmethod
    def of(cls, wave: Wave) -> BallotBox:
        if wave.box_key is None or wave.box_size is None:
            raise NoBoxError(str(wave.wave_id))
        use = USE + wave.school_id.bytes + wave.wave_id.bytes
        return cls(wave.box_key, wave.box_size, use)

    def blank(self) -> bytes:
        """What a code holds before it is used. Only the private key tells it from a response."""
        return self._seal(fixed_size_codec.blank(self.size))

    def seal(self, questionnaire: Questionnaire, answers: Answers) -> bytes:
        return self._seal(fixed_size_codec.to_bytes(questionnaire, answers, length=self.size))

    def open(self, key: PrivateKey, questionnaire: Questionnaire, sealed: bytes) -> DecodedAnswers:
        """What was sealed. Raises an `UnsealError` or a `TextTooLongError`."""
        return fixed_size_codec.from_bytes(questionnaire, key.open(sealed, use=self.use))

    def _seal(self, plain: bytes) -> bytes:
        return sealing.seal(plain, public=self.public, use=self.use)


def find_key(folder: Path, wave: Wave, typed: bytes | None = None) -> PrivateKey:
    """The key of a wave's box: from the folder, from paper, or from both together. Raises a
    `KeyLostError`, a `PartNeededError` or a `WrongPartError`."""
    try:
        kept = keys.read(folder, key_name(wave))
    except keys.KeyFileMissingError:
        kept = None
    if kept is not None and wave.box_split:
        if typed is None:
            raise PartNeededError
        candidates = [sealing.join(kept, typed)] if len(kept) == len(typed) else []
    else:
        candidates = [one for one in (kept, typed) if one is not None]
    for secret in candidates:
        if (key := _fitting(secret, wave)) is not None:
            return key
    raise WrongPartError if typed is not None else KeyLostError


def open_without_key(db: Session, folder: Path) -> Iterator[Wave]:
    """The open surveys whose key is not in the folder: their answers open with the paper only."""
    held = keys.names(folder)
    waves = select(Wave).where(Wave.state == WaveState.OPEN, Wave.box_key.is_not(None))
    for wave in db.scalars(waves.order_by(Wave.school_id, Wave.wave_id)):
        if key_name(wave) not in held:
            yield wave


def _fitting(secret: bytes, wave: Wave) -> PrivateKey | None:
    if len(secret) != sealing.KEY_BYTES:
        return None
    key = PrivateKey.of(secret)
    return key if hmac.compare_digest(key.public, wave.box_key or b"") else None


__all__ = [
    "BallotBox", "KeyLostError", "NoBoxError", "PartNeededError", "WrongPartError",
    "find_key", "key_name", "open_without_key", "prepare",
]  # fmt: skip
