"""Every move of a wave, legal or not, as a table."""

from __future__ import annotations

import pytest

from survey.campaigns.states import MOVES, IllegalMoveError, WaveState, move
from survey.errors import NotNowError

TABLE = """
from \\ to  draft  open  closing  lost  closed  released
draft      -      yes   -        -     -       -
open       -      -     yes      -     yes     -
closing    -      -     -        yes   yes     -
lost       -      -     -        -     yes     -
closed     -      -     -        -     -       yes
released   -      -     -        -     -       -
"""


def drawn() -> dict[tuple[WaveState, WaveState], bool]:
    head, *rows = TABLE.strip().splitlines()
    states = [WaveState(word) for word in head.split()[3:]]
    return {
        (WaveState(row.split()[0]), to): cell == "yes"
        for row in rows
        for to, cell in zip(states, row.split()[1:], strict=True)
    }


def test_the_table_names_every_pair_of_states() -> None:
    assert set(drawn()) == {(state, to) for state in WaveState for to in WaveState}
    assert set(MOVES) == set(WaveState)


@pytest.mark.parametrize("to", WaveState)
@pytest.mark.parametrize("state", WaveState)
def test_a_wave_moves_as_the_table_says(state: WaveState, to: WaveState) -> None:
    if drawn()[state, to]:
        assert move(state, to) is to
        return
    with pytest.raises(IllegalMoveError, match=f"{state}.*{to}") as refused:
        move(state, to)
    assert isinstance(refused.value, NotNowError)


def reached_from(state: WaveState) -> set[WaveState]:
    found: set[WaveState] = set()
    ahead = set(MOVES[state])
    while ahead:
        found |= ahead
        ahead = {further for one in ahead for further in MOVES[one]} - found
    return found


def test_every_state_is_reached_from_a_draft_and_none_is_reached_twice() -> None:
    assert reached_from(WaveState.DRAFT) | {WaveState.DRAFT} == set(WaveState)
    assert [state for state in WaveState if state in reached_from(state)] == []
