"""A share weighed by the roll, against numpy and a school with a known truth; whom a figure is of;
and what those who did not answer, or who stay away, leave open."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from survey.disclosure.figures import Status
from survey.disclosure.policy import Policy, RoundingLevel
from survey.disclosure.release import PARTICIPATION
from survey.disclosure.tables import Group
from survey.questionnaires.load import load_all
from survey.releases.tabulation import count
from survey.reports.school.non_response import (
    FEW,
    ResponseRates,
    bounds_of_all,
    weighed,
    years_on_roll,
)
from survey.reports.school.report_data import EVERYONE, ReportData
from survey.reports.school.summary import read_opening
from survey.reports.school.who_was_asked import read_asked
from survey.reports.wording import who_answered as asked_wording
from tests.unit.reports.samples import sample
from tests.unit.reports.schools import SAFETY, print_release

ALL_YEARS = (7, 8, 9, 10, 11, 12, 13)


def uneven(
    share_of_year: dict[int, float], answered: dict[int, float], roll: int = 600
) -> ReportData:
    """A school in which so many of each year group answer and feel unsafe in the toilets."""
    students = []
    for year, share in share_of_year.items():
        here = round(roll * answered[year])
        unsafe = round(here * share)
        for at in range(here):
            feels = "unsafe" if at < unsafe else "safe"
            students.append({"A1": f"y{year}", "A2": "girl", "B2": {"toilets": feels}})
    header = {f"roll_y{year}": roll for year in share_of_year}
    counted = count(SAFETY, students)
    named = {"wave": 1, "roll": roll * len(share_of_year), **header}
    release = print_release(counted, named, Policy(version="turnout-1", start=RoundingLevel.BASE_5))
    return ReportData(release, SAFETY, "en")


def test_a_share_is_weighed_by_the_roll_as_numpy_weighs_it() -> None:
    reading = ReportData(*sample(), "en")
    rolls = years_on_roll(reading.release)
    shares, weights, spreads = [], [], []
    for group, roll in rolls.items():
        one = reading.share("B2.toilets", "feel_unsafe", group)
        took = reading.share(PARTICIPATION, PARTICIPATION, group).figure.count
        if one.figure.count is None or not one.base or not took:
            continue
        share = one.figure.count / one.base
        shares.append(share)
        weights.append(roll * one.base / took)
        spreads.append(1.5 * share * (1 - share) / one.base + 100 / 12 / one.base**2)
    found = weighed(reading, "B2.toilets", "feel_unsafe")
    assert found is not None
    assert found.share == pytest.approx(np.average(shares, weights=weights))
    part = np.array(weights) / sum(weights)
    assert found.error == pytest.approx(np.sqrt((part**2 * np.array(spreads)).sum()))


def test_who_answers_does_not_move_the_weighed_share() -> None:
    """40 % of Year 7 to 10 % of Year 11; 95 % of the youngest answer and 35 % of the oldest."""
    truth = {7: 0.4, 8: 0.32, 9: 0.25, 10: 0.17, 11: 0.1}
    answered = {7: 0.95, 8: 0.8, 9: 0.65, 10: 0.5, 11: 0.35}
    reading = uneven(truth, answered)
    plain = reading.share("B2.toilets", "feel_unsafe").figure.percent
    found = reading.weighed("B2.toilets", "feel_unsafe")
    assert found is not None
    assert plain is not None
    true = 100 * np.mean(list(truth.values()))
    assert plain - true >= 3
    assert abs(found.percent - true) <= 1
    assert found.differs
    first = read_opening(reading).places[0]
    assert first.weighed == found.percent
    assert f"{found.percent}%" in asked_wording.weighed_sentence(first)


def test_without_a_roll_by_year_nothing_is_weighed() -> None:
    release, questionnaire = sample()
    bare = {name: value for name, value in release.header.items() if "roll_y" not in name}
    reading = ReportData(replace(release, header=bare), questionnaire, "en")
    assert reading.weighed("B2.toilets", "feel_unsafe") is None


@pytest.mark.parametrize(("share", "rate"), [(0.3, 0.8), (0.0, 0.5), (1.0, 0.9), (0.25, 1.0)])
def test_those_who_did_not_answer_may_be_all_or_none(share: float, rate: float) -> None:
    low, high = bounds_of_all(share, rate)
    assert low <= 100 * share * rate <= low + 1
    assert high - 1 <= 100 * (share * rate + 1 - rate) <= high


def test_few_answers_are_said_to_be_of_those_who_answered() -> None:
    assert ResponseRates(59, 100).is_low
    assert not ResponseRates(FEW, 100).is_low
    assert ResponseRates(120, 100).rate == 100
    assert len(asked_wording.non_response_sentences(ResponseRates(500, 1000))) == 2
    assert asked_wording.non_response_sentences(None) == ()
    low = uneven(dict.fromkeys((7, 8, 9), 0.3), dict.fromkeys((7, 8, 9), 0.5))
    first = read_opening(low).places[0]
    assert first.is_of_few
    assert "the students who answered" in asked_wording.students(first.asked, is_of_few=True)


def test_a_year_group_that_is_not_on_the_roll_is_no_group_of_the_school() -> None:
    reading = uneven(dict.fromkeys((7, 8, 9, 10, 11), 0.3), dict.fromkeys((7, 8, 9, 10, 11), 0.8))
    assert reading.school_years == (7, 8, 9, 10, 11)
    assert not {"y12", "y13"} & {group.year for group in reading.hidden_groups}
    responded = {one.group.year for one in read_opening(reading).responded}
    assert not {"y12", "y13"} & responded


# Whom a figure is of


def test_whom_a_question_was_asked_of_is_read_from_the_questionnaire() -> None:
    harm = read_asked(SAFETY, "H2.touch", ALL_YEARS, "en")
    assert harm.years == (9, 10, 11, 12, 13)
    assert asked_wording.students(harm) == "students in Years 9 to 13"
    where = read_asked(SAFETY, "F3:online", ALL_YEARS, "en")
    assert where.gate is not None
    assert where.gate.answers[0] == "Happened to me"
    assert "Shares are of them." in asked_wording.gate_sentence(where)
    assert asked_wording.students(read_asked(SAFETY, "B1", ALL_YEARS, "en")) == "students"


def test_two_wordings_are_never_one_figure() -> None:
    """H1 asks younger students about unkind talk and older ones about sexual jokes."""
    reading = ReportData(*sample(), "en")
    for table, answer in (("H1", "weekly"), ("@sexharm_heard", "yes")):
        for group in (EVERYONE, Group(gender="girl")):
            assert not reading.share(table, answer, group).is_shown
        assert reading.share(table, answer, Group(year="y9")).is_shown
    opening = read_opening(reading)
    assert "H1" not in {one.table for one in (*opening.themes, *opening.strengths)}
    older = tuple(year for year in ALL_YEARS if year >= 9)
    assert read_asked(SAFETY, "H1", older, "en").older_from is None


# Who stays away


def test_a_place_that_the_afraid_avoid_is_named_all_the_same() -> None:
    """35 % fear the toilets, and 60 % of these do not go there."""
    students = []
    for at in range(600):
        afraid = at % 20 < 7
        stays = afraid and at % 5 < 3
        toilets = "away" if stays else "unsafe" if afraid else "safe"
        places = {
            key: "unsafe" if (at * step) % 100 < share else "safe"
            for step, (key, share) in enumerate(
                (("corridors", 30), ("canteen", 28), ("gates", 26), ("library", 5)), start=7
            )
        }
        answers = {"toilets": toilets, **places}
        students.append({"A1": f"y{7 + at % 5}", "A2": "girl", "B2": answers})
    counted = count(SAFETY, students)
    reading = ReportData(print_release(counted, {"wave": 1, "roll": 700}), SAFETY, "en")
    opening = read_opening(reading)
    assert "Toilets" not in {one.label for one in opening.places}
    named = {one.label: one for one in (*opening.may_belong, *opening.near_places)}
    assert "Toilets" in named
    toilets = named["Toilets"]
    assert toilets.away is not None
    low, high = toilets.away.bounds
    assert low <= 35 <= high
    if toilets in opening.may_belong:
        assert "Toilets" in asked_wording.may_belong_sentence(opening.may_belong)
    assert not any(one.label == "Library or quiet spaces" for one in opening.may_belong)


def test_bounds_are_of_printed_figures() -> None:
    opening = read_opening(ReportData(*sample(), "en"))
    for one in (*opening.places, *opening.may_belong):
        assert one.away is not None
        low, high = one.away.bounds
        assert one.share.figure.status is not Status.SHOWN or low <= (one.share.figure.percent or 0)
        assert high <= 100


def test_the_shipped_questionnaires_name_their_bases() -> None:
    """Every question that is not asked of everyone says so."""
    for questionnaire in load_all().values():
        for item in questionnaire.asked:
            found = read_asked(questionnaire, item.key, ALL_YEARS, "en")
            assert bool(found.gate) is bool(item.show_if or item.rows_if)
            assert bool(found.years) is (item.from_year > 7 or bool(found.years))


def test_cards_of_any_year_leave_open_how_many_a_year_group_got() -> None:
    """A year group without its own cards got none only if there were no others to give."""
    release, questionnaire = sample()
    for more, expected in (({}, 0), ({"cards_any": 100}, None)):
        header = {**release.header, "cards": 300, "cards_y9": 200, **more}
        opening = read_opening(ReportData(replace(release, header=header), questionnaire, "en"))
        by_group = {one.group.key: one.cards for one in opening.responded}
        assert (by_group["all"], by_group["year=y9"], by_group["year=y7"]) == (300, 200, expected)


def test_no_more_called_every_place_very_unsafe_than_the_bound_says() -> None:
    """A school in which a known number gave the most extreme answer everywhere, some as a joke."""
    keys = [row.key for row in next(one for one in SAFETY.items if one.key == "B2").rows]
    for jokers in (0, 3, 12, 41):
        students = [
            {
                "A1": "y8",
                "A2": "girl",
                "B2": {
                    key: "very_unsafe" if at < jokers or (at + n) % 9 == 0 else "safe"
                    for n, key in enumerate(keys)
                },
            }
            for at in range(300)
        ]
        counted = count(SAFETY, students)
        policy = Policy(version="turnout-1", start=RoundingLevel.BASE_5)
        reading = ReportData(print_release(counted, {"wave": 1}, policy), SAFETY, "en")
        extremes = read_opening(reading).extremes
        assert extremes is not None
        most, place = extremes
        true = sum(set(one["B2"].values()) == {"very_unsafe"} for one in students)
        fewest = min(sum(one["B2"][key] == "very_unsafe" for one in students) for key in keys)
        assert true <= fewest <= most <= fewest + 5
        assert place in {row.label.in_language("en") for item in SAFETY.items for row in item.rows}
