"""States of a walk, shown. The student's pages and the staff's preview of them are the same."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from flask import Response, g, request, url_for

from survey.http import light_pages
from survey.http.light_pages import Fixed, PageSize, interface_languages
from survey.questionnaires import routing
from survey.questionnaires.model import LONGEST_TEXT, YEAR_ITEM, Item, ItemKind
from survey.questionnaires.routing import Page
from survey.responses import flow as response_flow
from survey.responses import page_sizes, turn_page
from survey.responses.data_inventory import kept_words
from survey.responses.flow import FlowStep
from survey.responses.messages import CHANGED, NOTES, StudentMessage
from survey.responses.page_rendering import (
    WHOLE,
    draw,
    draw_once,
    fill,
    filled,
    render,
    slot,
    waits_slot,
)
from survey.responses.page_sizes import longest_form, longest_pad, pad
from survey.responses.posted_form import numbers
from survey.responses.states import PageState
from survey.responses.survey_context import About, help_for_anyone
from survey.responses.turn_page import PLAN_WIDTHS, PageRequest


@dataclass(frozen=True)
class Frame:
    """Where a walk takes place: whose survey, for which year group, and where the picture of the
    school's plan is: the same address, asked for the plan."""

    about: About
    year: int | None
    is_preview: bool = False
    picture: str = "?plan"

    @property
    def languages(self) -> tuple[str, ...]:
        return self.about.questionnaire.languages

    @property
    def asked(self) -> PageRequest:
        return PageRequest(self.about.questionnaire, self.about.plan)


STATIONS: Mapping[str, str] = {
    response_flow.START: "start",
    response_flow.ASSENT: "assent",
    response_flow.SEND: "send",
}
"""Station to template; every other station is a page of the questionnaire."""


def show(frame: Frame, state: PageState) -> Response:
    """The page of a state."""
    if state.choosing:
        return _same_for_all("languages", frame, picking=True)
    name, _, _about = state.beside.partition("-")
    if name:
        return BESIDE[name](frame, state)
    step = response_flow.show(
        frame.about.questionnaire, frame.year, state.at, state.raw, warned=state.warned
    )
    return show_step(frame, step, fresh=state.fresh)


def show_step(frame: Frame, step: FlowStep, *, fresh: bool = False) -> Response:
    """The page of a step: the same for everyone, with the student's own words and answers. `fresh`:
    there are none."""
    asks = _all_that_may_be_asked(frame, step)
    template, key, values = _drawing(frame, step, asks)
    values |= {"frame": replace(frame, year=None)}
    if frame.is_preview or step.warns:
        skeleton = draw(template, **values)
    else:
        skeleton = draw_once(template, (frame.about, step.at, *key), **values)
    questionnaire = frame.about.questionnaire
    own = {"pad": pad(asks.items) if asks else ""} | _hidden(step, asks)
    shown = numbers(questionnaire, step.shown)
    response = fill(template, skeleton, own | _words(step), shown)
    is_same = template != "items" or (fresh and not _waiting(asks))
    if step.page and not frame.is_preview:
        _step_size(step, step.page, frame, template, values, is_bare=is_same)
    if not frame.is_preview and not step.warns and is_same:
        g.fixed = _fixed(skeleton, step)
    response.status_code = 422 if step.problem else 200
    return response


def _fixed(skeleton: str, step: FlowStep) -> Fixed:
    """The page of a step on which nothing was given, up to its pad."""
    before, _slot, _after = skeleton.partition(slot("pad"))
    asks = step.page is not None and not step.page.is_landing
    return Fixed(filled(before, {}), longest_pad(step.page.items) if step.page and asks else 0)


