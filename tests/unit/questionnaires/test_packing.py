"""The line that carries the answers from page to page."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from survey.questionnaires.answers import AnswerError, Refusal, check
from survey.questionnaires.load import load, load_all
from survey.questionnaires.model import Questionnaire
from survey.questionnaires.packing import LONGEST_PACK, pack, unpack
from tests.unit.questionnaires.strategies import raws

SMALL = load(Path(__file__).parent / "small-1.toml")
WALKED = [SMALL, *load_all().values()]
MARK = pack(SMALL, {})
LONGEST_NUMBER = 90


# Drawing a whole survey is slow on a busy machine, and says nothing of what is tested.
@given(st.data())
def test_packing_loses_nothing(data: st.DataObject) -> None:
    questionnaire = data.draw(st.sampled_from(WALKED))
    answers = check(questionnaire, None, data.draw(raws(questionnaire)))
    line = pack(questionnaire, answers)
    assert "\n" not in line
    assert '"' not in line
    again = check(questionnaire, None, unpack(questionnaire, line))
    assert again == answers
    assert list(again) == list(answers)


@given(
    st.text(max_size=80)
    | st.text(max_size=80).map(MARK.__add__)
    | st.from_regex(r"[A-Za-z0-9_-]{0,12}(;P2=[a-z%0-9;=]*)?", fullmatch=True).map(MARK.__add__)
)
def test_whatever_is_in_the_hidden_field_gives_answers_or_a_named_error(line: str) -> None:
    try:
        answers = check(SMALL, None, unpack(SMALL, line))
    except AnswerError:
        return
    assert set(answers) <= set(SMALL.by_key)


@pytest.mark.parametrize(
    "line",
    [
        "B1",
        "B1=safe",
        MARK[::-1] + "AA",
        MARK + "?",
        MARK + "A",  # no whole byte
        MARK + "_" * 80,  # more than there is to answer
        MARK + ";P2",
        MARK + ";P2=a;P2=b",
        MARK + ";B1=safe",  # nothing that is written
        MARK + ";P2=%ff",
        MARK + ";P2=" + "x" * LONGEST_PACK,
    ],
)
def test_a_broken_line_is_refused(line: str) -> None:
    with pytest.raises(AnswerError) as refused:
        unpack(SMALL, line)
    assert refused.value.reason is Refusal.MALFORMED


def test_a_line_of_another_survey_is_refused() -> None:
    full, core = (load_all()[key, "2026.1"] for key in ("safety", "safety-core"))
    line = pack(full, {"B1": "safe"})
    with pytest.raises(AnswerError):
        unpack(core, line)


def test_equal_answers_are_one_line_and_no_line_is_no_answer() -> None:
    one, other = {"P2": "a", "B1": "safe"}, {"B1": "safe", "P2": "a"}
    assert pack(SMALL, one) == pack(SMALL, other)
    assert unpack(SMALL, "") == unpack(SMALL, MARK) == {}


@pytest.mark.parametrize("questionnaire", WALKED, ids=lambda q: q.key)
def test_the_fullest_answers_fit(questionnaire: Questionnaire) -> None:
    raw: dict[str, Any] = {}
    for item in questionnaire.asked:
        company = [option.key for option in item.options if not option.stands_alone]
        last = item.answers[-1] if item.answers else "\N{GRINNING FACE}" * 300
        if item.rows:
            raw |= {f"{item.key}.{row.key}": last for row in item.rows}
        elif item.kind == "several":
            raw[item.key] = company[-(item.most or len(company)) :]
        else:
            raw[item.key] = last
    if "A1" in questionnaire.by_key:
        raw["A1"] = "y13"
    answers = check(questionnaire, None, raw)
    line = pack(questionnaire, answers)
    assert len(line) < LONGEST_PACK / 2
    assert len(line.partition(";")[0]) < LONGEST_NUMBER
    assert check(questionnaire, None, unpack(questionnaire, line)) == answers
