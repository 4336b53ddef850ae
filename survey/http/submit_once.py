"""Forms that create something are sent once: a second press creates nothing.

Each page with such a form carries a random number (`once_field`). The number is written in the same
transaction as what the form creates, so two presses at the same moment are distinguished by the
database. A second press leads where the first one led.
"""

from __future__ import annotations

import hashlib
import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import date, timedelta
from functools import wraps
from typing import ParamSpec, TypeVar

from flask import Flask, flash, redirect, request, url_for
from flask_babel import gettext as _
from markupsafe import Markup
from sqlalchemy import LargeBinary, delete
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Mapped, Session, mapped_column
from werkzeug.wrappers import Response

from survey.database import Base, begin, read, today
from survey.permissions import current_member

P = ParamSpec("P")
R = TypeVar("R")

FIELD = "number"
KEPT = timedelta(days=2)
A_DAY = timedelta(days=1)
"""How long a sent form is remembered: longer than a form can wait for its sender to sign in."""


WAITS, WAIT_SECONDS = 10, 0.05
"""How often, and how long, a second press waits to learn where the first one led."""


class SentForm(Base):
    """A form that was sent, and the page it led to. The number itself is not kept, only its hash
    together with the member and the address."""

    __tablename__ = "sent_form"

    form_hash: Mapped[bytes] = mapped_column(LargeBinary(32), primary_key=True)
    sent_on: Mapped[date]
    led_to: Mapped[str | None]


class SentBeforeError(Exception):
    """This very form was sent before, perhaps a moment ago."""


def init_app(app: Flask) -> None:
    app.jinja_env.globals["once_field"] = once_field


def once_field() -> Markup:
    """The hidden number of a form that creates something."""
    return Markup('<input type="hidden" name="{}" value="{}">').format(FIELD, uuid.uuid4())


@contextmanager
def begin_once() -> Iterator[Session]:
    """Like `database.begin`, for what a form creates. Raises a `SentBeforeError` if this form was
    sent before; `creates_once` answers it. A form without a number is not held to anything."""
    with begin() as db:
        key = _form_hash()
        if key is not None:
            db.add(SentForm(form_hash=key, sent_on=today()))
            try:
                db.flush()
            except IntegrityError as twice:
                raise SentBeforeError from twice
        yield db


def creates_once(view: Callable[P, R]) -> Callable[P, R | Response]:
    """For a view that creates something with `begin_once` and then leads on to another page. Goes
    under `@requires`."""

    @wraps(view)
    def held(*args: P.args, **kwargs: P.kwargs) -> R | Response:
        try:
            answer = view(*args, **kwargs)
        except SentBeforeError:
            return _lead_on()
        if request.method == "POST" and isinstance(answer, Response) and answer.location:
            _remember(answer.location)
        return answer

    held.creates_once = True  # type: ignore[attr-defined]
    return held


def forget_old(db: Session, *, today: date) -> None:
    """Deletes forms that were sent some days ago, or on a day to come by a clock that was ahead."""
    db.execute(delete(SentForm).where(~SentForm.sent_on.between(today - KEPT + A_DAY, today)))


def _form_hash() -> bytes | None:
    """None if the form has no number, or one that is not ours."""
    try:
        number = uuid.UUID(request.form.get(FIELD, ""))
    except ValueError:
        return None
    whose = f"{current_member().id} {request.path} {number}"
    return hashlib.sha256(whose.encode()).digest()


def _remember(location: str) -> None:
    key = _form_hash()
    if key is None:
        return
    with begin() as db:
        sent = db.get(SentForm, key)
        if sent is not None:
            sent.led_to = location


def _lead_on() -> Response:
    """Where the first press led: it may still be writing that down. Without it, the start page."""
    flash(_("This was saved already."))
    for _try in range(WAITS):
        read().rollback()
        sent = read().get(SentForm, _form_hash(), populate_existing=True)
        if sent is not None and sent.led_to:
            return redirect(sent.led_to)
        time.sleep(WAIT_SECONDS)
    return redirect(url_for("organisations.home"))
