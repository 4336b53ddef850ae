"""Measure how long a school and an authority wait for their certified reports, against an earlier
commit in the same run.

    python -m benchmarks.certify [--quick] [--before COMMIT]

Both are run in turn, each in a separate process, so that a busy machine slows both. CPU seconds
count all processes; seconds on the clock depend on what else the machine does.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from resource import RUSAGE_CHILDREN, RUSAGE_SELF, getrusage
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from benchmarks.figures import Figure

ROOT = Path(__file__).parents[1]
BEFORE = "46b5364"
"""The commit before the audit searched from the middle of a table."""

STUDENTS = 1200
AUTHORITIES = (30, 100)
QUICK_STUDENTS = 400
QUICK_AUTHORITIES = (10, 30)
REPORTS_IN_FULL, REPORTS_QUICK = 30, 2
Found = dict[str, float]


def main(quick: bool = False, before: str | None = BEFORE) -> None:
    """Print the table; ``quick``: smaller schools and authorities, in about a minute."""
    from benchmarks.figures import table

    sizes = QUICK_AUTHORITIES if quick else AUTHORITIES
    students = QUICK_STUDENTS if quick else STUDENTS
    reports = REPORTS_QUICK if quick else REPORTS_IN_FULL
    print(table(_figures(students, reports, sizes, before)))


def measure(*, quick: bool) -> list[Figure]:
    """Rows for `make bench`: one school in full; ``quick``: of an authority only two reports, from
    which all of them are reckoned, and its comparison."""
    return _figures(STUDENTS, REPORTS_QUICK if quick else REPORTS_IN_FULL, AUTHORITIES, None)


def _figures(
    students: int, reports: int, sizes: tuple[int, int], before: str | None
) -> list[Figure]:
    from benchmarks.figures import Figure

    few, many = sizes
    jobs = (("school", students), ("reports", reports), ("compare", few), ("compare", many))
    now: Found = {}
    then: Found = {}
    with _worktree(before) as earlier:
        for what, number in jobs:
            if earlier is not None:
                then.update(_run(earlier, what, number))
            now.update(_run(ROOT, what, number))

    def row(key: str, words: str, unit: str, goal: float | None) -> Figure:
        return Figure(words, now[key], goal, unit, before=then.get(key))

    figures = [
        row("school clock", f"school of {students}: audited, certified, verified", "s", 3.0),
        row("school cpu", "  all processes", "CPU s", None),
        row("school verify", "  of which the verifier", "CPU s", None),
        row("certificate", "  its certificate", "kB", None),
        row("reports clock", f"{reports} schools: all reports", "s", 2.0 * reports),
    ]
    if reports != REPORTS_IN_FULL:
        reckoned = now["reports clock"] / reports * REPORTS_IN_FULL
        note = f"reckoned from {reports}"
        figures.append(
            Figure(f"{REPORTS_IN_FULL} schools: all reports", reckoned, 60.0, "s", note=note)
        )
    for size in (few, many):
        figures += [
            row(f"compare {size}", f"comparison of {size} schools, verified", "CPU s", 5.0),
            row(f"memory {size}", "  largest memory", "MB", None),
        ]
    ratio = now[f"compare {many}"] / now[f"compare {few}"]
    figures.append(Figure(f"comparison of {many} schools to {few}", ratio, 3.5, "times"))
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


def _run(tree: Path, what: str, number: int) -> Found:
    """Measure with the code of a tree."""
    done = subprocess.run(
        [sys.executable, str(Path(__file__)), "--child", what, str(number)],
        cwd=tree,
        env={**os.environ, "PYTHONPATH": str(tree), "PYTHONSAFEPATH": "1"},
        stdout=subprocess.PIPE,
        check=True,
        text=True,
    )
    found: Found = json.loads(done.stdout.splitlines()[-1])
    return found


def _cpu() -> float:
    spent = [getrusage(whose) for whose in (RUSAGE_SELF, RUSAGE_CHILDREN)]
    return sum(one.ru_utime + one.ru_stime for one in spent)


def school(students: int) -> Found:
    from benchmarks.disclosure import invented
    from survey.disclosure.verify import verify
    from survey.jobs.pool import Pool
    from survey.releases.gate import publish

    counted = invented(students, 1)
    began, spent = time.perf_counter(), _cpu()
    with Pool() as pool:
        release, certificate = publish(counted, {"roll": students}, bytes(32), pool.each)
        clock = time.perf_counter() - began
    spent = _cpu() - spent
    texts = release.to_json(), certificate.to_json()
    alone = time.process_time()
    verify(*texts)
    return {
        "school clock": clock,
        "school cpu": spent,
        "school verify": time.process_time() - alone,
        "certificate": len(texts[1]) / 1000,
    }


def reports(schools: int) -> Found:
    from benchmarks.disclosure import invented
    from survey.jobs.pool import Pool
    from survey.releases.gate import publish

    drawn = [invented(600 + 40 * (number % 20), number) for number in range(schools)]
    began = time.perf_counter()
    with Pool() as pool:
        for counted in drawn:
            publish(counted, {"roll": 1000}, bytes(32), pool.each)
    return {"reports clock": time.perf_counter() - began}


def compare(schools: int) -> Found:
    """The reports are printed but not certified here: a comparison reads what they print."""
    from benchmarks.disclosure import TEMPLATE, invented
    from survey.disclosure.policy import STANDARD
    from survey.disclosure.verify_comparison import verify_comparison
    from survey.questionnaires.load import load_all
    from survey.reports.comparisons.build import Participant
    from survey.reports.comparisons.build import compare as compared
    from tests.unit.reports.schools import print_release

    questionnaire = load_all()[TEMPLATE]
    participants = []
    for number in range(schools):
        release = print_release(
            invented(200 + 8 * (number % 40), number), {"roll": 1000, "wave": number}
        )
        participants.append(
            Participant(release, release.content_hash(), questionnaire, "secondary", None)
        )
    texts = [one.release.to_json() for one in participants]
    began = time.process_time()
    made = compared(participants, questionnaire, STANDARD, {"wave": 1})
    verify_comparison(made.to_json(), texts)
    unit = 1 if sys.platform == "darwin" else 1024
    return {
        f"compare {schools}": time.process_time() - began,
        f"memory {schools}": getrusage(RUSAGE_SELF).ru_maxrss * unit / 10**6,
    }


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
