"""The states of an action, and the one table of legal moves."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum

from flask_babel import gettext as _

from survey.errors import NotNowError


class ActionState(StrEnum):
    PLANNED = "planned"
    UNDER_WAY = "under_way"
    DONE = "done"
    DROPPED = "dropped"


MOVES: Mapping[ActionState, frozenset[ActionState]] = {
    ActionState.PLANNED: frozenset({ActionState.UNDER_WAY, ActionState.DROPPED}),
    ActionState.UNDER_WAY: frozenset({ActionState.DONE, ActionState.DROPPED}),
    ActionState.DONE: frozenset({ActionState.UNDER_WAY}),
    ActionState.DROPPED: frozenset(),
}
"""From a state to those that may follow. What is done is taken up again if it changed nothing; what
is dropped stays so, and a second try is another action."""


ENDED = (ActionState.DONE, ActionState.DROPPED)
"""States in which an action is no longer due."""


class IllegalActionMoveError(NotNowError):
    """An action cannot go from where it is to where it was sent."""


def move(state: ActionState, to: ActionState) -> ActionState:
    """`to`, if an action in `state` may go there; else an `IllegalActionMoveError`."""
    if to not in MOVES[state]:
        raise IllegalActionMoveError(_("Somebody moved this action on before. Look at it again."))
    return to
