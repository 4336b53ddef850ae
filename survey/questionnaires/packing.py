"""The answers as one short line, to travel in a hidden field from page to page.

What was picked is one number in mixed radix, a place for each thing that can be picked, and so
some 60 letters whatever the survey: a page on a slow line has better things to carry. What was
written follows as it is. In front stands a mark of what the survey asks, because the same number
would mean other things under other questions.
"""

from __future__ import annotations

import base64
import hashlib
import re
from dataclasses import dataclass
from functools import lru_cache
from urllib.parse import unquote

from survey.questionnaires.answers import Answer, AnswerError, Answers, Refusal
from survey.questionnaires.model import Item, ItemKind, Questionnaire

LONGEST_PACK = 8_000
MARK_LETTERS = 4

# What would end the words, or the line, or the attribute that the line stands in.
TROUBLE = re.compile('[%;"\x00-\x1f\x7f\x85\u2028\u2029]')


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
    """All wheels of a questionnaire, and its mark."""

    wheels: tuple[Wheel, ...]
    texts: tuple[str, ...]
    mark: str


@lru_cache(maxsize=256)
def _lock(questionnaire: Questionnaire) -> Lock:
    wheels = tuple(wheel for item in questionnaire.asked for wheel in _wheels(item))
    texts = tuple(item.key for item in questionnaire.asked if item.kind is ItemKind.TEXT)
    digest = hashlib.sha256(repr((wheels, texts)).encode()).digest()
    mark = base64.urlsafe_b64encode(digest)[:MARK_LETTERS].decode()
    return Lock(wheels, texts, mark)


def _wheels(item: Item) -> list[Wheel]:
    match item.kind:
        case ItemKind.TEXT:
            return []
        case ItemKind.SEVERAL:
            return [Wheel(item.key, (option,), is_tick=True) for option in item.answers]
        case ItemKind.GRID:
            return [Wheel(f"{item.key}.{row.key}", item.answers) for row in item.rows]
    return [Wheel(item.key, item.answers)]


def pack(questionnaire: Questionnaire, answers: Answers) -> str:
    """The line; `check(unpack(line))` gives the answers back."""
    lock = _lock(questionnaire)
    given = dict(fields(answers))
    number = 0
    for wheel in reversed(lock.wheels):  # the first is the lowest: a survey just begun is short
        values = given.get(wheel.field, ())
        stands_at = next((n for n, one in enumerate(wheel.answers, 1) if one in values), 0)
        number = number * wheel.radix + stands_at
    digits = number.to_bytes((number.bit_length() + 7) // 8, "little")
    line = lock.mark + base64.urlsafe_b64encode(digits).decode().rstrip("=")
    written = (key for key in lock.texts if key in given)
    return line + "".join(f";{key}={TROUBLE.sub(_escape, given[key][0])}" for key in written)


def _escape(found: re.Match[str]) -> str:
    return "".join(f"%{byte:02X}" for byte in found[0].encode())


def unpack(questionnaire: Questionnaire, line: str) -> dict[str, str | list[str]]:
    """What `pack` wrote, as raw fields; still to be checked like any other form. No line at all is
    no answer yet."""
    if not line:
        return {}
    lock = _lock(questionnaire)
    digits, *texts = line.split(";")
    if len(line) > LONGEST_PACK or not digits.startswith(lock.mark):
        raise AnswerError("", Refusal.MALFORMED)
    number = _number(digits[MARK_LETTERS:])
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
    for text in texts:
        key, equals, words = text.partition("=")
        if not equals or key not in lock.texts or key in raw:
            raise AnswerError("", Refusal.MALFORMED)
        raw[key] = _unescaped(words)
    return raw


def _number(digits: str) -> int:
    try:
        padded = digits + "=" * (-len(digits) % 4)
        return int.from_bytes(base64.b64decode(padded, altchars=b"-_", validate=True), "little")
    except ValueError:
        raise AnswerError("", Refusal.MALFORMED) from None


def _unescaped(words: str) -> str:
    try:
        return unquote(words, errors="strict")
    except ValueError:
        raise AnswerError("", Refusal.MALFORMED) from None


def fields(answers: Answers) -> list[tuple[str, tuple[str, ...]]]:
    """The answers as a form would carry them."""
    return [field for key, answer in answers.items() for field in _fields(key, answer)]


def _fields(key: str, answer: Answer) -> list[tuple[str, tuple[str, ...]]]:
    match answer:
        case str():
            return [(key, (answer,))]
        case tuple():
            return [(key, answer)]
    return [(f"{key}.{row}", (option,)) for row, option in answer.items()]
