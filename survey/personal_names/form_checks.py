"""A check for fields whose words are printed or shown to students, and may not name a person."""

from __future__ import annotations

from collections.abc import Sequence

from flask_babel import gettext as _
from wtforms import Field, Form
from wtforms.validators import ValidationError

from survey.personal_names.detector import staff_named


def staff_complaint(words: str, listed: Sequence[str] = ()) -> str | None:
    """Why words may not stay, if they name a member of staff."""
    if named := staff_named(words, listed):
        return str(
            _(
                "This names a member of staff: %(names)s. Write what they do, like “the site"
                " manager”.",
                names=", ".join(named),
            )
        )
    return None


def names_no_staff(_form: Form, field: Field) -> None:
    """A validator for fields that may not name a person."""
    if complaint := staff_complaint(field.data or ""):
        raise ValidationError(complaint)
