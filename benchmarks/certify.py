"""Measure how long a school and an authority wait for their certified reports, against an earlier
commit in the same run.

    python -m benchmarks.certify [--quick] [--before COMMIT]

Both are run in turn, each in a separate process, so that a busy machine slows both. CPU seconds
count all processes; seconds on the clock depend on what else the machine does. Every part ends at a
bound: reports are made until their time is over and reckoned from those, and a part that is stopped
is a row that says so.
"""

from __future__ import annotations

import argparse
import importlib
import json
import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from resource import RUSAGE_CHILDREN, RUSAGE_SELF, getrusage
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from benchmarks.figures import Figure

ROOT = Path(__file__).parents[1]
BEFORE = "47cf71c3"
"""The commit before probes of the audit kept their factors."""

STUDENTS = 1200
AUTHORITIES = (30, 100)
QUICK_STUDENTS = 400
DRAWN = 20
"""Schools that are drawn for a comparison; a larger authority has each several times, under
different headings, as to draw a school takes longer than to compare it."""

SECONDS = 600
QUICK_SECONDS = 30
"""On the clock, for which reports of an authority are made; then the others are reckoned."""

BOUND = 900
QUICK_BOUND = 60
"""Seconds on the clock at which a part is stopped."""

Found = dict[str, float]


def main(quick: bool = False, before: str | None = BEFORE) -> None:
    """Print the table; ``quick``: a smaller school and fewer reports, in some minutes."""
    from benchmarks.figures import table

    print(table(_figures(QUICK_STUDENTS if quick else STUDENTS, quick, before)))


def measure(*, quick: bool) -> list[Figure]:
    """Rows for `make bench`: one school in full; ``quick``: of an authority the reports that are
    made in half a minute, from which all of them are reckoned, and its comparison."""
    return _figures(STUDENTS, quick, None)


def _figures(students: int, quick: bool, before: str | None) -> list[Figure]:
    from benchmarks.figures import Figure

    few, many = AUTHORITIES
    bound = QUICK_BOUND if quick else BOUND
    jobs = (
        ("school", students),
        ("reports", QUICK_SECONDS if quick else SECONDS),
        ("compare", many),
    )
    now: Found = {}
    then: Found = {}
    with _worktree(before) as earlier:
        for what, number in jobs:
            if earlier is not None:
                then.update(_run(earlier, what, number, bound))
            now.update(_run(ROOT, what, number, bound))

    def row(key: str, words: str, unit: str, goal: float | None, note: str = "") -> Figure:
        if key in now:
            return Figure(words, now[key], goal, unit, before=then.get(key), note=note)
        return Figure(words, bound, goal, "s", note="stopped: it takes longer than this")

    figures = [
        row("school clock", f"school of {students}: audited, certified, verified", "s", 3.0),
        row("school cpu", "  all processes", "CPU s", None),
        row("school verify", "  of which the verifier", "CPU s", None),
        row("certificate", "  its certificate", "kB", None),
        row("certificate stored", "  as stored", "kB", 600.0),
    ]
    made = now.get("reports", 0)
    for size, goal in zip(AUTHORITIES, (60.0, 210.0), strict=True):
        note = "" if made == size else f"reckoned from {made:.0f}"
        figures += [
            row(f"reports clock {size}", f"{size} schools: all reports", "s", goal, note),
            row(f"reports cpu {size}", "  all processes", "CPU s", None, note),
        ]
    for size in AUTHORITIES:
        figures += [
            row(f"compare {size}", f"comparison of {size} schools, verified", "CPU s", 5.0),
            row(f"memory {size}", "  largest memory", "MB", None),
        ]
    if f"compare {few}" in now and f"compare {many}" in now:
        ratio = now[f"compare {many}"] / now[f"compare {few}"]
        words = f"comparison of {many} schools, in those of {few}"
        figures.append(Figure(words, ratio, 3.5, "times", note="of one run"))
    return figures


@contextmanager
def _worktree(commit: str | None) -> Iterator[Path | None]:
    """The tree of an earlier commit; None if this clone does not hold it."""
    with tempfile.TemporaryDirectory() as folder:
        tree = Path(folder) / "before"
        command = ["git", "worktree", "add", "--quiet", "--detach", str(tree), commit or ""]
        if not commit or subprocess.run(command, cwd=ROOT, check=False).returncode:
            yield None
            return
        try:
            yield tree
        finally:
            command = ["git", "worktree", "remove", "--force", str(tree)]
            subprocess.run(command, cwd=ROOT, check=True)


