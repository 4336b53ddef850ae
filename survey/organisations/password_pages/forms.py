"""Forms for a link, a password, and the e-mail that a member gets."""

from __future__ import annotations

from flask_babel import lazy_gettext as _l
from flask_wtf import FlaskForm
from wtforms import PasswordField, SelectMultipleField
from wtforms.fields import SelectChoice  # type: ignore[attr-defined]  # newer than its stubs
from wtforms.validators import DataRequired, EqualTo

from survey.mail.wording import SWITCHES, WORDINGS
from survey.organisations.sign_in import PASSWORD_LENGTH
from survey.typed_fields import EmailField, Length

LONGEST_PASSWORD = 128
TOO_SHORT = _l("Use from %(length)s to 128 characters.", length=PASSWORD_LENGTH)


class AskForLinkForm(FlaskForm):
    email = EmailField(
        _l("E-mail address"),
        [DataRequired(_l("Write the e-mail address.")), Length(max=254)],
        render_kw={"autocomplete": "username"},
    )


class ChoosePasswordForm(FlaskForm):
    password = PasswordField(
        _l("New password"),
        [
            DataRequired(_l("Enter a password.")),
            Length(PASSWORD_LENGTH, LONGEST_PASSWORD, TOO_SHORT),
        ],
        description=_l(
            "At least 12 characters. Three or four words that do not belong together are easy to"
            " keep in mind."
        ),
        render_kw={"autocomplete": "new-password"},
    )
    again = PasswordField(
        _l("New password again"),
        [EqualTo("password", _l("The two new passwords differ."))],
        render_kw={"autocomplete": "new-password"},
    )


class MailForm(FlaskForm):
    wanted = SelectMultipleField(_l("Send me an e-mail"))

    def offer(self) -> None:
        self.wanted.choices = [SelectChoice(kind.value, WORDINGS[kind].switch) for kind in SWITCHES]
