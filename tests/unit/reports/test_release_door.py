"""What comes through the door between counts and figures."""

from __future__ import annotations

import tomllib
from pathlib import Path

import pytest

from survey.disclosure.figures import Reason, Status
from survey.disclosure.release import Release
from survey.disclosure.tables import Group
from survey.reports.publish import CODE_VERSION, NothingToSayError, Outlook, outlook_of, publish
from survey.reports.tabulate import count
from tests.unit.reports.schools import SAFETY, YEARS, make_release
from tests.unit.reports.students import make_students


def counted(number: int):
    return count(SAFETY, make_students(SAFETY, number, 3, YEARS))


@pytest.mark.parametrize(
    ("respondents", "outlook"),
    [
        (0, Outlook.NOTHING),
        (19, Outlook.NOTHING),
        (20, Outlook.WHOLE_SCHOOL_ONLY),
        (49, Outlook.WHOLE_SCHOOL_ONLY),
        (50, Outlook.WHOLE),
    ],
)
def test_how_much_may_be_said_follows_from_how_many_answered(respondents, outlook):
    assert outlook_of(respondents) is outlook


def test_of_fewer_than_twenty_nothing_leaves():
    with pytest.raises(NothingToSayError):
        publish(counted(19), {})


def test_of_fewer_than_fifty_only_the_whole_school_is_shown():
    release, _ = publish(counted(49), {})
    for table in (release.participation, *release.tables):
        shown = [row.group for row in table.rows if row.shown]
        assert shown in ([], [Group()]), table.key
        hidden = {row.reason for row in table.rows if row.group != Group()}
        assert hidden == {Reason.SURVEY_TOO_SMALL}, table.key
    assert release.table("B1").row(Group()).shown


def test_of_fifty_years_have_rows_of_their_own_where_they_are_large_enough():
    release = make_release(300, 1)
    rows = {row.group.key: row.shown for row in release.participation.rows}
    assert rows["all"]
    assert rows["year=y7"]
    assert rows["gender=girl"]
    assert not rows["year=y13"]


def test_every_printed_number_is_a_ten():
    release = make_release(300, 1)
    numbers = [
        number for row in release.rows() for number in (row.count, row.base) if number is not None
    ]
    assert len(numbers) > 1000
    assert {number % 10 for number in numbers} == {0}


def test_small_counts_are_said_as_fewer_than():
    release = make_release(300, 1)
    few = [row for row in release.rows() if row.status == Status.FEWER_THAN]
    assert few
    assert {row.limit for row in few} == {5}


def test_the_same_answers_give_the_same_bytes():
    one, two = publish(counted(120), {"wave": 1})[0], publish(counted(120), {"wave": 1})[0]
    assert one.to_json() == two.to_json()
    assert one.content_hash() == two.content_hash()
    assert Release.from_json(one.to_json()) == one


def test_progress_is_told_table_by_table():
    heard: list[tuple[int, int]] = []
    tabulated = counted(60)
    publish(tabulated, {}, lambda done, total: heard.append((done, total)))
    total = len(tabulated.tables)
    assert heard == [(done, total) for done in range(1, total + 1)]


def test_the_code_version_is_that_of_the_project():
    project = Path(__file__).parents[3] / "pyproject.toml"
    assert tomllib.loads(project.read_text())["project"]["version"] == CODE_VERSION
