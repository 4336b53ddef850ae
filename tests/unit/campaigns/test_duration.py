"""How long it takes is said on the card and on the first page: in the same number."""

from __future__ import annotations

import pytest

from survey.campaigns.duration import minutes_of
from survey.questionnaires.load import load_all
from survey.questionnaires.model import Questionnaire
from survey.responses.survey_context import About


@pytest.mark.parametrize("questionnaire", load_all().values(), ids=lambda one: one.key)
def test_card_and_first_page_say_the_same_minutes(questionnaire: Questionnaire) -> None:
    page = About("Safety", "School", "england", None, questionnaire, (), "Operator", 365)
    assert minutes_of(questionnaire) == page.minutes


def test_short_form_is_shorter() -> None:
    templates = load_all()
    assert minutes_of(templates["safety-core", "2026.3"]) < minutes_of(
        templates["safety", "2026.3"]
    )


def test_older_students_who_are_asked_more_need_longer_and_adults_less() -> None:
    """The figures that were measured on the pages: 17 to 21 minutes for a median Year 7."""
    safety = load_all()["safety", "2026.3"]
    assert 15 <= minutes_of(safety, 7) <= 21
    assert minutes_of(safety, 7) < minutes_of(safety, 9) == minutes_of(safety)
    assert minutes_of(load_all()["staff-pulse", "2026.1"]) < 5
    assert minutes_of(load_all()["easy-read", "2026.2"], 7) in range(4, 8)
