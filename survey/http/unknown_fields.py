"""A check that a form sends the fields of its page, and nothing else."""

from __future__ import annotations

from flask import request
from flask_babel import gettext as _
from flask_wtf import FlaskForm

from survey.errors import RefusedError
from survey.http import submit_once


class UnknownFieldError(RefusedError):
    """The form that was sent has a field that its page has not: locked wording, most likely."""


def refuse_unknown_fields(form: FlaskForm) -> None:
    """What a page gives no field for cannot be changed by a request that somebody made up. The page
    of an edit that is older than what is stored says so itself (`survey.edit_conflicts`)."""
    if getattr(form, "fields_gone", list)():
        return
    known = {field.name for field in form} | {"csrf_token", submit_once.FIELD}
    if unknown := sorted(set(request.form) - known):
        raise UnknownFieldError(
            _("This page has no field “%(name)s”. Nothing was saved.", name=unknown[0][:60])
        )
