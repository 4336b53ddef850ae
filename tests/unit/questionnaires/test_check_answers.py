from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from survey.questionnaires.check_answers import AnswerError, Refusal, check
from survey.questionnaires.load import load, load_all
from survey.questionnaires.routing import shown_items
from tests.unit.questionnaires.strategies import raws

SMALL = load(Path(__file__).parent / "small-1.toml")
WALKED = [SMALL, *load_all().values()]


def test_answers_are_typed_by_kind_and_in_printed_order() -> None:
    raw: dict[str, Any] = {
        "P2": "  Lights on the path \r\n please ",
        "O1": "10",
        "B3": ["park", "gates"],
        "B2.toilets": "unsafe",
        "B2.classrooms": ["safe"],
        "B1": "safe",
        "A1": "y9",
    }
    answers = check(SMALL, None, raw)
    assert answers == {
        "A1": "y9",
        "B1": "safe",
        "B2": {"classrooms": "safe", "toilets": "unsafe"},
        "B3": ("gates", "park"),
        "O1": "10",
        "P2": "Lights on the path \n please",
    }
    assert list(answers) == ["A1", "B1", "B2", "B3", "O1", "P2"]


def test_a_skipped_item_has_no_answer() -> None:
    assert check(SMALL, 9, {"B1": "", "B3": [], "B4": [""], "B2.gates": "", "P2": "  \x00"}) == {
        "A1": "y9"
    }


REFUSED = [
    ({"Q9": "yes"}, "Q9", Refusal.UNKNOWN_ITEM),
    ({"csrf_token": "x"}, "csrf_token", Refusal.UNKNOWN_ITEM),
    ({"B1": "away"}, "B1", Refusal.NOT_AN_OPTION),  # left out of the scale
    ({"B1": ["safe", "unsafe"]}, "B1", Refusal.MALFORMED),
    ({"B1.gates": "safe"}, "B1", Refusal.UNKNOWN_ITEM),
    ({"B1.": "safe"}, "B1", Refusal.UNKNOWN_ITEM),
    ({"B2": "safe"}, "B2", Refusal.UNKNOWN_ITEM),
    ({"B2.park": "safe"}, "B2", Refusal.UNKNOWN_ITEM),
    ({"B2.gates": "fine"}, "B2", Refusal.NOT_AN_OPTION),
    ({"B2.gates": ["safe", "unsafe"]}, "B2", Refusal.MALFORMED),
    ({"B3": ["gates", "moon"]}, "B3", Refusal.NOT_AN_OPTION),
    ({"B3": ["gates", "park", "toilets"]}, "B3", Refusal.TOO_MANY),
    ({"B3": ["gates", "none"]}, "B3", Refusal.STANDS_ALONE),
    ({"B4": ["dark", "pns"]}, "B4", Refusal.STANDS_ALONE),
    ({"O1": "11"}, "O1", Refusal.NOT_AN_OPTION),
    ({"O1": "-1"}, "O1", Refusal.NOT_AN_OPTION),
    ({"P2": "x" * 301}, "P2", Refusal.TOO_LONG),
    ({"P2": ["a", "b"]}, "P2", Refusal.MALFORMED),
    ({"H2": "saw"}, "H2", Refusal.NOT_ASKED),
    ({"A1": "y8"}, "A1", Refusal.NOT_FOR_YEAR),  # the link says 9
]


@pytest.mark.parametrize(("raw", "item", "reason"), REFUSED)
def test_what_no_page_can_send_is_refused(raw: Any, item: str, reason: Refusal) -> None:
    with pytest.raises(AnswerError) as refused:
        check(SMALL, 9, raw)
    assert (refused.value.item, refused.value.reason) == (item, reason)


def test_slips_can_be_put_right_and_crafted_forms_cannot() -> None:
    slips = {Refusal.TOO_MANY, Refusal.STANDS_ALONE, Refusal.TOO_LONG}
    assert {reason for reason in Refusal if AnswerError("B1", reason).correctable} == slips
    with pytest.raises(AnswerError) as refused:
        check(SMALL, 9, {"B3": ["gates", "park", "toilets"]})
    assert refused.value.most == 2


def test_an_item_above_a_preset_year_is_crafted_and_above_a_chosen_one_stale() -> None:
    with pytest.raises(AnswerError) as refused:
        check(SMALL, 7, {"H1": "saw"})
    assert refused.value.reason is Refusal.NOT_FOR_YEAR
    assert check(SMALL, None, {"A1": "y7", "H1": "saw"}) == {"A1": "y7"}
    assert check(SMALL, None, {"H1": "saw"}) == {}
    assert check(SMALL, None, {"A1": "y8", "H1": "saw"}) == {"A1": "y8", "H1": "saw"}


def test_what_hung_on_a_changed_answer_is_dropped() -> None:
    kept = check(SMALL, 9, {"F1.names": "saw", "F2": "park", "K2": "yes", "K2a": "park"})
    assert set(kept) == {"A1", "F1", "F2", "K2", "K2a"}
    left = check(SMALL, 9, {"F1.names": "no", "F2": "park", "K2a": "park"})
    assert set(left) == {"A1", "F1"}


def test_a_preset_year_becomes_the_answer() -> None:
    assert check(SMALL, 10, {}) == {"A1": "y10"}
    assert check(SMALL, 10, {"A1": "y10"}) == {"A1": "y10"}


def test_line_ends_count_once() -> None:
    assert check(SMALL, 9, {"P2": "a\r\n" * 150})["P2"] == ("a\n" * 150).strip()


@given(st.data())
def test_checked_answers_are_answers_to_shown_items(data: st.DataObject) -> None:
    questionnaire = data.draw(st.sampled_from(WALKED))
    answers = check(questionnaire, None, data.draw(raws(questionnaire)))
    assert set(answers) <= {item.key for item in shown_items(questionnaire, None, answers)}
