"""The steps of docs/authority.md, walked through the real pages: an authority with 100 schools,
their rolls and a programme. What the page prints in bold is on the pages of the walk."""

from __future__ import annotations

import io
import re
import time
from html import unescape
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import func, select

from survey.campaigns.models import Campaign, Programme
from survey.database import read, today
from survey.mail.kinds import MailKind
from survey.mail.models import OutMail
from survey.organisations.models import Authority, Membership, School
from survey.organisations.operations import add_member
from survey.permissions import Role
from survey.settings import Settings
from tests.conftest import settings_for
from tests.integration.campaigns.schools import writing
from tests.integration.organisations.pages import try_sign_in, words
from tests.world import PASSWORD

PAGE = Path(__file__).parents[2] / "docs/authority.md"
SCHOOLS = 100
OPERATOR, ANALYST = "operator@first.test", "analyst@newshire.example"
MOST_SECONDS = 60
"""Of a processor, for all of it: a clock would measure how busy the machine is."""


@pytest.fixture
def settings(sqlite_url: str, tmp_path: Path) -> Settings:
    """A service that sends e-mail."""
    mail = {"mail_folder": str(tmp_path / "mail"), "mail_from": "surveys@newshire.example"}
    return settings_for(sqlite_url, **mail)


@pytest.fixture
def database_url(sqlite_url: str) -> str:
    """Pages are the same on both engines."""
    return sqlite_url


def list_of_schools() -> bytes:
    """One file, as the page describes it: schools, their rolls and two people in each."""
    years = range(7, 14)
    head = "Number,Name,Authority,Nation,Kind,Status," + ",".join(f"Year {n}" for n in years)
    head += ",Lead name,Lead e-mail,Deputy name,Deputy e-mail"
    rows = [
        f"{100000 + at},School {at},Newshire,England,Secondary,Open,"
        + ",".join(str(120 + (at * 7 + year) % 60) for year in years)
        + f",Lead {at},lead{at}@newshire.example,Deputy {at},deputy{at}@newshire.example"
        for at in range(SCHOOLS)
    ]
    return ("\n".join([head, *rows]) + "\n").encode()


class Walk:
    """A person who goes from page to page, and all that they read."""

    def __init__(self, app: Flask, email: str) -> None:
        self.client: FlaskClient = app.test_client()
        self.read = ""
        try_sign_in(self.client, email)

    def see(self, address: str) -> str:
        answer = self.client.get(address)
        assert answer.status_code == 200, address
        self.read += words(answer)
        return unescape(answer.text)

    def send(self, address: str, data: dict[str, object]) -> str:
        """Sends the form of a page that was seen, and goes where it leads."""
        page = self.see(address)
        hidden = dict(
            re.findall(r'<input[^>]* name="([^"]+)"[^>]* type="hidden"[^>]* value="([^"]*)"', page)
        )
        hidden |= dict(re.findall(r'type="hidden" name="([^"]+)" value="([^"]*)"', page))
        hidden |= dict(re.findall(r'name="([^"]+)" type="hidden" value="([^"]*)"', page))
        answer = self.client.post(address, data={**hidden, **data})
        assert answer.status_code == 302, words(answer)
        where: str = answer.headers["Location"]
        return where.split("#")[0]

    def link(self, page: str, label: str) -> str:
        """The address of a link or button, by its words."""
        found = re.search(rf'href="([^"]+)"[^>]*>\s*{re.escape(label)}', page)
        assert found, label
        return found[1]


def test_the_steps_of_the_page(app: Flask) -> None:
    began = time.process_time()
    with writing(app) as db:
        add_member(db, email=OPERATOR, name="O", role=Role.OPERATOR, password=PASSWORD, by=None)

    # 1. Schools and rolls
    operator = Walk(app, OPERATOR)
    start = operator.see("/operator/")
    upload = operator.link(start, "Schools from a file")
    plan = operator.send(
        upload, {"file": (io.BytesIO(list_of_schools()), "schools.csv"), "nation": "england"}
    )
    shown = operator.see(plan)
    assert f">{SCHOOLS}<" in re.sub(r"\s", "", shown)
    assert "People to invite 200" in operator.read
    assert operator.send(plan, {}) == "/operator/"
    with app.app_context():
        letters = (
            select(func.count()).select_from(OutMail).where(OutMail.kind == MailKind.INVITATION)
        )
        assert read().scalar(letters) == 2 * SCHOOLS, "one link a person, in the same transaction"
        leads = select(func.count()).select_from(Membership).where(Membership.role == Role.LEAD)
        assert read().scalar(leads) == SCHOOLS

    # 2. The person at the authority
    start = operator.see("/operator/")
    authority_page = operator.link(start, "Newshire")
    add = operator.link(operator.see(authority_page), "Add a person")
    operator.see(add)
    with writing(app) as db:
        authority_id = db.scalars(select(Authority.authority_id)).one()
        add_member(
            db, email=ANALYST, name="A", role=Role.ANALYST, password=PASSWORD,
            authority_id=authority_id, by=None,
        )  # fmt: skip

    # 3. Policies
    analyst = Walk(app, ANALYST)
    home = f"/authorities/{authority_id}/"
    start = analyst.see(home)
    policies = analyst.link(start, "Consent and the question about sex and gender")
    analyst.send(
        policies, {"consent": "opt_out", "under": "13", "gender_question": "gender-2026.1"}
    )

    # 4. The programme: one form, then its days
    new = analyst.link(start, "Start a programme")
    programme = analyst.send(new, {"title": "Safe in Newshire", "template": "safety 2026.3"})
    page = analyst.see(programme)
    core = analyst.link(page, "What every school asks")
    analyst.see(core)
    days = analyst.link(page, "Dates: Survey 1, no month yet")
    ahead = [today().replace(year=today().year + 1, month=m, day=15).isoformat() for m in (2, 3, 4)]
    analyst.send(days, dict(zip(("opens_from", "opens_until", "closes_by"), ahead, strict=True)))

    # 5. All schools at once
    invite = analyst.link(analyst.see(programme), "Invite schools")
    assert f"All {SCHOOLS} schools" in analyst.see(invite)
    assert analyst.send(invite, {"everyone": "y"}) == programme
    page = analyst.see(programme)
    assert page.count("School ") >= SCHOOLS

    with app.app_context():
        assert read().scalar(select(func.count()).select_from(School)) == SCHOOLS
        assert read().scalar(select(func.count()).select_from(Campaign)) == SCHOOLS
        assert read().scalars(select(Programme.title)).one() == "Safe in Newshire"
    assert time.process_time() - began < MOST_SECONDS
    if PAGE.exists():
        walked = operator.read + analyst.read
        said = PAGE.read_text(encoding="utf-8")
        for label in re.findall(r"\*\*([^*]+)\*\*", said):
            assert label in walked, f"docs/authority.md says “{label}”"


def test_the_page_shows_pictures_that_are_there() -> None:
    pictures = re.findall(r"!\[[^\]]+\]\(([^)]+)\)", PAGE.read_text(encoding="utf-8"))
    assert len(pictures) >= 4
    assert all((PAGE.parent / one).is_file() for one in pictures)
