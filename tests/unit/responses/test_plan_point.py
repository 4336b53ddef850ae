"""A spot on the plan becomes a tick on the list, and nothing else."""

from __future__ import annotations

from dataclasses import replace

import pytest

from survey.campaigns.site_plans.areas import PlanArea
from survey.campaigns.site_plans.operations import Plan
from survey.questionnaires.load import load_all
from survey.questionnaires.model import ItemKind
from survey.questionnaires.routing import AnswerError
from survey.responses.flow import Go, PageForm
from survey.responses.plan_point import at_spot, read_where, take

SURVEY = load_all()["safety", "2026.3"]
PLAN = Plan(
    "0" * 64,
    100,
    100,
    (
        PlanArea("gates", ((0, 0), (20, 0), (20, 20), (0, 20))),
        PlanArea("toilets", ((60, 60), (90, 60), (90, 90), (60, 90))),
    ),
)


def form(beside: str, **given: list[str]) -> PageForm:
    return PageForm(at="B-4", go=Go.TAKE, so_far="so far", given=given, receipt="r", beside=beside)


def test_places_are_numbered_as_on_the_list() -> None:
    where = read_where(SURVEY, PLAN, form("plan-B3"))
    assert where.numbers == {"toilets": 1, "gates": 2}


def test_a_spot_is_read_back_as_the_nearest_place() -> None:
    where = at_spot(read_where(SURVEY, PLAN, form("plan-B3")), (50, 50))
    assert where.place == "toilets"
    assert where.beside == "chose-B3-toilets"
    assert at_spot(where, (5, 5)).place == "gates"


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ([], ["toilets"]),
        (["gates"], ["gates", "toilets"]),
        (["toilets"], ["toilets"]),
        (["none"], ["toilets"]),  # what excludes others goes, as the student just said a place
    ],
)
def test_yes_ticks_the_place_and_leaves_all_else(before: list[str], after: list[str]) -> None:
    sent = form("chose-B3-toilets", B3=before, B4=["dark"])
    taken = take(read_where(SURVEY, PLAN, sent), sent)
    assert taken == replace(sent, go=Go.RETURN, beside="", given={"B3": after, "B4": ["dark"]})


def test_of_one_only_the_last_is_ticked() -> None:
    item = replace(SURVEY.by_key["B3"], kind=ItemKind.ONE, most=None)
    where = replace(read_where(SURVEY, PLAN, form("chose-B3-toilets", B3=["gates"])), item=item)
    assert take(where, form("chose-B3-toilets", B3=["gates"])).given["B3"] == ["toilets"]
    assert not where.takes_more


def test_there_is_an_end_to_choosing() -> None:
    three = ["classrooms", "library", "gates"]
    assert read_where(SURVEY, PLAN, form("plan-B3", B3=three)).is_full
    two = read_where(SURVEY, PLAN, form("chose-B3-toilets", B3=three[:2]))
    assert not two.is_full
    assert not two.takes_more
    assert read_where(SURVEY, PLAN, form("chose-B3-toilets", B3=three[:1])).takes_more


@pytest.mark.parametrize(
    "beside",
    ["plan", "plan-", "plan-Q9", "plan-B1", "plan-B2", "plan-D1", "chose-B3-stops",
     "chose-B3-classrooms", "chose-B3-none", "chose-B3-x"],
)  # fmt: skip
def test_what_none_of_our_pages_asks_is_refused(beside: str) -> None:
    with pytest.raises(AnswerError):
        read_where(SURVEY, PLAN, form(beside))
    with pytest.raises(AnswerError):
        read_where(SURVEY, None, form("plan-B3"))
