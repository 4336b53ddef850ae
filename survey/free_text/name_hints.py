"""Hints of words in a text that may identify a person. They are suggestions: only a person redacts.

Pure functions. A hint has a position and a kind. A false hint costs the reader a glance, and what
is missed the reader can still find, because they read every word.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from phonenumbers import PhoneNumberMatcher

from survey.free_text.redaction import words_of
from survey.personal_names.detector import find_names, listed_in
from survey.responses.personal_data_hints import PATTERNS
from survey.responses.personal_data_hints import PersonalDataHint as Plain


class NameHint(StrEnum):
    """The kind of a hint. Where two overlap, the earlier kind wins."""

    EMAIL = "email"
    LINK = "link"
    PHONE = "phone"
    HANDLE = "handle"
    POSTCODE = "postcode"
    LISTED = "listed"  # a member of staff whom the school lists
    NAME = "name"
    FORM = "form"  # a form or class, which has few students


@dataclass(frozen=True)
class FoundHint:
    """A hint at the characters from `start` up to, but not including, `end`."""

    start: int
    end: int
    hint: NameHint


Span = tuple[int, int]


def find(text: str, listed: Sequence[str] = ()) -> tuple[FoundHint, ...]:
    """The hints of a text in order, without overlaps. `listed` are the names of staff that the
    school gave."""
    found: list[FoundHint] = []
    for hint, look in LOOKS.items():
        for start, end in look(text, listed):
            if not any(start < one.end and one.start < end for one in found):
                found.append(FoundHint(start, end, hint))
    return tuple(sorted(found, key=lambda one: one.start))


def still_there(
    text: str, out: Collection[int], listed: Sequence[str] = ()
) -> tuple[tuple[str, NameHint], ...]:
    """Words with a hint that are not redacted."""
    shown = [word for word in words_of(text) if word.number not in out]
    return tuple(
        (text[one.start : one.end], one.hint)
        for one in find(text, listed)
        if any(word.start < one.end and one.start < word.end for word in shown)
    )


def by_word(text: str, listed: Sequence[str] = ()) -> dict[int, NameHint]:
    """The kind of hint by the number of the word (`redaction.words_of`)."""
    found = find(text, listed)
    return {
        word.number: one.hint
        for word in words_of(text)
        for one in found
        if word.start < one.end and one.start < word.end
    }


# Addresses and numbers

SPOKEN_EMAIL = re.compile(
    r"(?<![\w.+-])[\w.+-]+\s*[\[(]?\bat\b[\])]?\s*[\w-]+\s*(?:\.|[\[(]?\bdot\b[\])]?)\s*(?:com|co\s?uk|org|net)\b",
    re.IGNORECASE,
)
LINK = re.compile(
    r"(?:https?://|\bwww\.)\S+|(?<![\w-])[\w-]+\.(?:com|org|net|co\.uk|ly|me|gg|tv|uk)\b(?:/\S*)?",
    re.IGNORECASE,
)
DIGITS = re.compile(r"(?<![\w.])\+?\(?\d(?:[\s().-]{0,2}\d){8,14}(?!\w)")
"""Nine or more digits, in any grouping."""
MOBILE = re.compile(r"7\d{2,}(?:[\s.-]?\d){0,7}$")
"""A mobile number without its leading 0."""
DIGIT_WORDS = re.compile(
    r"\b(?:(?:zero|oh|one|two|three|four|five|six|seven|eight|nine|double|triple)\b[\s,-]*){7,}",
    re.IGNORECASE,
)


def _emails(text: str, _listed: Sequence[str]) -> Iterator[Span]:
    yield from _spans(PATTERNS[Plain.EMAIL], text)
    yield from _spans(SPOKEN_EMAIL, text)


def _links(text: str, _listed: Sequence[str]) -> Iterator[Span]:
    yield from _spans(LINK, text)


def _phones(text: str, _listed: Sequence[str]) -> Iterator[Span]:
    for number in PhoneNumberMatcher(text, "GB"):
        yield number.start, number.end
    for match in DIGITS.finditer(text):
        # Years and year groups in a row have as many digits; a number begins with 0 or +.
        if match[0].lstrip("(")[0] in "0+" or MOBILE.match(match[0]):
            yield match.span()
    yield from _spans(DIGIT_WORDS, text)


# Names on other platforms

APPS = r"snap(?:chat)?|insta(?:gram)?|tik\s?tok|discord|roblox|xbox|psn|kik|telegram|whatsapp"
APP_NAME = re.compile(
    rf"\b(?:{APPS})\b(?:\s+(?:name|user\s?name|user|id|tag|account))?\s*(?::|=|-|\bis\b|\bnamed\b)\s*"
    r"(?P<name>[\w.@-]{3,})",
    re.IGNORECASE,
)
ODD_WORD = re.compile(r"(?<![\w@.])(?=\w*[A-Za-z])\w+_\w+(?!\w)|(?<!\w)[A-Za-z]{3,}\d{2,}(?!\w)")
"""An underscore inside a word, or digits at the end of one."""
NO_HANDLE = re.compile(r"(?:covid|year|yr|room|block|fortnite|fifa|gta|ps|form|class)\d+$", re.I)


def _handles(text: str, _listed: Sequence[str]) -> Iterator[Span]:
    yield from _spans(PATTERNS[Plain.HANDLE], text)
    for match in APP_NAME.finditer(text):
        yield match.span("name")
    for match in ODD_WORD.finditer(text):
        if not NO_HANDLE.match(match[0]):
            yield match.span()


POSTCODE = re.compile(
    r"(?<!\w)[A-PR-UWYZ](?:\d{1,2}|[A-HK-Y]\d{1,2}|\d[A-HJKPSTUW]|[A-HK-Y]\d[ABEHMNPRVWXY])"
    r"\s*\d[ABD-HJLNP-UW-Z]{2}(?!\w)",
    re.IGNORECASE,
)
ORDINAL = re.compile(r"\d(?:st|nd|rd|th)$")


def _postcodes(text: str, _listed: Sequence[str]) -> Iterator[Span]:
    for match in POSTCODE.finditer(text):
        if not ORDINAL.search(match[0]):  # "y7 1st" is no address
            yield match.span()


# People


def _listed(text: str, listed: Sequence[str]) -> Iterator[Span]:
    return listed_in(text, listed)


def _names(text: str, _listed: Sequence[str]) -> Iterator[Span]:
    return find_names(text)


FORM = re.compile(
    r"(?<![\w.:])(?:[7-9]|1[0-3])[A-Z]{1,2}\d?(?![\w])|"
    r"\b(?:form|class|tutor(?:\s+group)?|set)\s+(?:[7-9]|1[0-3])\s?[A-Za-z]{1,2}\d?\b",
)
NO_FORM = re.compile(r"(?<!\d)\d+(?:am|pm|st|nd|rd|th)$", re.IGNORECASE)


def _forms(text: str, _listed: Sequence[str]) -> Iterator[Span]:
    for match in FORM.finditer(text):
        if not NO_FORM.search(match[0]):
            yield match.span()


def _spans(pattern: re.Pattern[str], text: str) -> Iterable[Span]:
    return (match.span() for match in pattern.finditer(text))


Look = Callable[[str, Sequence[str]], Iterable[Span]]
LOOKS: Mapping[NameHint, Look] = {
    NameHint.EMAIL: _emails,
    NameHint.LINK: _links,
    NameHint.PHONE: _phones,
    NameHint.HANDLE: _handles,
    NameHint.POSTCODE: _postcodes,
    NameHint.LISTED: _listed,
    NameHint.NAME: _names,
    NameHint.FORM: _forms,
}
