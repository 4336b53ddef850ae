"""Steps of a walk, shown. The student's pages and the staff's preview of them are the same."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from flask import Response, request, url_for

from survey.campaigns.presses import spot_pressed, was_pressed
from survey.phone import interface_languages
from survey.questionnaires import routing
from survey.questionnaires.model import LONGEST_TEXT, ItemKind
from survey.responses import walk, where
from survey.responses.about import About, help_for_anyone
from survey.responses.kept import kept_words
from survey.responses.messages import Message
from survey.responses.pages import draw, draw_once, fill, render, slot
from survey.responses.walk import Form, Go, Step
from survey.responses.where import Where


@dataclass(frozen=True)
class Frame:
    """Where a walk takes place: whose survey, for which year group, where its forms go, and where
    the picture of the school's plan is."""

    about: About
    year: int | None
    action: str
    is_preview: bool = False
    picture: str = ""

    @property
    def languages(self) -> tuple[str, ...]:
        return self.about.questionnaire.languages


STATIONS: Mapping[str, str] = {walk.START: "start", walk.ASSENT: "assent", walk.SEND: "send"}
"""Station to template; every other station is a page of the questionnaire."""

SPENT, MISTYPED, THANKS = "spent", "mistyped", "thanks"
"""Pages that Send leads to, besides the errors."""

GOODBYES: Mapping[Go, str] = {Go.NO: "no_thanks", Go.PARENT: "parent_said_no"}


def show_step(frame: Frame, step: Step) -> Response:
    """The page a step leads to: as it is for everybody, with the student's own put in."""
    template, key, values = _drawing(frame, step)
    empty = replace(frame, action=slot("action"), picture="")
    values |= {"frame": empty, "so_far": slot("so_far"), "receipt": slot("receipt")}
    if frame.is_preview or step.problem or step.hints:
        skeleton = draw(template, **values)
    else:
        skeleton = draw_once(template, (frame.about, step.at, *key), **values)
    own = {"action": frame.action, "so_far": step.so_far, "receipt": step.receipt}
    response = fill(template, skeleton, own | _words(step), step.shown)
    response.status_code = 422 if step.problem else 200
    return response


def _drawing(frame: Frame, step: Step) -> tuple[str, tuple[Hashable, ...], dict[str, Any]]:
    """The template of a step, and what its page depends on besides the survey: once as a key, once
    as the values."""
    if step.page is None:
        is_fresh = not step.answers and not frame.is_preview
        values = {"at": step.at, "is_fresh": is_fresh, "kept": kept_words()}
        return STATIONS[step.at], (is_fresh,), values
    page, questionnaire = step.page, frame.about.questionnaire
    age = routing.age_of(frame.year, step.answers)
    progress = routing.progress(questionnaire, frame.year, step.answers, page.key)
    values = {
        "at": step.at,
        "page": page,
        "age": age,
        "progress": progress,
        "problem": step.problem,
        "hints": step.hints,
        "longest_text": LONGEST_TEXT,
    }
    items = tuple(item.key for item in page.items)
    return (
        "landing" if page.is_landing else "items",
        (items, page.opens_section, age, progress),
        values,
    )


def _words(step: Step) -> dict[str, str]:
    """The free texts of the page, by item."""
    texts = (
        [item.key for item in step.page.items if item.kind is ItemKind.TEXT] if step.page else []
    )
    given = {key: step.shown.get(key, "") for key in texts}
    return {key: words if isinstance(words, str) else words[0] for key, words in given.items()}


def show_aside(frame: Frame, form: Form) -> Response | None:
    """A page beside the walk, if that is what the form asks for, or what it came from to be read in
    another language."""
    name, _, _about = form.beside.partition("-")
    show = ASIDE.get(name if form.go is Go.STAY else form.go.value)
    return show(frame, form) if show else None


def _show_goodbye(frame: Frame, form: Form) -> Response:
    """The page for whoever does not take part."""
    pressed = form.beside if form.go is Go.STAY else form.go.value
    return render(GOODBYES[Go(pressed)], frame=frame, beside=pressed)


def _show_help(frame: Frame, form: Form) -> Response:
    """All places to turn to."""
    return _with_carried("help", 200, _carried_by(form), frame=frame)


def _show_languages(frame: Frame, form: Form) -> Response:
    """All languages, for a page that has no room for so many."""
    return _with_carried("languages", 200, _carried_by(form), frame=frame, beside=form.beside)


