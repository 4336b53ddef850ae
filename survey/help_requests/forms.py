"""Forms of help requests: of the student who asks, and of leads and readers."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict
from typing import Any

from flask_babel import lazy_gettext as _l
from flask_babel.speaklater import LazyString
from flask_wtf import FlaskForm
from wtforms import BooleanField, Form, PasswordField, RadioField
from wtforms.fields import SelectChoice  # type: ignore[attr-defined]  # newer than its stubs
from wtforms.validators import DataRequired, EqualTo, InputRequired

from survey.edit_conflicts import EditForm
from survey.help_requests import encryption
from survey.help_requests.operations import LONGEST_NOTE, RequestText
from survey.organisations.help_desk import LONGEST_LINE
from survey.organisations.models import HelpDesk, Member
from survey.typed_fields import Length, StringField, TextAreaField
from survey.typed_text import length

TODAY, LATER = "today", "later"
"""How soon an adult is asked to come."""


def _too_long(most: int) -> LazyString:
    return _l("That is a bit too long. Keep it to %(most)s letters.", most=most)


def _short(most: int) -> Length:
    return Length(max=most, message=_too_long(most))


class AskForm(Form):
    """A form of a student. It has no session and no cookie, so there is nothing to forge."""

    printed = False

    name = StringField(_l("Your name"), [DataRequired(_l("Write your name.")), _short(80)])
    form = StringField(
        _l("Your year or form"), [DataRequired(_l("Write your year or form.")), _short(40)]
    )
    where = TextAreaField(
        _l("How or where can an adult find you?"),
        [DataRequired(_l("Write how or where an adult can find you.")), _short(200)],
    )
    about = TextAreaField(_l("What is it about?"), [_short(500)])
    soon = RadioField(
        _l("How soon?"),
        [InputRequired(_l("Choose how soon."))],
        choices=[
            SelectChoice(TODAY, _l("Today, please")),
            SelectChoice(LATER, _l("In the next few days")),
        ],
    )

    def validate(self, extra_validators: Any = None) -> bool:
        """Also as a whole: a letter can be made of very many characters."""
        if not super().validate(extra_validators):
            return False
        if encryption.has_room(asdict(self.asked())):
            return True
        fields = (self.name, self.form, self.where, self.about)
        self.say_too_long(max(fields, key=lambda field: len(field.data or "")).name)
        return False

    def say_too_long(self, name: str) -> None:
        """For a field that takes more room than there is, however few letters a reader counts."""
        field = self._fields.get(name)
        if field is not None and not field.errors:
            field.errors = [_too_long(max(1, length(field.data or "") // 2))]

    def asked(self) -> RequestText:
        return RequestText(
            name=(self.name.data or "").strip(),
            form=(self.form.data or "").strip(),
            where=(self.where.data or "").strip(),
            about=(self.about.data or "").strip(),
            urgent=self.soon.data == TODAY,
        )


class CloseRequestForm(FlaskForm):
    note = TextAreaField(
        _l("What was done"),
        [
            DataRequired(_l("Write what was done.")),
            Length(max=LONGEST_NOTE),
        ],
        description=_l("Short, and for your own list. Your safeguarding record is kept elsewhere."),
        render_kw={"rows": 4},
    )


class DeskForm(EditForm):
    is_open = BooleanField(
        _l("Students can ask an adult to get in touch"),
        description=_l("A link on every page of your surveys, the same whatever was answered."),
    )
    who = StringField(
        _l("Who reads it"),
        [DataRequired(_l("Write who reads it.")), Length(max=LONGEST_LINE)],
        description=_l("As students know them, like “Ms Okafor, our safeguarding lead”."),
    )
    hours = StringField(
        _l("When it is read"),
        [DataRequired(_l("Write when it is read.")), Length(max=LONGEST_LINE)],
        description=_l("What you can keep, like “on school days, before 4 pm”."),
    )

    @classmethod
    def of(cls, desk: HelpDesk | None) -> DeskForm:
        return cls(obj=desk)


# Readers: the reading password, and codes from paper.

_SHORT_ENOUGH = Length(max=128)


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


class InviteReaderForm(FlaskForm):
    member = RadioField(_l("Who"), [InputRequired(_l("Choose who."))])

    def __init__(self, members: Iterable[Member]) -> None:
        super().__init__()
        self.member.choices = [SelectChoice(str(one.id), one.name) for one in members]
