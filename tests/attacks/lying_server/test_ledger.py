"""A ledger that was changed by hand, or written only in part on a bad disk: nothing is
published then, and the service says so. It never continues with what it can still read."""

from __future__ import annotations

import json
import uuid
from datetime import date
from pathlib import Path

import pytest
from flask import Flask

from survey.ledger.file import LedgerError
from survey.ledger.published import Ledger
from survey.releases.register import publications
from tests.attacks.lying_server.mutations import mutants

DAY = date(2027, 1, 8)
ONE, OTHER, THIRD = (uuid.UUID(int=at) for at in (1, 2, 3))


def entered(path: Path) -> list[dict[str, str]]:
    ledger = Ledger(path)
    ledger.publish(publications.report_name(ONE, OTHER), "ab" * 32, DAY)
    ledger.publish(publications.letters_name(ONE, OTHER, 1, {THIRD: "0"}), "cd" * 32, DAY)
    ledger.withdraw(publications.report_name(ONE, OTHER), DAY, "A wrong roll.")
    ledger.restore(publications.report_name(ONE, OTHER), "ab" * 32, DAY)
    return [json.loads(line) for line in path.read_text().splitlines()]


def test_whatever_a_line_holds_it_is_read_or_refused(tmp_path: Path) -> None:
    path = tmp_path / "ledger"
    lines = entered(path)
    refused = 0
    for _label in mutants(lines, 6, 400):
        path.write_text("".join(json.dumps(line) + "\n" for line in lines))
        try:
            Ledger(path).entries()
        except LedgerError:
            refused += 1
    assert refused > 100


@pytest.mark.parametrize("line", ["[" * 100_000, "{}", "[]", '{"published":"x","on":"yesterday"}'])
def test_a_line_that_is_none_is_refused(line: str, tmp_path: Path) -> None:
    path = tmp_path / "ledger"
    entered(path)
    with path.open("a") as file:
        file.write(f"{line}\n")
    with pytest.raises(LedgerError):
        Ledger(path).entries()


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
@pytest.mark.parametrize(
    "name",
    [
        "letters x",
        f"letters {ONE} {OTHER} first {THIRD}=0",
        f"letters {ONE} {OTHER} 1 school=0",
        f"shared place {ONE} {OTHER} 1 school=stops",
    ],
)
def test_a_name_that_is_none_stops_publishing(app: Flask, name: str) -> None:
    with app.test_request_context():
        publications._ledger().publish(name, "ab" * 32, DAY)
        reads = publications.shared_ties if "shared" in name else publications.letters_seen
        with pytest.raises(publications.NoLedgerError):
            reads()
