"""Answers as values, the fields that carry them, and what is wrong with those that are refused."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

Answer = str | tuple[str, ...] | Mapping[str, str]
"""Of one, scale and text: the words; of several: the options in printed order; of a grid: the
option of each answered row. An item that was skipped has no answer at all."""

Answers = Mapping[str, Answer]
"""The answers of one student by item."""

Raw = Mapping[str, str | list[str]]
"""The fields of a form by name: "B1", "B2.toilets", "B3" (repeated)."""

Given = Mapping[str, list[str]]
"""The values given to one item by row; the row of an item without rows is ""."""


class Refusal(StrEnum):
    MALFORMED = "malformed"
    UNKNOWN_ITEM = "unknown_item"
    NOT_ASKED = "not_asked"
    NOT_FOR_YEAR = "not_for_year"
    NOT_AN_OPTION = "not_an_option"
    TOO_MANY = "too_many"
    STANDS_ALONE = "stands_alone"
    TOO_LONG = "too_long"


CORRECTABLE = {Refusal.TOO_MANY, Refusal.STANDS_ALONE, Refusal.TOO_LONG}


class AnswerError(ValueError):
    """An answer that is refused: the key of the item ("" if unknown) and the reason.

    `most` goes with TOO_MANY and TOO_LONG: how many options or letters there may be."""

    def __init__(self, item: str, reason: Refusal, most: int | None = None) -> None:
        super().__init__(f"{item or 'form'}: {reason}")
        self.item, self.reason, self.most = item, reason, most

    @property
    def correctable(self) -> bool:
        """Can an honest student have done this, and put it right?"""
        return self.reason in CORRECTABLE


class TextTooLongError(ValueError):
    """An answer does not fit the bytes that its questionnaire gives it."""


@dataclass(frozen=True)
class Wheel:
    """One digit of the number in mixed radix that carries answers from page to page: the answers
    of one field, or on and off for one option of a field that takes several."""

    field: str
    answers: tuple[str, ...]
    is_tick: bool = False

    @property
    def radix(self) -> int:
        return len(self.answers) + 1


def options_given(answer: Answer | None) -> set[str]:
    """All options an answer names: those of all rows, of a grid."""
    match answer:
        case None:
            return set()
        case str():
            return {answer}
        case tuple():
            return set(answer)
    return set(answer.values())
