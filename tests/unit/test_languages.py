"""The table of languages, and numbers that keep their order in a line from right to left."""

from __future__ import annotations

import pytest
from babel import Locale

from survey.languages import LANGUAGES, direction, isolate, language_name


@pytest.mark.parametrize("tag", LANGUAGES)
def test_direction_and_script_are_those_the_world_knows(tag: str) -> None:
    known = Locale.parse(tag)
    assert direction(tag) == known.text_direction
    assert language_name(tag).casefold() == (known.get_display_name() or "").casefold()


ISOLATED = [
    ("اتصل بالرقم 0800 1111 مجانًا", "0800 1111"),
    ("أرسل رسالة إلى 85258 أو 116 123.", "116 123"),
    ("الصفوف 7–13", "7–13"),
    ("افتح https://www.childline.org.uk/get-support/ الآن", "https://www.childline.org.uk/get-support/"),
    ("افتح childline.org.uk.", "childline.org.uk"),
    ("اكتب help@nspcc.org.uk", "help@nspcc.org.uk"),
    ("الرمز K7QM-3XPD", "K7QM-3XPD"),
]  # fmt: skip


@pytest.mark.parametrize(("words", "held"), ISOLATED)
def test_what_has_parts_is_held_together_from_right_to_left(words: str, held: str) -> None:
    isolated = isolate(words, "ar")
    assert f"\u2066{held}\u2069" in isolated
    assert isolated.count("\u2066") == 1
    assert isolated.replace("\u2066", "").replace("\u2069", "") == words


WHOLE = [
    ("Every day, 8.30 to 3.30", "Every day, 8.30 to 3.30"),
    ("Call 0800 1111.", "Call 0800 1111."),
    ("تريد St John's (North) أن", "St John's (North)"),
    ("في Year 9 (9B)، ثم", "Year 9 (9B)"),
]


@pytest.mark.parametrize(("words", "held"), WHOLE)
def test_a_foreign_phrase_is_held_together_as_a_whole(words: str, held: str) -> None:
    isolated = isolate(words, "ar")
    assert isolated == words.replace(held, f"\u2066{held}\u2069")
    assert isolate(isolated, "ar") == isolated


def test_other_words_stay_as_they_are() -> None:
    assert isolate("Call 0800 1111.", "en") == "Call 0800 1111."
    assert isolate("السنة 9", "ar") == "السنة 9"
    assert isolate("Childline", "ur") == "Childline"
