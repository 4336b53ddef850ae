"""What was published is kept outside the database, once, whatever happens around the file."""

from __future__ import annotations

import contextlib
import json
import threading
from datetime import date
from pathlib import Path

import pytest

from survey.ledger.file import LedgerError
from survey.ledger.published import Ledger, OtherReferenceError, PublicationEntry

DAY, LATER = date(2026, 12, 21), date(2027, 1, 4)


@pytest.fixture
def ledger(tmp_path: Path) -> Ledger:
    return Ledger(tmp_path / "ledger")


def test_what_was_published_is_found_again(ledger: Ledger):
    assert ledger.find("report 1") is None
    ledger.publish("report 1", "aa", DAY)
    assert Ledger(ledger.path).find("report 1") == PublicationEntry("report 1", "aa", DAY)


def test_the_same_reference_again_changes_nothing(ledger: Ledger):
    ledger.publish("report 1", "aa", DAY)
    before = ledger.path.read_bytes()
    assert ledger.publish("report 1", "aa", LATER).published_on == DAY
    assert ledger.path.read_bytes() == before


def test_another_reference_is_refused_and_leaves_the_first(ledger: Ledger):
    ledger.publish("report 1", "aa", DAY)
    with pytest.raises(OtherReferenceError):
        ledger.publish("report 1", "bb", LATER)
    assert ledger.find("report 1") == PublicationEntry("report 1", "aa", DAY)


def test_a_withdrawal_stays(ledger: Ledger):
    ledger.publish("report 1", "aa", DAY)
    ledger.withdraw("report 1", LATER, "A mistake.\nSorry.")
    ledger.withdraw("report 1", date(2028, 1, 1), "Again.")
    assert ledger.publish("report 1", "aa", LATER) == PublicationEntry(
        "report 1", "aa", DAY, LATER, "A mistake.\nSorry."
    )


def test_nobody_else_on_the_machine_reads_it(ledger: Ledger):
    ledger.publish("report 1", "aa", DAY)
    assert ledger.path.stat().st_mode & 0o777 == 0o600


def test_a_line_that_was_cut_off_is_written_again(ledger: Ledger):
    ledger.publish("report 1", "aa", DAY)
    with ledger.path.open("ab") as file:
        file.write(b'{"published": "report 2", "refer')
    assert ledger.find("report 2") is None
    ledger.publish("report 2", "bb", DAY)
    assert set(ledger.entries()) == {"report 1", "report 2"}
    assert all(json.loads(line) for line in ledger.path.read_text().splitlines())


@pytest.mark.parametrize("line", ["what?", "{}", '{"on": "2026-12-21", "withdrawn": "report 9"}'])
def test_a_ledger_that_cannot_be_read_publishes_nothing(ledger: Ledger, line: str):
    ledger.path.write_text(line + "\n")
    with pytest.raises(LedgerError):
        ledger.publish("report 1", "aa", DAY)
    assert ledger.path.read_text() == line + "\n"


def test_a_folder_that_is_not_there_publishes_nothing(tmp_path: Path):
    with pytest.raises(LedgerError):
        Ledger(tmp_path / "gone" / "ledger").publish("report 1", "aa", DAY)


def test_of_many_at_once_one_reference_is_kept(ledger: Ledger):
    kept: list[str] = []

    def try_it(reference: str) -> None:
        with contextlib.suppress(OtherReferenceError):
            kept.append(Ledger(ledger.path).publish("report 1", reference, DAY).reference)

    threads = [threading.Thread(target=try_it, args=(f"{at:02}",)) for at in range(16)]
    for one in threads:
        one.start()
    for one in threads:
        one.join()
    assert len(kept) == 1
    assert len(ledger.path.read_text().splitlines()) == 1
