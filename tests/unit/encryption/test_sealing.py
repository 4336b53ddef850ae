"""Sealing, splitting, and keys on paper."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from survey.encryption import sealing
from survey.encryption.sealing import PrivateKey, UnsealError
from tests.examples import OF_A_PROMISE

SECRET = bytes(range(32))
KEY = PrivateKey.of(SECRET)


@OF_A_PROMISE
@given(st.binary(max_size=5000))
def test_what_is_sealed_opens_with_the_key_and_with_nothing_else(plain: bytes) -> None:
    sealed = sealing.seal(plain, public=KEY.public, use=b"use")
    assert len(sealed) == len(plain) + 1088 + 32 + 16  # two encapsulated keys and the tag
    assert KEY.open(sealed, use=b"use") == plain
    for key, use, given_ in (
        (PrivateKey.of(bytes(32)), b"use", sealed),
        (KEY, b"another use", sealed),
        (KEY, b"use", sealed[:-1] + bytes((sealed[-1] ^ 1,))),
        (KEY, b"use", sealed[:20]),
    ):
        with pytest.raises(UnsealError):
            key.open(given_, use=use)


def test_the_same_words_are_never_sealed_to_the_same_bytes() -> None:
    made = {sealing.seal(b"words", public=KEY.public, use=b"use") for _time in range(20)}
    assert len(made) == 20


def test_a_secret_always_makes_the_same_pair() -> None:
    assert PrivateKey.of(SECRET).public == KEY.public
    assert len(KEY.public) == 1216


@OF_A_PROMISE
@given(st.binary(min_size=32, max_size=32))
def test_both_parts_are_needed(secret: bytes) -> None:
    one, other = sealing.split(secret)
    assert sealing.join(one, other) == secret
    assert one != secret
    assert sealing.split(secret)[0] != one


@OF_A_PROMISE
@given(st.binary(min_size=32, max_size=32))
def test_paper_gives_the_secret_back(secret: bytes) -> None:
    printed = sealing.to_paper(secret)
    assert [len(group) for group in printed.split(" ")] == [4] * 14
    assert sealing.from_paper(printed) == secret
    assert sealing.from_paper(printed.lower().replace(" ", "-")) == secret
    assert sealing.from_paper(printed.replace("O", "0").replace("I", "1")) == secret


def test_a_slip_is_seen() -> None:
    letters = sealing.to_paper(SECRET).replace(" ", "")
    wrong = 0
    for at, letter in enumerate(letters):
        slipped = letters[:at] + ("A" if letter != "A" else "B") + letters[at + 1 :]
        wrong += sealing.from_paper(slipped) is None
    assert wrong == len(letters)
    for typed in ("", "hello", letters[:-1], letters + "A", "é" * 56):
        assert sealing.from_paper(typed) is None
