"""What a reader of the waves side by side can learn is what each wave's own release prints, and the
changes that follow from it. The reader that says so is tried: every slip must be caught."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass

import pytest
from flask import Flask
from flask.testing import FlaskClient

from survey.database import read
from survey.organisations.models import School
from survey.permissions import Role
from tests.integration.reports.extraction import (
    Printed,
    SlipError,
    check_page_facts,
)
from tests.integration.reports.markup import read_page
from tests.integration.reports.school.test_extraction import main_of, printed_of
from tests.integration.reports.school.test_views import address, publish
from tests.integration.reports.trends.extraction_change import Waves
from tests.integration.reports.trends.test_views import NOW, wave
from tests.integration.reports.waves import add_wave
from tests.unit.disclosure.policies import TENS
from tests.unit.reports.samples import release_of
from tests.world import Side, World, sign_in

pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
MONTHS = ("October 2026", "April 2027", "September 2027")
DAYS = ("30 September 2027",)
GOOD = [one.key for one in NOW.indicators if one.good]


@dataclass(frozen=True)
class Published:
    side: Side
    waves: Callable[[int], Waves]


@pytest.fixture
def lead(client: FlaskClient, world: World) -> FlaskClient:
    sign_in(client, world.email(Role.LEAD))
    return client


@pytest.fixture
def three(app: Flask, world: World) -> Published:
    """A school that has released three waves, and what may be said of the first so many."""
    third = release_of(NOW, TENS, 0.7, seed=3, moved={"B2.toilets": -1.0}, header={"wave": 3})
    printed: dict[int, Printed] = {}
    side = world.own
    with app.test_request_context():
        name = read().get_one(School, side.school_id).name
    for number, (release, questionnaire) in enumerate((wave(1), wave(2), (third, NOW)), start=1):
        side = world.own if number == 1 else add_wave(app, world.own, number)
        stored = publish(app, side, release, questionnaire)
        printed[number] = printed_of(stored.document, questionnaire, name, *MONTHS, *DAYS)
    return Published(side, lambda last: Waves({n: printed[n] for n in printed if n <= last}, GOOD))


def compared(html: str) -> int:
    """How many figures a page says it compares under places and themes: counted in its tables."""
    parts = html[: html.index('id="rest"')] if 'id="rest"' in html else html
    tables = re.findall(r"<table[^>]*>.*?</table>", parts, re.DOTALL)
    cells = [re.findall(r'<td class="change-cell" data-change="2 3"', one) for one in tables]
    return sum(map(len, cells))


def test_each_figure_of_each_page_is_of_its_own_wave(
    app: Flask, lead: FlaskClient, three: Published
) -> None:
    html = main_of(lead.get(address(three.side, "over-time")).text)
    waves = three.waves(3)
    said = re.findall(r"(\d+) figures of the whole school", html)
    page = read_page(re.sub(r"\d+ figures of the whole school", "", html))
    check_page_facts(page, waves)
    assert waves.read["figures"] > 300
    assert waves.read["changes"] > 300
    assert len(said) == 2
    assert all(0 < int(one) <= compared(html) for one in said)


@pytest.mark.parametrize("page", ["", "places/toilets"])
def test_the_opening_and_a_place_say_no_more(
    app: Flask, lead: FlaskClient, three: Published, page: str
) -> None:
    waves = three.waves(3)
    html = main_of(lead.get(address(three.side, page)).text)
    check_page_facts(read_page(re.sub(r"\d+ figures of the whole school", "", html)), waves)
    assert waves.read["changes"] > 0


By = str | Callable[[re.Match[str]], str]
CELL = r'(<td class="figure-cell[^>]*data-wave="2"[^>]*><b>\d+%</b>\s+<span\s+class="of">)(\d+)'
SLIPS: dict[str, tuple[str, By]] = {
    "a figure of another wave": (r'(<td class="figure-cell[^>]*data-wave=)"2"', r'\1"3"'),
    "a wave that is not there": (r'(<td class="figure-cell[^>]*data-wave=)"2"', r'\1"4"'),
    "an exact count": (CELL, lambda m: f"{m[1]}{int(m[2]) + 3}"),
    "a count in an attribute": (r'data-wave="1"', 'data-wave="1" data-n="3"'),
    "a small figure of other counts": (
        r'(<b data-wave="3"[^>]*>)(\d+)%',
        lambda m: f"{m[1]}{int(m[2]) + 1}%",
    ),
    "an interval that is too good": (
        r"(\d+) points lower to (\d+) points higher",
        lambda m: f"{int(m[1]) + 1} points lower to {m[2]} points higher",
    ),
    "an interval that is too sure": (
        r"(\d+) to (\d+) points (lower|higher)",
        lambda m: f"{int(m[1]) + 1} to {m[2]} points {m[3]}",
    ),
    "a change between other waves": (r'data-change="2 3"', 'data-change="1 3"'),
    "a mark where there is none": (
        r'verdict--unclear">No clear change',
        'verdict--better">Better',
    ),
    "a mark that is turned round": (r'verdict--better">Better', 'verdict--worse">Worse'),
    "a mark that is missing": (r'verdict--better">Better', 'verdict--unclear">No clear change'),
    "a word that is not its mark": (r'(verdict--better">)Better', r"\1Worse"),
    "a count where nothing can be compared": (
        r'(<td class="change-cell hidden-cell"[^>]*><span class="of">cannot be compared)',
        r"\1, 3 of 17",
    ),
    "a sentence with a count": (r'(<p class="takeaway">)', r"\1Only 4 said so. "),
    "another wave in the words of a drawing": (
        r"(<desc[^>]*>[^<]*?April 2027 )(\d+)%",
        lambda m: f"{m[1]}{int(m[2]) + 31}%",
    ),
    "a line between waves that leans too far": (
        r'(<line [^>]*x2=")(-?[\d.]+)("[^>]*opacity="0\.7")',
        lambda m: f"{m[1]}{float(m[2]) + 1.3}{m[3]}",
    ),
    "a hollow dot beside its figure": (
        r'(<path transform="translate\()([\d.]+)(,[\d.]+\)" d="M4\.18)',
        lambda m: f"{m[1]}{float(m[2]) + 0.6}{m[3]}",
    ),
}


def test_every_slip_of_the_waves_is_caught(app: Flask, lead: FlaskClient, three: Published) -> None:
    """Of the part on places, where there is one of each kind."""
    html = lead.get(address(three.side, "over-time")).text
    start = html.index('<h2 id="places">')
    part = html[start : html.index('<h2 id="', start + 1)]
    check_page_facts(read_page(part), three.waves(3))
    passed = []
    for slip, (pattern, by) in SLIPS.items():
        made, times = re.subn(pattern, by, part, count=1)
        assert times == 1, slip
        assert made != part, slip
        try:
            check_page_facts(read_page(made), three.waves(3))
        except SlipError:
            continue
        passed.append(slip)
    assert passed == []


def test_a_figure_of_a_wave_is_a_slip_on_a_page_of_one_release(
    app: Flask, lead: FlaskClient, three: Published
) -> None:
    html = main_of(lead.get(address(three.side)).text)
    with pytest.raises(SlipError):
        check_page_facts(read_page(html), three.waves(3).printed[3])
