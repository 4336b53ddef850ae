"""What a reader of any page or file of a report can learn is what the release prints, and no more.
The reader that says so is itself tried: each slip that a renderer might make must be caught."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache

import pytest
from flask import Flask
from flask.testing import FlaskClient

from survey.campaigns.models import Wave
from survey.database import begin, read
from survey.organisations.models import School
from survey.permissions import Role
from survey.questionnaires.document import canonical
from survey.questionnaires.model import ItemKind, Questionnaire
from survey.releases.tabulation_plan import plan
from survey.responses.models import Response
from tests.integration.reports.extraction import (
    Printed,
    SlipError,
    check_csv,
    check_json,
    check_page_facts,
    texts_of,
)
from tests.integration.reports.markup import read_page
from tests.integration.reports.perspectives.extraction_perspectives import Voices
from tests.integration.reports.school.test_views import address, publish, report_pages
from tests.unit.reports.samples import sample
from tests.world import World, sign_in

SAFETY, GSHS = ("safety", "2026.3"), ("gshs", "2018.1")
By = str | Callable[[re.Match[str]], str]
FILES = (
    *("release.csv", "release.json", "report.pdf", "slides.pdf", "report.xlsx"),
    *("charts/participation.svg", "charts/participation.png"),
)


@pytest.fixture
def database_url(sqlite_url: str) -> str:
    """Pages are drawn from a stored document: one engine is enough."""
    return sqlite_url


@pytest.fixture
def lead(client: FlaskClient, world: World) -> FlaskClient:
    sign_in(client, world.email(Role.LEAD))
    return client


def place_keys(questionnaire: Questionnaire) -> set[str]:
    """The places that any grid asks about."""
    grids = (item for item in questionnaire.items if item.kind is ItemKind.GRID and item.places)
    return {row.key for item in grids for row in item.rows}


def printed_of(document: str, questionnaire: Questionnaire, *more: str) -> Printed:
    dates = ("5 October 2026", "October 2026", "18 December 2026", "21 December 2026", *more)
    asked_from = {one.key: one.from_year for one in plan(questionnaire)}
    asked = json.loads(canonical(questionnaire))
    return Printed(json.loads(document), texts_of(asked), dates, asked_from, asked)


def main_of(html: str) -> str:
    """The part of a page that is drawn from the release."""
    return html[html.index("<main") : html.index("</main>") + len("</main>")]


@pytest.mark.parametrize(
    ("template", "scale", "base", "crossed"),
    [
        # To the nearest ten and uncrossed: the crossed one to the nearest five shows as much.
        pytest.param(SAFETY, 1.0, 10, False, marks=pytest.mark.slow),
        # Crossed, as the short one below is; and of all sections, as the small one is.
        pytest.param(SAFETY, 0.3, 5, True, marks=pytest.mark.slow),
        (SAFETY, 0.03, 5, False),
        (GSHS, 1.0, 5, True),
    ],
)
def test_pages_and_files_say_what_the_release_prints_and_no_more(
    app: Flask,
    world: World,
    lead: FlaskClient,
    template: tuple[str, str],
    scale: float,
    base: int,
    crossed: bool,
) -> None:
    release, questionnaire = sample(template, scale, base, crossed)
    stored = publish(app, world.own, release, questionnaire)
    with app.test_request_context():
        school = read().get_one(School, world.own.school_id)
        name = school.name
    printed = printed_of(stored.document, questionnaire, name)
    # One page lays several audiences side by side; here there is but one.
    printed = Voices(printed, {str(world.own.wave_id): printed})
    pages = report_pages(lead, world.own)
    walked = {path.partition("/report/")[2] for path in pages}
    cells = 0
    for html in pages.values():
        cells += check_page_facts(read_page(main_of(html)), printed)
    assert cells > len(release.tables)
    assert walked >= {f"places/{key}" for key in place_keys(questionnaire)}
    document = json.loads(stored.document)
    lines = check_csv(lead.get(address(world.own, "release.csv")).data, document)
    assert lines == len(list(release.rows()))
    file = lead.get(address(world.own, "release.json"))
    assert file.text == stored.document
    assert (check_json(file.data) > 100) is (scale > 0.1)


@dataclass(frozen=True)
class Drawn:
    """A chapter of a report as it was sent, and what may be said in it."""

    html: str
    printed: Printed


@pytest.fixture(scope="module")
def report(module_app: Flask, module_world: World) -> Callable[[str], Drawn]:
    """Pages of one report, each read once as it is and found to say no more than it may."""
    release, questionnaire = sample(SAFETY)
    printed = printed_of(
        publish(module_app, module_world.own, release, questionnaire).document, questionnaire
    )
    reader = module_app.test_client()
    sign_in(reader, module_world.email(Role.LEAD))

    @cache
    def drawn(page: str) -> Drawn:
        html = main_of(reader.get(address(module_world.own, page)).text)
        check_page_facts(read_page(html), printed)
        return Drawn(html, printed)

    return drawn


def changed(html: str, pattern: str, by: By) -> str:
    made, times = re.subn(pattern, by, html, count=1)
    assert times == 1, "nothing was changed, so nothing is tried"
    assert made != html
    return made


SHOWN = r'(<td class="figure-cell[^>]*><b>)(\d+)%(</b>\s+<span\s+class="of">)(\d+)( of \d+)'
HIDDEN = r'(<td class="figure-cell hidden-cell"[^>]*)>(<span\s+class="of">)hidden: [^<]*<'


def swapped(html: str) -> str:
    """The first two rows of the first ranked table change places, as an exact count might have
    it."""
    start = html.index("<tbody>", html.index(">Place</th>"))
    first, second = list(re.finditer(r"<tr.*?</tr>", html[start:], re.DOTALL))[:2]
    a, b = first[0], second[0]
    return html[:start] + html[start:].replace(a, "@@", 1).replace(b, a, 1).replace("@@", b, 1)


HID = r"\2hidden: fewer than 20 answered<"
MARK = r'(<path transform="translate\()([\d.]+)(,[\d.]+\)" d="M4\.)'
RAIL = r'x2="([\d.]+)"( y2="0" stroke="#\w+" stroke-width="6")'
NAMED = r'(<td class="figure-cell[^>]*data-table=")@safe_school("[^>]*><b>)(\d+)%'
SHADE = r'(<td class="figure-cell heat-\w+ heat-)(\d)'
SLIPS: dict[str, tuple[str, By]] = {
    "exact count": (SHOWN, lambda m: f"{m[1]}{m[2]}%{m[3]}{int(m[4]) + 3}{m[5]}"),
    "share of exact counts": (SHOWN, lambda m: f"{m[1]}{int(m[2]) + 1}%{m[3]}{m[4]}{m[5]}"),
    "one decimal more": (SHOWN, lambda m: f"{m[1]}{m[2]}.4%{m[3]}{m[4]}{m[5]}"),
    "count in a data attribute": (HIDDEN, rf'\1 data-count="3">{HID}'),
    "count in a title": (HIDDEN, rf'\1 title="3 of 17">{HID}'),
    "hidden count": (HIDDEN, r"\1>\2hidden: 17 answered<"),
    "hidden row that looks different": (HIDDEN, r"\1>\2nobody answered<"),
    "hidden row called not asked": (HIDDEN, r"\1>\2not asked<"),
    "hidden row marked": (HIDDEN, rf'\1 data-empty="">{HID}'),
    "number in an alternative text": (r"(<desc[^>]*>)", r"\1 13 of them. "),
    "exact share in an alternative text": (
        r"(<desc[^>]*>[^<]*?)(\d+)% \(",
        lambda m: f"{m[1]}{int(m[2]) + 1}% (",
    ),
    "number beside a mark": (r">(\d+)%</text>", r">\1.3%</text>"),
    "mark at the exact share": (MARK, lambda m: f"{m[1]}{float(m[2]) + 0.6}{m[3]}"),
    "interval of the exact counts": (RAIL, lambda m: f'x2="{float(m[1]) + 0.9}"{m[2]}'),
    "hatch with a length": (r'(d="M0,[\d.]+h)44(v[^"]*h-)44', r"\g<1>31\g<2>31"),
    "shade of another share": (SHADE, lambda m: m[1] + str((int(m[2]) + 1) % 6)),
    "sentence with a count": (r'(<p class="takeaway">)', r"\1Only 4 said so. "),
    "count in a name": (r'id="block-1"', 'id="block-1-of-613"'),
    "count in an address": (r'href="#block-1"', 'href="?n=613"'),
    "count in a label": (r'aria-label="Table:', 'aria-label="613 answers. Table:'),
    "count on a caption": (r"<caption>", '<caption data-n="9">'),
    "share of another indicator": (NAMED, r"\1@belong\2\3%"),
    "indicator that is not printed": (NAMED, r"\1@safest\2\3%"),
    "indicator's share of exact counts": (
        NAMED,
        lambda m: f"{m[1]}@safe_school{m[2]}{int(m[3]) + 1}%",
    ),
    "cell of another sum": (
        r'"@safe_school"\s+data-answer="yes"',
        '"B1" data-answer="feel_unsafe"',
    ),
}


def test_an_order_by_exact_counts_is_caught(report: Callable[[str], Drawn]) -> None:
    places = report("places")
    with pytest.raises(SlipError, match="order"):
        check_page_facts(read_page(swapped(places.html)), places.printed)


@pytest.mark.parametrize("slip", SLIPS)
def test_a_slip_of_a_page_is_caught(report: Callable[[str], Drawn], slip: str) -> None:
    places = report("places")
    page = read_page(changed(places.html, *SLIPS[slip]))
    with pytest.raises(SlipError):
        check_page_facts(page, places.printed)


OPENING_SLIPS: dict[str, tuple[str, By]] = {
    "share of another group": (
        r'(<p class="brief__share"><b>)(\d+)%',
        lambda m: f"{m[1]}{int(m[2]) + 1}%",
    ),
    "count in a sentence": (r"feel unsafe there \((\d+) of", r"feel unsafe there (\g<1>3 of"),
    "a time in exact numbers": (r"named by ", "named by 317, or "),
    "figure of a neighbour": (r"(Close behind, and not clearly lower:)", r"\1 28%"),
    "card of another place": (
        r'(<li class="standing brief__place" data-table="B2\.)toilets"',
        r'\1library"',
    ),
}


@pytest.mark.parametrize("slip", OPENING_SLIPS)
def test_a_slip_of_the_opening_is_caught(report: Callable[[str], Drawn], slip: str) -> None:
    opening = report("")
    with pytest.raises(SlipError):
        check_page_facts(read_page(changed(opening.html, *OPENING_SLIPS[slip])), opening.printed)


def exact_line(text: str) -> str:
    return changed(text, r"(shown,)(\d+)", lambda m: f"{m[1]}{int(m[2]) + 1}")


CSV_SLIPS: dict[str, Callable[[str], str]] = {
    "an exact count": exact_line,
    "one line more": lambda text: text + text.splitlines()[1].replace("year=", "form=") + "\r\n",
    "a line less": lambda text: "\r\n".join(text.split("\r\n")[:-2]) + "\r\n",
    "a hidden cell told": lambda text: changed(text, r"hidden,,", "hidden,3,"),
    "one column more": lambda text: text.replace("\r\n", ",9\r\n").replace(",9", ",exact", 1),
}


def test_slips_of_the_spreadsheet_are_caught(
    app: Flask, world: World, lead: FlaskClient, subtests: pytest.Subtests
) -> None:
    stored = publish(app, world.own, *sample(GSHS))
    text = lead.get(address(world.own, "release.csv")).data.decode("utf-8-sig")
    document = json.loads(stored.document)
    check_csv(text.encode("utf-8-sig"), document)
    for slip, change in CSV_SLIPS.items():
        with subtests.test(slip), pytest.raises(SlipError):
            check_csv(change(text).encode("utf-8-sig"), document)


@pytest.mark.parametrize(
    ("pattern", "by"),
    [
        (r'"count":(\d+)', r'"count":\g<1>.4'),
        (r'"count":(\d+)', r'"count":\g<1>3'),
        (r'"shown":false', '"shown":false,"base":17'),
        (r'"status":"implied"', '"status":"implied","exact":7'),
    ],
)
def test_a_slip_of_the_release_file_is_caught(pattern: str, by: str) -> None:
    document = sample(GSHS, 1.0, 5)[0].to_json()
    check_json(document.encode())
    with pytest.raises(SlipError):
        check_json(changed(document, pattern, by).encode())


FILE_NAME = (
    r'(attachment; filename="[a-z-]+-october-2026-'
    r'(release|certificate|figures|governors|report|slides|chart-participation)\.[a-z]+")?'
)


def everything(
    lead: FlaskClient, world: World
) -> dict[str, tuple[int, list[tuple[str, str]], bytes]]:
    """All that is sent of a report: state, headers and bytes, of every page and file."""
    found = {}
    for path in (*report_pages(lead, world.own), *(address(world.own, name) for name in FILES)):
        sent = lead.get(path)
        headers = sorted((n, v) for n, v in sent.headers if n not in ("Date", "Set-Cookie"))
        body = re.sub(rb'name="csrf_token" value="[^"]*"', b"", sent.data)
        found[path] = (sent.status_code, headers, body)
    return found


def test_nothing_that_is_sent_depends_on_the_answers_behind_the_release(
    app: Flask, world: World, lead: FlaskClient
) -> None:
    """Not a length, not a tag, not a header: with answers, with others, and with none."""
    publish(app, world.own, *sample(GSHS))
    which = {"school_id": world.own.school_id, "wave_id": world.own.wave_id}
    before = everything(lead, world)
    for number in (10, 40):
        with app.app_context(), begin() as db:
            db.get_one(Wave, (world.own.school_id, world.own.wave_id)).counter = number
            db.add_all(Response(**which, answers="{}") for _ in range(number))
        assert everything(lead, world) == before
    for status, headers, _body in before.values():
        assert status == 200
        told = dict(headers)
        assert "ETag" not in told
        named = told.get("Content-Disposition", "")
        assert re.fullmatch(FILE_NAME, named)
        strange = {n for n, v in told.items() if re.search(r"\d", v)}
        assert strange <= {
            *("Content-Length", "Content-Disposition", "Content-Type"),
            *("Strict-Transport-Security", "Content-Security-Policy", "Cache-Control"),
        }
