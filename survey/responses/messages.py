"""Pages that only say something: what went wrong, or that all is well, in plain kind words."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

from flask_babel import lazy_gettext as _l
from flask_babel.speaklater import LazyString
from werkzeug.exceptions import HTTPException, NotFound

from survey.database import is_busy, is_unavailable
from survey.errors import NotNowError, NotThereError
from survey.questionnaires.routing import AnswerError


class WrongCodeError(NotThereError):
    """A code that opens nothing."""


class NotOpenYetError(NotNowError):
    """The wave of the code has not been launched."""


class SurveyClosedError(NotNowError):
    """The wave of the code is over."""


class SurveyEndedError(SurveyClosedError):
    """The survey of the code ended without a report, or its launch was undone: nothing is kept."""


class OverError(NotNowError):
    """An address of a session that has ended, or of one so old that its key is forgotten."""


@dataclass(frozen=True)
class StudentMessage:
    name: str
    status: int
    title: LazyString
    says: tuple[LazyString, ...]
    asks_code: bool = False


WRONG = StudentMessage(
    "wrong",
    404,
    _l("That code does not work"),
    (
        _l("Look at your card again. A code has eight letters and numbers, like K7QM-3XPD."),
        _l("If it still does not work, ask the adult who gave it to you for another card."),
    ),
    asks_code=True,
)
NOT_YET = StudentMessage(
    "not-yet",
    409,
    _l("This survey has not started yet"),
    (_l("Your code is fine. Keep your card and try again when your school says so."),),
)
CLOSED = StudentMessage(
    "closed",
    410,
    _l("This survey has finished"),
    (
        _l("Answers can no longer be sent. Nothing from this page was kept."),
        _l("If you sent your answers before, they are counted. Thank you."),
    ),
)
ENDED = StudentMessage("ended", 410, CLOSED.title, CLOSED.says[:1])
CHANGED = StudentMessage(
    "changed",
    409,
    _l("Your first answers are the ones we have"),
    (
        _l("You sent your answers before, and then changed something. The change was not sent."),
        _l("Answers cannot be changed after they are sent."),
        _l("Your first answers are counted. You can close this page now."),
    ),
)
WAIT = StudentMessage(
    "wait",
    429,
    _l("Please wait a few seconds"),
    (_l("Many wrong codes began like yours, so we check this one more slowly."),),
    asks_code=True,
)
CRAFTED = StudentMessage(
    "crafted",
    422,
    _l("We could not read that page"),
    (
        _l("Something in it was not what we sent you. Nothing was kept."),
        _l("You can start again with the code on your card."),
    ),
    asks_code=True,
)
NO_WAY = StudentMessage(
    "no-way",
    400,
    _l("Part of that is missing"),
    (_l("Go back and try again. Nothing was kept."),),
    asks_code=True,
)
NOWHERE = StudentMessage(
    "nowhere",
    404,
    _l("There is no page here"),
    (_l("Look at the address again. If you have a card with a code, you can type the code here."),),
    asks_code=True,
)
BUSY = StudentMessage(
    "busy",
    503,
    _l("We could not save just now"),
    (
        _l("Very many people are sending at this moment."),
        _l("Your answers are still in this page. Wait a moment, then try again."),
    ),
)
BROKEN = StudentMessage(
    "broken",
    500,
    _l("Something went wrong on our side"),
    (
        _l("It is not your fault. Your answers are still in this page."),
        _l("Wait a moment, then try again. Sending twice does no harm."),
    ),
)
AWAY = replace(BROKEN, name="away", status=503)
"""The database cannot be reached or written at this moment."""

OVER = StudentMessage(
    "over",
    410,
    _l("This survey is over on this device"),
    (
        _l("Someone pressed Send or Leave now here, or the page was open for too long."),
        _l("Sent answers are in. Nothing else was kept, and no answers can be seen here."),
        _l("Do you have a card? Type its code to begin."),
    ),
    asks_code=True,
)

NOTES: Mapping[str, StudentMessage] = {
    message.name: message
    for message in (
        *(WRONG, NOT_YET, CLOSED, ENDED, CHANGED, WAIT, CRAFTED),
        *(NO_WAY, NOWHERE, BUSY, AWAY, BROKEN, OVER),
    )
}
"""All of them, by name: to be read again in another language."""

MESSAGES: Mapping[type[Exception], StudentMessage] = {
    WrongCodeError: WRONG,
    NotOpenYetError: NOT_YET,
    SurveyEndedError: ENDED,
    SurveyClosedError: CLOSED,
    OverError: OVER,
    AnswerError: CRAFTED,
}


def wait_message(seconds: int) -> StudentMessage:
    """How long to wait, to the second."""
    return replace(
        WAIT,
        title=_l("Please wait %(seconds)s seconds", seconds=seconds),
        says=(
            *WAIT.says,
            _l("Count to %(seconds)s, then press Continue. Nothing is lost.", seconds=seconds),
        ),
    )


def message_for(error: Exception) -> StudentMessage:
    """The page for an error."""
    if isinstance(error, NotFound):
        return NOWHERE
    if isinstance(error, HTTPException):
        return NO_WAY if (error.code or 500) < 500 else BROKEN
    if is_busy(error):
        return BUSY
    if is_unavailable(error):
        return AWAY
    return next((page for kind, page in MESSAGES.items() if isinstance(error, kind)), BROKEN)
