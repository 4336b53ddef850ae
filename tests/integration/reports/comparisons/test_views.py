"""The pages over several schools: everything on them follows from the stored comparison, no number
of theirs tells a school by its letter, and a slip is caught."""

from __future__ import annotations

import csv
import io
import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

import openpyxl
import pytest
from flask import Flask
from flask.testing import FlaskClient
from openpyxl.worksheet.worksheet import Worksheet

from survey.campaigns.models import Campaign, Wave
from survey.campaigns.states import WaveState
from survey.database import begin
from survey.organisations.models import School
from survey.permissions import Role
from survey.questionnaires.document import canonical
from survey.releases.models import StoredComparison, StoredRelease
from survey.reports.comparisons import view_model
from survey.reports.comparisons.blurred_shares import as_shown
from survey.reports.comparisons.build_comparison import own_letter
from survey.reports.comparisons.comparison_document import Comparison
from survey.reports.comparisons.size_bands import read_bands as bands_as_settled
from tests.integration.reports.comparisons.extraction_compared import (
    Known,
    check_figure_page,
    check_file,
    check_own_rows,
    check_sentences,
    check_spread_rows,
    read_bands,
)
from tests.integration.reports.extraction import SlipError, texts_of
from tests.integration.reports.markup import Node, read_page
from tests.integration.reports.school.test_views import (
    RELEASED,
    address,
    comparison_address,
    get_page,
    publish,
    speak,
)
from tests.unit.reports.comparisons.many_schools import MANY, TEMPLATE
from tests.unit.reports.samples import sample
from tests.world import Side, World, sign_in

GSHS = ("gshs", "2018.1")


@pytest.fixture
def database_url(sqlite_url: str) -> str:
    """Pages are drawn from a stored document: one engine is enough."""
    return sqlite_url


def store(app: Flask, side: Side, comparison: Comparison = MANY) -> None:
    with app.app_context(), begin() as db:
        db.add(
            StoredComparison(
                authority_id=side.authority_id,
                programme_id=side.programme_id,
                number=1,
                release_hash=comparison.content_hash(),
                document=comparison.to_json(),
                certificate=None,
                released_on=RELEASED,
            )
        )


@pytest.fixture
def analyst(app: Flask, client: FlaskClient, world: World) -> FlaskClient:
    sign_in(client, world.email(Role.ANALYST))
    return client


@pytest.fixture
def lead(client: FlaskClient, world: World) -> FlaskClient:
    sign_in(client, world.email(Role.LEAD))
    return client


def main_of(client: FlaskClient, path: str) -> Node:
    html = client.get(path).text
    return read_page(html[html.index("<main") : html.index("</main>") + len("</main>")])


def known_of(overview: Node, comparison: Comparison = MANY, is_own: bool = False) -> Known:
    """What an authority is shown, or with `is_own` what the school itself is."""
    figures = as_shown(comparison, bands_as_settled(comparison))
    shown = comparison if is_own else replace(comparison, figures=figures)
    document = json.loads(shown.to_json())
    told = tuple(
        text for text in texts_of(json.loads(canonical(TEMPLATE))) if re.search(r"\d", text)
    )
    more = (
        "21 December 2026",
        "survey 1",
        "Survey 1",
        f"fingerprint {comparison.content_hash()[:12]}",
    )
    return Known(document, read_bands(overview, document), (*told, *more))


def sections(page: Node) -> list[Node]:
    return [one for one in page.all("section") if "aria-labelledby" in one.attributes]


def names_in(node: Node) -> list[tuple[str, str]]:
    found = []
    for one in node.all("tr", "li"):
        table = one.attributes.get("data-compared") or one.attributes.get("data-apart")
        if table:
            found.append((table, one.attributes["data-answer"]))
    return found


def check_overview(page: Node, known: Known) -> None:
    for section in sections(page):
        about = section.attributes["aria-labelledby"]
        more: list[str] = []
        if about == "apart":
            more = [f"({len(names_in(section))})", *(f"({n})" for n in range(99)),
                    f"about {expected(known)} would"]  # fmt: skip
        if about == "all":
            more = [f"({len(list(fold.all('tr'))) - 1})" for fold in section.all("details")]
            more += [f"{len(known.document['left_out'])} figures are not compared"]
        check_sentences(section, known, names_in(section), more)
    check_spread_rows(page, known)


