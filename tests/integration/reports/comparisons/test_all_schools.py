"""All schools together, by year group and from one survey to the next: made with a comparison,
checked by the verifier, entered in the ledger, and read back from pages and files."""

from __future__ import annotations

import csv
import io
import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date

import openpyxl
import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import delete, select

from survey.campaigns.access_codes import draw_door
from survey.campaigns.models import PlannedWave, Programme, Wave
from survey.campaigns.readers.comparison_numbers import second_of
from survey.campaigns.states import WaveState
from survey.database import begin, read
from survey.disclosure.coalitions import Tied
from survey.organisations.operations import add_member
from survey.permissions import Role
from survey.questionnaires.load import load_all
from survey.releases.models import StoredComparison, StoredRelease
from survey.releases.register import publications
from survey.reports.comparisons import operations as comparison_operations
from survey.reports.comparisons.blurred_shares import as_shown
from survey.reports.comparisons.comparison_document import Comparison
from survey.reports.comparisons.size_bands import read_bands
from survey.reports.comparisons.survey_months import survey_month, survey_months
from survey.responses.models import Response
from survey.settings import current_settings
from tests.integration.exports.pdf_checks import read_paper
from tests.integration.exports.pdf_ua import faults_of
from tests.integration.reports.markup import Node, read_page
from tests.integration.reports.schools import (
    CLOSED,
    RELEASED,
    TEMPLATE,
    Known,
    add_programme,
    add_school,
    release_uncertified,
)
from tests.unit.reports.schools import with_sections
from tests.unit.reports.students import make_students
from tests.world import PASSWORD, sign_in

SMALL = with_sections(load_all()[TEMPLATE], "A", "B")
SCHOOLS, STUDENTS = 6, 170
YEARS = ("y7", "y8", "y9", "y10", "y11")
ANALYST = "together@example.org"


@pytest.fixture
def database_url(sqlite_url: str) -> str:
    """Pages and files are the same on both engines."""
    return sqlite_url


@dataclass
class Place:
    """A programme and its schools."""

    key: tuple[object, object]
    schools: list[Known]

    @property
    def address(self) -> str:
        return f"/authorities/{self.key[0]}/programmes/{self.key[1]}/waves/"


@pytest.fixture
def place(app: Flask) -> Iterator[Place]:
    with app.test_request_context():
        with begin() as db:
            programme = add_programme(db)
            found = Place((programme.authority_id, programme.programme_id), [])
            for at in range(SCHOOLS):
                found.schools.append(
                    add_school(
                        db,
                        name=f"School {at}",
                        students=0,
                        programme=programme,
                        questionnaire=SMALL,
                    )
                )
                answer(db, found.schools[at], seed=at, calm=False)
            add_member(db, email=ANALYST, name="Ann Alyst", role=Role.ANALYST, password=PASSWORD,
                       authority_id=programme.authority_id, by=None)  # fmt: skip
        yield found


def answer(db, known: Known, *, seed: int, calm: bool) -> None:
    """Students of whom Year 9 feels unsafe; a year later, `calm`, hardly anyone does."""
    for at, one in enumerate(make_students(SMALL, STUDENTS, seed, YEARS)):
        one["A1"] = YEARS[at % len(YEARS)]
        unsafe = (one["A1"] == "y9" or at % 7 == 0) and not calm
        one["B1"] = "very_unsafe" if unsafe else "very_safe"
        db.add(Response(school_id=known.school_id, wave_id=known.wave_id, answers=json.dumps(one)))
    db.flush()


def next_survey(place: Place, only: int = SCHOOLS) -> None:
    """The next survey of the first schools, answered and closed."""
    with begin() as db:
        for at, known in enumerate(place.schools[:only]):
            before = known.wave(db)
            wave = Wave(
                school_id=known.school_id,
                campaign_id=before.campaign_id,
                number=2,
                state=WaveState.CLOSED,
                questionnaire_hash=before.questionnaire_hash,
                door=draw_door(db),
                opened_on=date(2027, 10, 5),
                closes_on=CLOSED.replace(year=2027),
                closed_on=CLOSED.replace(year=2027),
                counter=0,
            )
            db.add(wave)
            db.flush()
            place.schools[at] = Known(known.school_id, wave.wave_id, ())
            answer(db, place.schools[at], seed=50 + at, calm=True)


