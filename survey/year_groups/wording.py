"""Year groups in the words of the nation whose page, file or sheet is being made.

The naming is that of what is shown: a questionnaire's own, for its report and its sheets; that of
the survey or school of the address, for staff pages. `YEAR_NAMING` finds the latter, and only when
a year group is spoken of.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager

from flask import current_app, g, has_app_context
from flask_babel import gettext as _

from survey.year_groups.values import YearGroup, YearNaming

YEAR_NAMING = "survey.year_naming"
"""The extension that says whose names a request uses: a function without arguments."""
Finder = Callable[[], YearNaming]


def speak_as(naming: YearNaming) -> None:
    """From here on, this request uses these names."""
    if has_app_context():
        g.year_naming = naming


@contextmanager
def named_as(naming: YearNaming) -> Iterator[None]:
    """Uses these names inside, and those of before afterwards."""
    before = g.get("year_naming")
    g.year_naming = naming
    try:
        yield
    finally:
        g.year_naming = before


def current_naming() -> YearNaming:
    """Whose names are used now."""
    if not has_app_context():
        return YearNaming.ENGLAND_AND_WALES
    if (chosen := g.get("year_naming")) is not None:
        return YearNaming(chosen)
    find: Finder | None = current_app.extensions.get(YEAR_NAMING)
    return find() if find else YearNaming.ENGLAND_AND_WALES


def year_number(year: int) -> str:
    """The number of a year group, for a sentence with "Year" in it: "9", "10" or "S3"."""
    return YearGroup(year).in_nation(current_naming())


def year_name(year: int) -> str:
    """ "Year 9", or "S3"."""
    number = year_number(year)
    return number if current_naming() is YearNaming.SCOTLAND else _("Year %(year)s", year=number)


def years_label(years: Sequence[int]) -> str:
    """A year group, or those of a band."""
    if len(years) == 1:
        return year_name(years[0])
    first, last = year_number(years[0]), year_number(years[-1])
    if len(years) == 2:
        return tidy(_("Years %(first)s and %(last)s", first=first, last=last))
    return tidy(_("Years %(first)s to %(last)s", first=first, last=last))


def list_of_years(years: Sequence[int]) -> str:
    """Year groups that follow each other as a band, others one by one: "Years 7 and 8"."""
    if not years or years[-1] - years[0] == len(years) - 1:
        return years_label(years) if years else ""
    return ", ".join(map(year_name, years))


_YEAR_BEFORE_S = re.compile(r"\b(y)ears? (?=S[1-6]\b)", re.IGNORECASE)


def tidy(sentence: str) -> str:
    """A sentence about year groups as Scotland says it: "from S3" and not "from Year S3"."""
    return _YEAR_BEFORE_S.sub("", sentence)
