"""The one door between counts and figures. Whatever is printed anywhere has come through here."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from enum import StrEnum

from survey.disclosure.figures import Reason
from survey.disclosure.policy import TEN_EVERYWHERE
from survey.disclosure.protect import protect
from survey.disclosure.release import Release
from survey.reports.tabulate import Tabulation

CODE_VERSION = "0.1.0"
"""Stands in every release. A test holds it to the version of the project."""

POLICY = TEN_EVERYWHERE

Progress = Callable[[int, int], None]
"""Called with (tables done, tables in all)."""


class Outlook(StrEnum):
    """What a release may hold, in words that count nobody (rule R11)."""

    WHOLE = "whole"
    WHOLE_SCHOOL_ONLY = "whole_school_only"
    NOTHING = "nothing"


class NothingToSayError(ValueError):
    """So few took part that no figure of them may leave."""


def outlook_of(respondents: int) -> Outlook:
    """What may be said of so many."""
    if respondents < POLICY.nothing_under:
        return Outlook.NOTHING
    if respondents < POLICY.whole_school_under:
        return Outlook.WHOLE_SCHOOL_ONLY
    return Outlook.WHOLE


def publish(
    counted: Tabulation, header: Mapping[str, str | int], progress: Progress | None = None
) -> tuple[Release, str | None]:
    """The release, and its certificate if there is one. Raises a `NothingToSayError`.

    Without an audit every count is rounded to tens, for every group and every table."""
    outlook = outlook_of(counted.respondents)
    if outlook is Outlook.NOTHING:
        raise NothingToSayError(f"fewer than {POLICY.nothing_under} responses")
    only_whole = Reason.SURVEY_TOO_SMALL if outlook is Outlook.WHOLE_SCHOOL_ONLY else None
    people = protect(counted.participation, POLICY, only_whole=only_whole)
    released = []
    for done, table in enumerate(counted.tables, start=1):
        released.append(protect(table, POLICY, only_whole=only_whole))
        if progress is not None:
            progress(done, len(counted.tables))
    return Release(header, POLICY, counted.lattice, people, tuple(released)), None
