"""What is sealed opens with the right key, in its own place, and nowhere else."""

from __future__ import annotations

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from survey.help_requests import encryption
from survey.help_requests.encryption import SealBrokenError
from tests.examples import OF_A_PROMISE

KEY, PLACE = encryption.key_from("t" * 32), b"school 1, box 2"
PUBLIC, PRIVATE = encryption.new_pair()
PASSWORD = "seven quiet otters"


@OF_A_PROMISE
@given(st.binary())
def test_what_is_sealed_opens_again(content: bytes) -> None:
    stored = encryption.store(content, key=KEY, place=PLACE)
    sealed = encryption.seal(content, public_key=PUBLIC, place=PLACE)
    assert encryption.unstore(stored, key=KEY, place=PLACE) == content
    assert encryption.unseal(sealed, private_key=PRIVATE, place=PLACE) == content


def test_equal_words_look_different() -> None:
    assert len({encryption.store(b"Robin", key=KEY, place=PLACE) for _ in range(3)}) == 3
    assert len({encryption.seal(b"Robin", public_key=PUBLIC, place=PLACE) for _ in range(3)}) == 3


@pytest.mark.parametrize(
    "changed",
    [
        {"private_key": encryption.new_pair()[1]},
        {"place": b"school 1, box 3"},
        {"sealed": encryption.seal(b"x", public_key=PUBLIC, place=b"elsewhere")},
        {"sealed": b"a fragment"},
        {"sealed": b""},
    ],
    ids=["key", "place", "moved", "fragment", "nothing"],
)
def test_another_key_another_place_or_other_bytes_do_not_open(changed: dict[str, bytes]) -> None:
    sealed = encryption.seal(b"Robin, 8B", public_key=PUBLIC, place=PLACE)
    given = {"sealed": sealed, "private_key": PRIVATE, "place": PLACE}
    with pytest.raises(SealBrokenError):
        encryption.unseal(**(given | changed))


def test_a_wrapped_key_opens_with_its_password_for_its_holder() -> None:
    wrapped = encryption.wrap(PRIVATE, secret=PASSWORD, place=PLACE)
    assert encryption.unwrap(wrapped, secret=PASSWORD, place=PLACE) == PRIVATE
    for changed in ({"secret": PASSWORD + " "}, {"place": b"another holder"}):
        with pytest.raises(SealBrokenError):
            encryption.unwrap(wrapped, **({"secret": PASSWORD, "place": PLACE} | changed))


LETTERS = {"bn": "ক্ষি", "pa": "ਸ੍ਰੀ", "ur": "نَّ", "ar": "مّ", "uk": "ї", "pl": "ź", "emoji": "🙂"}
"""Letters as a reader counts them, of the longest that are common in each script."""


@pytest.mark.parametrize("letter", LETTERS.values(), ids=LETTERS.keys())
def test_the_longest_request_and_note_fit_in_any_script(letter: str) -> None:
    """As form fields limit them: 820 letters and a note of 500. The letters vary, so that nothing
    is gained by packing them."""
    draw = random.Random(1)
    varied = [letter, *(chr(ord(letter[0]) + step) + letter[1:] for step in range(1, 20))]

    def words(count: int) -> str:
        return "".join(draw.choice(varied) for _ in range(count))

    asked = {"name": words(80), "form": words(40), "where": words(200), "about": words(500)}
    assert encryption.has_room({**asked, "urgent": False})
    longest = {**asked, "urgent": False, "note": words(500)}
    assert encryption.unpadded(encryption.padded(longest)) == longest


def test_what_a_migration_wrote_is_read() -> None:
    document = '{"name": "Zoë"}'.encode()
    content = (len(document).to_bytes(4, "big") + document).ljust(encryption.PLAIN_BYTES, b"\0")
    assert encryption.unpadded(content) == {"name": "Zoë"}


def test_every_request_takes_one_size_and_what_is_too_long_is_refused() -> None:
    words = {"name": "🙂" * 80, "form": "🙂" * 40, "where": "🙂" * 200, "about": "🙂" * 500}
    odd = {name: '\x00\x1f\\"' * (len(value) // 4) for name, value in words.items()}
    assert len(encryption.padded(odd)) == len(encryption.padded({})) == encryption.PLAIN_BYTES
    draw = random.Random(1)
    stacked = "a" + "".join(chr(0x300 + draw.randrange(112)) for _ in range(20_000))
    assert not encryption.has_room({"about": stacked})
    with pytest.raises(encryption.TooLongError):
        encryption.padded({"about": stacked})


def test_codes_are_read_as_people_type_them_and_a_wrong_letter_is_noticed() -> None:
    code = encryption.make_code()
    assert [len(group) for group in code.split("-")] == [4] * 6
    for typed in (code.lower(), code.replace("-", ""), f"  {code.replace('-', ' ')} "):
        assert encryption.read_code(typed) == code
    other = "B" if code[0] == "A" else "A"
    swapped = code[1] + code[0] + code[2:]
    assert encryption.read_code(other + code[1:]) is None
    assert swapped == code or encryption.read_code(swapped) is None
    assert encryption.read_code(code[:-1]) is None
    assert encryption.make_code() != code
