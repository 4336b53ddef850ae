"""What is left of a text when words are blacked out."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from survey.free_text.redaction import Part, is_empty, redact, tail_of, words_of
from tests.examples import OF_A_PROMISE

GONE = "#"


def shown(parts: tuple[Part, ...]) -> str:
    return "".join(GONE if part is None else part for part in parts)


LEFT = [
    ("Jack hits people.", {0}, "# hits people."),
    ("ask Ms Okafor, please!", {1, 2}, "ask #, please!"),
    ("ask Ms Okafor, please!", {2}, "ask Ms #, please!"),
    ("call 07700 900 123 (now)", {1, 2, 3}, "call # (now)"),
    ("Jack. Kyle too", {0, 1}, "#. # too"),
    ("Tom,Sam/Kyle", {0, 2}, "#,Sam/#"),
    ("Jack’s bag", {0}, "# bag"),
    ("sam@example.org!!", {0}, "#!!"),
    ("one\n\ntwo three", {1}, "one\n\n# three"),
    ("🙂 ok", {0}, "# ok"),
    ("no change", set(), "no change"),
    ("", set(), ""),
]


@pytest.mark.parametrize(("text", "out", "left"), LEFT)
def test_what_is_left(text: str, out: set[int], left: str) -> None:
    assert shown(redact(text, out)) == left


@OF_A_PROMISE
@given(st.text(max_size=80), st.sets(st.integers(0, 40)))
def test_a_text_is_its_words_and_what_lies_between(text: str, out: set[int]) -> None:
    words = words_of(text)
    assert "".join(word.before + word.words for word in words) + tail_of(text) == text
    assert shown(redact(text, set())) == text
    assert all(text[word.start : word.end] == word.words for word in words)
    parts = redact(text, out)
    assert (None in parts) == any(word.number in out for word in words)
    assert "" not in parts


@OF_A_PROMISE
@given(st.lists(st.sampled_from(["Qzab", "Qzcd", "ok", ",", "."]), max_size=12))
def test_no_letter_of_a_word_that_is_out_is_left(pieces: list[str]) -> None:
    text = " ".join(pieces)
    out = {word.number for word in words_of(text) if word.words.startswith("Qz")}
    assert "Qz" not in shown(redact(text, out))


@OF_A_PROMISE
@given(st.integers(1, 6), st.integers(1, 6))
def test_a_gap_looks_the_same_however_much_was_there(one: int, other: int) -> None:
    left = [
        redact("seen " + "x " * number + "there", set(range(1, number + 1)))
        for number in (one, other)
    ]
    assert left[0] == left[1] == ("seen ", None, " there")


@pytest.mark.parametrize(
    ("text", "out", "empty"),
    [
        ("Jack!", {0}, True),
        ("Jack - Kyle.", {0, 1}, True),
        ("by Jack", {1}, False),
        ("?!", (), True),
    ],
)
def test_whether_a_word_is_left(text: str, out: set[int], empty: bool) -> None:
    assert is_empty(redact(text, out)) is empty
