"""What is pointed out in a text, and how often for nothing."""

from __future__ import annotations

from itertools import pairwise

import pytest

from survey.free_text.name_hints import FoundHint, NameHint, by_word, find, still_there
from tests.unit.free_text.samples import SAMPLES, STAFF, UNSEEN_SAMPLES, Sample

NOT_NAMES = frozenset(NameHint) - {NameHint.NAME, NameHint.LISTED, NameHint.FORM}


def missed(sample: Sample) -> list[str]:
    found = find(sample.text, STAFF)
    return [
        sample.text[start:end]
        for start, end in sample.marked
        if not any(one.start < end and start < one.end for one in found)
    ]


def false_alarms(sample: Sample) -> list[str]:
    return [
        sample.text[one.start : one.end]
        for one in find(sample.text, STAFF)
        if not any(one.start < end and start < one.end for start, end in sample.marked)
    ]


@pytest.mark.parametrize("sample", SAMPLES, ids=lambda sample: str(sample.text)[:40])
def test_nothing_is_missed_or_pointed_out_for_nothing(sample: Sample) -> None:
    assert (missed(sample), false_alarms(sample)) == ([], [])


def test_of_texts_not_seen_before_most_is_found_and_little_for_nothing() -> None:
    """The rates that docs/students-words.md tells leads."""
    marked = sum(len(sample.marked) for sample in UNSEEN_SAMPLES)
    gone = [words for sample in UNSEEN_SAMPLES for words in missed(sample)]
    alarms = [words for sample in UNSEEN_SAMPLES for words in false_alarms(sample)]
    assert (marked, len(UNSEEN_SAMPLES)) == (26, 44)
    assert len(gone) <= 9, gone
    assert len(alarms) <= 6, alarms


WHAT = [
    ("ring 07700 900123 please", [("07700 900123", NameHint.PHONE)]),
    ("+44 (0)7700 900-123", [("+44 (0)7700 900-123", NameHint.PHONE)]),
    ("write to sam@example.org", [("sam@example.org", NameHint.EMAIL)]),
    (
        "sam@example.org or @sam_9x",
        [("sam@example.org", NameHint.EMAIL), ("@sam_9x", NameHint.HANDLE)],
    ),
    ("see https://example.org/a?b=c ok", [("https://example.org/a?b=c", NameHint.LINK)]),
    ("at LS1 4AB, by the shop", [("LS1 4AB", NameHint.POSTCODE)]),
    ("ask dr pritchards, please", [("dr pritchards", NameHint.LISTED)]),
    ("Mr Fields lets it go", [("Mr Fields", NameHint.LISTED)]),
    ("the field is muddy", []),
    ("Ms Okafer's room", [("Ms Okafer's", NameHint.LISTED)]),
    ("my mate Zofia", [("Zofia", NameHint.NAME)]),
    ("Zofiaś", []),
    ("I like Maths. Then PE", []),
    ("people in 10B", [("10B", NameHint.FORM)]),
    ("at 10AM or 1st thing", []),
    ("", []),
    ("\n\n", []),
    ("🙂🙂 @", []),
]


@pytest.mark.parametrize(("text", "expected"), WHAT)
def test_what_it_is_taken_for(text: str, expected: list[tuple[str, NameHint]]) -> None:
    assert [(text[one.start : one.end], one.hint) for one in find(text, STAFF)] == expected


def test_nothing_is_pointed_out_twice_and_all_in_order() -> None:
    text = "Ms Okafor sam@example.org 07700 900123 @sam_9x LS1 4AB Jack 10B"
    found = find(text, STAFF)
    assert len(found) == 7
    assert list(found) == sorted(found, key=lambda one: one.start)
    assert all(a.end <= b.start for a, b in pairwise(found))


def test_without_a_list_names_of_staff_are_names_like_others() -> None:
    assert find("the hall by okafor") == ()
    assert find("Ms Okafor") == (FoundHint(0, 9, NameHint.NAME),)


def test_hints_come_to_the_words_they_lie_on() -> None:
    assert by_word("call 07700 900 123, jack") == {
        1: NameHint.PHONE,
        2: NameHint.PHONE,
        3: NameHint.PHONE,
        4: NameHint.NAME,
    }


def test_what_is_still_there_after_blacking_out() -> None:
    text = "jack and Ms Okafor at LS1 4AB"
    assert still_there(text, (0, 5, 6), STAFF) == (("Ms Okafor", NameHint.LISTED),)
    assert still_there(text, (0, 2, 5, 6), STAFF) == (("Ms Okafor", NameHint.LISTED),)
    assert still_there(text, (0, 2, 3, 5, 6), STAFF) == ()


@pytest.mark.parametrize("text", ["7" * 300, "a@" * 150, "jack " * 60, "(" * 300, "0 " * 150])
def test_a_text_of_the_longest_kind_is_looked_at_at_once(text: str) -> None:
    """No pattern runs away: the test ends."""
    assert all(0 <= one.start < one.end <= len(text) for one in find(text, STAFF))
