"""The ordinary turn of a page and the whole way lead to the same state, byte for byte."""

from __future__ import annotations

import random
from dataclasses import replace

import pytest
from werkzeug.datastructures import MultiDict

from survey.questionnaires import routing
from survey.questionnaires.codecs.answer_codec import numbered
from survey.questionnaires.load import load_all
from survey.questionnaires.model import LONGEST_TEXT, Questionnaire
from survey.questionnaires.routing import AnswerError
from survey.responses import flow, states, turn_page
from survey.responses.fast_path.prepared_questionnaire import walk_of
from survey.responses.flow import Go
from survey.responses.posted_form import NO_ANSWER, number_of, read_form
from survey.responses.states import PageState
from survey.responses.turn_page import PageRequest

TEXTS = (
    "",
    "",
    "00",
    "More lights by the gate",
    "  \r\n two lines\r\nhere ",
    "Ring 07700 900123 456",
    "x" * LONGEST_TEXT,
    "x" * (LONGEST_TEXT + 1),
    "ਸਕੂਲ ਵਿੱਚ ਹਨੇਰਾ ਹੈ",
    "me@example.org",
)
STRANGE = (("Z9", "01"), ("lang", "pl"), ("to_lang", "cy"), ("beside", "help"), ("spot288.x", "4"))
ORDINARY = 0.6
"""At least this share of turns has to be of the ordinary kind, or the test says nothing."""

Sent = list[tuple[str, str]]


def whole_way(questionnaire: Questionnaire, state: PageState, sent: Sent) -> PageState | None:
    """What the app makes of a form; None if it refuses it."""
    try:
        form = read_form(questionnaire, state, MultiDict(sent))
        after = turn_page.turn(PageRequest(questionnaire), state, form)
        return states.read(questionnaire, states.pack(questionnaire, after))
    except AnswerError:
        return None


def a_form(questionnaire: Questionnaire, state: PageState, chance: random.Random) -> Sent:
    """What someone sends from the page of a state: mostly what a browser would, sometimes not."""
    sent: Sent = [("at", state.at), ("pad", "000")]
    go = chance.choice(("next", "next", "next", "next", "skip", "back", "stay"))
    if state.at not in flow.STATIONS:
        step = flow.show(questionnaire, state.year, state.at, state.raw)
        answers = numbered(questionnaire)
        gives = go != "skip" or chance.random() < 0.1
        for item in step.page.items if step.page and gives else ():
            for name in item.kind.fields(item):
                if item.kind.is_text:
                    sent.append((name, chance.choice(TEXTS)))
                    continue
                most = len(answers[name]) + (chance.random() < 0.02)
                count = chance.choice((0, 1, 1, 2, 3)) if item.kind.takes_several else 1
                chosen = [number_of(chance.randint(1, most)) for _tick in range(count)]
                if not item.kind.takes_several and chance.random() < 0.2:
                    chosen = [NO_ANSWER]
                if chance.random() < 0.02:
                    chosen.append(chance.choice((NO_ANSWER, "1", "٣", "-1", "02", "")))
                sent += [(name, one) for one in chosen]
    if chance.random() < 0.03:
        sent.append(chance.choice(STRANGE))
    return [*sent, ("go", go)]


def start(year: int | None) -> PageState:
    return PageState(7, "K7QM-3XPD", year, states.new_receipt(), fresh=True)


@pytest.mark.parametrize("template", load_all(), ids=str)
@pytest.mark.parametrize(
    ("year", "walks"),
    [(9, 4), *(pytest.param(one, 12, marks=pytest.mark.slow) for one in (None, 7, 9, 13))],
)
def test_an_ordinary_turn_leads_where_the_whole_way_leads(
    template: tuple[str, str], year: int | None, walks: int
) -> None:
    questionnaire = load_all()[template]
    walk = walk_of(questionnaire)
    turns = ordinary = 0
    looks: dict[object, object] = {}
    for number in range(walks):
        chance = random.Random(f"{template} {year} {number}")
        state = start(year)
        for _turn in range(80):
            if state.at == flow.SEND:
                break
            sent = a_form(questionnaire, state, chance)
            plain = states.pack(questionnaire, state)
            assert walk.fits(plain)
            after, quick = whole_way(questionnaire, state, sent), walk.turn(plain, sent)
            if state.fresh and sent[-1][1] in ("next", "skip"):
                turns, ordinary = turns + 1, ordinary + (quick is not None)
            if quick is not None:
                assert after is not None, sent
                assert states.read(questionnaire, quick) == after, sent
                assert quick == states.pack(questionnaire, after), sent
            if after is None:
                continue
            state = after
            look = walk.look(states.pack(questionnaire, state))
            if look is not None and not state.warned and not state.beside:
                shown = drawn(questionnaire, state)
                assert looks.setdefault(look, shown) == shown, look
    assert turns >= walks
    assert ordinary > ORDINARY * turns


def drawn(questionnaire: Questionnaire, state: PageState) -> object:
    """All that the page of a state is drawn from, with what was given on it."""
    step = flow.show(questionnaire, state.year, state.at, state.raw)
    if step.page is None:
        return step.at
    age = routing.age_of(questionnaire, state.year, step.answers)
    progress = routing.progress(questionnaire, state.year, step.answers, state.at)
    page = step.page
    items = tuple((item.key, *(row.key for row in item.rows)) for item in page.items)
    return (page.key, page.is_landing, items, page.opens_section, age, progress, dict(step.shown))


@pytest.mark.parametrize("change", ["warned", "choosing", "beside", "older", "no receipt"])
def test_no_other_state_is_turned_the_quick_way(change: str) -> None:
    questionnaire = next(iter(load_all().values()))
    changed = {
        "warned": {"warned": True},
        "choosing": {"choosing": True},
        "beside": {"beside": "help"},
        "older": {"fresh": False},
        "no receipt": {"receipt": ""},
    }[change]
    state = replace(start(9), **changed)  # type: ignore[arg-type]
    sent = [("at", "start"), ("go", Go.NEXT.value)]
    assert walk_of(questionnaire).turn(states.pack(questionnaire, start(9)), sent) is not None
    assert walk_of(questionnaire).turn(states.pack(questionnaire, state), sent) is None
