"""Contacts that students and adults can turn to."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass

from survey.questionnaires.multilingual_text import QuestionnaireError, Text, refuse_odd_key

NATIONS = ("england", "wales", "scotland", "northern_ireland")
DIGITS = re.compile(r"\d(?:[\s()\u2066-\u2069-]*\d)*")
FEWEST_DIGITS = 3
"""What is shorter is an age or a time, and no number to call."""
DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")


@dataclass(frozen=True)
class HelpContact:
    """Where to turn. An own contact is someone at the school, filled in before launch; the others
    come with the template and carry the day they were last checked, if they ever were, and how:
    that is for staff, who are told when a contact is due (`contact_expiry`)."""

    key: str
    name: Text
    how: Text
    nations: tuple[str, ...]
    last_checked: str = ""
    checked: str = ""
    link: str | None = None
    room: Text | None = None
    times: Text | None = None
    email: str | None = None
    own: bool = False

    def __post_init__(self) -> None:
        where = f"help {self.key}"
        refuse_odd_key(where, self.key)
        if not self.nations or set(self.nations) - set(NATIONS):
            raise QuestionnaireError(where, f"nations are some of {', '.join(NATIONS)}")
        if self.last_checked and not DAY.fullmatch(self.last_checked):
            raise QuestionnaireError(where, "last_checked is a day like 2026-11-23")
        if not self.own and not self.checked:
            raise QuestionnaireError(where, "checked says how it was checked, or that it was not")


def numbers_in(words: str) -> frozenset[str]:
    """The numbers to call or text, without the spaces in them: the same in every language."""
    found = ("".join(filter(str.isdigit, one)) for one in DIGITS.findall(words))
    return frozenset(_plain(one) for one in found if len(one) >= FEWEST_DIGITS)


def _plain(digits: str) -> str:
    """Digits of any script, as 0 to 9."""
    return "".join(str(unicodedata.digit(one)) for one in digits)


def strays(words: str, english: str) -> str:
    """A number that a translation has and the first language has not; empty if there is none. It is
    most likely the number of before."""
    return min(numbers_in(words) - numbers_in(english), default="")
