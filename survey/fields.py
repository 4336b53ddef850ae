"""The fields of our forms that take words: one gate for whatever somebody types.

A word is refused or put right here, where it is typed and with what is wrong with it named, and not
by a printed sheet weeks later. Forms take these fields and this length, and not those of the
library.
"""

from __future__ import annotations

from typing import Any

import wtforms
from flask_babel import gettext as _
from wtforms import validators
from wtforms.form import BaseForm
from wtforms.validators import StopValidation

from survey.faces import unprintable
from survey.words import kept, length


class Length(validators.Length):
    """How long words are, as their reader counts."""

    def __call__(self, _form: BaseForm, field: wtforms.Field) -> None:
        count = length(field.data or "")
        if count < self.min or (self.max != -1 and count > self.max):
            message = self.message or _("Use at most %(most)s characters.", most=self.max)
            raise validators.ValidationError(message)


class _Words:
    """What all kinds of field do with the words. They may come to stand on paper, in our own faces,
    unless their form says `printed = False`."""

    data: str | None

    def process_formdata(self, valuelist: list[Any]) -> None:
        if valuelist:
            self.data = kept(valuelist[0]) if isinstance(valuelist[0], str) else ""

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


class EmailField(_Words, wtforms.EmailField):
    """An e-mail address."""
