"""What a lead fills in to withdraw a report."""

from __future__ import annotations

from flask_babel import lazy_gettext as _l
from flask_wtf import FlaskForm
from wtforms.validators import DataRequired

from survey.fields import Length, TextAreaField
from survey.reports.release import LONGEST_NOTICE


class WithdrawForm(FlaskForm):
    notice = TextAreaField(
        _l("Why is it withdrawn?"),
        validators=[
            DataRequired(_l("Say why the report is withdrawn.")),
            Length(max=LONGEST_NOTICE, message=_l("Use at most %(max)d letters.")),
        ],
    )
