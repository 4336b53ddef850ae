"""Form fields that take words and days: one check for everything that a person types.

A word is corrected or refused here, where it is typed and with the fault named, and not by a
printed sheet weeks later. Forms use these fields and this length instead of those of the library,
and what the library itself says of a field is said in our words.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date
from io import SEEK_END
from typing import Any

import wtforms
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_babel.speaklater import LazyString
from flask_wtf import FlaskForm
from flask_wtf import file as wtf_file
from flask_wtf.i18n import Translations
from werkzeug.datastructures import FileStorage
from wtforms import validators
from wtforms.form import BaseForm
from wtforms.validators import StopValidation
from wtforms.widgets import TextInput

from survey.errors import RefusedError
from survey.fonts.faces import unprintable
from survey.typed_text import is_seen, kept, length


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


FIRST_DAY, LAST_DAY = date(2000, 1, 1), date(2099, 12, 31)
"""Days that a calendar, a reminder or a file can count from."""


class DateField(wtforms.DateField):
    """A day, chosen in the calendar of the browser or written as in the United Kingdom."""

    def __init__(self, *args: Any, **given: Any) -> None:
        super().__init__(*args, **{"format": ["%Y-%m-%d", "%d/%m/%Y"], **given})

    def process_formdata(self, valuelist: list[Any]) -> None:
        self.raw_data = [words for words in map(str.strip, valuelist) if words]
        if valuelist:
            self.data = None  # an empty field takes the stored day away
        super().process_formdata(self.raw_data)
        if self.data is not None and not FIRST_DAY <= self.data <= LAST_DAY:
            self.data = None
            raise ValueError(
                _(
                    "Choose a day from %(first)s to %(last)s.",
                    first=FIRST_DAY.year,
                    last=LAST_DAY.year,
                )
            )


class UploadField(wtf_file.FileField):
    """One file, read into memory only if it is small enough. `too_large` says what the page says of
    a larger one."""

    def __init__(
        self, *args: Any, most_bytes: int, too_large: Callable[[], RefusedError], **given: Any
    ) -> None:
        super().__init__(*args, **given)
        self.most_bytes, self.too_large = most_bytes, too_large

    def pre_validate(self, _form: BaseForm) -> None:
        chosen = [one for one in self.raw_data or () if isinstance(one, FileStorage) and one]
        if len(chosen) > 1:
            raise StopValidation(_("Choose one file, not several."))
        if not self.data:
            return
        size = self.data.stream.seek(0, SEEK_END)
        self.data.stream.seek(0)
        if not size:
            raise StopValidation(_("This file is empty. Choose another one."))
        if size > self.most_bytes:
            raise StopValidation(self.too_large().message)

    def content(self) -> bytes:
        """The file, empty if none was chosen."""
        if not self.data:
            return b""
        # A large upload waits in a temporary file, which is removed when it is closed.
        with self.data.stream as stream:
            content: bytes = stream.read()
        return content


_GONE = _l("This cannot be chosen any more. Choose again.")
OF_THE_LIBRARY: Mapping[str, LazyString] = {
    "Not a valid date value.": _l("Write a day that is in the calendar, like 31/12/2026."),
    "Not a valid choice.": _GONE,
    "Invalid Choice: could not coerce.": _GONE,
    "Invalid choice(s): one or more data inputs could not be coerced.": _GONE,
    "'%(value)s' is not a valid choice for this field.": _GONE,
    "This field is required.": _l("Fill this in."),
}
"""What the library says of a field, and what we say."""


class _OurWords(Translations):
    def gettext(self, string: str) -> str:
        ours = OF_THE_LIBRARY.get(string)
        return str(super().gettext(string) if ours is None else ours)

    def ngettext(self, singular: str, plural: str, n: int) -> str:
        ours = OF_THE_LIBRARY.get(singular)
        return str(super().ngettext(singular, plural, n) if ours is None else ours)


def init_app() -> None:
    """Every form of staff says what is wrong in our words."""
    FlaskForm.Meta.get_translations = lambda _meta, _form: _OurWords()
