"""The languages of the product, in one table, and what follows from each: its own name, the way it
runs, and what a page or a printed sheet needs for it.

Digits are Latin in every language: codes, phone numbers and year groups are printed so in UK
schools, and a figure that changes its shape between card and page is taken for another one.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

ENGLISH = "en"
"""What everything is written in first, and what is read where a translation is missing."""


class Script(StrEnum):
    """What letters are written in, by its ISO 15924 code."""

    LATIN = "Latn"
    CYRILLIC = "Cyrl"
    ARABIC = "Arab"
    BENGALI = "Beng"
    GURMUKHI = "Guru"


@dataclass(frozen=True)
class Language:
    """`name` is what the language calls itself, `font` the family it is printed in. `staff` says
    that the staff's pages are in it too, and not the student's alone."""

    tag: str
    name: str
    script: Script = Script.LATIN
    font: str = "Noto Sans"
    staff: bool = False

    @property
    def direction(self) -> str:
        return "rtl" if self.script is Script.ARABIC else "ltr"


LANGUAGES: Mapping[str, Language] = {
    one.tag: one
    for one in (
        Language(ENGLISH, "English", staff=True),
        Language("cy", "Cymraeg", staff=True),
        Language("pl", "Polski"),
        Language("ro", "Română"),
        Language("uk", "Українська", Script.CYRILLIC),
        Language("ur", "اردو", Script.ARABIC, "Noto Nastaliq Urdu"),
        Language("ar", "العربية", Script.ARABIC, "Noto Naskh Arabic"),
        Language("bn", "বাংলা", Script.BENGALI, "Noto Sans Bengali"),
        Language("pa", "ਪੰਜਾਬੀ", Script.GURMUKHI, "Noto Sans Gurmukhi"),
        Language("so", "Soomaali"),
    )
}
"""By tag, in the order in which they are offered."""

STAFF_LANGUAGES = tuple(one.tag for one in LANGUAGES.values() if one.staff)
TRANSLATIONS = tuple(tag for tag in LANGUAGES if tag != ENGLISH)


def language_name(tag: str) -> str:
    """What a language calls itself; a questionnaire of old may name one that we no longer know."""
    return LANGUAGES[tag].name if tag in LANGUAGES else tag


def direction(tag: str) -> str:
    """The way a language runs: "ltr" or "rtl"."""
    return LANGUAGES[tag].direction if tag in LANGUAGES else "ltr"


LEFT_TO_RIGHT = re.compile(
    r"""(?:https?://|www\.)\S*[\w/]         # an address
    | [\w.+-]+@[\w-]+(?:\.[\w-]+)+          # of e-mail
    | \b[a-z][\w-]*(?:\.[a-z]{2,})+(?:/\w[\w/-]*)?   # a host, with its path
    | \b(?=[A-Z0-9-]*[0-9])[A-Z0-9]{4}-[A-Z0-9]{4}\b     # a code
    | \+?\d+(?:[\s()\u2013/.:-]+\d+)+       # a phone number, a span of years
    """,
    re.VERBOSE | re.ASCII,
)
"""What has parts, and would have them swapped in a line that runs from right to left."""


def isolate(words: str, tag: str) -> str:
    """The words with every number of several parts, code and address held together, if the
    language runs from right to left: "0800 1111" would be read "1111 0800"."""
    if direction(tag) == "ltr":
        return words
    return LEFT_TO_RIGHT.sub("\u2066\\g<0>\u2069", words)
