"""What a student's form says, read once. Every page sends the same few fields of ours; all others
are answers, and are checked as such."""

from __future__ import annotations

from werkzeug.datastructures import MultiDict

from survey.campaigns.presses import SPOT
from survey.questionnaires.routing import AnswerError, Refusal
from survey.responses.walk import Form, Go

OURS = frozenset(
    {"at", "go", "so_far", "receipt", "hinted", "beside", "lang", "to_lang", "code", "csrf_token"}
)
"""Names of our own fields. Items begin with a capital letter, so none is ever called so."""


def read_form(fields: MultiDict[str, str]) -> Form:
    """The form as the walk understands it, or an `AnswerError`."""
    try:
        # A button stands after what the form carries, and is what was pressed.
        go = Go((fields.getlist("go") or [Go.STAY])[-1])
    except ValueError:
        raise AnswerError("", Refusal.MALFORMED) from None
    return Form(
        at=fields.get("at", ""),
        go=go,
        so_far=fields.get("so_far", ""),
        given={
            name: fields.getlist(name)
            for name in fields
            if name not in OURS and not name.startswith(SPOT)
        },
        receipt=fields.get("receipt", ""),
        hinted="hinted" in fields,
        # The last: a button that leads aside stands after what a page carries.
        beside=(fields.getlist("beside") or [""])[-1],
        pressed={name: fields[name] for name in fields if name.startswith(SPOT)},
    )
