"""The question about sex or gender: dated variants, of which an authority or a school chooses one.

A report has groups by the answers to one question, `GENDER_ITEM`. Where both are asked, these are
the answers about sex. The other question has a separate table, printed for the whole school only:
so no figure is ever of girls or boys by sex who gave one gender. A variant that is changed gets a
new date, and the old one stays for the surveys that chose it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from types import MappingProxyType

from survey.questionnaires.model import (
    GENDER_ITEM,
    SECOND_GENDER_ITEM,
    Item,
    ItemKind,
    Option,
    Questionnaire,
    QuestionRole,
    Section,
)
from survey.questionnaires.multilingual_text import QuestionnaireError, Text
from survey.questionnaires.translations.catalogues import words_of

AS_TEMPLATE = "gender-2026.1"
"""The variant that templates are written with."""


@dataclass(frozen=True)
class Variant:
    """The questions that are asked in place of the template's. `groups_by_sex`: the groups of a
    report are those of sex, and not of gender."""

    key: str
    items: tuple[Item, ...]
    groups_by_sex: bool


def _answer(english: str) -> Text:
    """An answer as templates have it, which translators are given with them."""
    return words_of(english, GENDER_ITEM)


def _question(key: str, wording: Text, *, with_another: bool) -> Item:
    options = [
        Option("girl", _answer("Girl")),
        Option("boy", _answer("Boy")),
        Option("another", _answer("I use another word")),
        Option("prefer_not", words_of("Prefer not to say"), QuestionRole.PREFER_NOT),
    ]
    return Item(
        key=key,
        kind=ItemKind.ONE,
        wording=wording,
        themes=("DEMO",),
        options=tuple(one for one in options if with_another or one.key != "another"),
        sensitivity=1,
        core=True,
    )


def _variants() -> Mapping[str, Variant]:
    gender, sex = words_of("Which of these describes you?"), words_of("What is your sex?")
    return {
        one.key: one
        for one in (
            Variant(AS_TEMPLATE, (_question(GENDER_ITEM, gender, with_another=True),), False),
            Variant("sex-2026.1", (_question(GENDER_ITEM, sex, with_another=False),), True),
            Variant(
                "both-2026.1",
                (
                    _question(GENDER_ITEM, sex, with_another=False),
                    _question(SECOND_GENDER_ITEM, gender, with_another=True),
                ),
                True,
            ),
        )
    }


VARIANTS: Mapping[str, Variant] = MappingProxyType(_variants())
"""By key, which ends with a date."""


def with_variant(template: Questionnaire, key: str) -> Questionnaire:
    """The template with the questions of a variant in place of the template's. A template that
    does not ask about gender, such as one for adults, stays as it is."""
    asked = template.by_key.get(GENDER_ITEM)
    if asked is None or key == template.gender_question:
        return template
    if key not in VARIANTS:
        raise QuestionnaireError("gender question", f"there is no variant {key!r}")
    items = tuple(_in_languages(one, template) for one in VARIANTS[key].items)
    return replace(
        template,
        gender_question=key,
        sections=tuple(_section(section, asked, items) for section in template.sections),
    )


def _section(section: Section, asked: Item, items: tuple[Item, ...]) -> Section:
    if asked not in section.items:
        return section
    at = section.items.index(asked)
    return replace(section, items=(*section.items[:at], *items, *section.items[at + 1 :]))


def _in_languages(item: Item, template: Questionnaire) -> Item:
    """The question in the languages of the template."""
    return replace(
        item,
        wording=item.wording.only(template.languages),
        options=tuple(
            replace(one, label=one.label.only(template.languages)) for one in item.options
        ),
    )
