"""The bytes that carry the answers from page to page."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from survey.questionnaires.check_answers import AnswerError, Raw, Refusal, check
from survey.questionnaires.codecs.answer_codec import MARK_BYTES, fields, numbered, pack, unpack
from survey.questionnaires.load import load, load_all
from survey.questionnaires.model import LONGEST_TEXT, ItemKind, Questionnaire
from tests.examples import OF_A_PROMISE
from tests.unit.questionnaires.strategies import raws

SMALL = load(Path(__file__).parents[1] / "small-1.toml")
WALKED = [SMALL, *load_all().values()]
MOST_BYTES = 64
"""Of what was picked, in any survey."""


def texts(questionnaire: Questionnaire) -> tuple[str, ...]:
    return tuple(item.key for item in questionnaire.asked if item.kind is ItemKind.TEXT)


def raw_of(answers: Any) -> Raw:
    return {name: list(values) for name, values in fields(answers)}


# Drawing a whole survey is slow on a busy machine, and says nothing of what is tested.
@OF_A_PROMISE
@given(st.data())
def test_packing_loses_nothing_and_is_always_as_long(data: st.DataObject) -> None:
    questionnaire = data.draw(st.sampled_from(WALKED))
    rooms = texts(questionnaire)
    answers = check(questionnaire, None, data.draw(raws(questionnaire)))
    packed = pack(questionnaire, raw_of(answers), rooms)
    assert len(packed) == len(pack(questionnaire, {}, rooms))
    again = check(questionnaire, None, unpack(questionnaire, packed, rooms))
    assert again == answers
    assert list(again) == list(answers)


@OF_A_PROMISE
@given(st.text(max_size=LONGEST_TEXT))
def test_every_text_that_is_taken_fits_its_room(words: str) -> None:
    expected = words.encode("utf-8", "ignore").decode()
    packed = pack(SMALL, {"P2": words}, ("P2",))
    assert unpack(SMALL, packed, ("P2",)).get("P2", "") == expected


@pytest.mark.parametrize("letter", ["a", "é", "ش", "ਸ਼", "😀", "\U0010fffd"])
def test_the_longest_text_of_any_script_fits(letter: str) -> None:
    words = (letter * LONGEST_TEXT)[:LONGEST_TEXT]
    assert unpack(SMALL, pack(SMALL, {"P2": words}, ("P2",)), ("P2",)) == {"P2": words}


def test_a_text_that_is_too_long_is_cut_and_stays_too_long() -> None:
    words = "".join(chr(0x4E00 + number) for number in range(5000))
    kept = unpack(SMALL, pack(SMALL, {"P2": words}, ("P2",)), ("P2",))["P2"]
    assert words.startswith(str(kept))
    assert len(kept) > LONGEST_TEXT


def test_ticks_that_do_not_go_together_travel_too() -> None:
    questionnaire = load_all()["safety", "2026.3"]
    ticked = ["classrooms", "toilets", "gates", "library", "none"]
    kept = unpack(questionnaire, pack(questionnaire, {"B3": ticked}, ()), ())
    assert sorted(kept["B3"]) == sorted(ticked)


@OF_A_PROMISE
@given(
    st.binary(max_size=80) | st.binary(max_size=40).map(pack(SMALL, {}, ())[:MARK_BYTES].__add__)
)
def test_whatever_bytes_there_are_give_answers_or_a_named_error(packed: bytes) -> None:
    try:
        answers = check(SMALL, None, unpack(SMALL, packed, ()))
    except AnswerError:
        return
    assert set(answers) <= set(SMALL.by_key)


def test_bytes_of_another_survey_or_another_length_are_refused() -> None:
    full, core = (load_all()[key, "2026.3"] for key in ("safety", "safety-core"))
    packed = pack(full, {"B1": "safe"}, ())
    for questionnaire, given_bytes in ((core, packed), (full, packed + b"\0"), (full, packed[:-1])):
        with pytest.raises(AnswerError) as refused:
            unpack(questionnaire, given_bytes, ())
        assert refused.value.reason is Refusal.MALFORMED


def test_equal_answers_are_the_same_bytes() -> None:
    one, other = {"P2": "a", "B1": "safe"}, {"B1": "safe", "P2": "a"}
    assert pack(SMALL, one, ("P2",)) == pack(SMALL, other, ("P2",))


@pytest.mark.parametrize("questionnaire", WALKED, ids=lambda q: q.key)
def test_the_fullest_answers_fit(questionnaire: Questionnaire) -> None:
    raw: dict[str, Any] = {}
    for item in questionnaire.asked:
        company = [option.key for option in item.options if not option.stands_alone]
        last = item.answers[-1] if item.answers else "\N{GRINNING FACE}" * LONGEST_TEXT
        if item.rows:
            raw |= {f"{item.key}.{row.key}": last for row in item.rows}
        elif item.kind == "several":
            raw[item.key] = company[-(item.most or len(company)) :]
        else:
            raw[item.key] = last
    if "A1" in questionnaire.by_key:
        raw["A1"] = "y13"
    answers = check(questionnaire, None, raw)
    rooms = texts(questionnaire)
    packed = pack(questionnaire, raw_of(answers), rooms)
    assert len(pack(questionnaire, raw_of(answers), ())) < MOST_BYTES
    assert check(questionnaire, None, unpack(questionnaire, packed, rooms)) == answers


@pytest.mark.parametrize("questionnaire", WALKED, ids=lambda q: q.key)
def test_every_field_has_a_number_of_two_digits_for_each_answer(
    questionnaire: Questionnaire,
) -> None:
    for name, answers in numbered(questionnaire).items():
        assert 0 < len(answers) < 100, name
