"""The states of a message, in words."""

from __future__ import annotations

from collections.abc import Mapping

from flask_babel.speaklater import LazyString

from survey.i18n import lazy_gettext as _l
from survey.mail.models import MailState

STATES: Mapping[MailState, LazyString] = {
    MailState.WAITING: _l("waits to be sent"),
    MailState.SENDING: _l("is being sent"),
    MailState.SENT: _l("sent"),
    MailState.FAILED: _l("not sent"),
}
