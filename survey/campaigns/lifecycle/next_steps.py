"""The next step of a school's survey in a programme, and its day, in one sentence."""

from __future__ import annotations

from datetime import timedelta

from flask_babel import format_date
from flask_babel import gettext as _

from survey.campaigns.lifecycle.school_progress import ProgressStep, SchoolProgress
from survey.campaigns.queries import erased_on


def what_next(one: SchoolProgress, *, erase_after_days: int) -> str:
    """For the organisation whose programme it is. Nothing waits for ever: each step that a person
    has to take has a day after which it goes on without them."""
    if one.set_aside is not None:
        return ""
    if one.step is ProgressStep.OPEN and one.wave is not None and one.wave.closes_on is not None:
        return _closes(one)
    if one.step is ProgressStep.CLOSED and one.wave is not None:
        if one.cut_off is not None and not one.is_late:
            return str(
                _(
                    "If it has no report by %(day)s, the comparison is made without it.",
                    day=format_date(one.cut_off, "medium"),
                )
            )
        day = erased_on(one.wave, erase_after_days=erase_after_days)
        if day is not None:
            return str(
                _(
                    "Its answers are erased on %(day)s; without a report by then it ends.",
                    day=format_date(day, "medium"),
                )
            )
    return ""


def _closes(one: SchoolProgress) -> str:
    closes = one.wave.closes_on if one.wave else None
    day = format_date(closes, "medium")
    if one.cut_off is not None and closes is not None and closes > one.cut_off:
        after = format_date(one.cut_off + timedelta(days=1), "medium")
        return str(_("Closes after %(day)s. On %(after)s it is set aside.", day=day, after=after))
    return str(_("Closes by itself after %(day)s.", day=day))
