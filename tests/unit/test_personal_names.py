"""What looks like somebody's name, and what does not."""

from __future__ import annotations

import pytest

from survey.personal_names import seem_named

SCHOOL = ("Northmoor High School", "Sports Hall", "Library or quiet room")


@pytest.mark.parametrize(
    ("words", "named"),
    [
        ("We spoke to Robin about it.", ["Robin"]),
        ("Robin Asker was hurt there.", ["Robin Asker"]),
        ("It began with Amina-Lou, Sam and then Jo.", ["Amina-Lou", "Sam", "Jo"]),
        ("Dilys ap Rhys\nand Siôn O’Neill", ["Rhys", "Siôn O’Neill"]),
        ("Robin, then robin, then Robin again: ask Robin.", ["Robin"]),
    ],
)
def test_a_name_is_seen(words: str, named: list[str]) -> None:
    assert list(seem_named(words, SCHOOL)) == named


@pytest.mark.parametrize(
    "words",
    [
        "",
        "An adult stands outside at break. Locks are mended by Friday.",
        "Ms Okafor sees to it, with Dr Ada Lovelace.",
        "The toilets by the Sports Hall are for Year 9 on a Monday.",
        "CCTV in the corridor. PE kit. I asked the DSL.",
        "Toilets: about a third feel unsafe (34% of 800). It is highest for Year 9.",
    ],
)
def test_what_is_nobody_is_left_alone(words: str) -> None:
    assert seem_named(words, SCHOOL) == ()


def test_a_first_name_that_begins_a_sentence_is_missed() -> None:
    """Said in the docstring, so that nobody relies on more."""
    assert seem_named("Robin was hurt.") == ()