def expected(known: Known) -> int:
    """One in twenty of the shares of the figures that lead."""
    leads = {"happened", "weekly", "agreed", "worried", "changed", "feel_unsafe"}
    given = sum(figure["given"] for (table, answer), figure in known.figures.items()
                if table.startswith("@") or answer in leads)  # fmt: skip
    return round(given / 20)


def test_the_overview_says_what_the_comparison_holds_and_no_more(
    app: Flask, world: World, analyst: FlaskClient
) -> None:
    store(app, world.own)
    page = main_of(analyst, comparison_address(world.own))
    known = known_of(page)
    assert len(set(known.bands.values())) == 2
    assert "9 of 11 invited schools are compared." in page.text
    check_overview(page, known)
    assert check_spread_rows(page, known) > len(MANY.figures)
    small = [one for one in page.all("li") if "multiple" in one.attributes.get("class", "")]
    assert len(small) == len(list(page.all("svg"))) - 4
    apart = {
        name for name in known.figures if any(known.share(name, x)[1] for x in known.letters())
    }
    listed = next(one for one in sections(page) if one.attributes["aria-labelledby"] == "apart")
    leading = {name for name in apart if name[1] in ("feel_unsafe", "happened", "weekly", "yes")}
    assert set(names_in(listed)) == leading
    for one in listed.all("li"):
        check_sentences(one, known, [(one.attributes["data-apart"], one.attributes["data-answer"])])


def test_a_figure_has_a_page_that_says_it_and_no_more(
    app: Flask, world: World, analyst: FlaskClient
) -> None:
    store(app, world.own)
    known = known_of(main_of(analyst, comparison_address(world.own)))
    shares = set()
    strange = {
        (one.table, one.answer)
        for one in MANY.figures
        if any(school.percent is None and school.school != "C" for school in one.schools)
    }
    for name in {*list(known.figures)[::5], *strange}:
        page = main_of(analyst, comparison_address(world.own, f"figures/{name[0]}/{name[1]}"))
        check_figure_page(page, known, name)
        shares |= {known.share(name, letter)[0].split()[0] for letter in known.letters()}
    assert {"under", "not"} <= shares
    assert any(known.share(("@trust", "yes"), x)[0].endswith("more") for x in known.letters())


def inner(html: str) -> str:
    """The part of a page that is drawn from the comparison."""
    return html[html.index("<main") : html.index("</main>")]