def _all_that_may_be_asked(frame: Frame, step: FlowStep) -> Page | None:
    """The page with every question that any student of that age could meet on it.

    A question that waits for earlier answers is on the page of everyone, hidden from those whose
    answers do not call for it. So the page is drawn once, whatever was answered: drawing one for
    each student took longest where most was unsafe, and a listener could measure that. A browser
    sends a hidden question as one that was left open, so the form is as long as well."""
    if step.page is None or step.page.is_landing:
        return step.page
    questionnaire = frame.about.questionnaire
    age = routing.age_of(questionnaire, frame.year, step.answers)
    every = routing.items_of_page(questionnaire, step.page.key, age)
    items = (one for one in every if not (one.key == YEAR_ITEM and frame.year is not None))
    return replace(step.page, items=tuple(items))


def _waiting(page: Page | None) -> tuple[Item, ...]:
    """The questions of a page that wait for earlier answers."""
    return tuple(one for one in page.items if one.show_if or one.rows_if) if page else ()


def _hidden(step: FlowStep, asks: Page | None) -> dict[str, str]:
    """For each question and row that waits: the attribute that hides it, or nothing."""
    called = {item.key: item for item in step.page.items} if step.page else {}
    marks = {waits_slot(""): "" if asks and not called else HIDDEN}
    for item in _waiting(asks):
        found = called.get(item.key)
        marks[waits_slot(item.key)] = "" if found else HIDDEN
        rows = {row.key for row in found.rows} if found else frozenset()
        for row in item.rows:
            marks[waits_slot(item.row_key(row.key))] = "" if row.key in rows else HIDDEN
    return marks


HIDDEN = " hidden"


def _same_for_all(template: str, frame: Frame, **values: Any) -> Response:
    """A page of a survey that shows nothing of one student."""
    if frame.is_preview:
        return render(template, frame=frame, **values)
    html = draw_once(template, (frame.about,), frame=replace(frame, year=None), **values)
    g.fixed = Fixed(html)
    return light_pages.answer(html, whole=template in WHOLE)


def _step_size(
    step: FlowStep,
    page: Page,
    frame: Frame,
    template: str,
    values: Mapping[str, Any],
    *,
    is_bare: bool,
) -> None:
    """Says how long the page is to be on the wire: as long as the same page with everything on it
    that any student of that age could meet there, whatever this one answered. `is_bare`: nothing is
    filled in on it, for anyone."""
    age, progress = values["age"], values["progress"]
    everything = routing.items_of_page(frame.about.questionnaire, page.key, age)
    full = {
        **values,
        "page": replace(page, items=everything),
        "problem": None,
        "hints": {},
        "skipped": False,
    }
    name = (template, g.language, frame.about, step.at, age, progress, is_bare)
    room = page_sizes.BARE_ROOM if is_bare else page_sizes.room_for(everything)
    longest = {"pad": "0" * longest_pad(everything)}
    g.size = PageSize(name, lambda: filled(draw(template, **full), longest), room)


def _drawing(
    frame: Frame, step: FlowStep, page: Page | None
) -> tuple[str, tuple[Hashable, ...], dict[str, Any]]:
    """The template of a step, and what its page depends on apart from the survey: once as a key,
    once as the values."""
    if page is None:
        values: dict[str, Any] = {"at": step.at, "kept": kept_words()}
        return STATIONS[step.at], (), values
    questionnaire = frame.about.questionnaire
    age = routing.age_of(questionnaire, frame.year, step.answers)
    progress = routing.progress(questionnaire, frame.year, step.answers, page.key)
    values = {
        "at": step.at,
        "page": page,
        "may_be_empty": len(_waiting(page)) == len(page.items) and not page.is_landing,
        "age": age,
        "progress": progress,
        "problem": step.problem,
        "hints": step.hints,
        "skipped": step.skipped,
        "longest_text": LONGEST_TEXT,
        "longest_form": longest_form(routing.items_of_page(questionnaire, page.key, age)),
    }
    items = tuple(item.key for item in page.items)
    return (
        "landing" if page.is_landing else "items",
        (items, page.opens_section, age, progress),
        values,
    )


