"""Reasons for refusing to sign a person in with an account elsewhere. Each is a constant of the
access log, and a sentence for the person."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum

from flask_babel import lazy_gettext as _l
from flask_babel.speaklater import LazyString


class RefusalReason(StrEnum):
    UNREACHABLE = "unreachable"
    STOPPED = "stopped"
    OTHER_BROWSER = "other browser"
    TOO_LATE = "too late"
    AGAIN = "again"
    NOT_THEIRS = "not theirs"
    OTHER_TENANT = "other tenant"
    NO_ACCOUNT = "no account"
    NOT_VERIFIED = "not verified"
    UNLINKED = "unlinked"
    CLOSED = "closed"
    TAKEN = "taken"


SENTENCES: Mapping[RefusalReason, LazyString] = {
    RefusalReason.UNREACHABLE: _l(
        "%(provider)s does not answer, or answers too slowly. Try again in a few"
        " minutes, or sign in with your password."
    ),
    RefusalReason.STOPPED: _l(
        "%(provider)s stopped it, or you did. Try again, or sign in with your password."
    ),
    RefusalReason.OTHER_BROWSER: _l(
        "It was not begun in this browser, or the page was open for too long. Begin again."
    ),
    RefusalReason.TOO_LATE: _l("It took too long. Begin again."),
    RefusalReason.AGAIN: _l("This answer was used before. Begin again."),
    RefusalReason.NOT_THEIRS: _l(
        "What came back was not a valid answer from %(provider)s. Tell the"
        " operator if it happens again."
    ),
    RefusalReason.OTHER_TENANT: _l(
        "Your account at %(provider)s belongs to an organisation that does not"
        " take part here. Use your work account."
    ),
    RefusalReason.NO_ACCOUNT: _l(
        "No account here has the e-mail address of your account at %(provider)s."
        " If you have one, sign in with your password and link the two on the"
        " page of your account. If not, ask to be invited."
    ),
    RefusalReason.NOT_VERIFIED: _l(
        "%(provider)s does not say that the e-mail address of your account was"
        " checked. Sign in with your password and link the two on the page of"
        " your account."
    ),
    RefusalReason.UNLINKED: _l(
        "This account at %(provider)s is not linked to yours any more. Sign in with"
        " your password; you can link it again on the page of your account."
    ),
    RefusalReason.CLOSED: _l("Your account here is closed. Ask the operator."),
    RefusalReason.TAKEN: _l("This account at %(provider)s is linked to another account here."),
}


class ProviderError(Exception):
    """The person is not signed in, or nothing is linked. `member_id` is set if it is known whose
    account it was about."""

    def __init__(self, reason: RefusalReason, member_id: object = None) -> None:
        super().__init__(reason.value)
        self.reason = reason
        self.member_id = member_id
