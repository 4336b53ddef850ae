"""Forms of a second person, who answers a request."""

from __future__ import annotations

from flask_babel import lazy_gettext as _l
from flask_wtf import FlaskForm
from wtforms import BooleanField
from wtforms.validators import DataRequired, InputRequired

from survey.approvals.operations import LONGEST_REASON
from survey.typed_fields import Length, StringField


class ApproveForm(FlaskForm):
    """Agreeing needs a tick that the facts on the page were checked."""

    checked = BooleanField(
        _l("I have checked this myself, and I did not make the answers"),
        [InputRequired(_l("Tick that you have checked this. If you have not, decline."))],
    )


class DeclineApprovalForm(FlaskForm):
    note = StringField(
        _l("Why not"),
        [
            DataRequired(_l("Say why, so that the person who asked can put it right.")),
            Length(max=LONGEST_REASON, message=_l("Use fewer characters.")),
        ],
    )
