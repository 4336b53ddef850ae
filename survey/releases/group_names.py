"""The names of year groups and of bands of them, in words."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import lru_cache

from babel.lists import format_list
from flask_babel import get_locale

from survey.disclosure.tables import JOIN, Group
from survey.year_groups.wording import years_label as years_label

LISTS: Mapping[str, str] = {"en": "en_GB"}
"""The locale whose list format we use: "A, B and C"."""


@lru_cache(maxsize=1024)
def years_of(group: Group) -> tuple[int, ...]:
    """The numbers of a year group, or of the years of a band; none for those who did not say, and
    for other groups."""
    parts = (group.year or "").split(JOIN)
    known = [part[1:] for part in parts if part[:1] == "y" and part[1:].isdecimal()]
    return tuple(map(int, known)) if len(known) == len(parts) else ()


def list_of(labels: Iterable[str], style: str = "standard") -> str:
    """A, B and C; or with semicolons where a label itself has a comma."""
    given, locale = list(labels), get_locale()
    if any("," in label for label in given):
        return "; ".join(given)
    language = str(locale) if locale else "en"
    return format_list(given, style=style, locale=LISTS.get(language, language))  # type: ignore[arg-type]


def years_list(groups: Iterable[Group]) -> str:
    """The names of some year groups, as inside a sentence."""
    return list_of(years_label(years_of(group)) for group in groups)
