"""The names of the states of an action on pages, and of the buttons that move it on."""

from __future__ import annotations

from collections.abc import Mapping

from flask_babel import lazy_gettext as _l
from flask_babel.speaklater import LazyString

from survey.actions.states import MOVES, ActionState

STATES: Mapping[ActionState, LazyString] = {
    ActionState.PLANNED: _l("Planned"),
    ActionState.UNDER_WAY: _l("Under way"),
    ActionState.DONE: _l("Done"),
    ActionState.DROPPED: _l("Dropped"),
}

TAGS: Mapping[ActionState, str] = {
    ActionState.PLANNED: "tag--quiet",
    ActionState.UNDER_WAY: "tag--wait",
    ActionState.DONE: "tag--open",
    ActionState.DROPPED: "tag--quiet",
}
"""The style of the tag of each state."""

BUTTONS: Mapping[ActionState, LazyString] = {
    ActionState.UNDER_WAY: _l("It has begun"),
    ActionState.DONE: _l("It is done"),
    ActionState.DROPPED: _l("Drop it"),
}
AGAIN = _l("Take it up again")
"""Of what was done already."""


def moves_from(state: ActionState) -> tuple[tuple[ActionState, LazyString], ...]:
    """Where it may go from here, and what the button for that says."""
    return tuple(
        (to, AGAIN if state is ActionState.DONE else BUTTONS[to])
        for to in ActionState
        if to in MOVES[state]
    )