def compare(place: Place, number: int) -> Comparison:
    with begin() as db:
        for known in place.schools:
            if known.wave(db).state is WaveState.CLOSED:
                release_uncertified(db, known)
        comparison_operations.make(
            db, programme=db.get(Programme, place.key), number=number, by=None, today=RELEASED
        )
    stored = read().get(StoredComparison, (*place.key, number))
    assert stored is not None
    return Comparison.from_json(stored.document)


def page_of(client: FlaskClient, path: str) -> Node:
    answered = client.get(path)
    assert answered.status_code == 200
    html = answered.text
    return read_page(html[html.index("<main") : html.index("</main>") + len("</main>")])


def rows(page: Node, name: str) -> dict[tuple[str, str], list[str]]:
    return {
        (one.attributes[name], one.attributes["data-answer"]): [
            cell.text for cell in one.all("td", "th")
        ]
        for one in page.all("tr")
        if name in one.attributes
    }


def test_two_surveys_of_all_schools_from_the_reports_to_pages_and_files(
    app: Flask, client: FlaskClient, place: Place
) -> None:
    first = compare(place, 1)
    assert {one.year for one in first.years} == set(YEARS)
    assert first.codes_in("years_of") == tuple("ABCDEF")
    assert "since" not in first.header
    sign_in(client, ANALYST)
    page = page_of(client, f"{place.address}1/years")
    assert "Year 9" in page.text
    named = [one for one in page.all("li") if one.attributes.get("data-years") == "B1"]
    (words,) = {one.text for one in named if one.attributes["data-answer"] == "feel_unsafe"}
    assert re.search(r"Year 9: \d+%, above the other years \(\d+%\)\.", words)
    assert "compared so far" in page_of(client, f"{place.address}1/changes").text

    next_survey(place)
    second = compare(place, 2)
    assert (second.header["since"], second.codes_in("since_of")) == (1, tuple("ABCDEF"))
    page = page_of(client, f"{place.address}2/changes")
    better = [one for one in page.all("li") if one.attributes.get("data-change") == "B1"]
    assert any("better" in one.text for one in better)
    check_changes(page, first, second)
    check_years(page_of(client, f"{place.address}2/years"), second)
    check_workbook(client.get(f"{place.address}2/comparison.xlsx").data, second)
    check_paper(client, place, second)
    check_together(client.get(f"{place.address}2/together.csv").data, first, second)
    check_charts(client, f"{place.address}1/years", first)
    check_charts(client, f"{place.address}2/changes", second)
    check_names_in_one_month(client, place)

    # The ledger knows whom they take in, also if the database forgot.
    schools = {one.school_id for one in place.schools}
    whole = [(number, set(ties)) for _of, number, ties in publications.whole_ties()]
    assert whole == [(1, schools), (2, schools), (2, schools)]
    assert all(isinstance(one, Tied) for one in publications.tied(publications.whole_ties()))


def test_surveys_are_named_by_their_month(place: Place) -> None:
    programme = read().get_one(Programme, place.key)
    assert survey_month(programme, 1) == "October 2026"
    assert survey_month(programme, second_of(1)) == "October 2026, second comparison"
    assert survey_month(programme, 2) == "Survey 2"
    days = dict.fromkeys(("opens_from", "opens_until"), date(2027, 3, 1))
    with begin() as db:
        db.add(
            PlannedWave(
                authority_id=place.key[0], programme_id=place.key[1], number=2,
                closes_by=date(2027, 3, 20), reports_by=None, **days,
            )
        )  # fmt: skip
    assert survey_month(programme, 2) == "March 2027"
    next_survey(place)
    assert survey_months(programme, 1, 2) == ("October 2026", "October 2027")
    same = ("October 2026 (survey 1)", "October 2026 (survey 1)")
    assert survey_months(programme, 1, 1) == same


