"""Codes: what they carry, what they forgive, and what they give away to a guesser: nothing."""

from __future__ import annotations

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from survey.campaigns import access_codes
from survey.campaigns.access_codes import (
    ALPHABET,
    HALF,
    MOST_CODES,
    hash_code,
    make_codes,
    read_code,
)
from tests.examples import OF_A_PROMISE

KEY, OTHER = bytes(range(32)), bytes(range(1, 33))
HIGHEST = HALF * HALF - 1


def test_alphabet_has_31_signs_and_no_look_alikes() -> None:
    assert len(set(ALPHABET)) == len(ALPHABET) == 31
    assert not set("0O1IL") & set(ALPHABET)


@OF_A_PROMISE
@given(value=st.integers(0, HIGHEST), key=st.binary(min_size=32, max_size=32))
def test_every_number_comes_back_from_its_code(value: int, key: bytes) -> None:
    code = access_codes._encode(value, key)
    assert access_codes._decode(code.replace("-", ""), key) == value


@OF_A_PROMISE
@given(left=st.integers(0, HALF - 1), right=st.integers(0, HALF - 1))
def test_every_code_is_the_code_of_one_number(left: int, right: int) -> None:
    letters = access_codes._spelled(left) + access_codes._spelled(right)
    value = access_codes._decode(letters, KEY)
    assert 0 <= value <= HIGHEST
    assert access_codes._encode(value, KEY) == access_codes._printed(letters)


def test_neighbouring_numbers_share_no_more_letters_than_chance() -> None:
    pairs = [(access_codes._encode(n, KEY), access_codes._encode(n + 1, KEY)) for n in range(2000)]
    same = sum(a == b for one, two in pairs for a, b in zip(one, two, strict=True) if a != "-")
    expected = 2000 * 8 / 31  # 516; four standard deviations are 90
    assert abs(same - expected) < 90


@pytest.mark.parametrize("year", [None, *range(7, 14)])
def test_code_opens_to_its_door_and_year(year: int | None) -> None:
    for door in (0, 1, 1000, 2**18 - 1):
        for code in make_codes(door=door, year=year, count=5, key=KEY):
            opened = read_code(code, key=KEY)
            assert opened == access_codes.OpenedCode(code, door, year)


def test_codes_look_as_printed_and_none_comes_twice() -> None:
    first = make_codes(door=7, year=9, count=2000, key=KEY)
    second = make_codes(door=7, year=9, count=2000, key=KEY, before=2000)
    assert len({*first, *second}) == 4000
    for code in first:
        assert len(code) == 9
        assert code[4] == "-"
        assert set(code) <= set(ALPHABET) | {"-"}


def test_codes_are_not_in_the_order_of_their_serials() -> None:
    def serial(code: str) -> int:
        return access_codes._decode(code.replace("-", ""), KEY) % 2**access_codes.SERIAL_BITS

    serials = [serial(code) for code in make_codes(door=7, year=9, count=200, key=KEY)]
    assert serials != sorted(serials)
    assert set(serials) != set(range(200))


def test_wave_runs_out_of_codes_by_name() -> None:
    make_codes(door=1, year=7, count=1, key=KEY, before=MOST_CODES - 1)
    with pytest.raises(access_codes.TooManyCodesError):
        make_codes(door=1, year=7, count=2, key=KEY, before=MOST_CODES - 1)


@pytest.mark.parametrize(
    "typed",
    [
        "{code}",
        " {code} ",
        "{lower}",
        "{bare}",
        "{spaced}",
        "{wide}",
        "{dashed}",
    ],
)
def test_typing_is_forgiven(typed: str) -> None:
    for code in make_codes(door=4711, year=8, count=20, key=KEY):
        bare = code.replace("-", "")
        text = typed.format(
            code=code,
            lower=code.lower(),
            bare=bare,
            spaced=" ".join(bare),
            wide="".join(chr(ord(sign) + 0xFEE0) for sign in bare),
            dashed=code.replace("-", " – "),
        )
        opened = read_code(text, key=KEY)
        assert opened is not None
        assert opened.code == code
        assert hash_code(text, key=KEY) == hash_code(code, key=KEY)


def test_letters_of_other_keyboards_are_read_as_what_they_look_like() -> None:
    cyrillic = str.maketrans("ABEKMHPCTYX", "АВЕКМНРСТУХ")
    arabic = str.maketrans("23456789", "٢٣٤٥٦٧٨٩")
    for code in make_codes(door=4711, year=8, count=50, key=KEY):
        opened = read_code(code.translate(cyrillic).translate(arabic), key=KEY)
        assert opened is not None
        assert opened.code == code


@pytest.mark.parametrize(
    "text",
    ["", "K7QM", "K7QM-3XPDA", "K7QM-3XP0", "K7QM-3XPO", "K7QM_3XPD", "'; DROP TABLE", "É" * 8],
)
def test_what_is_no_code_is_wrong(text: str) -> None:
    assert read_code(text, key=KEY) is None


@OF_A_PROMISE
@given(st.text(max_size=40))
def test_no_text_breaks_the_reader(text: str) -> None:
    opened = read_code(text, key=KEY)
    assert opened is None or read_code(opened.code, key=KEY) == opened


def test_slip_of_one_letter_hardly_ever_opens_an_existing_door() -> None:
    """100 doors of an authority exist. By the figures of the decision a slip opens one of them
    about once in 8,000; 3,000 slips open more than five with a chance below one in 100,000."""
    source = random.Random(20261005)
    doors = set(source.sample(range(2**18), 100))
    astray = 0
    for door in sorted(doors):
        for code in make_codes(door=door, year=9, count=30, key=KEY):
            place = source.choice([0, 1, 2, 3, 5, 6, 7, 8])
            wrong = source.choice([sign for sign in ALPHABET if sign != code[place]])
            opened = read_code(code[:place] + wrong + code[place + 1 :], key=KEY)
            astray += opened is not None and opened.door in doors
    assert astray <= 5


def test_about_a_third_of_random_codes_have_the_right_form() -> None:
    """2^39 / 31^8 of all, and half of their year groups: 32.2%."""
    tries, source = 3000, random.Random(1)
    opened = sum(
        read_code("".join(source.choices(ALPHABET, k=8)), key=KEY) is not None for _ in range(tries)
    )
    assert 0.27 < opened / tries < 0.375


def test_another_key_reads_and_hashes_otherwise() -> None:
    (code,) = make_codes(door=5, year=7, count=1, key=KEY)
    elsewhere = read_code(code, key=OTHER)
    assert elsewhere is None or (elsewhere.door, elsewhere.year) != (5, 7)
    assert hash_code(code, key=KEY) != hash_code(code, key=OTHER)
    assert len(hash_code(code, key=KEY)) == 32


@pytest.mark.parametrize(("door", "year"), [(2**18, 7), (-1, 7), (1, 5), (1, 14)])
def test_no_code_for_what_does_not_exist(door: int, year: int) -> None:
    with pytest.raises(ValueError, match="no such door"):
        make_codes(door=door, year=year, count=1, key=KEY)
