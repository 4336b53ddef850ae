"""Which words are missing in a language, and would be read in another."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import fields, is_dataclass
from typing import Any

from survey.questionnaires.model import Questionnaire, Text


def missing_translations(questionnaire: Questionnaire, language: str) -> tuple[str, ...]:
    """The place of each text that has no words in `language`: "sections A, items A1, wording"."""
    return tuple(_missing(questionnaire, language, ""))


def _missing(value: Any, language: str, where: str) -> Iterator[str]:
    """Walks every field, so that a new text cannot be forgotten here."""
    match value:
        case Text():
            if not value.has(language):
                yield where
        case tuple():
            for number, part in enumerate(value, start=1):
                yield from _missing(part, language, f"{where} {getattr(part, 'key', number)}")
        case Mapping():  # the index of items: each is walked in its section
            pass
        case _ if is_dataclass(value):
            for part in fields(value):
                path = f"{where}, {part.name}" if where else part.name
                yield from _missing(getattr(value, part.name), language, path)
