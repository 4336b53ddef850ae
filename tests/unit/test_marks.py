"""Sessions that ended are known in every process at once, though few are looked up."""

from __future__ import annotations

import stat
from pathlib import Path

import pytest

from survey.device.marks import MARK_BYTES, MARKS, UNSETTLED, Marks

ONE, TWIN, OTHER = b"\x07" + b"a" * 31, b"\x07" + b"b" * 31, b"\x08" + b"a" * 31


@pytest.fixture
def two(tmp_path: Path) -> tuple[Marks, Marks]:
    """Two processes with one key folder."""
    return Marks(tmp_path), Marks(tmp_path)


def test_an_end_is_seen_by_every_process(two: tuple[Marks, Marks]) -> None:
    here, there = two
    for process in two:
        process.going_on(ONE, process.read(ONE))
        process.going_on(OTHER, process.read(OTHER))
        assert process.knows_going_on(ONE)
    here.unsettle(ONE)
    here.settle(ONE)
    assert not there.knows_going_on(ONE)
    assert not here.knows_going_on(ONE)
    assert there.knows_going_on(OTHER)


def test_nothing_that_is_looked_up_while_a_session_ends_is_relied_on(
    two: tuple[Marks, Marks],
) -> None:
    """Also if the process that ends it dies before it is done."""
    here, there = two
    here.unsettle(ONE)
    mark = there.read(TWIN)
    assert mark == UNSETTLED
    there.going_on(TWIN, mark)
    assert not there.knows_going_on(TWIN)
    here.settle(ONE)
    there.going_on(TWIN, there.read(TWIN))
    assert there.knows_going_on(TWIN)


def test_an_answer_that_was_read_before_the_end_is_not_relied_on_after_it(
    two: tuple[Marks, Marks],
) -> None:
    here, there = two
    before = there.read(ONE)
    here.unsettle(ONE)
    here.settle(ONE)
    there.going_on(ONE, before)  # its look into the database came before the end
    assert not there.knows_going_on(ONE)


def test_without_the_file_everything_is_looked_up(tmp_path: Path) -> None:
    marks = Marks(tmp_path)
    marks.going_on(ONE, marks.read(ONE))
    (tmp_path / "ended-marks").unlink()
    assert not marks.knows_going_on(ONE)
    marks.unsettle(ONE)  # and it comes back by itself
    marks.settle(ONE)
    marks.going_on(ONE, marks.read(ONE))
    assert marks.knows_going_on(ONE)


def test_the_file_says_nothing_of_who_when_or_how_many(tmp_path: Path) -> None:
    marks = Marks(tmp_path)
    path = tmp_path / "ended-marks"
    size = path.stat().st_size
    assert size == MARKS * MARK_BYTES
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    for number in range(40):
        session = bytes([number % 3]) + b"x" * 31
        marks.unsettle(session)
        marks.settle(session)
    kept = path.read_bytes()
    assert len(kept) == size
    assert session not in kept
