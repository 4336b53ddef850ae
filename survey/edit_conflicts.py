"""Edit forms that notice when a stored value was changed after their page was opened.

The page carries a digest of every stored value that it shows. If the stored value is now neither
the one shown nor the one sent, someone else changed it and the sender has not seen that. Then
nothing is saved: the page shows the current value of each such field and keeps what was typed, and
sending again saves it.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from datetime import date
from typing import Any

from flask import request
from flask_babel import format_date
from flask_babel import gettext as _
from flask_wtf import FlaskForm
from wtforms import BooleanField, Field, FileField, HiddenField, SubmitField

from survey.http.submit_once import FIELD as ONCE

MARK = 8
"""Hexadecimal digits of a digest: enough to tell two values of a field apart."""
NOT_STORED = (HiddenField, FileField, SubmitField)
LONGEST_QUOTED = 300


class EditForm(FlaskForm):
    """A form that is filled with the stored values, also when it is sent. A form sent without
    digests is not checked."""

    seen_values = HiddenField()

    def __init__(self, *args: Any, **given: Any) -> None:
        super().__init__(*args, **given)
        sent = self.seen_values.data or ""
        self._seen = {sent[at : at + MARK] for at in range(0, len(sent), MARK)}
        if not self._seen:
            self._show_marks()

    def __delitem__(self, name: str) -> None:
        """A form without the field does not show it."""
        super().__delitem__(name)
        if not self._seen:
            self._show_marks()

    def validate(self, extra_validators: Any = None) -> bool:
        is_whole = bool(super().validate(extra_validators))
        if not self._seen:
            return is_whole
        changed, gone = list(self._changed()), self.fields_gone()
        for field in changed:
            says = _("Changed after you opened this page. It is now: %(words)s", words=_said(field))
            field.errors = [*field.errors, says]
        if gone:
            words = ", ".join(request.form[name][:LONGEST_QUOTED] for name in gone)
            self.form_errors.append(
                _("This page has changed, and these words have no field any more: %(words)s",
                  words=words)
            )  # fmt: skip
        if changed or gone:
            self.form_errors.append(
                _("Nothing is saved yet. Press the button again to save what you typed.")
            )
            self._show_marks()
        return is_whole and not changed and not gone

    def fields_gone(self) -> list[str]:
        """The names that were sent without a field, if the page is older than what is stored. On a
        current page they were forged."""
        if not self._seen - set(self._marks()):
            return []
        known = {*(field.name for field in self), "csrf_token", ONCE}
        return [name for name in request.form if name not in known]

    def _changed(self) -> Iterator[Field]:
        """Fields whose stored value is neither the one shown nor the one sent."""
        for field in self._stored():
            if _mark(field) not in self._seen and _plain(field.data) != _plain(field.object_data):
                yield field

    def _stored(self) -> Iterator[Field]:
        return (field for field in self if not isinstance(field, NOT_STORED))

    def _marks(self) -> Iterator[str]:
        return map(_mark, self._stored())

    def _show_marks(self) -> None:
        self.seen_values.data = "".join(self._marks())


def _mark(field: Field) -> str:
    stored = f"{field.name}\0{_plain(field.object_data)}"
    return hashlib.sha256(stored.encode("utf-8", "replace")).hexdigest()[:MARK]


def _plain(value: Any) -> str:
    """A value as text for comparison, with normalised blanks."""
    if isinstance(value, (list, tuple, set, frozenset)):
        return "\0".join(sorted(map(_plain, value)))
    return "" if value is None or value is False else " ".join(str(value).split())


def _said(field: Field) -> str:
    """The current value of a field, in the words of its page."""
    stored = field.object_data
    if isinstance(field, BooleanField):
        return str(_("ticked") if stored else _("not ticked"))
    if isinstance(stored, date):
        return str(format_date(stored))
    if choices := getattr(field, "choices", None):
        values = stored if isinstance(stored, (list, tuple, set)) else [stored]
        labels = {str(one.value): str(one.label) for one in choices}
        stored = ", ".join(labels.get(str(value), "") for value in values)
    words = str(stored or "")[:LONGEST_QUOTED]
    return f"“{words}”" if words.strip() else str(_("empty"))
