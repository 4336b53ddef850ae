"""Forms of a lead: a decision on a text, and taking a set of texts back."""

from __future__ import annotations

from collections.abc import Collection
from datetime import date
from enum import StrEnum
from typing import Any

from flask import request
from flask_babel import lazy_gettext as _l
from flask_wtf import FlaskForm
from wtforms import HiddenField, SelectField
from wtforms.fields import SelectChoice  # type: ignore[attr-defined]  # newer than its stubs
from wtforms.validators import DataRequired

from survey.free_text.decisions import PassedTo, TextDecision
from survey.free_text.models import RoomText
from survey.free_text.operations import LONGEST_NOTE
from survey.free_text.publication import LONGEST_NOTICE
from survey.free_text.wording import PASSED_TO
from survey.personal_names.form_checks import names_no_staff
from survey.typed_fields import DateField, Length, TextAreaField


class Do(StrEnum):
    """The buttons of the page of a text."""

    SUGGEST = "suggest"
    CLEAR = "clear"
    FIT = "fit"
    LEAVE_OUT = "leave_out"
    WORRY = "worry"


DECIDES = {Do.FIT: TextDecision.FIT, Do.LEAVE_OUT: TextDecision.LEFT_OUT}


class TextForm(FlaskForm):
    """The words to black out come as numbers named `out`; every button sends the whole form, so
    nothing that was pressed or typed is lost."""

    state = HiddenField()
    """What was decided about the text when its page was opened."""
    passed_to = SelectField(
        _l("To whom"),
        choices=[SelectChoice(to.value, words) for to, words in PASSED_TO.items()],
    )
    passed_on = DateField(_l("On which day"), [DataRequired(_l("Give the day, like 2026-11-30."))])
    note = TextAreaField(
        _l("Note"),
        [Length(max=LONGEST_NOTE)],
        description=_l(
            "For your own list, without names. Your safeguarding record is kept elsewhere."
        ),
        render_kw={"rows": 3},
    )

    @classmethod
    def of(cls, text: RoomText, today: date) -> TextForm:
        return cls(
            data={
                "passed_to": (text.passed_to or PassedTo.SAFEGUARDING).value,
                "passed_on": text.passed_on or today,
                "note": text.note or "",
                "state": text.state,
            }
        )

    def out(self, words: Collection[int]) -> set[int]:
        """The words that are pressed, of those there are."""
        pressed = {
            int(one) for one in request.form.getlist("out") if one.isdecimal() and len(one) < 7
        }
        return pressed & set(words)

    def to(self) -> PassedTo:
        return PassedTo(self.passed_to.data)

    def day(self) -> date:
        """The day, once the form is valid."""
        return self.passed_on.data or date.max

    def pressed(self) -> Do | None:
        """The button."""
        value: Any = request.form.get("do")
        return Do(value) if value in list(Do) else None


class WithdrawTextsForm(FlaskForm):
    notice = TextAreaField(
        _l("Why are they withdrawn?"),
        [
            DataRequired(_l("Say why the texts are withdrawn.")),
            Length(max=LONGEST_NOTICE, message=_l("Use at most %(max)d letters.")),
            names_no_staff,
        ],
        description=_l("Readers of the report see it in place of the texts. Name no one."),
    )
