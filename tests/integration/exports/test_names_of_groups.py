"""Every page and file of a report says the year groups of its nation, and sex if that was asked."""

from __future__ import annotations

import io
import re
import zipfile
from html import unescape

import pypdf
import pytest
from flask import Flask
from flask.testing import FlaskClient

from survey.database import begin
from survey.organisations.models import Member, Nation, School
from survey.permissions import Role
from survey.questionnaires.adapt import Adaptation, adapt
from survey.questionnaires.gender_question.variants import with_variant
from survey.questionnaires.model import Questionnaire
from survey.year_groups.values import YearNaming
from tests.integration.reports.schools import CORE, add_school, release_uncertified
from tests.world import World, sign_in

FILES = ("release.csv", "report.pdf", "governors.pdf", "slides.pdf", "slides.pptx", "report.xlsx")
QUICK = ("report.xlsx", "slides.pptx")
"""What the ordinary run makes; `make test-slow` makes all."""

NAME = re.compile(r"\bYears? ?\d+|\bS[1-6]\b")
SEX = with_variant(CORE, "sex-2026.1")


@pytest.fixture
def database_url(sqlite_url: str) -> str:
    """Pages are the same on both engines."""
    return sqlite_url


def text_of(name: str, content: bytes) -> str:
    """All that a file says."""
    if name.endswith(".pdf"):
        return "\n".join(one.extract_text() for one in pypdf.PdfReader(io.BytesIO(content)).pages)
    if name.endswith((".pptx", ".xlsx")):
        with zipfile.ZipFile(io.BytesIO(content)) as packed:
            parts = [packed.read(one).decode() for one in packed.namelist() if one.endswith("xml")]
        return unescape("\n".join(re.sub(r"<[^>]+>", "\n", one) for one in parts))
    return content.decode("utf-8-sig")


def said(
    app: Flask, world: World, nation: Nation, questionnaire: Questionnaire, whole: bool
) -> dict[str, str]:
    """The words of each page and file of a report; of two pages and two files, unless `whole`."""
    with app.app_context(), begin() as db:
        known = add_school(db, name="Far School", students=150, questionnaire=questionnaire)
        db.get_one(School, known.school_id).nation = nation
        release_uncertified(db, known)
        lead = world.email(Role.LEAD)
        db.query(Member).filter_by(email=lead).one().memberships[0].school_id = known.school_id
    client: FlaskClient = app.test_client()
    sign_in(client, lead)
    at = f"/schools/{known.school_id}/waves/{known.wave_id}/report/"
    found = {}
    first = client.get(at)
    assert first.status_code == 200
    pages = {at, *re.findall(rf'href="({re.escape(at)}[^"#?.]*)"', first.text)}
    for page in sorted(pages) if whole else sorted(pages)[:2]:
        answer = client.get(page)
        assert answer.status_code == 200, page
        found[page.removeprefix(at) or "opening"] = unescape(re.sub(r"<[^>]+>", "\n", answer.text))
    for name in FILES if whole else QUICK:
        answer = client.get(at + name)
        assert answer.status_code == 200, name
        found[name] = text_of(name, answer.data)
    return found


slow = pytest.mark.slow


@pytest.mark.parametrize(
    ("nation", "whole"),
    [
        (Nation.SCOTLAND, False),
        pytest.param(Nation.SCOTLAND, True, marks=slow),
        pytest.param(Nation.NORTHERN_IRELAND, True, marks=slow),
    ],
)
def test_all_of_a_report_says_the_year_groups_of_the_nation(
    app: Flask, world: World, nation: Nation, whole: bool
) -> None:
    naming = YearNaming.of_nation(nation)
    found = said(app, world, nation, adapt(CORE, Adaptation(), naming), whole)
    assert len(found) >= (len(FILES) + 4 if whole else 4)
    spoken = {name: set(NAME.findall(words)) for name, words in found.items()}
    bare = {one.in_nation(naming) for one in naming.groups}
    for name, years in spoken.items():
        numbers = {re.sub(r"Years? ?", "", one) for one in years}
        assert numbers <= bare, (name, years)
    assert any("S3" in one or "Year 10" in one for one in spoken["report.xlsx"])
    if nation is Nation.SCOTLAND:
        assert not [one for years in spoken.values() for one in years if one.startswith("Year")]
    assert "year_7" not in found["report.xlsx"]


@pytest.mark.parametrize("whole", [False, pytest.param(True, marks=slow)])
def test_where_sex_was_asked_no_page_and_no_file_speaks_of_gender(
    app: Flask, world: World, whole: bool
) -> None:
    """The names of columns and keys in the tidy file are those of the release: `gender=girl`."""
    found = said(app, world, Nation.ENGLAND, SEX, whole)
    speaks = {
        name: re.findall(r".{0,60}\bgender(?!=).{0,30}", words, re.IGNORECASE)
        for name, words in found.items()
    }
    assert {name: lines for name, lines in speaks.items() if lines} == {}
    assert any("sex" in words for words in found.values())
