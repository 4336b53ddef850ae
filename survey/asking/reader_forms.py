"""What readers fill in: the reading password, and codes from paper."""

from __future__ import annotations

from collections.abc import Iterable

from flask_babel import lazy_gettext as _l
from flask_wtf import FlaskForm
from wtforms import PasswordField, RadioField, StringField
from wtforms.fields import SelectChoice  # type: ignore[attr-defined]  # newer than its stubs
from wtforms.validators import DataRequired, EqualTo, InputRequired, Length

from survey.organisations.models import Member

_SHORT_ENOUGH = Length(max=128, message=_l("Use at most %(most)s characters.", most=128))


class OpenForm(FlaskForm):
    password = PasswordField(
        _l("Reading password"),
        [DataRequired(_l("Enter your reading password.")), _SHORT_ENOUGH],
        render_kw={"autocomplete": "off"},
    )


class NewPasswordForm(FlaskForm):
    password = PasswordField(
        _l("A reading password"),
        [DataRequired(_l("Choose a reading password.")), _SHORT_ENOUGH],
        description=_l(
            "At least 12 characters, and not the password you sign in with. Three or four words"
            " that do not belong together are easy to keep in mind."
        ),
        render_kw={"autocomplete": "new-password"},
    )
    again = PasswordField(
        _l("The same again"),
        [
            InputRequired(_l("Enter it a second time.")),
            EqualTo("password", _l("The two passwords differ.")),
        ],
        render_kw={"autocomplete": "new-password"},
    )


class CodeForm(NewPasswordForm):
    code = StringField(
        _l("Code"),
        [DataRequired(_l("Enter the code.")), _SHORT_ENOUGH],
        description=_l("Six groups of four, from the recovery sheet or from a reader."),
        render_kw={"autocomplete": "off", "autocapitalize": "characters", "spellcheck": "false"},
    )


class InviteForm(FlaskForm):
    member = RadioField(_l("Who"), [InputRequired(_l("Choose who."))])

    def __init__(self, members: Iterable[Member]) -> None:
        super().__init__()
        self.member.choices = [SelectChoice(str(one.id), one.name) for one in members]