def _run(tree: Path, what: str, number: int, bound: int) -> Found:
    """Measure with the code of a tree; nothing, if it takes longer than a bound."""
    child = subprocess.Popen(
        [sys.executable, str(Path(__file__)), "--child", what, str(number)],
        cwd=tree,
        env={**os.environ, "PYTHONPATH": str(tree), "PYTHONSAFEPATH": "1"},
        stdout=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    try:
        written, _ = child.communicate(timeout=bound)
    except BaseException as stopped:
        os.killpg(child.pid, signal.SIGKILL)  # with the processes of its pool
        child.wait()
        if not isinstance(stopped, subprocess.TimeoutExpired):
            raise
        return {}
    if child.returncode:
        raise subprocess.CalledProcessError(child.returncode, child.args)
    found: Found = json.loads(written.splitlines()[-1])
    return found


def _cpu() -> float:
    spent = [getrusage(whose) for whose in (RUSAGE_SELF, RUSAGE_CHILDREN)]
    return sum(one.ru_utime + one.ru_stime for one in spent)


def _publish() -> Any:
    """The only way from counts to figures. Earlier commits have it under another name."""
    for name in ("certified_figures", "gate"):
        with suppress(ModuleNotFoundError):
            return importlib.import_module(f"survey.releases.{name}").publish
    raise RuntimeError("this commit has no module that publishes")


def school(students: int) -> Found:
    from sqlalchemy.dialects import sqlite

    from benchmarks.disclosure import invented
    from survey import database
    from survey.disclosure.verify import verify
    from survey.jobs.process_pool import ProcessPool

    publish = _publish()
    counted = invented(students, 1)
    began, spent = time.perf_counter(), _cpu()
    with ProcessPool() as pool:
        release, certificate = publish(counted, {"roll": students}, bytes(32), pool.each)
        clock = time.perf_counter() - began
    spent = _cpu() - spent
    packing = getattr(database, "PackedTight", database.Packed)()  # earlier commits have the second
    texts = release.to_json(), certificate.to_json()
    alone = time.process_time()
    verify(*texts)
    return {
        "school clock": clock,
        "school cpu": spent,
        "school verify": time.process_time() - alone,
        "certificate": len(texts[1]) / 1000,
        "certificate stored": len(packing.process_bind_param(texts[1], sqlite.dialect()) or b"")
        / 1000,
    }


def reports(seconds: int) -> Found:
    """Reports of schools of 600 to 1,360, one after the other, until the time is over; each is the
    same share of an authority, so all of them are reckoned from those that were made."""
    from benchmarks.disclosure import invented
    from survey.jobs.process_pool import ProcessPool

    publish = _publish()
    clock = spent = 0.0
    made = 0
    with ProcessPool() as pool:
        while made < AUTHORITIES[0] and (not made or clock < seconds):
            counted = invented(600 + 40 * (7 * made % 20), made)
            began, before = time.perf_counter(), _cpu()
            publish(counted, {"roll": 1000}, bytes(32), pool.each)
            clock += time.perf_counter() - began
            spent += _cpu() - before
            made += 1
        began = _cpu()
    spent += _cpu() - began  # the processes of the pool count when they have ended
    found: Found = {"reports": made}
    for size in AUTHORITIES:
        found[f"reports clock {size}"] = clock / made * size
        found[f"reports cpu {size}"] = spent / made * size
    return found


def compare(schools: int) -> Found:
    """Compare a part of the schools and then all of them, so that the two are of one run. The
    reports are printed once, and not certified here: a comparison reads what they print."""
    from benchmarks.disclosure import TEMPLATE, invented
    from survey.disclosure.policy import STANDARD
    from survey.disclosure.verify_comparison import verify_comparison
    from survey.questionnaires.load import load_all
    from survey.reports.comparisons.build_comparison import Participant
    from survey.reports.comparisons.build_comparison import compare as compared
    from tests.unit.reports.schools import print_release

    questionnaire = load_all()[TEMPLATE]
    drawn = [invented(200 + 16 * number, number) for number in range(min(schools, DRAWN))]
    participants = []
    for number in range(schools):
        release = print_release(drawn[number % DRAWN], {"roll": 1000, "wave": number})
        participants.append(
            Participant(release, release.content_hash(), questionnaire, "secondary", None)
        )
    texts = [one.release.to_json() for one in participants]
    unit = 1 if sys.platform == "darwin" else 1024
    found: Found = {}
    for size in (AUTHORITIES[0], schools):
        began = time.process_time()
        made = compared(participants[:size], questionnaire, STANDARD, {"wave": 1})
        verify_comparison(made.to_json(), texts[:size])
        found[f"compare {size}"] = time.process_time() - began
        found[f"memory {size}"] = getrusage(RUSAGE_SELF).ru_maxrss * unit / 10**6
    return found


CHILDREN = {"school": school, "reports": reports, "compare": compare}


if __name__ == "__main__":
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--quick", action="store_true")
    arguments.add_argument("--before", default=BEFORE)
    arguments.add_argument("--child", nargs=2, help=argparse.SUPPRESS)
    chosen = arguments.parse_args()
    if chosen.child:
        print(json.dumps(CHILDREN[chosen.child[0]](int(chosen.child[1]))))
    else:
        main(chosen.quick, chosen.before)
