"""Rules for reading passwords, which alone keep the operator from what students wrote."""

from __future__ import annotations

from flask_babel import gettext as _
from flask_security.utils import verify_password

from survey.errors import RefusedError
from survey.help_requests.operations import plain
from survey.organisations.models import Member

SHORTEST_PASSWORD = 12
FEWEST_DIFFERENT = 6


class WeakPasswordError(RefusedError):
    """A reading password that can be guessed, or that opens the account too."""


def check_password(password: str, member: Member) -> None:
    """Long, not made of a few letters or of well-known words, and not the one of the account,
    which the operator may have made."""
    letters = plain(password)
    known = [member.name, member.email.split("@")[0], *_school_names(member), "password"]
    if len(password) < SHORTEST_PASSWORD or len(set(password)) < FEWEST_DIFFERENT:
        raise WeakPasswordError(
            _(
                "Use at least %(length)s characters, and not the same ones again and again.",
                length=SHORTEST_PASSWORD,
            )
        )
    if letters and any(letters == plain(one) for one in known):
        raise WeakPasswordError(_("This is easy to guess. Use words that only you would choose."))
    if member.password and verify_password(password, member.password):
        raise WeakPasswordError(
            _("Use another password than the one you sign in with, which the operator can renew.")
        )


def _school_names(member: Member) -> list[str]:
    return [seat.school.name for seat in member.seats if seat.school is not None]
