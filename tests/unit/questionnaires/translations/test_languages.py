"""Texts of questionnaires that have no words in a language, and would be read in another."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import fields, is_dataclass, replace
from typing import Any

import pytest

from survey.questionnaires.load import load_all
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


def test_a_text_that_falls_back_is_named(small: Questionnaire) -> None:
    assert missing_translations(small, "cy") == ()
    section = small.sections[0]
    item = replace(section.items[1], wording=Text.of({"en": "Which?"}))
    option = replace(item.options[0], label=Text.of({"en": "Girl"}))
    item = replace(item, options=(option, *item.options[1:]))
    section = replace(section, items=(section.items[0], item, section.items[2]))
    changed = replace(small, sections=(section, *small.sections[1:]))
    assert missing_translations(changed, "cy") == (
        "sections A, items A2, wording",
        "sections A, items A2, options girl, label",
    )


def test_a_language_that_is_not_there_at_all_is_named_all_over(small: Questionnaire) -> None:
    missing = missing_translations(small, "ur")
    for where in ("title", "timeframe", "help childline, how", "sections O, items O1, ends 2",
                  "sections H, items H1, older, text"):  # fmt: skip
        assert where in missing


@pytest.mark.parametrize("named", sorted(load_all()))
def test_shipped_templates_are_whole_in_every_language_they_offer(named: tuple[str, str]) -> None:
    template = load_all()[named]
    for language in template.languages:
        assert missing_translations(template, language) == ()