def check_years(page: Node, comparison: Comparison) -> None:
    """Every share of the tables is in the document."""
    told = {(one.table, one.answer, one.year): one for one in comparison.years}
    found = 0
    for row in page.all("tr"):
        for cell in row.all("td"):
            if "data-year" in cell.attributes:
                name = row.attributes["data-years"], row.attributes["data-answer"]
                figure = told[(*name, cell.attributes["data-year"])]
                assert cell.text.startswith(f"{figure.percent}%")
                found += 1
    assert found >= 5


def check_changes(page: Node, first: Comparison, second: Comparison) -> None:
    """All six schools are in both, in one band: each share is the mean of what is shown next to
    the letters."""
    found = rows(page, "data-change")
    assert found
    for name, cells in found.items():
        for comparison, cell in ((first, cells[1]), (second, cells[2])):
            figure = comparison.figure(*name)
            assert figure is not None
            places = [one.place for one in figure.schools if one.place is not None]
            assert abs(int(re.findall(r"\d+", cell)[0]) - sum(places) / len(places)) <= 1


def check_workbook(content: bytes, comparison: Comparison) -> None:
    book = openpyxl.load_workbook(io.BytesIO(content))
    assert {"Year groups", "What changed"} <= set(book.sheetnames)
    told = {(one.table, one.answer, one.year): one.percent for one in comparison.years}
    lines = list(book["Year groups"].values)
    for line in lines[1:]:
        for year, share in zip(YEARS, line[1:6], strict=True):
            percent = told.get((line[-2], line[-1], year))
            if percent is not None:
                assert share in (percent, percent / 100)
    assert len(lines) > 1
    assert any("better" in line for line in book["What changed"].values)


def check_together(content: bytes, first: Comparison, second: Comparison) -> None:
    """The file of all schools together: every share by year group, and no other."""
    lines = list(csv.DictReader(io.StringIO(content.decode("utf-8-sig"), newline="")))
    led = {(one["figure"], one["answer"]) for one in lines if one["kind"] == "year_group"}
    told = {
        (one.table, one.answer, one.year): (one.percent, one.schools)
        for one in second.years
        if (one.table, one.answer) in led
    }
    found = {
        (one["figure"], one["answer"], f"y{one['year']}"): (
            int(one["percent"]),
            int(one["schools"]),
        )
        for one in lines
        if one["kind"] == "year_group"
    }
    assert found == told
    assert len(found) > 5
    changes = [one for one in lines if one["kind"] == "change"]
    for one in changes:
        comparison = {"October 2026": first, "October 2027": second}[one["survey"]]
        figure = comparison.figure(one["figure"], one["answer"])
        assert figure is not None
        places = [school.place for school in figure.schools if school.place is not None]
        assert abs(int(one["percent"]) - sum(places) / len(places)) <= 1
    assert any(one["judged"] == "better" for one in changes)


def check_names_in_one_month(client: FlaskClient, place: Place) -> None:
    """A survey has one name in a file, and on a page, also where another was in its month."""
    with begin() as db:
        for known in place.schools:
            known.wave(db).opened_on = date(2026, 10, 25)
    now, before = "October 2026 (survey 2)", "October 2026 (survey 1)"
    content = client.get(f"{place.address}2/together.csv").data.decode("utf-8-sig")
    lines = list(csv.DictReader(io.StringIO(content, newline="")))
    names = {(one["kind"], one["survey"]) for one in lines if one["kind"] != "consent"}
    assert names == {("year_group", now), ("change", before), ("change", now)}
    book = openpyxl.load_workbook(io.BytesIO(client.get(f"{place.address}2/comparison.xlsx").data))
    assert {line[4] for line in book["Every figure"].values} == {"Survey", before, now}
    printed = read_paper(client.get(f"{place.address}2/comparison.pdf").data).root.text
    page = page_of(client, f"{place.address}2/changes").text
    printed = " ".join(printed.split())
    assert now in printed
    assert now in page
    for words in (*map(str, book.worksheets[0].values), printed, page):
        assert not re.search(r"October 2026(?! \(survey [12]\))", words), words


