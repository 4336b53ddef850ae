"""Limits on guessing passwords and codes, by account and never by address: a school shares one.

All server processes count together. No one can keep a member out by trying wrong passwords. A
browser in which the member has signed in before has its own count. Elsewhere, after ten wrong
passwords, a try is checked every half minute, or immediately if it comes with a code from the
member's phone. The codes themselves are few and short, so their limit refuses: a person who gets
there has the password.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from enum import Enum, auto
from functools import wraps
from typing import Any

from flask import Flask, Response, after_this_request, current_app, make_response, request, session
from flask_babel import gettext as _
from limits import parse
from sqlalchemy import select

from survey.audit_log import EventName
from survey.database import WRITES, database, read
from survey.errors import TooManyError
from survey.http.rate_limits import SharedLimits
from survey.organisations.accounts import access_recorder, known_browsers, sign_in_methods
from survey.organisations.accounts.second_step import OneTimeCodes
from survey.organisations.models import Member

TRIES = parse("10 per 15 minutes")
"""Wrong tries in a row; the right one begins the count again."""

ONE_AFTER_ANOTHER = parse("1 per 30 seconds")
"""Passwords that are still checked after too many wrong ones."""

CODES_A_DAY = parse("40 per day")
"""At one in 300,000 a guess, one chance in 7,500 a day."""

TRIES_OF_ALL = "300 per minute"
"""Sign-ins from unknown browsers together: a password is costly to check, and students share the
machine."""

WRITING = frozenset(
    {
        "security.change_password",
        "security.two_factor_setup",
        "security.two_factor_setup_validate",
        "security.mf_recovery_codes",
        "security.mf_recovery",
        "security.two_factor_token_validation",
    }
)
"""The places where Flask-Security reads a member and then changes it."""

LIMITS, SLOWED = "sign_in_limits", "sign_in_slowed"
CODE = "second_code"
View = Callable[..., Any]


class GuessKind(Enum):
    SIGN_IN = auto()
    CODE = auto()
    OWN_PASSWORD = auto()


GUESSABLE: Mapping[str, GuessKind] = {
    "security.login": GuessKind.SIGN_IN,
    "security.two_factor_token_validation": GuessKind.CODE,
    "security.two_factor_setup_validate": GuessKind.CODE,
    "security.mf_recovery": GuessKind.CODE,
    "security.verify": GuessKind.OWN_PASSWORD,
    "security.change_password": GuessKind.OWN_PASSWORD,
}
"""The places that ask for a password or a code."""


def init_app(app: Flask, slowed: Callable[[], str]) -> None:
    """`slowed` draws the sign-in page, which says how to get in all the same."""
    app.extensions[LIMITS] = SharedLimits(app.config["SECRET_KEY"])
    app.extensions[SLOWED] = slowed
    for endpoint, kind in GUESSABLE.items():
        guard = {
            GuessKind.SIGN_IN: _sign_in,
            GuessKind.CODE: _code,
            GuessKind.OWN_PASSWORD: _own_password,
        }[kind]
        app.view_functions[endpoint] = _only_posts(guard, app.view_functions[endpoint])


def _only_posts(guard: Callable[[View, Any], Any], view: View) -> View:
    @wraps(view)
    def guarded(*args: Any, **named: Any) -> Any:
        if request.method != "POST":
            return view(*args, **named)
        return guard(lambda: _after_counting(view, *args, **named), named)

    return guarded


def _after_counting(view: View, *args: Any, **named: Any) -> Response:
    """Counting ended the transaction of the request; a view that writes begins another."""
    begin_write()
    return make_response(view(*args, **named))


def begin_write() -> None:
    """What `db.begin` does for our own views: take SQLite's write lock at the start, or students
    who answer at the same time would turn a change of password into an error."""
    if request.method == "POST" and request.endpoint in WRITING:
        database.session.rollback()
        database.session.connection(execution_options={WRITES: True})


def _sign_in(view: View, _named: Any) -> Response:
    sign_in_methods.forget_first()
    email = request.form.get("email", "").strip().lower()
    member = _by(Member.email, email)
    browser = known_browsers.recognised(member) if member else None
    counted = ("password", email, browser)
    if not (_is_free(member, browser) or _within(counted)) or not (browser or _all_within(member)):
        return make_response(current_app.extensions[SLOWED](), 429)
    answer: Response = view()
    if answer.status_code == 302:
        _clear_afterwards(*counted)
    elif member:
        access_recorder.note_once_an_hour(EventName.SIGN_IN_FAILED, member, step="password")
    return answer


def _is_free(member: Member | None, browser: str | None) -> bool:
    """Is there no need to count? A first password is random, so no one can guess it; and a person
    who gives a code of the member's phone does not guess."""
    if member is None or browser:
        return False
    return member.first_password_until is not None or _shows_code(member)


def _shows_code(member: Member) -> bool:
    code = request.form.get(CODE, "").strip()
    if not code or not member.tf_totp_secret:
        return False
    codes: OneTimeCodes = current_app.extensions["security"].totp_factory
    return codes.matches(code, member.tf_totp_secret)


def _within(counted: tuple[Any, ...]) -> bool:
    within = _limits().hit(TRIES, *counted)
    return _limits().hit(ONE_AFTER_ANOTHER, *counted) or within


def _all_within(member: Member | None) -> bool:
    if member is not None and _shows_code(member):
        return True
    return _limits().hit(parse(TRIES_OF_ALL), "everybody")


def _code(view: View, _named: Any) -> Response:
    """A code for the second step, or a recovery code, once the password was right; or the first
    code of a new phone, by someone who is signed in."""
    account = str(session.get("tf_user_id") or session.get("_user_id") or "")
    member = _by(Member.fs_uniquifier, account)
    browser = known_browsers.recognised(member) if member else None
    counted = ("code", account, browser)
    if not _limits().hit(TRIES, *counted):
        raise TooManyError(
            _("Too many wrong codes for this account. Wait a quarter of an hour, then try again.")
        )
    if not _limits().hit(CODES_A_DAY, *counted):
        raise TooManyError(
            _("Too many codes for this account in a day. Wait until tomorrow, then try again.")
        )
    answer: Response = view()
    if answer.status_code == 302:
        _clear_afterwards(*counted)
    elif member:
        access_recorder.note_once_an_hour(EventName.SIGN_IN_FAILED, member, step="code")
    return answer


def _own_password(view: View, _named: Any) -> Response:
    """The password of someone who is signed in, asked for again."""
    counted = ("own password", str(session.get("_user_id") or ""))
    if not _limits().hit(TRIES, *counted):
        raise TooManyError(
            _("Too many wrong passwords. Wait a quarter of an hour, then try again.")
        )
    answer: Response = view()
    if answer.status_code == 302:
        _clear_afterwards(*counted)
    return answer


def _clear_afterwards(*counted: Any) -> None:
    """Begins the count again, once what the view changed is committed."""

    def clear(response: Response) -> Response:
        _limits().clear(TRIES, *counted)
        return response

    after_this_request(clear)


def _by(column: Any, value: str) -> Member | None:
    return read().scalar(select(Member).where(column == value, Member.active)) if value else None


def _limits() -> SharedLimits:
    limits: SharedLimits = current_app.extensions[LIMITS]
    return limits
