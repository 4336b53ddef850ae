"""Sums under names that a server makes up. A sum that is printed twice says nothing further of
students, but its name could say anything: "exactly 3 girls"."""

from __future__ import annotations

import copy
import json
from typing import Any

import pytest

from survey.disclosure import verify_questions
from survey.releases.sums_of_answers import BOXES
from tests.attacks.lying_server.test_every_node import _report
from tests.attacks.test_lying_server import written


def _again(box: Any) -> Any:
    return {**copy.deepcopy(box), "key": "exactly 3 girls"}


def _as_indicator(box: Any) -> Any:
    return {**copy.deepcopy(box), "key": "@exactly_3_girls"}


def _other_answers(box: Any) -> Any:
    return {**copy.deepcopy(box), "key": "weekly"}


@pytest.mark.parametrize("made_up", [_again, _as_indicator, _other_answers])
def test_a_sum_under_a_name_that_no_questionnaire_gives_is_refused(made_up: Any) -> None:
    release, _certificate, questionnaire = _report()
    found = json.loads(release)
    verify_questions.verify_questions(release, questionnaire)
    tables = [one for one in found["tables"] if one["boxes"]]
    for table in tables[:3]:
        before = table["boxes"]
        table["boxes"] = [*before, made_up(before[0])]
        with pytest.raises(verify_questions.Rejected):
            verify_questions.verify_questions(written(found), questionnaire)
        table["boxes"] = before
    assert tables


def test_the_verifier_knows_the_sums_that_reports_print() -> None:
    """It shares no code with the product, so a new sum has to be added to both."""
    product = {plain: {key: list(of) for key, of in sums.items()} for plain, sums in BOXES.items()}
    assert product == verify_questions.SUMS
    assert [list(one) for one in verify_questions.SUMS.values()] == [
        list(one) for one in BOXES.values()
    ]
