"""The answers as bytes of one length, to travel sealed from page to page.

What was picked is one number in mixed radix, a place for each thing that can be picked. What was
written has a room of its own for each text. So the length says nothing of the answers. In front
stands a mark of what the survey asks, because the same number would mean other things under other
questions.
"""

from __future__ import annotations

import hashlib
from collections.abc import Collection
from dataclasses import dataclass
from functools import lru_cache

from survey.questionnaires.answers import Answer, AnswerError, Answers, Raw, Refusal
from survey.questionnaires.item_kinds import text_room
from survey.questionnaires.model import Item, ItemKind, Questionnaire
from survey.questionnaires.table_key import TableKey

MARK_BYTES = 3


@dataclass(frozen=True)
class Wheel:
    """One place of the number. It turns over the answers of one field, or is on or off for one
    option of an item that takes several."""

    field: str
    answers: tuple[str, ...]
    is_tick: bool = False

    @property
    def radix(self) -> int:
        return len(self.answers) + 1


@dataclass(frozen=True)
class Lock:
    """All wheels of a questionnaire, how many bytes they fill, and its mark."""

    wheels: tuple[Wheel, ...]
    texts: tuple[str, ...]
    mark: bytes
    size: int


@lru_cache(maxsize=256)
def _lock(questionnaire: Questionnaire) -> Lock:
    wheels = tuple(wheel for item in questionnaire.asked for wheel in _wheels(item))
    texts = tuple(item.key for item in questionnaire.asked if item.kind is ItemKind.TEXT)
    mark = hashlib.sha256(repr((wheels, texts)).encode()).digest()[:MARK_BYTES]
    most = 1
    for wheel in wheels:
        most *= wheel.radix
    return Lock(wheels, texts, mark, ((most - 1).bit_length() + 7) // 8)


def _wheels(item: Item) -> list[Wheel]:
    match item.kind:
        case ItemKind.TEXT:
            return []
        case ItemKind.SEVERAL:
            return [Wheel(item.key, (option,), is_tick=True) for option in item.answers]
        case ItemKind.GRID:
            return [Wheel(item.row_key(row.key), item.answers) for row in item.rows]
    return [Wheel(item.key, item.answers)]


def pack(questionnaire: Questionnaire, raw: Raw, rooms: Collection[str]) -> bytes:
    """The fields as bytes; `rooms` are the texts that have a room, whether or not anything is
    written in them. A text without a room is left out."""
    lock = _lock(questionnaire)
    number = 0
    for wheel in reversed(lock.wheels):
        values = raw.get(wheel.field, ())
        if isinstance(values, str):
            values = [values]
        stands_at = next((n for n, one in enumerate(wheel.answers, 1) if one in values), 0)
        number = number * wheel.radix + stands_at
    texts = (_written(raw.get(key, "")) for key in lock.texts if key in rooms)
    return lock.mark + number.to_bytes(lock.size, "little") + b"".join(texts)


def unpack(questionnaire: Questionnaire, packed: bytes, rooms: Collection[str]) -> Raw:
    """What `pack` was given, as raw fields; still to be checked like any other form."""
    lock = _lock(questionnaire)
    keys = [key for key in lock.texts if key in rooms]
    start = MARK_BYTES + lock.size
    room = text_room.WIDTH
    if packed[:MARK_BYTES] != lock.mark or len(packed) != start + room * len(keys):
        raise AnswerError("", Refusal.MALFORMED)
    number = int.from_bytes(packed[MARK_BYTES:start], "little")
    raw: dict[str, str | list[str]] = {}
    for wheel in lock.wheels:
        number, stands_at = divmod(number, wheel.radix)
        if not stands_at:
            continue
        value = wheel.answers[stands_at - 1]
        if wheel.is_tick:
            ticked = raw.setdefault(wheel.field, [])
            assert isinstance(ticked, list)
            ticked.append(value)
        else:
            raw[wheel.field] = value
    if number:
        raise AnswerError("", Refusal.MALFORMED)
    for place, key in enumerate(keys):
        if words := text_room.read(packed[start + room * place :][:room]):
            raw[key] = words
    return raw


def _written(value: str | list[str]) -> bytes:
    given = value if isinstance(value, str) else "".join(value[:1])
    # Half letters are dropped when a text is checked; they cannot be written down.
    words = given.encode("utf-8", "ignore").decode()
    while (room := text_room.write(words)) is None:
        words = words[: len(words) * 3 // 4]  # far too long to be taken, and told so
    return room


def fields(answers: Answers) -> list[tuple[str, tuple[str, ...]]]:
    """The answers as a form would carry them."""
    return [field for key, answer in answers.items() for field in _fields(key, answer)]


def _fields(key: str, answer: Answer) -> list[tuple[str, tuple[str, ...]]]:
    match answer:
        case str():
            return [(key, (answer,))]
        case tuple():
            return [(key, answer)]
    return [(TableKey.of_row(key, row), (option,)) for row, option in answer.items()]


@lru_cache(maxsize=256)
def numbered(questionnaire: Questionnaire) -> dict[str, tuple[str, ...]]:
    """The answers of each field in their order: a form names an answer by its number, written with
    two digits, so that none is longer than another."""
    return {
        name: item.answers
        for item in questionnaire.asked
        if item.kind is not ItemKind.TEXT
        for name in ([str(item.row_key(row.key)) for row in item.rows] or [item.key])
    }
