"""From one page to the next: the state of a page and what its form sends make the next state.

Nothing is shown here and nothing kept. A page is never the answer to a form: the answer is the
address of the next state, and that is opened like any other page.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

from survey.campaigns.site_plans.image_clicks import spot_pressed, was_pressed
from survey.campaigns.site_plans.operations import Plan
from survey.questionnaires.model import Questionnaire
from survey.questionnaires.routing import AnswerError, Refusal
from survey.responses import flow as response_flow
from survey.responses import plan_point
from survey.responses.flow import Go, PageForm
from survey.responses.plan_point import PlanPoint
from survey.responses.states import PageState

PLAN_WIDTHS = (288, 576)
"""Pixels that the plan is shown wide: on the narrowest phone, and where there is room."""

ONWARDS = frozenset({Go.NEXT, Go.SKIP})

ENDS = frozenset({Go.NO, Go.PARENT, Go.LEAVE})
"""What ends a session without sending."""


@dataclass(frozen=True)
class PageRequest:
    """What the walk is about: the questionnaire, and the plan of the school if it has one."""

    questionnaire: Questionnaire
    plan: Plan | None = None


def turn(asked: PageRequest, state: PageState, form: PageForm) -> PageState:
    """The next state, or an `AnswerError` for a form that no page of ours sent."""
    beside, _, _about = form.beside.partition("-")
    act = TURNS.get(form.go.value if form.go is not Go.STAY else beside)
    if act:
        return act(asked, state, form)
    if state.beside and form.go is Go.STAY:  # another language for a page outside it
        return replace(state, choosing=False)
    step = response_flow.step(asked.questionnaire, state.year, form)
    goes_on = form.go in ONWARDS
    return state.on(asked.questionnaire, step.at, step.so_far, warned=step.warns, goes_on=goes_on)


def back_to(asked: PageRequest, state: PageState, at: str) -> PageState:
    """An older page of the walk, with all that was answered since; an `AnswerError` if this student
    is not shown such a page, or the session is over."""
    if not state.receipt:
        raise AnswerError("", Refusal.MALFORMED)
    older = state.on(asked.questionnaire, at, state.raw)
    response_flow.show(asked.questionnaire, state.year, at, state.raw)
    return older


def _with_given(asked: PageRequest, state: PageState, form: PageForm) -> PageState:
    step = response_flow.step(asked.questionnaire, state.year, replace(form, go=Go.STAY))
    return replace(state, raw=step.so_far, fresh=False)


def _help(asked: PageRequest, state: PageState, form: PageForm) -> PageState:
    return replace(_with_given(asked, state, form), beside="help", choosing=False)


def _languages(asked: PageRequest, state: PageState, form: PageForm) -> PageState:
    return replace(_with_given(asked, state, form), choosing=True)


def _plan(asked: PageRequest, state: PageState, form: PageForm) -> PageState:
    """The plan for an item; or, where it was pressed, the place read back. The spot ends here."""
    found = plan_point.read_where(asked.questionnaire, asked.plan, form)
    kept = replace(_with_given(asked, state, form), choosing=False)
    plan = found.plan
    spot = spot_pressed(form.pressed, width=plan.width, height=plan.height, shown=PLAN_WIDTHS)
    if spot is not None:
        return replace(kept, beside=plan_point.at_spot(found, spot).beside, warned=False)
    missed = was_pressed(form.pressed, PLAN_WIDTHS)
    return replace(kept, beside=_as_plan(form.beside), warned=missed)


def _as_plan(beside: str) -> str:
    """The page of the plan that a page of a chosen place came from."""
    return "-".join((plan_point.PLAN, *beside.split("-")[1:2]))


def _read_back(asked: PageRequest, state: PageState, form: PageForm) -> PageState:
    plan_point.read_where(asked.questionnaire, asked.plan, form)
    return replace(state, choosing=False)


def _again(_asked: PageRequest, state: PageState, form: PageForm) -> PageState:
    return replace(state, beside=_as_plan(form.beside), warned=False)


def _take(asked: PageRequest, state: PageState, form: PageForm) -> PageState:
    return _taken(asked, state, form, then="")


def _more(asked: PageRequest, state: PageState, form: PageForm) -> PageState:
    """The plan again, with the place ticked."""
    return _taken(asked, state, form, then=_as_plan(form.beside))


def _taken(asked: PageRequest, state: PageState, form: PageForm, *, then: str) -> PageState:
    found = plan_point.read_where(asked.questionnaire, asked.plan, form)
    ticked = plan_point.take(found, form)
    kept = _with_given(asked, state, ticked)
    return replace(kept, beside=then, warned=False, choosing=False)


TURNS: Mapping[str, Callable[[PageRequest, PageState, PageForm], PageState]] = {
    Go.HELP.value: _help,
    Go.LANGUAGES.value: _languages,
    Go.TAKE.value: _take,
    Go.MORE.value: _more,
    Go.AGAIN.value: _again,
    plan_point.PLAN: _plan,
    plan_point.CHOSE: _read_back,
}
"""What was pressed, or the page that was come from, to what follows from it."""


def item_of(state: PageState) -> str:
    """The item a page of the plan is about, to come back to; "" elsewhere."""
    name, _, rest = state.beside.partition("-")
    return rest.partition("-")[0] if name in (plan_point.PLAN, plan_point.CHOSE) else ""


def where_of(asked: PageRequest, state: PageState) -> PlanPoint:
    """What a page of the plan shows."""
    given = response_flow.given_on(asked.questionnaire, state.at, state.raw)
    form = PageForm(state.at, Go.STAY, given=given, beside=state.beside)
    return plan_point.read_where(asked.questionnaire, asked.plan, form)
