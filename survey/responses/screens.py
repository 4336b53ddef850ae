"""Steps of a walk, shown. The student's pages and the staff's preview of them are the same."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from flask import Response, request

from survey.questionnaires import routing
from survey.questionnaires.model import LONGEST_TEXT
from survey.responses import walk
from survey.responses.about import About
from survey.responses.kept import kept_words
from survey.responses.messages import Message
from survey.responses.pages import render
from survey.responses.walk import Form, Go, Step


@dataclass(frozen=True)
class Frame:
    """Where a walk takes place: whose survey, for which year group, and where its forms go."""

    about: About
    year: int | None
    action: str
    is_preview: bool = False

    @property
    def languages(self) -> tuple[str, ...]:
        return self.about.questionnaire.languages


STATIONS: Mapping[str, str] = {walk.START: "start", walk.ASSENT: "assent", walk.SEND: "send"}
"""Station to template; every other station is a page of the questionnaire."""

GOODBYES: Mapping[Go, str] = {Go.NO: "no_thanks", Go.PARENT: "parent_said_no"}


def show_step(frame: Frame, step: Step) -> Response:
    """The page a step leads to."""
    if step.page is None:
        return render(STATIONS[step.at], frame=frame, step=step, kept=kept_words())
    return render(
        "landing" if step.page.is_landing else "items",
        422 if step.problem else 200,
        frame=frame,
        step=step,
        age=routing.age_of(frame.year, step.answers),
        longest_text=LONGEST_TEXT,
        progress=routing.progress(
            frame.about.questionnaire, frame.year, step.answers, step.page.key
        ),
    )


def show_goodbye(frame: Frame, form: Form) -> Response:
    """The page for whoever does not take part."""
    return render(GOODBYES[form.go], frame=frame, pressed=form.go.value)


def show_thanks(frame: Frame) -> Response:
    return render("thanks", frame=frame)


def show_spent(frame: Frame, form: Form, *, mistyped: bool) -> Response:
    """The code was used before; the answers are still in the page and can go with another code."""
    return render("spent", 409, frame=frame, form=form, mistyped=mistyped)


def show_message(message: Message, frame: Frame | None = None) -> Response:
    """A page that only says something. What was sent can be sent again from it, if that helps."""
    again = message.tries_again and request.method == "POST"
    return render(
        "message",
        message.status,
        frame=frame,
        message=message,
        again=list(request.form.items(multi=True)) if again else [],
    )
