"""Forms to close a survey, to end it, and to withdraw its report."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from flask_babel import lazy_gettext as _l
from flask_wtf import FlaskForm
from wtforms import RadioField
from wtforms.fields import SelectChoice  # type: ignore[attr-defined]  # newer than its stubs
from wtforms.validators import DataRequired, InputRequired, StopValidation

from survey.campaigns.lifecycle.school_progress import ENDINGS
from survey.campaigns.models import Wave
from survey.campaigns.states import EndReason, WaveState
from survey.encryption.sealing import from_paper
from survey.personal_names.form_checks import names_no_staff
from survey.releases.operations import LONGEST_NOTICE
from survey.typed_fields import Length, StringField, TextAreaField


def _reads_as_key(_form: FlaskForm, field: StringField) -> None:
    if field.data and from_paper(field.data) is None:
        raise StopValidation(
            str(_l("A letter is wrong or missing. There are 14 groups of four, like K7QM."))
        )


class CloseSurveyForm(FlaskForm):
    """`typed` is there where a key from paper can be needed."""

    typed = StringField(_l("The letters on the paper"), validators=[_reads_as_key])

    @classmethod
    def of(cls, wave: Wave) -> CloseSurveyForm:
        form = cls()
        closed = wave.state is WaveState.CLOSED
        if closed or not (wave.box_split or wave.state is WaveState.LOST):
            del form.typed
        return form

    def key(self) -> bytes | None:
        return from_paper(self.typed.data or "") if self.typed else None


class EndForm(FlaskForm):
    """Why a survey ends without a report."""

    reason = RadioField(_l("Why"), [InputRequired(_l("Choose a reason."))])

    def __init__(self, reasons: Iterable[EndReason], **given: Any) -> None:
        super().__init__(**given)
        self.reason.choices = [SelectChoice(one.value, str(ENDINGS[one])) for one in reasons]

    def chosen(self) -> EndReason:
        return EndReason(self.reason.data)


class WithdrawForm(FlaskForm):
    notice = TextAreaField(
        _l("Why is it withdrawn?"),
        validators=[
            DataRequired(_l("Say why the report is withdrawn.")),
            Length(max=LONGEST_NOTICE, message=_l("Use at most %(max)d letters.")),
            names_no_staff,
        ],
    )
