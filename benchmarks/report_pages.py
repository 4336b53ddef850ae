"""How long the server takes for the pages of reports: `python -m benchmarks.report_pages`.

Run with the settings of a filled demo on SQLite (`. scripts/demo-settings.sh .demo http://...`). A
copy of its database is measured: the report of the school of which most took part, drawn ahead as a
release leaves it, and the newest comparison. Time is that of the app alone, from the request to the
last byte of the answer, without a network.

Cold: the first page that a new process makes, as after a restart. Warm: pages by turns in one
process that has made each of them before. The last column is the warm median as a share of the
slowest page's.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from random import Random
from statistics import median, quantiles
from time import perf_counter

from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import make_url, select

from survey.app import create_app, warm
from survey.database import begin, read
from survey.demo.demo import PASSWORD
from survey.disclosure.release import Release
from survey.exports import prerender
from survey.organisations.models import Member, Membership
from survey.organisations.operations import add_member
from survey.permissions import Role
from survey.releases.models import StoredComparison, StoredRelease

LIMIT_MS = 150
COLD, WARM = 5, 40
"""How often each page is asked for."""

FIGURES = 3
"""Of a comparison's pages of single figures, how many are measured."""

LEAD, OWN_PASSWORD = "lead@benchmark.example", "x" * 20


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--cold", help=argparse.SUPPRESS)
    given = arguments.parse_args()
    if given.cold:
        who, address = given.cold.split(" ", 1)
        app = create_app()
        warm(app)  # as the server's own start does
        print(_milliseconds(_client(app, who), address))
        return
    with tempfile.TemporaryDirectory() as folder:
        source = make_url(os.environ["SURVEY_DATABASE_URL"]).database or ""
        copy = Path(folder) / "survey.db"
        shutil.copy(source, copy)
        os.environ["SURVEY_DATABASE_URL"] = f"sqlite:///{copy}"
        _measure()


def _measure() -> None:
    app = create_app()
    with app.app_context():
        release, roll = _largest()
        compared = (
            read()
            .scalars(select(StoredComparison).order_by(StoredComparison.released_on.desc()))
            .first()
        )
        with begin() as db:
            add_member(db, email=LEAD, name="Benchmark", role=Role.LEAD, password=OWN_PASSWORD,
                       school_id=release[0], by=None)  # fmt: skip
        began = perf_counter()
        drawn = prerender.draw_report(*release)
        print(f"A school of {roll} on roll; {drawn} pages drawn ahead in"
              f" {perf_counter() - began:.1f} s.")  # fmt: skip
        report = f"/schools/{release[0]}/waves/{release[1]}/report/"
        pages = dict.fromkeys(_linked(app, LEAD, report), LEAD)
        if compared:
            ids = compared.authority_id, compared.programme_id, compared.number
            analyst = (
                read()
                .scalars(
                    select(Member.email)
                    .join(Membership, Membership.member_id == Member.id)
                    .where(Membership.authority_id == ids[0])
                )
                .first()
            )
            home = f"/authorities/{ids[0]}/programmes/{ids[1]}/waves/{ids[2]}/"
            client = _client(app, analyst or "")
            linked = [home, *_links(client.get(home).text, home)]
            single = [one for one in linked if "/figures/" in one][FIGURES:]
            chosen = [one for one in dict.fromkeys(linked) if one not in single]
            for address in chosen:
                client.get(address)  # draws it: as all are drawn with the comparison
            pages |= dict.fromkeys(chosen, analyst or "")
    _report(pages, _cold(pages), _warm(app, pages))


def _largest() -> tuple[tuple[object, object], int]:
    found = []
    for stored in read().scalars(select(StoredRelease).where(StoredRelease.withdrawn_on.is_(None))):
        release = Release.from_json(stored.document)
        took_part = release.participation.rows[0].cells[0].count or 0
        found.append((took_part, stored.released_on, stored, release.header.get("roll", 0)))
    _count, _day, stored, roll = max(found, key=lambda one: one[:2])
    return (stored.school_id, stored.wave_id), int(roll)


def _client(app: Flask, who: str) -> FlaskClient:
    """Somebody who is signed in, through the page for it."""
    app.config["WTF_CSRF_ENABLED"] = False
    client = app.test_client()
    password = OWN_PASSWORD if who == LEAD else PASSWORD
    if client.post("/sign-in", data={"email": who, "password": password}).status_code != 302:
        raise RuntimeError(f"{who} cannot sign in: is this a demo?")
    return client


def _linked(app: Flask, who: str, start: str) -> list[str]:
    client, met, waiting = _client(app, who), {start: True}, [start]
    while waiting:
        for link in _links(client.get(waiting.pop(0)).text, start):
            if link not in met:
                met[link] = True
                waiting.append(link)
    return list(met)


def _links(html: str, start: str) -> list[str]:
    """The pages under an address that a page leads to."""
    found = prerender.LINK.findall(html)
    return [one for one in found if one.startswith(start) and "." not in one.rpartition("/")[2]]


def _milliseconds(client: FlaskClient, address: str) -> float:
    began = perf_counter()
    answer = client.get(address)
    took = (perf_counter() - began) * 1000
    if answer.status_code != 200:
        raise RuntimeError(f"{address}: {answer.status_code}")
    return took


def _cold(pages: dict[str, str], times: int = COLD) -> dict[str, list[float]]:
    found: dict[str, list[float]] = {address: [] for address in pages}
    for _turn in range(times):
        for address, who in pages.items():
            command = [sys.executable, "-m", "benchmarks.report_pages", "--cold"]
            done = subprocess.run(
                [*command, f"{who} {address}"], capture_output=True, text=True, check=True
            )
            found[address].append(json.loads(done.stdout.splitlines()[-1]))
    return found


def _warm(app: Flask, pages: dict[str, str]) -> dict[str, list[float]]:
    found: dict[str, list[float]] = {address: [] for address in pages}
    clients = {who: _client(app, who) for who in set(pages.values())}
    turns = [address for address in pages for _turn in range(WARM)]
    Random(1).shuffle(turns)
    for address in (*pages, *turns):
        found[address].append(_milliseconds(clients[pages[address]], address))
    return {address: times[1:] for address, times in found.items()}


def _report(
    pages: dict[str, str], cold: dict[str, list[float]], warm: dict[str, list[float]]
) -> None:
    slowest = max(median(times) for times in warm.values())
    print("| page | cold: median, ms | p95 | warm: median, ms | p95 | of the slowest |")
    print("|---|---|---|---|---|---|")
    for address in pages:
        is_school = address.startswith("/schools/")
        name = address.split("/report/" if is_school else "/waves/")[1]
        name = name if is_school else name.partition("/")[2]
        of = "school" if is_school else "comparison"
        numbers = [
            f"{cut:.0f}"
            for times in (cold[address], warm[address])
            for cut in (median(times), quantiles(times, n=20, method="inclusive")[-1])
        ]
        share = f"{median(warm[address]) / slowest:.2f}"
        print(f"| {of}: {name or 'opening'} | {' | '.join(numbers)} | {share} |")
    over = [one for one in pages if median(warm[one]) > LIMIT_MS]
    print(f"Pages whose warm median is over {LIMIT_MS} ms: {len(over)}.")


if __name__ == "__main__":
    main()
