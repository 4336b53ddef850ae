"""The states of a survey in one month (a wave), the legal moves between them, and why one ended."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum

from survey.errors import NotNowError


class WaveState(StrEnum):
    DRAFT = "draft"
    OPEN = "open"
    CLOSING = "closing"  # no one can answer any more, and the boxes are still sealed
    LOST = "lost"  # the boxes are sealed and the key that opens them is gone
    CLOSED = "closed"
    RELEASED = "released"
    WITHDRAWN = "withdrawn"  # the report was taken back; the same one can be published again
    ENDED = "ended"  # there will be no report; `EndReason` says why


class EndReason(StrEnum):
    """Why a survey ended without a report."""

    TOO_FEW = "too_few"  # fewer people answered than can be reported
    MISTAKE = "mistake"  # it was launched by mistake
    KEY_LOST = "key_lost"  # the answers are sealed and no one has the key
    NOT_WANTED = "not_wanted"  # the school decided to make no report
    TIME_UP = "time_up"  # no one made the report before the answers were erased


MOVES: Mapping[WaveState, frozenset[WaveState]] = {
    WaveState.DRAFT: frozenset({WaveState.OPEN}),
    WaveState.OPEN: frozenset(
        {WaveState.DRAFT, WaveState.CLOSING, WaveState.CLOSED, WaveState.ENDED}
    ),
    WaveState.CLOSING: frozenset({WaveState.CLOSED, WaveState.LOST, WaveState.ENDED}),
    WaveState.LOST: frozenset({WaveState.CLOSED, WaveState.ENDED}),
    WaveState.CLOSED: frozenset({WaveState.RELEASED, WaveState.ENDED}),
    WaveState.RELEASED: frozenset({WaveState.WITHDRAWN}),
    WaveState.WITHDRAWN: frozenset({WaveState.RELEASED}),
    WaveState.ENDED: frozenset(),
}
"""The states that may follow each state. A survey never opens a second time: an open one returns
to a draft only while no one has answered. A survey without cards has nothing to open and goes
from open to closed."""

OVER = frozenset(WaveState) - {WaveState.DRAFT, WaveState.OPEN}
"""No one can answer any more."""

REPORTED = frozenset({WaveState.RELEASED, WaveState.WITHDRAWN})
"""The report was made, whether or not it can be read now."""

UNDECIDED = frozenset({WaveState.CLOSING, WaveState.LOST, WaveState.CLOSED})
"""No one can answer any more, and whether there will be a report is open."""


class IllegalWaveMoveError(NotNowError):
    """A survey cannot move from its state to the one that was asked for."""


def move(state: WaveState, to: WaveState) -> WaveState:
    """`to`, if a survey in `state` may go there; otherwise raises an `IllegalWaveMoveError`."""
    if to not in MOVES[state]:
        raise IllegalWaveMoveError(f"This survey is {state}; it cannot become {to}.")
    return to
