"""What is said of change, and what is named: never more than the verdict."""

from __future__ import annotations

from dataclasses import replace

import pytest
from flask import Flask
from flask_babel import Babel

from survey.disclosure.tables import Group
from survey.questionnaires.load import load_all
from survey.questionnaires.table_key import TableKey
from survey.reports.school.report_data import EVERYONE, Measure, ReportData, Tone
from survey.reports.trends import wording as words
from survey.reports.trends.change import ChangeVerdict, FigureChange, FigureChanges, WhyNoVerdict
from survey.reports.trends.latest_changes import MovedFigure, read_since
from survey.reports.trends.over_time import OverTime, OverTimeSection, read_over_time
from survey.reports.trends.year_group_mix import read_mixed
from tests.unit.disclosure.policies import TENS
from tests.unit.reports.samples import release_of
from tests.unit.reports.schools import with_sections
from tests.unit.reports.trends.test_change import print_share

SAFETY = with_sections(load_all()["safety", "2026.3"], "A", "B", "D", "F")
MOVED = {"B2.toilets": -1.0, "B2.corridors": 0.9, "F1.names": 0.05}


@pytest.fixture
def spoken():
    app = Flask("words")
    Babel(app)
    with app.test_request_context():
        yield


def reading(seed: int, moved: dict[str, float] | None = None, scale: float = 1.0) -> ReportData:
    release = release_of(SAFETY, TENS, scale, seed=seed, moved=moved or {})
    return ReportData(release, SAFETY, "en")


@pytest.fixture(scope="module")
def treated() -> OverTime:
    return read_over_time([FigureChanges(reading(1), reading(2, MOVED), 1, 2)])


def test_what_stood_out_is_told_whatever_became_of_it(treated: OverTime):
    since = read_since(treated)
    places = [one for one in since.stood_out if one.theme is None]
    assert {one.label for one in places} == {
        "Toilets",
        "Bus stops or stations",
        "Parks",
    }
    verdicts = {one.label: one.change.verdict for one in places}
    assert verdicts["Toilets"] is ChangeVerdict.BETTER
    assert verdicts["Bus stops or stations"] is ChangeVerdict.UNCLEAR
    assert any(one.theme == "BULLY" for one in since.stood_out)


def test_of_many_only_what_holds_among_many_is_named(treated: OverTime):
    since = read_since(treated)
    assert [one.label for one in since.worse] == ["Corridors and stairs"]
    assert since.better == ()
    named = {one.change.table for one in (*since.better, *since.worse)}
    assert not named & {one.change.table for one in since.stood_out}
    assert since.figures == sum(
        len(one.rows) for one in treated.tracked if one.part is not OverTimeSection.REST
    )


def test_nothing_is_named_where_nothing_changed():
    """Eight schools asked twice: by chance alone, one of them may name something."""
    before = reading(100)
    named = 0
    for seed in range(101, 109):
        since = read_since(read_over_time([FigureChanges(before, reading(seed), 1, 2)]))
        named += bool(since.better or since.worse)
    assert named <= 1


def test_every_figure_of_the_latest_wave_is_somewhere(treated: OverTime):
    """An indicator that is a figure of its item's table is read under its own name."""
    now = treated.changes.now
    tables = [
        now.table(track.change.table)
        for one in treated.tracked
        for row in (*one.rows, *one.new, *one.otherwise)
        for track in row.tracks
    ]
    told = {table.key for table in tables if table}
    assert all(tables)
    said_by_an_indicator = {one.items[0] for one in SAFETY.indicators if len(one.items) == 1}
    times = {item.key for item in SAFETY.items if item.rows_if}  # these are not compared
    everything = {t.key for t in now.release.tables if TableKey(t.key).item not in times}
    assert told <= everything
    assert everything - told <= said_by_an_indicator


def test_a_wave_asked_of_other_years_is_said_to_be(spoken):
    def without_year_11(one: ReportData) -> ReportData:
        rows = tuple(
            replace(
                row, cells=tuple(replace(c, count=10, percent=None) for c in row.cells), base=10
            )
            if row.group == Group(year="y11")
            else row
            for row in one.release.participation.rows
        )
        participation = replace(one.release.participation, rows=rows)
        return ReportData(replace(one.release, participation=participation), SAFETY, "en")

    assert read_mixed(FigureChanges(reading(1), reading(2), 1, 2)) == ()
    found = read_mixed(FigureChanges(reading(1), without_year_11(reading(2)), 1, 2))
    assert [one.group for one in found] == [Group(year="y11")]
    said = words.mixed_sentence(found, "May 2025", "May 2026")
    assert "Year 11" in said
    assert "10 of" in said


HIGH, LOW = print_share(200, 300, 10), print_share(100, 400, 10)


def change(before, now, tone: Tone = Tone.ADVERSE, why: WhyNoVerdict | None = None) -> FigureChange:
    from survey.reports.trends.change import interval

    found = None if why else interval(before, now)
    return FigureChange("B2.toilets", "feel_unsafe", EVERYONE, tone, before, now, found, why)


@pytest.mark.parametrize(
    ("one", "verdict", "said"),
    [
        (change(HIGH, LOW), "Better", "points lower, which is more than rounding and chance."),
        (change(LOW, HIGH), "Worse", "points higher, which is more than rounding and chance."),
        (change(LOW, HIGH, Tone.GOOD), "Better", "points higher, which"),
        (change(LOW, HIGH, Tone.PLAIN), "Higher", "points higher, which"),
        (change(HIGH, HIGH), "No clear change", "The true change could be anywhere"),
        (
            change(None, HIGH, why=WhyNoVerdict.ADDED),
            "Cannot be compared",
            "Not asked in May 2025.",
        ),
        (
            change(HIGH, None, why=WhyNoVerdict.DROPPED),
            "Cannot be compared",
            "and not in May 2026.",
        ),
        (change(HIGH, LOW, why=WhyNoVerdict.OTHERWISE), "Cannot be compared", "in another way"),
        (
            change(HIGH, LOW, why=WhyNoVerdict.HIDDEN),
            "Cannot be compared",
            "Hidden in one of the surveys",
        ),
    ],
)
def test_words_say_the_verdict_and_no_more(spoken, one: FigureChange, verdict: str, said: str):
    assert words.verdict_words(one) == verdict
    assert said in words.change_sentence(one, "May 2025", "May 2026")


def test_a_range_is_said_without_a_sign(spoken):
    one = change(HIGH, LOW)
    assert one.interval is not None
    low, high = one.interval
    assert words.range_words(one) == f"{-high} to {-low} points lower"
    assert words.range_words(replace(one, interval=(-2, 0))) == "0 to 2 points lower"
    assert words.range_words(replace(one, interval=(-2, 3))) == "2 points lower to 3 points higher"


def test_a_safer_place_that_fewer_go_to_is_said_to_be(spoken):
    measure = Measure("feel_unsafe", None, Tone.ADVERSE)
    stays_away = replace(change(LOW, HIGH, Tone.PLAIN), answer="away")
    moved = MovedFigure("Toilets", None, None, measure, change(HIGH, LOW), stays_away)
    assert "do not go there" in words.away_sentence(moved)
    same = replace(moved, away=replace(stays_away, now=LOW, interval=(-3, 3)))
    assert words.away_sentence(same) == ""
    assert words.away_sentence(replace(moved, change=change(HIGH, HIGH))) == ""
