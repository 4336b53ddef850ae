"""A copy of a filled demo, for benchmarks of pages: that in `.demo`, or that of the settings.

Where neither is, the first school of a demo is filled in `.demo`, as `make demo` does."""

from __future__ import annotations

import os
import re
import signal
import sqlite3
import subprocess
import sys
import tempfile
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import func, make_url, select

from benchmarks.servers import ROOT
from survey.app import create_app
from survey.campaigns.models import Campaign, Wave
from survey.command_line.demo import BEING_FILLED
from survey.database import read
from survey.demo.server import free_port
from survey.exports import prerender
from survey.organisations.models import Member, Membership, School
from survey.permissions import Role
from survey.releases.models import StoredComparison, StoredRelease

DEMO = ROOT / ".demo"
STOP_SECONDS = 60.0


@dataclass(frozen=True)
class Report:
    """A report of students, and who reads it."""

    school_id: uuid.UUID
    wave_id: uuid.UUID
    number: int
    reader: str

    @property
    def address(self) -> str:
        return f"/schools/{self.school_id}/waves/{self.wave_id}/report/"


@dataclass(frozen=True)
class Filled:
    """What a demo has to show. `comparison` is None while it is not made."""

    reports: tuple[Report, ...]
    analyst: str
    shared_places: str
    comparison: str | None

    @property
    def latest(self) -> Report:
        """The report of the first school with most surveys before it."""
        return max(self.reports, key=lambda one: one.number)


@contextmanager
def filled_demo(*, draws: bool = True) -> Iterator[Filled]:
    """A copy whose settings are in the environment meanwhile. `draws`: the charts and pages of its
    latest report and of its comparison are made as after a release."""
    before = dict(os.environ)
    try:
        yield from _copied(draws)
    finally:  # the next benchmark copies the demo, not this copy
        os.environ.clear()
        os.environ.update(before)


def _copied(draws: bool) -> Iterator[Filled]:
    with tempfile.TemporaryDirectory() as folder:
        copy = Path(folder) / "survey.db"
        with (
            sqlite3.connect(f"file:{_database()}?mode=ro", uri=True) as source,
            sqlite3.connect(copy) as target,
        ):
            source.backup(target)
        os.environ["SURVEY_DATABASE_URL"] = f"sqlite:///{copy}"
        app = create_app()
        with app.app_context():
            found = _found()
        if draws:
            with app.app_context():
                prerender.draw_report(found.latest.school_id, found.latest.wave_id)
                newest = select(StoredComparison).order_by(StoredComparison.number.desc())
                if made := read().scalars(newest).first():
                    prerender.draw_comparison(made.authority_id, made.programme_id, made.number)
        yield found


def _database() -> Path:
    """The database of a filled demo; its settings are in the environment afterwards."""
    url = os.environ.get("SURVEY_DATABASE_URL", "")
    if not url:
        if not (DEMO / "secrets").exists() or (DEMO / BEING_FILLED).exists():
            with starting_demo(DEMO, free_port()):
                pass
        for line in (DEMO / "secrets").read_text(encoding="utf-8").splitlines():
            name, _is, value = line.removeprefix("export ").partition("=")
            os.environ[name] = value
        url = f"sqlite:///{DEMO / 'survey.db'}"
        os.environ["SURVEY_PUBLIC_ADDRESS"] = "http://127.0.0.1:8000"
        os.environ["SURVEY_OPERATOR_NAME"] = "Demo operator"
        os.environ["SURVEY_OPERATOR_CONTACT"] = "operator@example.org"
        os.environ["SURVEY_SECOND_STEP"] = "optional"
    return Path(make_url(url).database or "")


@contextmanager
def starting_demo(folder: Path, port: int) -> Iterator[str]:
    """A demo that has printed its links, and is stopped afterwards: the address of a report."""
    command = [sys.executable, "-m", "survey.command_line", "demo", "--folder", str(folder)]
    demo = subprocess.Popen(
        [*command, "--port", str(port)],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    try:
        yield _printed(demo, "A school's report")
    finally:
        demo.send_signal(signal.SIGTERM)
        demo.wait(timeout=STOP_SECONDS)


def _printed(demo: subprocess.Popen[str], what: str) -> str:
    """The address on the line that begins so."""
    for line in demo.stdout or ():
        if line.startswith(what):
            return str(re.findall(r"http\S+", line)[0])
    raise RuntimeError("the demo ended before it printed its links")


def _found() -> Filled:
    db = read()
    leads = select(Membership.school_id, func.min(Member.email).label("email")).join(
        Member, Member.id == Membership.member_id
    )
    of = leads.where(Membership.role == Role.LEAD).group_by(Membership.school_id).subquery()
    rows = db.execute(
        select(StoredRelease.school_id, StoredRelease.wave_id, Wave.number, of.c.email)
        .join(
            Wave,
            (Wave.school_id == StoredRelease.school_id) & (Wave.wave_id == StoredRelease.wave_id),
        )
        .join(Campaign, Campaign.campaign_id == Wave.campaign_id)
        .join(of, of.c.school_id == StoredRelease.school_id)
        .where(StoredRelease.withdrawn_on.is_(None), Campaign.programme_id.is_not(None))
    )
    reports = tuple(Report(*row) for row in rows)
    if not reports:
        raise RuntimeError("this demo has no report yet")
    authority, programme = db.execute(
        select(Campaign.authority_id, Campaign.programme_id)
        .join(School, School.school_id == Campaign.school_id)
        .where(Campaign.programme_id.is_not(None))
        .limit(1)
    ).one()
    analyst = db.scalars(
        select(Member.email)
        .join(Membership, Membership.member_id == Member.id)
        .where(Membership.role == Role.ANALYST)
    ).first()
    number = db.scalar(select(func.max(StoredComparison.number)))
    at = f"/authorities/{authority}/programmes/{programme}"
    return Filled(
        reports, analyst or "", f"{at}/shared-places/", number and f"{at}/waves/{number}/"
    )
