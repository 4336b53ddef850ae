"""The answers as bytes of one length, to travel sealed from page to page.

What was picked is one number in mixed radix, a place for each thing that can be picked. What was
written has a fixed number of bytes for each text. So the length does not depend on the answers.
In front is a mark of what the survey asks, because the same number would mean other things under
other questions.
"""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from functools import lru_cache

from survey.questionnaires.check_answers import Answer, AnswerError, Answers, Raw, Refusal
from survey.questionnaires.item_kinds import fixed_length_text
from survey.questionnaires.item_kinds.answer import Wheel
from survey.questionnaires.model import Questionnaire
from survey.questionnaires.table_key import TableKey

MARK_BYTES = 3


@dataclass(frozen=True)
class AnswerLayout:
    """All wheels of a questionnaire, how many bytes they fill, and its mark."""

    wheels: tuple[Wheel, ...]
    texts: tuple[str, ...]
    mark: bytes
    size: int
    turns: Mapping[str, tuple[tuple[int, Mapping[str, int]], ...]]
    """What each answer of each field adds to the number: for every wheel of the field, the worth of
    its place and the position of each answer on it."""
    radices: tuple[tuple[int, Wheel], ...]


@lru_cache(maxsize=256)
def layout(questionnaire: Questionnaire) -> AnswerLayout:
    wheels = tuple(wheel for item in questionnaire.asked for wheel in item.kind.wheels(item))
    texts = tuple(item.key for item in questionnaire.asked if item.kind.is_text)
    mark = hashlib.sha256(repr((wheels, texts)).encode()).digest()[:MARK_BYTES]
    worth = 1
    turns: dict[str, tuple[tuple[int, Mapping[str, int]], ...]] = {}
    for wheel in wheels:
        stands = {answer: at for at, answer in enumerate(wheel.answers, 1)}
        turns[wheel.field] = (*turns.get(wheel.field, ()), (worth, stands))
        worth *= wheel.radix
    radices = tuple((wheel.radix, wheel) for wheel in wheels)
    return AnswerLayout(wheels, texts, mark, ((worth - 1).bit_length() + 7) // 8, turns, radices)


def pack(questionnaire: Questionnaire, raw: Raw, rooms: Collection[str]) -> bytes:
    """The fields as bytes; `rooms` are the texts that have a room, whether or not anything is
    written in them. A text without a room is left out."""
    laid_out = layout(questionnaire)
    number = 0
    for name, given in raw.items():
        values = (given,) if isinstance(given, str) else given
        for worth, stands in laid_out.turns.get(name, ()):
            number += worth * min((stands[one] for one in values if one in stands), default=0)
    texts = (_written(raw.get(key, "")) for key in laid_out.texts if key in rooms)
    return laid_out.mark + number.to_bytes(laid_out.size, "little") + b"".join(texts)


def unpack(questionnaire: Questionnaire, packed: bytes, rooms: Collection[str]) -> Raw:
    """What `pack` was given, as raw fields; still to be checked like any other form."""
    laid_out = layout(questionnaire)
    keys = [key for key in laid_out.texts if key in rooms]
    start = MARK_BYTES + laid_out.size
    room = fixed_length_text.WIDTH
    if packed[:MARK_BYTES] != laid_out.mark or len(packed) != start + room * len(keys):
        raise AnswerError("", Refusal.MALFORMED)
    number = int.from_bytes(packed[MARK_BYTES:start], "little")
    raw: dict[str, str | list[str]] = {}
    for radix, wheel in laid_out.radices:
        if not number:
            break  # nothing further on was picked
        number, stands_at = divmod(number, radix)
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
        if words := fixed_length_text.read(packed[start + room * place :][:room]):
            raw[key] = words
    return raw


def _written(value: str | list[str]) -> bytes:
    given = value if isinstance(value, str) else "".join(value[:1])
    # Half letters are dropped when a text is checked; they cannot be written down.
    words = given.encode("utf-8", "ignore").decode()
    while (room := fixed_length_text.write(words)) is None:
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
        if not item.kind.is_text
        for name in item.kind.fields(item)
    }
