"""A process that serves pages: it holds nothing that only a worker needs."""

from __future__ import annotations

import ctypes
import subprocess
import sys

import pytest

from tests.conftest import settings_for
from tests.real_server import ROOT, environment

LOADED = """
import sys
from survey.app import create_app, warm
app = create_app()
warm(app)
from survey.reports.charts.dot_chart import Bar, Chart, ChartLine, wanted
from survey.reports.charts.funnel_plot import FunnelChart
from survey.reports.school.report_data import Tone
from survey.reports.trends.survey_lanes_chart import WavesChart
with app.test_request_context():
    wanted(Chart("k", "T", "D", (ChartLine("L", (Bar("1", Tone.PLAIN, 1, 2),)),), 100))
    wanted(FunnelChart("k", "T", "D", (), 20, 100, Tone.PLAIN))
    wanted(WavesChart("k", "T", "D", ("May",), (), 100))
print(*sys.modules)
"""
OF_A_WORKER = {
    "altair", "highspy", "lxml", "narwhals", "numpy", "pptx", "procrastinate", "typst",
    "vl_convert", "xlsxwriter", "survey.disclosure.audit", "survey.disclosure.certify",
    "survey.exports.deck",
}  # fmt: skip
"""The engine with its solver, and what draws charts and makes files: 60 MB of 195 together."""


def test_it_starts_and_asks_for_drawings_without_the_engine_and_what_draws(sqlite_url: str) -> None:
    done = subprocess.run(
        [sys.executable, "-c", LOADED],
        cwd=ROOT,
        env=environment(settings_for(sqlite_url)),
        capture_output=True,
        text=True,
        check=True,
    )
    loaded = set(done.stdout.split())
    assert "survey.releases.jobs" in loaded
    assert loaded & OF_A_WORKER == set()


HEAPS = """
import ctypes, sys, threading
from survey import startup_safety
if sys.argv[1] == "shared":
    startup_safety.share_heaps()
libc, all_have_one = ctypes.CDLL(None), threading.Barrier(9)
libc.malloc.restype = libc.fdopen.restype = ctypes.c_void_p
def take():
    libc.malloc(1000)
    all_have_one.wait()
for _thread in range(8):
    threading.Thread(target=take).start()
all_have_one.wait()
out = ctypes.c_void_p(libc.fdopen(1, b"w"))
libc.malloc_info(0, out)
libc.fflush(out)
"""


@pytest.mark.skipif(not hasattr(ctypes.CDLL(None), "malloc_info"), reason="of glibc alone")
@pytest.mark.parametrize(("given", "most"), [("shared", 2), ("as glibc has it", 9)])
def test_its_threads_share_two_heaps(given: str, most: int) -> None:
    """Each heap keeps what the largest page needed once, and there are 128 threads."""
    command = [sys.executable, "-c", HEAPS, given]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
    heaps = done.stdout.count("<heap nr=")
    assert 1 <= heaps <= most
    assert (heaps > 2) == (given != "shared"), heaps
