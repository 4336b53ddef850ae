"""The states of a wave, and the one table of legal moves."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum

from survey.errors import NotNowError


class WaveState(StrEnum):
    DRAFT = "draft"
    OPEN = "open"
    CLOSED = "closed"
    RELEASED = "released"


MOVES: Mapping[WaveState, frozenset[WaveState]] = {
    WaveState.DRAFT: frozenset({WaveState.OPEN}),
    WaveState.OPEN: frozenset({WaveState.CLOSED}),
    WaveState.CLOSED: frozenset({WaveState.RELEASED}),
    WaveState.RELEASED: frozenset(),
}
"""From a state to those that may follow. Nothing goes back: a released wave never opens again."""


class IllegalMoveError(NotNowError):
    """A wave cannot go from where it is to where it was sent."""


def move(state: WaveState, to: WaveState) -> WaveState:
    """`to`, if a wave in `state` may go there; else an `IllegalMoveError`."""
    if to not in MOVES[state]:
        raise IllegalMoveError(f"This wave is {state}; it cannot become {to}.")
    return to
