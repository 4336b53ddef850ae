"""The states of a request to a second person, and the one table of legal moves."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum

from flask_babel import gettext as _

from survey.errors import NotNowError


class ApprovalState(StrEnum):
    WAITING = "waiting"
    APPROVED = "approved"
    DECLINED = "declined"
    LAPSED = "lapsed"  # no one answered in time


MOVES: Mapping[ApprovalState, frozenset[ApprovalState]] = {
    ApprovalState.WAITING: frozenset(
        {ApprovalState.APPROVED, ApprovalState.DECLINED, ApprovalState.LAPSED}
    ),
    ApprovalState.APPROVED: frozenset(),
    ApprovalState.DECLINED: frozenset(),
    ApprovalState.LAPSED: frozenset(),
}
"""The states that may follow each state. An answer is final; a second try is another request."""


class AlreadyAnsweredError(NotNowError):
    """A request that was answered before."""


def move(state: ApprovalState, to: ApprovalState) -> ApprovalState:
    """`to`, if a request in `state` may go there; else an `AlreadyAnsweredError`."""
    if state is ApprovalState.LAPSED:
        raise lapsed()
    if to not in MOVES[state]:
        raise AlreadyAnsweredError(_("Somebody has answered this request already."))
    return to


def lapsed() -> AlreadyAnsweredError:
    return AlreadyAnsweredError(
        _("No one answered this request in time, so it has lapsed. It can be made again.")
    )