def _carried_by(form: Form) -> list[tuple[str, str]]:
    """What a page beside the walk carries, to lead back to where it was come from."""
    given = [(name, value) for name, values in form.given.items() for value in values]
    return [*given, ("at", form.at), ("so_far", form.so_far), ("receipt", form.receipt)]


def _with_carried(
    template: str, status: int, carried: list[tuple[str, str]], **values: object
) -> Response:
    """A page that carries fields just as they came, on to the next."""
    slots: dict[str, str] = {}
    for number, (name, value) in enumerate(carried):
        slots |= {f"name{number}": name, f"value{number}": value}
    return render(template, status, slots=slots, carried=range(len(carried)), **values)


PLAN_WIDTHS = (288, 576)
"""Pixels that the plan is shown wide: on the narrowest phone, and where there is room."""


def ticked(frame: Frame, form: Form) -> Form:
    """The form with the place ticked that the plan read back, if that is what was pressed."""
    if form.go is not Go.TAKE:
        return form
    return where.take(_where(frame, form), form)


def _where(frame: Frame, form: Form) -> Where:
    return where.read_where(frame.about.questionnaire, frame.about.plan, form)


def _show_plan(frame: Frame, form: Form) -> Response:
    """The plan for an item; or, where it was pressed, the place read back. The spot ends here."""
    found = _where(frame, replace(form, beside=_as_plan(form.beside)))
    plan = found.plan
    spot = spot_pressed(form.pressed, width=plan.width, height=plan.height, shown=PLAN_WIDTHS)
    if spot is not None:
        return _show_chosen(frame, form, where.at_spot(found, spot))
    return _with_carried(
        "plan",
        200,
        _carried_by(form),
        frame=frame,
        where=found,
        widths=PLAN_WIDTHS,
        missed=was_pressed(form.pressed, PLAN_WIDTHS),
    )


def _as_plan(beside: str) -> str:
    """The page of the plan that a page of a chosen place came from."""
    return "-".join((where.PLAN, *beside.split("-")[1:2]))


def _show_chosen(frame: Frame, form: Form, found: Where | None = None) -> Response:
    return _with_carried(
        "chose", 200, _carried_by(form), frame=frame, where=found or _where(frame, form)
    )


def _show_more(frame: Frame, form: Form) -> Response:
    """The plan once more, with the place ticked."""
    return _show_plan(frame, where.take(_where(frame, form), form, then=form.beside))


def show_thanks(frame: Frame) -> Response:
    return render("thanks", frame=frame)


def show_spent(frame: Frame, form: Form, *, mistyped: bool) -> Response:
    """The code was used before; the answers are still in the page and can go with another code."""
    own = {"so_far": form.so_far, "receipt": form.receipt}
    beside = MISTYPED if mistyped else SPENT
    return render("spent", 409, slots=own, frame=frame, beside=beside)


ASIDE: Mapping[str, Callable[[Frame, Form], Response]] = {
    Go.NO.value: _show_goodbye,
    Go.PARENT.value: _show_goodbye,
    Go.HELP.value: _show_help,
    Go.LANGUAGES.value: _show_languages,
    where.PLAN: _show_plan,
    where.CHOSE: _show_chosen,
    Go.AGAIN.value: _show_plan,
    Go.MORE.value: _show_more,
    SPENT: lambda frame, form: show_spent(frame, form, mistyped=False),
    MISTYPED: lambda frame, form: show_spent(frame, form, mistyped=True),
    THANKS: lambda frame, _form: show_thanks(frame),
}
"""What was pressed, or the page that was come from, to the page beside the walk."""


def show_message(message: Message, frame: Frame | None = None) -> Response:
    """A page that only says something. What was sent can be sent again from it, if that helps."""
    again = message.tries_again and request.method == "POST"
    fields = request.form.items(multi=True) if again else []
    return _show_said(
        message, [(name, value) for name, value in fields if name != "to_lang"], frame
    )


def show_wait(message: Message, code: str, ticket: str) -> Response:
    """How long to wait, with the code in the page: Continue lets it in once the time is over."""
    return _show_said(message, [("code", code), ("ticket", ticket)], None, leads_on=True)


def _show_said(
    message: Message,
    carried: list[tuple[str, str]],
    frame: Frame | None,
    *,
    leads_on: bool = False,
) -> Response:
    return _with_carried(
        "message",
        message.status,
        carried,
        frame=frame,
        message=message,
        leads_on=leads_on,
        here=request.path
        if request.method == "GET"
        else url_for("student.note", name=message.name),
        languages=frame.languages if frame else interface_languages(),
        contacts=frame.about.first_help if frame else help_for_anyone(),
    )