def check_charts(client: FlaskClient, path: str, comparison: Comparison) -> None:
    """Each chart can be saved, and a picture of year groups holds the shares of the document."""
    links = [
        one.attributes["href"]
        for one in page_of(client, path).all("a")
        if "/charts/" in one.attributes["href"]
    ]
    assert links
    for link in links[:2]:
        sent = client.get(link)
        assert sent.status_code == 200, link
        if "/years/" in link and link.endswith(".svg"):
            table, answer = link.removesuffix(".svg").rsplit("/", 2)[1:]
            shares = {
                f"{one.percent}%"
                for one in comparison.years
                if (one.table, one.answer) == (table, answer)
            }
            words = {one.text for one in read_page(sent.text).all("text")}
            assert shares <= words


def check_paper(client: FlaskClient, place: Place, comparison: Comparison) -> None:
    sent = client.get(f"{place.address}2/comparison.pdf")
    assert sent.headers["Content-Type"] == "application/pdf"
    assert 'eastfold-council-october-2027-comparison.pdf"' in sent.headers["Content-Disposition"]
    assert faults_of(sent.data) == []
    paper = read_paper(sent.data)
    read_back = 0
    figures = {
        (figure.median, figure.middle_half, figure.given): figure
        for figure in map(Told, as_shown(comparison, read_bands(comparison)))
    }
    for row in paper.root.all("tr"):
        cells = [cell.text.strip() for cell in row.all("td", "th")]
        if len(cells) == 6 and cells[5].isdecimal():
            key = cells[1], cells[2], cells[5]
            assert key in figures, cells
            read_back += 1
    assert read_back == len(comparison.figures)
    words = paper.root.text
    for one in ("Where a school stands out", "Who took part", "Which year groups", "What changed"):
        assert one in words
    assert comparison.content_hash() in words
    assert "\N{REPLACEMENT CHARACTER}" not in words, "every sign is in the fonts"
    responded = {str(one.responded) for one in comparison.schools}
    assert not responded & set(re.findall(r"\d+", words)), "no number of answers is on it"


class Told:
    """A figure in the words of a table."""

    def __init__(self, figure) -> None:
        self.median = f"{figure.median}%"
        self.middle_half = f"{figure.lower_quartile} to {figure.upper_quartile}%"
        self.given = str(figure.given)


def test_a_change_that_would_name_the_school_that_joined_is_not_shown(
    client: FlaskClient, place: Place
) -> None:
    """Five of six schools are in the second survey: the sixth would be named by the change."""
    compare(place, 1)
    next_survey(place, only=5)
    place.schools = place.schools[:5]
    second = compare(place, 2)
    assert second.header["since"] == 1
    assert second.codes_in("since_of") == ()
    assert second.codes_in("years_of") == tuple("ABCDE")
    sign_in(client, ANALYST)
    page = page_of(client, f"{place.address}2/changes")
    assert "Here too few schools are left" in page.text
    assert not rows(page, "data-change")


def test_a_ledger_that_was_lost_is_written_again_with_what_figures_take_in(place: Place) -> None:
    compare(place, 1)
    before = publications.whole_ties()
    current_settings().ledger_file.unlink()
    with begin() as db:
        publications.settle(db)
    assert publications.whole_ties() == before
    with begin() as db:
        db.execute(delete(StoredComparison))
    assert read().scalars(select(StoredRelease)).first() is not None


def test_where_consent_differs_pages_and_files_say_so_and_not_for_whom(
    client: FlaskClient, place: Place
) -> None:
    with begin() as db:
        for known in place.schools[:2]:
            known.wave(db).consent = "opt_in"
    compare(place, 1)
    sign_in(client, ANALYST)
    wanted = ("In 4 schools, parents could say no", "In 2 schools, a parent of every student had")
    for path in ("1/", "1/years", "1/figures/B1/feel_unsafe"):
        words = page_of(client, place.address + path).text
        assert all(one in words for one in wanted), path
    book = openpyxl.load_workbook(io.BytesIO(client.get(f"{place.address}1/comparison.xlsx").data))
    told = " ".join(str(cell) for line in book.worksheets[0].values for cell in line)
    assert all(one in told for one in wanted)
    paper = read_paper(client.get(f"{place.address}1/comparison.pdf").data).root.text
    assert all(one in paper for one in wanted)