def test_no_number_of_a_page_or_file_is_the_base_or_turnout_of_a_letter(
    app: Flask, world: World, analyst: FlaskClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Of all that is shown, nothing changes when the bases of schools do that are not the smallest
    of their band; but for the shares, which `test_letters_by_grain.py` is about."""
    monkeypatch.setattr(view_model, "as_shown", lambda comparison, _bands: comparison.figures)
    store(app, world.own)
    before = main_of(analyst, comparison_address(world.own))
    bands = read_bands(before, json.loads(MANY.to_json()))
    smallest = {
        (figure.table, figure.answer, band): min(
            one.base for one in figure.schools if one.base and bands[one.school] == band
        )
        for figure in MANY.figures
        for band in set(bands.values())
    }
    moved = [
        replace(
            figure,
            schools=tuple(
                replace(one, base=one.base + 20)
                if one.base and one.base > smallest[figure.table, figure.answer, bands[one.school]]
                else one
                for one in figure.schools
            ),
        )
        for figure in MANY.figures
    ]
    other = replace(MANY, figures=tuple(moved))
    assert other != MANY
    paths = [
        comparison_address(world.own, f"figures/{one.table}/{one.answer}")
        for one in MANY.figures[::6]
    ]
    files = comparison_address(world.own, "comparison.csv")
    seen = [inner(analyst.get(path).text) for path in paths]
    file = analyst.get(files).text
    with app.app_context(), begin() as db:
        key = world.own.authority_id, world.own.programme_id, 1
        stored = db.get_one(StoredComparison, key)
        stored.document, stored.release_hash = other.to_json(), other.content_hash()
    again = [inner(analyst.get(path).text) for path in paths]
    assert again == seen
    hashes = MANY.content_hash()[:12], other.content_hash()[:12]
    assert analyst.get(files).text.replace(hashes[1], hashes[0]) == file


def test_the_stored_document_is_not_handed_out(
    app: Flask, world: World, analyst: FlaskClient
) -> None:
    store(app, world.own)
    assert analyst.get(comparison_address(world.own, "comparison.json")).status_code == 404
    done = app.test_cli_runner().invoke(
        args=["comparison-document", str(world.own.programme_id), "1"]
    )
    assert done.output == MANY.to_json()
    none = app.test_cli_runner().invoke(
        args=["comparison-document", str(world.own.programme_id), "2"]
    )
    assert none.exit_code == 1


def test_the_file_says_what_the_comparison_holds_and_no_more(
    app: Flask, world: World, analyst: FlaskClient
) -> None:
    store(app, world.own)
    known = known_of(main_of(analyst, comparison_address(world.own)))
    sent = analyst.get(comparison_address(world.own, "comparison.csv"))
    assert check_file(sent.data, known) == 9 * len(MANY.figures)
    assert sent.headers["Content-Disposition"].startswith("attachment; ")


SPREAD = {"Schools", "Lower quartile", "Median school", "Upper quartile", "All students"}


def test_the_workbook_holds_what_the_file_says_and_no_more(
    app: Flask, world: World, analyst: FlaskClient
) -> None:
    """Each share of each school, and nothing else with a number."""
    store(app, world.own)
    text = analyst.get(comparison_address(world.own, "comparison.csv")).data.decode("utf-8-sig")
    told = {
        (line["figure"].lstrip("'"), line["answer"], line["school"]): line["percent"]
        for line in csv.DictReader(io.StringIO(text, newline=""))
    }
    content = analyst.get(comparison_address(world.own, "comparison.xlsx")).data
    read = 0
    book = openpyxl.load_workbook(io.BytesIO(content))
    *chapters, line_by_line = book.worksheets[2:]
    check_lines(line_by_line, told)
    for sheet in chapters:
        head = [cell.value for cell in sheet[1]]
        for line in sheet.iter_rows(min_row=2, values_only=True):
            row = dict(zip(head, line, strict=True))
            shares = {title: row[title] for title in head if title.startswith("Share: School ")}
            for title, value in shares.items():
                school = title.removeprefix("Share: School ").partition(":")[0]
                percent = told[row["Table"], row["Answer key"], school]
                if percent:
                    assert value == int(percent) / 100
                else:
                    assert not isinstance(value, float)
                read += 1
            numbers = {title for title in head if isinstance(row[title], int | float)}
            assert numbers <= SPREAD | set(shares)
    assert read == 9 * len(MANY.figures)


def check_lines(sheet: Worksheet, told: Mapping[tuple[str, str, str], str]) -> None:
    """Each share of each school is on one line, and there is nothing else."""
    head = [cell.value for cell in sheet[1]]
    found = {}
    for line in sheet.iter_rows(min_row=2, values_only=True):
        row = dict(zip(head, line, strict=True))
        letter = row["School"].removeprefix("School ").partition(":")[0]
        share = row["Share"]
        found[row["Table"], row["Answer key"], letter] = (
            "" if share is None else str(round(100 * share))
        )
    assert found == told


def test_every_chart_of_a_comparison_can_be_saved(
    app: Flask, world: World, analyst: FlaskClient
) -> None:
    store(app, world.own)
    page = main_of(analyst, comparison_address(world.own, "figures/B2.toilets/feel_unsafe"))
    links = [
        one.attributes["href"] for one in page.all("a") if "/charts/" in one.attributes["href"]
    ]
    assert len(links) == 2
    for link in links:
        assert analyst.get(link).status_code == 200


def test_a_figure_that_is_left_out_has_no_page(
    app: Flask, world: World, analyst: FlaskClient
) -> None:
    store(app, world.own)
    for path in ("figures/H2.touch/happened", "figures/B2.toilets/very_safe"):
        assert analyst.get(comparison_address(world.own, path)).status_code == 404


# Slips


@dataclass(frozen=True)
class Drawn:
    html: str
    known: Known


NAME = ("B2.toilets", "feel_unsafe")


@pytest.fixture(scope="module")
def toilets(module_app: Flask, module_world: World) -> Drawn:
    """A page of a figure, opened once and found to say no more than it may."""
    store(module_app, module_world.own)
    analyst = module_app.test_client()
    sign_in(analyst, module_world.email(Role.ANALYST))
    known = known_of(main_of(analyst, comparison_address(module_world.own)))
    page = comparison_address(module_world.own, "figures/B2.toilets/feel_unsafe")
    html = analyst.get(page).text
    found = Drawn(html[html.index("<main") : html.index("</main>") + 7], known)
    check_figure_page(read_page(found.html), found.known, NAME)
    return found


By = str | Callable[[re.Match[str]], str]
SLIPS: dict[str, tuple[str, By]] = {
    "a count beside a letter": (r"(<b>\d+%)(</b>)", r"\1 of 620\2"),
    "a share of exact counts": (r"<b>(\d+)%</b>", lambda m: f"<b>{int(m[1]) + 1}%</b>"),
    "a decimal": (r"<b>(\d+)%</b>", r"<b>\1.4%</b>"),
    "a base in a title": (r'(<tr data-school="A")', r'\1 title="1200 answered"'),
    "a base in a data attribute": (r'(<tr data-school="A")', r'\1 data-base="1200"'),
    "an exact band": (r"(<td>)(\d+) or more(</td>)", r"\1\2 to 1210\3"),
    "a verdict that is none": (r"within the limits", "above the others"),
    "limits of other bases": (
        r"(<td>)(\d+) to (\d+)%",
        lambda m: f"<td>{m[2]} to {int(m[3]) + 1}%",
    ),
    "a base in the description": (r"(<desc[^>]*>)", r"\1 Of 1200. "),
    "a number in a sentence": (r'(<p class="takeaway">)', r"\1Only 4 said so. "),
    "a dot at the exact share": (
        r'(translate\([\d.]+,)([\d.]+)(\)" d="[^"]*"[^>]*stroke="#ffffff")',
        lambda m: f"{m[1]}{float(m[2]) + 2.1}{m[3]}",
    ),
    "an edge of an exact limit": (
        r'(translate\([\d.]+,)([\d.]+)(\)"[^>]*stroke="#50615f")',
        lambda m: f"{m[1]}{float(m[2]) + 1.3}{m[3]}",
    ),
}


@pytest.mark.parametrize("slip", SLIPS)
def test_a_slip_of_a_figure_page_is_caught(toilets: Drawn, slip: str) -> None:
    pattern, by = SLIPS[slip]
    made, times = re.subn(pattern, by, toilets.html, count=1)
    assert times == 1, "nothing was changed, so nothing is tried"
    with pytest.raises(SlipError):
        check_figure_page(read_page(made), toilets.known, NAME)


def test_schools_in_an_order_of_result_are_caught(toilets: Drawn) -> None:
    first, second = list(re.finditer(r"<tr data-school=.*?</tr>", toilets.html, re.DOTALL))[:2]
    swapped = (
        toilets.html.replace(first[0], "@@").replace(second[0], first[0]).replace("@@", second[0])
    )
    with pytest.raises(SlipError, match="order"):
        check_figure_page(read_page(swapped), toilets.known, NAME)


# A school among the others


def compared_with(app: Flask, side: Side, which: int = 0) -> str:
    """Publishes the side's release and a comparison in which it is one of the nine; its letter."""
    stored = publish(app, side, *sample(GSHS))
    hashes = [stored.release_hash, *MANY.releases[1:]]
    store(app, side, replace(MANY, releases=tuple(sorted(hashes))))
    letter = own_letter(hashes, stored.release_hash)
    assert letter is not None
    return letter


def test_a_school_sees_itself_and_can_tell_no_other(
    app: Flask, world: World, lead: FlaskClient
) -> None:
    letter = compared_with(app, world.own)
    page = main_of(lead, address(world.own, "compared"))
    analyst = app.test_client()
    sign_in(analyst, world.email(Role.ANALYST))
    known = known_of(main_of(analyst, comparison_address(world.own)), is_own=True)
    assert check_own_rows(page, known, letter) > 15
    found = re.search(r"(\d+) figures are compared.*about (\d+) of them", page.text)
    assert found is not None
    figures, expected = map(int, found.groups())
    assert 0 < figures <= len(known.figures)
    assert expected == round(figures / 20)
    more = ["9 schools", f"{figures} figures are compared", f"about {expected} of them"]
    for section in sections(page):
        check_sentences(section, known, names_in(section), more)
    assert "Northmoor High School" not in " ".join(one.text for one in sections(page))
    for section in sections(page)[1:]:
        (drawing,) = section.all("svg")
        marks = [one for one in drawing.all("path") if one.attributes.get("fill") == "#2f5d8c"]
        shares = [known.share(name, letter, is_own=True)[0] for name in names_in(section)]
        shown = [int(one[:-1]) for one in shares if re.fullmatch(r"\d+%", one)]
        ticks = [one for one in drawing.all("text") if one.attributes.get("font-size") == "12px"]
        axis = max(int(one.text[:-1]) for one in ticks)
        at = []
        for one in marks:
            across = re.match(r"translate\(([\d.]+)", one.attributes["transform"])
            assert across is not None
            at.append(float(across[1]) * axis / 226)
        assert [round(one) for one in at[1:]] == shown  # the first is of the key
        assert all(abs(one - round(one)) < 0.02 for one in at[1:])


def test_a_school_that_is_not_compared_is_told_why(
    app: Flask, world: World, lead: FlaskClient
) -> None:
    publish(app, world.own, *sample(GSHS))
    page = get_page(lead, address(world.own, "compared"))
    assert "Your authority has not compared the schools of this survey yet." in page.text
    store(app, world.own)
    page = get_page(lead, address(world.own, "compared"))
    assert "made without your school" in page.text
    with app.app_context(), begin() as db:
        campaign = db.get_one(Campaign, (world.own.school_id, world.own.campaign_id))
        campaign.authority_id = campaign.programme_id = None
    page = get_page(lead, address(world.own, "compared"))
    assert "your school's own" in page.text


def test_a_withdrawn_report_has_no_place_among_others(
    app: Flask, world: World, lead: FlaskClient
) -> None:
    publish(app, world.own, *sample(GSHS), withdrawn_on=RELEASED, notice="A mistake.")
    assert lead.get(address(world.own, "compared")).location.endswith(address(world.own))


def test_pages_are_fit_to_be_read_also_in_welsh(
    app: Flask, world: World, analyst: FlaskClient
) -> None:
    store(app, world.own)
    for language in ("en", "cy"):
        speak(app, world.email(Role.ANALYST), language)
        for page in ("", "figures/B2.toilets/feel_unsafe", "participation"):
            get_page(analyst, comparison_address(world.own, page), language)


# Who took part


def test_who_took_part_is_told_once_there_is_a_report_and_roughly(
    app: Flask, world: World, analyst: FlaskClient
) -> None:
    path = comparison_address(world.own, "participation")
    page = get_page(analyst, path)
    cells = [cell.text for cell in page.all("td")]
    assert cells == ["Students are answering", "–", "–"]
    release, questionnaire = sample()
    publish(app, world.own, release, questionnaire)
    cells = [cell.text for cell in get_page(analyst, path).all("td")]
    assert cells == ["Report made", "1075", "about 80%"]
    with app.app_context(), begin() as db:
        stored = db.get_one(StoredRelease, (world.own.school_id, world.own.wave_id))
        stored.withdrawn_on, stored.notice = RELEASED, "A mistake."
        db.get_one(Wave, (world.own.school_id, world.own.wave_id)).state = WaveState.WITHDRAWN
    cells = [cell.text for cell in get_page(analyst, path).all("td")]
    assert cells == ["Report withdrawn", "–", "–"]


def test_schools_not_begun_are_in_the_list_without_numbers(
    app: Flask, world: World, analyst: FlaskClient
) -> None:
    with app.app_context(), begin() as db:
        wave = db.get_one(Wave, (world.own.school_id, world.own.wave_id))
        wave.state, wave.questionnaire_hash, wave.opened_on = WaveState.DRAFT, None, None
        name = db.get_one(School, world.own.school_id).name
    page = get_page(analyst, comparison_address(world.own, "participation"))
    assert name in page.text
    assert [cell.text for cell in page.all("td")] == ["Invited", "–", "–"]
