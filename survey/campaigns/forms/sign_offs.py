"""The form in which a person signs a survey off."""

from __future__ import annotations

from flask_babel import lazy_gettext as _l
from flask_wtf import FlaskForm
from wtforms import BooleanField
from wtforms.validators import InputRequired


class SignOffForm(FlaskForm):
    checked = BooleanField(
        _l("I have looked at this and agree that it is launched"),
        [InputRequired(_l("Tick that you agree."))],
    )
