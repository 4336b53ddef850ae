"""Every move of an action, legal or not, as a table."""

from __future__ import annotations

import pytest

from survey.actions.states import MOVES, ActionState, IllegalActionMoveError, move
from survey.actions.wording import moves_from
from survey.errors import NotNowError

TABLE = """
from \\ to   planned  under_way  done  dropped
planned     -        yes        -     yes
under_way   -        -          yes   yes
done        -        yes        -     -
dropped     -        -          -     -
"""


def drawn() -> dict[tuple[ActionState, ActionState], bool]:
    head, *rows = TABLE.strip().splitlines()
    states = [ActionState(word) for word in head.split()[3:]]
    return {
        (ActionState(row.split()[0]), to): cell == "yes"
        for row in rows
        for to, cell in zip(states, row.split()[1:], strict=True)
    }


def test_the_table_names_every_pair_of_states() -> None:
    assert set(drawn()) == {(state, to) for state in ActionState for to in ActionState}
    assert set(MOVES) == set(ActionState)


@pytest.mark.parametrize("to", ActionState)
@pytest.mark.parametrize("state", ActionState)
def test_an_action_moves_as_the_table_says(state: ActionState, to: ActionState) -> None:
    if drawn()[state, to]:
        assert move(state, to) is to
        return
    with pytest.raises(IllegalActionMoveError, match="Look at it again") as refused:
        move(state, to)
    assert isinstance(refused.value, NotNowError)


def test_a_page_has_a_button_for_every_legal_move_and_for_no_other() -> None:
    for state in ActionState:
        assert {to for to, _words in moves_from(state)} == MOVES[state]
        assert all(str(words) for _to, words in moves_from(state))
