"""Sealed words open with the right key, in their own place, and nowhere else."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from survey.asking.seal import SealBrokenError, key_from, seal, unseal

KEY, PLACE = key_from("t" * 32), b"school 1, request 2, asked"


@given(st.text())
def test_what_is_sealed_opens_again(words: str) -> None:
    assert unseal(seal(words, key=KEY, place=PLACE), key=KEY, place=PLACE) == words


def test_nothing_of_the_words_shows_and_equal_words_look_different() -> None:
    first, second = (seal("Robin, 8B", key=KEY, place=PLACE) for _time in range(2))
    assert b"Robin" not in first
    assert first != second


@pytest.mark.parametrize(
    "changed",
    [
        {"key": key_from("u" * 32)},
        {"place": b"school 1, request 3, asked"},
        {"sealed": seal("other", key=KEY, place=b"elsewhere")},
        {"sealed": b"stump"},
        {"sealed": b""},
    ],
    ids=["key", "place", "moved", "stump", "nothing"],
)
def test_another_key_another_place_or_other_bytes_do_not_open(changed: dict[str, bytes]) -> None:
    given = {"sealed": seal("Robin, 8B", key=KEY, place=PLACE), "key": KEY, "place": PLACE}
    with pytest.raises(SealBrokenError):
        unseal(**(given | changed))


def test_the_key_is_made_of_the_secret_and_is_not_the_secret() -> None:
    assert len(KEY) == 32
    assert key_from("t" * 32) == KEY != key_from("u" * 32)
    assert KEY != b"t" * 32
