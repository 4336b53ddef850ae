"""The names of year groups and of bands of them, in words."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from babel.lists import format_list
from flask_babel import get_locale
from flask_babel import gettext as _

from survey.disclosure.tables import JOIN, Group

LISTS: Mapping[str, str] = {"en": "en_GB"}
"""Whose way of writing a list we follow: "A, B and C"."""


def years_of(group: Group) -> tuple[int, ...]:
    """The numbers of a year group, or of the years of a band; none for those who did not say, and
    for other groups."""
    parts = (group.year or "").split(JOIN)
    known = [part[1:] for part in parts if part[:1] == "y" and part[1:].isdecimal()]
    return tuple(map(int, known)) if len(known) == len(parts) else ()


def years_label(years: Sequence[int]) -> str:
    """A year group, or those of a band."""
    if len(years) == 1:
        return str(_("Year %(year)s", year=years[0]))
    if len(years) == 2:
        return str(_("Years %(first)s and %(last)s", first=years[0], last=years[1]))
    return str(_("Years %(first)s to %(last)s", first=years[0], last=years[-1]))


def list_of(labels: Iterable[str], style: str = "standard") -> str:
    """A, B and C; or with semicolons where a label has a comma of its own."""
    given, locale = list(labels), get_locale()
    if any("," in label for label in given):
        return "; ".join(given)
    language = str(locale) if locale else "en"
    return format_list(given, style=style, locale=LISTS.get(language, language))  # type: ignore[arg-type]


def years_list(groups: Iterable[Group]) -> str:
    """The names of some year groups, as inside a sentence."""
    return list_of(years_label(years_of(group)) for group in groups)