def _words(step: FlowStep) -> dict[str, str]:
    """The free texts of the page, by item."""
    texts = (
        [item.key for item in step.page.items if item.kind is ItemKind.TEXT] if step.page else []
    )
    given = {key: step.shown.get(key, "") for key in texts}
    return {
        key: words if isinstance(words, str) else "".join(words[:1]) for key, words in given.items()
    }


def _show_goodbye(template: str) -> Callable[[Frame, PageState], Response]:
    """The page for a student who does not take part."""
    return lambda frame, _state: _same_for_all(template, frame)


def _show_help(frame: Frame, _state: PageState) -> Response:
    """All places to turn to."""
    return _same_for_all("help", frame)


def _show_plan(frame: Frame, state: PageState) -> Response:
    """The plan for an item."""
    found = turn_page.where_of(frame.asked, state)
    _plan_size(frame, "plan", state)
    return render("plan", frame=frame, where=found, widths=PLAN_WIDTHS, missed=state.warned)


def _show_chosen(frame: Frame, state: PageState) -> Response:
    """The place that was pressed, read back."""
    found = turn_page.where_of(frame.asked, state)
    _plan_size(frame, "chose", state)
    return render("chose", frame=frame, where=found)


def _plan_size(frame: Frame, template: str, state: PageState) -> None:
    """A page of the plan is as long whichever place it names and whatever was chosen before."""
    if frame.is_preview:
        return
    item = frame.about.questionnaire.by_key[turn_page.item_of(state)]
    found = turn_page.where_of(frame.asked, replace(state, raw={}, beside=f"plan-{item.key}"))
    names = sum(len(str(option.label).encode()) for option in item.options)

    def fullest() -> str:
        given = {"where": found, "widths": PLAN_WIDTHS, "missed": True}
        return draw("plan", frame=frame, **given)

    g.size = PageSize((template, g.language, frame.about, item.key), fullest, names + PLAN_ROOM)


PLAN_ROOM = 256


def show_thanks(frame: Frame) -> Response:
    return _same_for_all("thanks", frame)


def _show_spent(frame: Frame, state: PageState) -> Response:
    """The code was used before, or mistyped; the answers can still go with another code."""
    return render("spent", 409, frame=frame, beside=state.beside)


def _show_note(frame: Frame, state: PageState) -> Response:
    """Send did not work just now, and can be pressed again."""
    return show_message(NOTES[state.beside], frame, again=True)


BESIDE: Mapping[str, Callable[[Frame, PageState], Response]] = {
    "help": _show_help,
    "plan": _show_plan,
    "chose": _show_chosen,
    "spent": _show_spent,
    "mistyped": _show_spent,
    "thanks": lambda frame, _state: show_thanks(frame),
    "no": _show_goodbye("no_thanks"),
    "parent": _show_goodbye("parent_said_no"),
    "busy": _show_note,
    "broken": _show_note,
    "away": _show_note,
    CHANGED.name: lambda frame, _state: show_message(CHANGED, frame),
}
"""The pages outside the walk, by what a state calls them."""


def show_message(
    message: StudentMessage, frame: Frame | None = None, *, again: bool = False
) -> Response:
    """A page that only says something. `again`: Send can be pressed again from it."""
    here = "" if request.method == "GET" else url_for("responses.note", name=message.name)
    return render(
        "message",
        message.status,
        frame=frame,
        message=message,
        again=again,
        closed=not again,
        here=here,
        languages=frame.languages if frame else interface_languages(),
        contacts=frame.about.first_help if frame else help_for_anyone(),
    )


def show_wait(message: StudentMessage, letters: str) -> Response:
    """How long to wait. Continue lets the code in once the time is over; it stays sealed."""
    return render(
        "message",
        message.status,
        message=message,
        wait=letters,
        again=False,
        closed=False,
        here=request.path,
        languages=interface_languages(),
        contacts=help_for_anyone(),
    )
