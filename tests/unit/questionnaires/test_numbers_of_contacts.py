"""The same number to call in every language of a contact."""

from __future__ import annotations

import pytest

from survey.questionnaires.help.contacts import numbers_in, strays
from survey.questionnaires.load import load_all


@pytest.mark.parametrize(
    ("words", "numbers"),
    [
        ("Call 0800 1111, free.", {"08001111"}),
        ("Call 0800-1111 or text 85258.", {"08001111", "85258"}),
        ("Call (01632) 960 123", {"01632960123"}),
        ("0800\u00a01111 / \u20660800 2222\u2069", {"08001111", "08002222"}),
        ("\u0660\u0668\u0660\u0660 \u0661\u0661\u0661\u0661", {"08001111"}),
        ("under 19, from 8.30", set()),
        ("", set()),
    ],
)
def test_numbers_to_call_are_found_however_they_are_written(words: str, numbers: set[str]) -> None:
    assert numbers_in(words) == numbers


def test_contacts_that_ship_have_the_same_numbers_in_every_language() -> None:
    seen = 0
    for template in load_all().values():
        for contact in template.help:
            english = contact.how.in_language("en")
            for _language, words in contact.how.by_language:
                seen += 1
                assert not strays(words, english), (contact.key, words)
                assert not strays(english, words), (contact.key, words)
    assert seen > 100
