"""What only a real server process can show: an acknowledged response survives `kill -9`, and two
sends at the same moment are one response."""

from __future__ import annotations

import threading
import urllib.error
import urllib.parse
import urllib.request
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from flask import Flask

from survey.settings import Settings
from tests.engines import POSTGRESQL_FIRST, SQLITE_FIRST
from tests.integration.responses.doors import Student, make_codes, rows, used_codes
from tests.real_server import serving
from tests.world import World


def send(address: str, fields: dict[str, str]) -> tuple[int, str]:
    """Status and page of a Send over the wire."""
    body = urllib.parse.urlencode(fields).encode()
    try:
        with urllib.request.urlopen(address, body, timeout=300) as answer:
            return answer.status, answer.read().decode()
    except urllib.error.HTTPError as error:
        with error:
            return error.code, error.read().decode()


def at_send(app: Flask, code: str) -> str:
    """The address of the last page of a student. The keys that open it are in the key folder, so
    every server of the same settings can."""
    student = Student(app.test_client(), code)
    while student.at != "send":
        given = {"B1": "unsafe"} if "B1" in student.form.choices else {}
        student.press("next", **given)
    return student.address


SEND = {"go": "send"}


@SQLITE_FIRST  # `tests/attacks/ballot_box/test_killed.py` kills around Send on both
def test_an_acknowledged_response_survives_kill_9(
    app: Flask, settings: Settings, world: World, tmp_path: Path
) -> None:
    [code] = make_codes(app, world.own, year=9, count=1)
    page_of_send = at_send(app, code)
    with serving(settings, tmp_path) as server:
        status, page = send(f"{server.address}{page_of_send}", SEND)
        server.kill()
    assert (status, "Thank you" in page) == (200, True), page
    assert len(rows(app, "response")) == 1
    again = app.test_client().post(page_of_send, data=SEND, follow_redirects=True)
    assert (again.status_code, "Thank you" in again.text) == (200, True)
    assert len(rows(app, "response")) == 1
    assert used_codes(app) == 1


@POSTGRESQL_FIRST
def test_a_double_tap_over_two_workers_is_one_response(
    app: Flask, settings: Settings, world: World, tmp_path: Path
) -> None:
    [code] = make_codes(app, world.own, year=9, count=1)
    at = at_send(app, code)
    taps = 6
    together = threading.Barrier(taps)
    with serving(settings, tmp_path, workers=2) as server, ThreadPoolExecutor(taps) as pool:

        def tap(_number: int) -> tuple[int, str]:
            together.wait()
            return send(f"{server.address}{at}", SEND)

        answers = list(pool.map(tap, range(taps)))
        logged = server.output.read_text()
    assert [status for status, _page in answers] == [200] * taps
    assert all("Thank you" in page for _status, page in answers)
    assert len(rows(app, "response")) == 1
    assert code not in logged
    assert "/p/" not in logged
