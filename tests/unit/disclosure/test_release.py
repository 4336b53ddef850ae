"""The release file: canonical, readable, the same everywhere."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from survey.disclosure.certify import certify
from survey.disclosure.figures import HiddenReason
from survey.disclosure.policy import STANDARD, RoundingLevel
from survey.disclosure.protection_levels import BY_GROUP, WHOLE_ONLY, begin, forms
from survey.disclosure.release import COLUMNS, Release, UnreadableReleaseError
from survey.disclosure.tables import Group, TableError
from survey.disclosure.verify import verify
from tests.unit.disclosure.policies import TENS
from tests.unit.disclosure.schools import ANSWERS, SEED, counted, school, took_part


@pytest.fixture(scope="module")
def release() -> Release:
    table = school(2, students=300)
    return certify([table], took_part(table), STANDARD, {"id": "wave-1"}, SEED)[0]


def test_it_reads_back_and_its_name_is_its_content(release: Release) -> None:
    again = Release.from_json(release.to_json())
    assert again == release
    assert again.content_hash() == release.content_hash()
    reordered = json.dumps(json.loads(release.to_json()), indent=2)
    assert Release.from_json(reordered).content_hash() == release.content_hash()


def test_the_long_form_holds_every_figure_once(release: Release) -> None:
    rows = list(release.rows())
    groups = len(release.lattice.groups)
    assert len(rows) == groups * (1 + len(release.tables[0].answers))
    assert len({(row.table, row.group, row.answer) for row in rows}) == len(rows)
    assert all(len(row.values()) == len(COLUMNS) for row in rows)
    for row in rows:
        if row.status == "hidden":
            assert row.count is row.percent is row.base is None
            assert row.reason != "none"


def test_nothing_exact_is_in_the_file(release: Release) -> None:
    """Every printed count is a multiple of its rounding; nothing else counts people."""
    for row in release.rows():
        for number in (row.count, row.base):
            if number is not None:
                assert number % RoundingLevel(row.rung).rounding == 0


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"format":"safety-survey-release/2"}'])
def test_other_files_are_refused(text: str) -> None:
    with pytest.raises(UnreadableReleaseError):
        Release.from_json(text)


def test_a_damaged_file_is_refused(release: Release) -> None:
    data = json.loads(release.to_json())
    for row in data["tables"][0]["rows"]:
        if row["shown"]:
            next(iter(row["cells"].values()))["count"] = -5
    with pytest.raises(TableError):
        Release.from_json(json.dumps(data))


def test_the_same_input_gives_the_same_bytes_in_another_process() -> None:
    """Hash seeds differ between processes; releases and certificates must not."""
    code = (
        "from tests.unit.disclosure.schools import *\n"
        "from survey.disclosure.certify import certify\n"
        "from survey.disclosure.policy import STANDARD\n"
        "t = school(5, students=300)\n"
        "r, c = certify([t], took_part(t), STANDARD, {'id': 'x'}, SEED)\n"
        "print(r.content_hash(), c.content_hash())"
    )
    root = Path(__file__).parents[3]
    found = set()
    for seed in ("1", "2"):
        environment = {**os.environ, "PYTHONHASHSEED": seed, "PYTHONPATH": str(root)}
        ran = subprocess.run(
            [sys.executable, "-c", code],
            capture_output=True,
            text=True,
            check=True,
            env=environment,
            cwd=root,
        )
        found.add(ran.stdout.split()[-2:][0] + ran.stdout.split()[-1])
    assert len(found) == 1


def test_small_surveys_give_the_whole_school_or_nothing() -> None:
    """Rule R11."""
    forty = counted({("7", "girl"): (10, 9, 1), ("8", "boy"): (10, 9, 1)})
    release, _ = certify([forty], took_part(forty), STANDARD, {"id": "x"}, SEED)
    for table in (release.participation, *release.tables):
        shown = {row.group for row in table.rows if row.shown}
        assert shown <= {Group()}
        assert table.reason is HiddenReason.SURVEY_TOO_SMALL
    assert release.participation.row(Group()).base == 40
    nineteen = counted({("7", "girl"): (5, 4, 1), ("8", "boy"): (5, 4, 0)})
    release, certificate = certify([nineteen], took_part(nineteen), STANDARD, {"id": "x"}, SEED)
    assert not any(row.shown for table in release.tables for row in table.rows)
    assert not any(row.shown for row in release.participation.rows)
    assert certificate.families == ()


def test_progress_is_told_table_by_table() -> None:
    tables = [counted({("7", "girl"): (30, 30, 5)}, key=key) for key in "abc"]
    seen: list[tuple[int, int]] = []
    certify(
        tables,
        took_part(tables[0]),
        STANDARD,
        {"id": "x"},
        SEED,
        lambda done, of: seen.append((done, of)),
    )
    assert seen == [(1, 3), (2, 3), (3, 3)]


def test_the_lot_follows_its_chances() -> None:
    ladder = forms(STANDARD, BY_GROUP)
    begun = [begin(ladder, SEED, str(number)) for number in range(4000)]
    assert 0.77 < begun.count(0) / 4000 < 0.83
    assert begin(ladder, SEED, "B1") == begin(ladder, SEED, "B1")
    for policy in (STANDARD, TENS):
        for full in (BY_GROUP, WHOLE_ONLY):
            kept = forms(policy, full)
            assert sum(form.chance for form in kept) == sum(form.chance for form in full)
            assert kept[-1].whole is RoundingLevel.NOTHING


def test_an_item_that_nobody_was_asked_keeps_no_report_from_being_made() -> None:
    """A school whose years all stop before an item begins."""
    asked = school(3, students=200)
    nobody = replace(asked, key="late", counts=dict.fromkeys(asked.counts, (0,) * len(ANSWERS)))
    release, certificate = certify([asked, nobody], took_part(asked), STANDARD, {}, bytes(32))
    assert not any(row.shown for row in release.tables[1].rows)
    assert verify(release.to_json(), certificate.to_json())
