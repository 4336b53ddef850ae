"""Requests to a second person, in words."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from flask_babel import format_date

from survey.approvals.models import Approval, ApprovalKind
from survey.approvals.states import ApprovalState
from survey.i18n import gettext as _
from survey.i18n import ngettext
from survey.year_groups.wording import year_name


def asked_for(approval: Approval) -> str:
    """What is asked for, as a phrase."""
    return _ASKED[approval.kind](approval)


def answered(approval: Approval) -> str:
    """The state of a request: who did what, and on which day."""
    return _STANDS[approval.state](approval)


def _of_year(approval: Approval) -> str:
    return _("any year") if approval.year is None else year_name(approval.year)


_ASKED: Mapping[ApprovalKind, Callable[[Approval], str]] = {
    ApprovalKind.CARDS: lambda one: ngettext(
        "%(num)s card more than the roll allows, %(year)s",
        "%(num)s cards more than the roll allows, %(year)s",
        one.count or 0,
        year=_of_year(one),
    ),
    ApprovalKind.ROLL: lambda one: ngettext(
        "%(num)s student more on the roll, %(year)s",
        "%(num)s students more on the roll, %(year)s",
        one.count or 0,
        year=_of_year(one),
    ),
    ApprovalKind.QUESTIONS: lambda one: _(
        "Reading questions in the school’s own words: %(count)s", count=one.count
    ),
    ApprovalKind.RELEASE: lambda _one: _("The report, and reading what students wrote"),
    ApprovalKind.RESTORE: lambda _one: _("Publishing the withdrawn report again"),
}


def _waiting(one: Approval) -> str:
    return _(
        "%(name)s asked on %(day)s. It waits for a second person until %(last)s.",
        name=one.asker.name,
        day=format_date(one.asked_on, "d MMMM y"),
        last=format_date(one.answer_by, "d MMMM y"),
    )


def _by(one: Approval) -> dict[str, str]:
    return {
        "name": one.asker.name,
        "second": one.answerer.name if one.answerer else "",
        "day": format_date(one.answered_on, "d MMMM y"),
    }


_STANDS: Mapping[ApprovalState, Callable[[Approval], str]] = {
    ApprovalState.WAITING: _waiting,
    ApprovalState.APPROVED: lambda one: _(
        "%(name)s asked, and %(second)s agreed on %(day)s.", **_by(one)
    ),
    ApprovalState.LAPSED: lambda one: _(
        "%(name)s asked. It lapsed on %(day)s: no one had answered.",
        name=one.asker.name,
        day=format_date(one.answered_on, "d MMMM y"),
    ),
    ApprovalState.DECLINED: lambda one: _(
        "%(name)s asked, and %(second)s declined on %(day)s: %(note)s", **_by(one), note=one.note
    ),
}
