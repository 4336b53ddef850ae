"""Every move of a wave, legal or not, as a table."""

from __future__ import annotations

import pytest

from survey.campaigns.states import MOVES, OVER, IllegalWaveMoveError, WaveState, move
from survey.errors import NotNowError

TABLE = """
from \\ to    draft  open  closing  lost  closed  released  withdrawn  ended
draft        -      yes   -        -     -       -         -          -
open         yes    -     yes      -     yes     -         -          yes
closing      -      -     -        yes   yes     -         -          yes
lost         -      -     -        -     yes     -         -          yes
closed       -      -     -        -     -       yes       -          yes
released     -      -     -        -     -       -         yes        -
withdrawn    -      -     -        -     -       yes       -          -
ended        -      -     -        -     -       -         -          -
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
    with pytest.raises(IllegalWaveMoveError, match=f"{state}.*{to}") as refused:
        move(state, to)
    assert isinstance(refused.value, NotNowError)


def reached_from(state: WaveState) -> set[WaveState]:
    found: set[WaveState] = set()
    ahead = set(MOVES[state])
    while ahead:
        found |= ahead
        ahead = {further for one in ahead for further in MOVES[one]} - found
    return found


def test_every_state_is_reached_from_a_draft() -> None:
    assert reached_from(WaveState.DRAFT) | {WaveState.DRAFT} == set(WaveState)


def test_from_every_state_an_end_can_be_reached() -> None:
    ends = {WaveState.RELEASED, WaveState.ENDED}
    assert [state for state in WaveState if not ({state} | reached_from(state)) & ends] == []


def test_nobody_can_answer_again_once_a_survey_is_over() -> None:
    taking = {WaveState.DRAFT, WaveState.OPEN}
    assert [state for state in OVER if reached_from(state) & taking] == []
