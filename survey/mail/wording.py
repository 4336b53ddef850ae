"""The words of each kind of message, and of its switch on the account page.

No message holds a word of an answer, a request or a report: each says that there is something to
read or to do, and where.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from flask_babel.speaklater import LazyString

from survey.i18n import lazy_gettext as _l
from survey.mail.kinds import MailKind


@dataclass(frozen=True)
class MailWording:
    """`switch` is the words for its switch on the account page; None for a message that the member
    asked for, or without which they could not sign in."""

    subject: LazyString
    says: LazyString
    switch: LazyString | None = None


WORDINGS: Mapping[MailKind, MailWording] = {
    MailKind.INVITATION: MailWording(
        _l("Your account for safety surveys"),
        _l(
            "An account was opened for you. Use this link to choose your password. It works once,"
            " for seven days."
        ),
    ),
    MailKind.RESET: MailWording(
        _l("Choose a new password"),
        _l(
            "Somebody asked for a new password for your account. Use this link to choose one. It"
            " works once, for one hour. If it was not you, do nothing: your password stays."
        ),
    ),
    MailKind.NEW_SEAT: MailWording(
        _l("You can work in another organisation"),
        _l(
            "You were given a seat at another school or organisation. Sign in as always, and choose"
            " where you want to work."
        ),
    ),
    MailKind.TO_CONFIRM: MailWording(
        _l("There is somebody to confirm"),
        _l("A colleague was invited, and waits until you confirm who they are. Please sign in."),
        _l("When a colleague waits to be confirmed"),
    ),
    MailKind.HELP_REQUEST: MailWording(
        _l("There is something to read"),
        _l("There is something new for you to read. Please sign in and look today."),
        _l("At once, when a student asks for an adult, and each day until it is read"),
    ),
    MailKind.TEXTS: MailWording(
        _l("There is something to read"),
        _l("Something waits to be read by a certain day. Sign in to see which, and read it."),
        _l("When what students wrote waits to be read"),
    ),
    MailKind.LAST_DAY: MailWording(
        _l("A last day is near"),
        _l("The last day of something that you run comes soon. Sign in to see what you can do."),
        _l("When the last day of a survey is near"),
    ),
    MailKind.ACTION_DUE: MailWording(
        _l("Something is due"),
        _l("Something that was planned is due soon, or late. Sign in to see it."),
        _l("When a planned action is due, and each week while it is late"),
    ),
    MailKind.CONTACTS: MailWording(
        _l("Help contacts to check"),
        _l("Help contacts were last checked a long time ago. Sign in to see which."),
        _l("When help contacts have to be checked again"),
    ),
    MailKind.REPORT_READY: MailWording(
        _l("There is something to read"),
        _l("Something that you were waiting for is ready. Sign in to read it."),
        _l("When a report is ready"),
    ),
    MailKind.DIGEST: MailWording(
        _l("There is something to do"),
        _l("Your start page lists something that waits for you."),
        _l("Once a day, when anything else on your start page waits for you"),
    ),
}

SWITCHES = tuple(kind for kind, wording in WORDINGS.items() if wording.switch is not None)
