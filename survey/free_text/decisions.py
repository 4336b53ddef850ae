"""The decisions that a lead can make on a text, as data, and the day by which all should be
read."""

from __future__ import annotations

from datetime import date, timedelta
from enum import StrEnum

from flask_babel import gettext as _

from survey.errors import NotNowError

SCHOOL_DAYS_TO_READ = 2
SATURDAY = 5


class TextDecision(StrEnum):
    UNREAD = "unread"
    READ = "read"  # for danger; what to do with it is not decided
    FIT = "fit"  # to be shown, without the words that are blacked out
    LEFT_OUT = "left_out"
    WORRY = "worry"  # passed on, and left out


DECIDED = frozenset({TextDecision.FIT, TextDecision.LEFT_OUT, TextDecision.WORRY})


class DecidedMeanwhileError(NotNowError):
    """Someone decided about a text after it was shown."""


def refuse_if_decided(now: str, seen: str | None) -> None:
    """`seen` is the state of a text on the page that was sent, if the page says it."""
    if seen and seen != now:
        raise DecidedMeanwhileError(
            _(
                "Someone decided about this text after you opened it. Nothing of yours is saved."
                " Look at it once more, then press the button again."
            )
        )


class PassedTo(StrEnum):
    """Whose the worry is now."""

    SAFEGUARDING = "safeguarding"
    HEAD = "head"
    SITE = "site"
    SOCIAL_CARE = "social_care"
    POLICE = "police"
    OTHER = "other"


def read_by(closed_on: date) -> date:
    """Two days from Monday to Friday after the close. Holidays count as school days, because
    we do not know them: the texts are then read sooner."""
    day, left = closed_on, SCHOOL_DAYS_TO_READ
    while left:
        day += timedelta(days=1)
        left -= day.weekday() < SATURDAY
    return day
