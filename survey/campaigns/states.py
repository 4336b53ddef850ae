"""The states of a wave, and the one table of legal moves."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum

from survey.errors import NotNowError


class WaveState(StrEnum):
    DRAFT = "draft"
    OPEN = "open"
    CLOSING = "closing"  # nobody can answer any more, and the boxes are still sealed
    LOST = "lost"  # the boxes are sealed and the key that opens them is gone
    CLOSED = "closed"
    RELEASED = "released"


MOVES: Mapping[WaveState, frozenset[WaveState]] = {
    WaveState.DRAFT: frozenset({WaveState.OPEN}),
    WaveState.OPEN: frozenset({WaveState.CLOSING, WaveState.CLOSED}),
    WaveState.CLOSING: frozenset({WaveState.CLOSED, WaveState.LOST}),
    WaveState.LOST: frozenset({WaveState.CLOSED}),
    WaveState.CLOSED: frozenset({WaveState.RELEASED}),
    WaveState.RELEASED: frozenset(),
}
"""From a state to those that may follow. Nothing goes back: a released wave never opens again. A
wave without cards has nothing to open and goes from open to closed."""

OVER = frozenset({WaveState.CLOSING, WaveState.LOST, WaveState.CLOSED, WaveState.RELEASED})
"""Nobody can answer any more."""


class IllegalMoveError(NotNowError):
    """A wave cannot go from where it is to where it was sent."""


def move(state: WaveState, to: WaveState) -> WaveState:
    """`to`, if a wave in `state` may go there; else an `IllegalMoveError`."""
    if to not in MOVES[state]:
        raise IllegalMoveError(f"This wave is {state}; it cannot become {to}.")
    return to
