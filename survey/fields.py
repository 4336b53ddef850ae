"""Form fields that take words: one check for everything that a person types.

A word is corrected or refused here, where it is typed and with the fault named, and not by a
printed sheet weeks later. Forms use these fields and this length instead of those of the library.
"""

from __future__ import annotations

from typing import Any

import wtforms
from flask_babel import gettext as _
from wtforms import validators
from wtforms.form import BaseForm
from wtforms.validators import StopValidation
from wtforms.widgets import TextInput

from survey.fonts.faces import unprintable
from survey.words import is_seen, kept, length


class Length(validators.Length):
    """Length validator that counts letters as a reader does."""

    def __call__(self, _form: BaseForm, field: wtforms.Field) -> None:
        count = length(field.data or "")
        if count < self.min or (self.max != -1 and count > self.max):
            message = self.message or _("Use at most %(most)s characters.", most=self.max)
            raise validators.ValidationError(message)


class _Words:
    """What all word fields have in common. Their words may be printed in our typefaces, unless the
    form sets `printed = False`."""

    data: str | None

    def process_formdata(self, valuelist: list[Any]) -> None:
        if valuelist:
            words = kept(valuelist[0]) if isinstance(valuelist[0], str) else ""
            self.data = words if is_seen(words) else ""

    def pre_validate(self, form: BaseForm) -> None:
        super().pre_validate(form)  # type: ignore[misc]
        missing = unprintable(self.data or "") if getattr(form, "printed", True) else ()
        if missing:
            named = ", ".join(missing)
            raise StopValidation(_("This cannot be printed: %(letters)s", letters=named))


class StringField(_Words, wtforms.StringField):
    """A line of words."""


class TextAreaField(_Words, wtforms.TextAreaField):
    """Several lines of words."""


MOST_DIGITS = 9


class CountField(wtforms.IntegerField):
    """A whole number as plain text, which a mouse wheel cannot change by accident."""

    widget = TextInput()

    def process_formdata(self, valuelist: list[str]) -> None:
        given = valuelist[0].strip() if valuelist else ""
        self.data = None
        if given:
            if not given.isdecimal() or len(given) > MOST_DIGITS:
                raise ValueError(_("Write a whole number, like 180."))
            self.data = int(given)

    def pre_validate(self, _form: BaseForm) -> None:
        if self.process_errors:
            raise StopValidation  # one complaint is enough


class EmailField(_Words, wtforms.EmailField):
    """An e-mail address."""
