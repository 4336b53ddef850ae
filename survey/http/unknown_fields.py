"""A check that a form sends only the fields of its page."""

from __future__ import annotations

from flask import request
from flask_babel import gettext as _
from flask_wtf import FlaskForm

from survey.errors import RefusedError
from survey.http import submit_once


class UnknownFieldError(RefusedError):
    """The form has a field that its page does not have: most likely a locked wording."""


def refuse_unknown_fields(form: FlaskForm) -> None:
    """Refuses a forged request that would change something the page has no field for. A page that
    is older than what is stored is refused in `survey.edit_conflicts`."""
    if getattr(form, "fields_gone", list)():
        return
    known = {field.name for field in form} | {"csrf_token", submit_once.FIELD}
    if unknown := sorted(set(request.form) - known):
        raise UnknownFieldError(
            _("This page has no field “%(name)s”. Nothing was saved.", name=unknown[0][:60])
        )
