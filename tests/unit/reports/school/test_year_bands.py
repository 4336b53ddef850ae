"""Year bands in a release: certified with questions that start within a band, and compared over
time only with the same band."""

from __future__ import annotations

import json
from functools import cache

import pytest

from survey.disclosure.release import Release
from survey.disclosure.tables import BadNameError, Group, Lattice
from survey.disclosure.verify import Rejected, verify
from survey.questionnaires.year_bands import YearBands
from survey.releases.certified_figures import publish
from survey.releases.tabulation import Tabulation, count
from survey.releases.tabulation_plan import plan
from survey.reports.school.report_data import ReportData, is_asked_of, years_of
from survey.reports.trends.change import FigureChanges, WhyNoVerdict
from tests.unit.reports.schools import SAFETY, print_release, with_sections
from tests.unit.reports.students import make_students

SHORT = with_sections(SAFETY, "A", "F", "H")
BANDS = YearBands(((7,), (8, 9), (10, 11)))
BAND = Group(year="y8+y9")


@cache
def counted(bands: YearBands, students: int = 240) -> Tabulation:
    years = ("y7", "y7", "y8", "y9", "y10", "y11")
    return count(SHORT, make_students(SHORT, students, 3, years), bands)


@cache
def published(students: int = 100) -> tuple[Release, str]:
    release, certificate = publish(counted(BANDS, students), {"wave": 1}, bytes(32))
    return release, certificate.to_json()


@pytest.mark.parametrize("students", [100, pytest.param(240, marks=pytest.mark.slow)])
def test_a_band_with_a_question_that_starts_within_it_is_certified(students):
    release, certificate = published(students)
    assert verify(release.to_json(), certificate)
    gates = {one.key: one.from_year for one in plan(SHORT)}
    assert 9 in gates.values()
    for table in counted(BANDS, students).tables:
        asked = [year for year in (8, 9) if year >= gates[table.key]]
        people = [Group(year=f"y{year}") for year in asked]
        assert sum(table.row(BAND)) == sum(sum(table.row(one)) for one in people)


def test_years_of_a_band_have_no_row_of_their_own_and_are_counted_as_before():
    release, _certificate = published()
    keys = {row.group.key for row in release.participation.rows}
    assert {"year=y7", "year=y8+y9", "year=y10+y11"} <= keys
    assert not {"year=y8", "year=y9", "year=y10", "year=y11"} & keys
    apart = counted(YearBands(), 100)
    for table, other in zip(counted(BANDS, 100).tables, apart.tables, strict=True):
        assert dict(table.counts) == dict(other.counts)


def test_a_certificate_counts_a_band_as_one_and_only_those_of_it_who_were_asked():
    _release, certificate = published()
    years = {
        tuple(dict.fromkeys(Group.parse(name).year for name, _size in family["cells"]))
        for family in json.loads(certificate)["families"]
    }
    assert years == {("y7", "y8+y9", "y10+y11"), ("y8+y9", "y10+y11"), ("y9", "y10+y11")}


@pytest.mark.parametrize(
    ("said", "forged"),
    [
        ("year=y8+y9,", "year=y8,"),
        ("year=y8+y9,", "year=y9+y8,"),
        ("year=y8+y9,", "year=y8+y9+y10+y11,"),
        ("year=y7,", "year=y7+y8+y9,"),
        ("year=y9,", "year=y8+y9,"),
    ],
)
def test_the_verifier_refuses_cells_that_are_not_those_of_the_printed_bands(said, forged):
    release, certificate = published()
    changed = certificate.replace(said, forged)
    assert changed != certificate
    with pytest.raises(Rejected, match="cells are not those"):
        verify(release.to_json(), changed)


def test_a_band_has_the_numbers_of_its_years():
    assert years_of(BAND) == (8, 9)
    assert years_of(Group(year="y12")) == (12,)
    assert years_of(Group()) == years_of(Group(year="unsaid")) == ()
    assert is_asked_of(BAND, 9)
    assert not is_asked_of(BAND, 10)


def test_a_band_meets_its_years_and_no_other():
    assert BAND.meet(Group(year="y9")) == Group(year="y9")
    assert BAND.meet(Group(year="y9+y10")) == Group(year="y9")
    assert BAND.meet(Group(year="y7")) is None
    assert BAND.meet(Group(gender="girl")) == Group("y8+y9", "girl")


def test_a_lattice_joins_only_years_it_holds():
    with pytest.raises(BadNameError):
        Lattice(("y7", "y7+y8"), ("girl",))


@pytest.mark.parametrize(
    ("before", "now", "group"),
    [
        (YearBands(), BANDS, BAND),
        (BANDS, YearBands(), Group(year="y9")),
        (YearBands(), BANDS, Group(year="y9")),
        (BANDS, YearBands(((7,), (8, 9, 10, 11))), Group(year="y8+y9+y10+y11")),
    ],
)
def test_over_time_only_the_same_band_is_compared(before, now, group):
    readings = [
        ReportData(print_release(counted(bands), {"wave": at}), SHORT, "en")
        for at, bands in enumerate((before, now))
    ]
    changes = FigureChanges(*readings, 1, 2)
    table, box = next((t.key, t.boxes[0].key) for t in readings[0].release.tables if t.boxes)
    assert changes.change_of(table, box, group).why is WhyNoVerdict.BANDS
    assert changes.change_of(table, box).why is None
    assert changes.change_of(table, box, Group(gender="girl")).why is not WhyNoVerdict.BANDS
