"""The first page that a new process makes of a report: `python -m benchmarks.report_start`.

Measured on a copy of a filled demo: the one in `.demo`, or that of the settings in the environment.
Time is that of the app from the request to the last byte, in a process that has just been started
as a server starts it.
"""

from __future__ import annotations

import os
import shutil
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

from sqlalchemy import make_url, select

from benchmarks import report_pages
from benchmarks.figures import Figure, middle, table
from benchmarks.servers import ROOT
from survey.app import create_app
from survey.database import begin, read
from survey.organisations.models import Member, Membership
from survey.organisations.operations import add_member
from survey.permissions import Role
from survey.releases.models import StoredComparison

GOAL = 0.1
DEMO = ROOT / ".demo"
SECRETS = ("SECRET_KEY", "PASSWORD_SALT", "CODE_KEY", "TOTP_KEY")


def measure(*, quick: bool) -> Iterator[Figure]:
    """A row for the report of the largest school, and one for a comparison if there is one."""
    with tempfile.TemporaryDirectory() as folder:
        copy = Path(folder) / "survey.db"
        shutil.copy(_filled(), copy)
        os.environ["SURVEY_DATABASE_URL"] = f"sqlite:///{copy}"
        pages = _pages()
        for address, times in report_pages._cold(pages, 3 if quick else 9).items():
            what = "report" if address.startswith("/schools/") else "comparison"
            seconds = middle(times) / 1000
            yield Figure(f"first page of a {what} in a fresh process", seconds, GOAL, "s")


def _filled() -> Path:
    """The database of a filled demo; its settings are in the environment afterwards."""
    url = os.environ.get("SURVEY_DATABASE_URL", "")
    if not url and (DEMO / "secrets").exists():
        for line in (DEMO / "secrets").read_text(encoding="utf-8").splitlines():
            name, _is, value = line.removeprefix("export ").partition("=")
            os.environ[name] = value
        url = f"sqlite:///{DEMO / 'survey.db'}"
        os.environ["SURVEY_PUBLIC_ADDRESS"] = "http://127.0.0.1:8000"
        os.environ["SURVEY_OPERATOR_NAME"] = "Demo operator"
        os.environ["SURVEY_OPERATOR_CONTACT"] = "operator@example.org"
        os.environ["SURVEY_SECOND_STEP"] = "optional"
    if not url:
        raise RuntimeError("no filled demo to measure: run `make demo` once, then this again")
    return Path(make_url(url).database or "")


def _pages() -> dict[str, str]:
    app = create_app()
    with app.app_context():
        (school, wave), _roll = report_pages._largest()
        with begin() as db:
            add_member(
                db,
                email=report_pages.LEAD,
                name="Benchmark",
                role=Role.LEAD,
                password=report_pages.OWN_PASSWORD,
                school_id=school,
                by=None,
            )
        pages = {f"/schools/{school}/waves/{wave}/report/": report_pages.LEAD}
        newest = select(StoredComparison).order_by(StoredComparison.released_on.desc())
        compared = read().scalars(newest).first()
        if compared:
            ids = compared.authority_id, compared.programme_id, compared.number
            analyst = read().scalars(
                select(Member.email)
                .join(Membership, Membership.member_id == Member.id)
                .where(Membership.authority_id == ids[0], Membership.role == Role.ANALYST)
            )
            pages[f"/authorities/{ids[0]}/programmes/{ids[1]}/waves/{ids[2]}/"] = analyst.one()
    return pages


if __name__ == "__main__":
    print(table(measure(quick=False)))
    sys.exit()
