"""Answers of one length: all that can be answered fits, and comes back as it was."""

from __future__ import annotations

import json
from contextlib import suppress
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from survey.questionnaires import routing
from survey.questionnaires.codecs import fixed_size_codec
from survey.questionnaires.codecs.fixed_size_codec import DecodedAnswers, TextTooLongError
from survey.questionnaires.load import load_all
from survey.questionnaires.model import LONGEST_TEXT, ItemKind, Questionnaire
from tests.examples import OF_A_PROMISE

TEMPLATES = sorted(load_all())
WIDEST = {
    "astral": "𠜎",
    "emoji": "😀",
    "Bengali": "\u0995\u09cd",
    "Panjabi": "ਕੀ",
    "Arabic": "ﷺ",
    "joined": "👩‍👩‍👧",
    "decomposed": "e\u0323\u0302",
}


def full(questionnaire: Questionnaire, random: Random, words: str) -> routing.Answers:
    raw: dict[str, str | list[str]] = {}
    for item in questionnaire.asked:
        match item.kind:
            case ItemKind.TEXT:
                raw[item.key] = words
            case ItemKind.GRID:
                raw |= {f"{item.key}.{row.key}": random.choice(item.answers) for row in item.rows}
            case ItemKind.SEVERAL:
                alone = {option.key for option in item.options if option.stands_alone}
                several = [option for option in item.answers if option not in alone]
                raw[item.key] = several[: item.most or len(several)]
            case _:
                raw[item.key] = random.choice(item.answers)
    return routing.check(questionnaire, None, raw)


@pytest.mark.parametrize("script", WIDEST)
@pytest.mark.parametrize("template", TEMPLATES, ids=" ".join)
def test_the_longest_answers_fit_and_come_back(template: tuple[str, str], script: str) -> None:
    questionnaire = load_all()[template]
    length = fixed_size_codec.size(questionnaire)
    letters = WIDEST[script]
    words = (letters * LONGEST_TEXT)[:LONGEST_TEXT].strip()
    for seed in range(5):
        answers = full(questionnaire, Random(seed), words)
        plain = fixed_size_codec.to_bytes(questionnaire, answers, length=length)
        assert len(plain) == length
        found = fixed_size_codec.from_bytes(questionnaire, plain)
        assert {**(found.answers or {}), **found.texts} == answers
        assert set(found.texts) == {
            item.key for item in questionnaire.asked if item.kind is ItemKind.TEXT
        } & set(answers)


@OF_A_PROMISE
@given(st.text(max_size=4 * LONGEST_TEXT))
def test_no_text_that_is_taken_is_too_long(words: str) -> None:
    questionnaire = load_all()["safety", "2026.3"]
    try:
        answers = routing.check(questionnaire, None, {"P2": words})
    except routing.AnswerError:
        return
    plain = fixed_size_codec.to_bytes(
        questionnaire, answers, length=fixed_size_codec.size(questionnaire)
    )
    assert fixed_size_codec.from_bytes(questionnaire, plain).texts == answers


def test_nothing_answered_and_a_blank_are_told_apart() -> None:
    questionnaire = load_all()["safety", "2026.3"]
    length = fixed_size_codec.size(questionnaire)
    nothing = fixed_size_codec.to_bytes(questionnaire, {}, length=length)
    assert fixed_size_codec.from_bytes(questionnaire, nothing) == DecodedAnswers({}, {})
    assert fixed_size_codec.from_bytes(
        questionnaire, fixed_size_codec.blank(length)
    ) == DecodedAnswers(None, {})


def test_what_was_stored_before_comes_back_too() -> None:
    questionnaire = load_all()["safety", "2026.3"]
    length = fixed_size_codec.size(questionnaire)
    texts = fixed_size_codec.texts_to_bytes(questionnaire, {"P2": "Lights"}, length=length)
    assert fixed_size_codec.from_bytes(questionnaire, texts) == DecodedAnswers(
        None, {"P2": "Lights"}
    )
    line = '{"B1":"no longer an option"}'
    spelled = fixed_size_codec.spelled_to_bytes(line, length=length)
    assert fixed_size_codec.from_bytes(questionnaire, spelled) == DecodedAnswers(
        json.loads(line), {}
    )
    odd = fixed_size_codec.spelled_text_to_bytes("Q9", "Lights", length=length)
    assert fixed_size_codec.from_bytes(questionnaire, odd) == DecodedAnswers(None, {"Q9": "Lights"})


@pytest.mark.parametrize(
    "answers",
    [
        {"B1": "no such option"},
        {"B2": {"nowhere": "safe"}},
        {"no such item": "x"},
        {"B1": ("safe",)},
        {"P2": "".join(chr(0x10000 + 7919 * n % 50000) for n in range(2000))},
    ],
)
def test_what_cannot_be_an_answer_is_refused(answers: dict[str, object]) -> None:
    questionnaire = load_all()["safety", "2026.3"]
    with pytest.raises(TextTooLongError):
        fixed_size_codec.to_bytes(questionnaire, answers, length=10_000)  # type: ignore[arg-type]


@OF_A_PROMISE
@given(st.binary(min_size=1, max_size=200))
def test_other_bytes_are_an_error_of_their_own(plain: bytes) -> None:
    questionnaire = load_all()["safety", "2026.3"]
    with suppress(TextTooLongError):
        fixed_size_codec.from_bytes(questionnaire, plain)
