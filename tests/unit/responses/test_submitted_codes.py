"""The address of a page that says how long to wait."""

from __future__ import annotations

from pathlib import Path

import pytest

from survey.device.hour_keys import HourKeys
from survey.responses.code_entry import submitted_codes
from survey.responses.code_entry.rate_limit import GuessLimit
from survey.responses.code_entry.submitted_codes import Knock

KEY = bytes(range(32))


def waiting(typed: str) -> Knock:
    """The knock of a code whose first half was tried many times."""
    guesses, knock = GuessLimit(), Knock.of(typed)
    for number in range(300):
        guesses.wrong(f"{knock.code[:4].ljust(4, 'K')}{number:04d}")
        guesses.wrong(f"{knock.code[:4]}{number:04d}")
    waits = knock.must_wait(guesses, key=KEY)
    assert waits is not None
    return waits


@pytest.mark.parametrize("junk", ["\U00010400", "ﷺ", "ক্ষি", "é", "K7QM", "漢"])
def test_whatever_is_pasted_makes_an_address_of_one_length(tmp_path: Path, junk: str) -> None:
    """A server refuses long addresses, and a long one would say that something else was pasted."""
    keys = HourKeys(tmp_path)
    code = submitted_codes.seal(keys, waiting("K7QM-3XPD"))
    pasted = waiting(junk * 400)
    letters = submitted_codes.seal(keys, pasted)
    assert len(letters) == len(code) < 600
    assert submitted_codes.unseal(keys, letters) == pasted


@pytest.mark.parametrize("typed", ["K7QM-3XPD", "k7qm 3xpd", "https://survey.test/s/K7QM-3XPD."])
def test_a_code_waits_as_itself_however_it_was_written(tmp_path: Path, typed: str) -> None:
    keys = HourKeys(tmp_path)
    found = submitted_codes.unseal(keys, submitted_codes.seal(keys, waiting(typed)))
    assert found is not None
    assert found.code == "K7QM3XPD"
    assert found.seconds_left(key=KEY) > 0


def test_letters_of_another_purpose_open_nothing(tmp_path: Path) -> None:
    assert submitted_codes.unseal(HourKeys(tmp_path), "AAAA") is None
