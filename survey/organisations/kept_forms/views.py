"""A form that is sent after its session has ended: its words survive signing in again.

What was typed goes nowhere: no database, no log, no session. It is sealed into the page that asks
to sign in, comes back with it, and is shown again with a button that sends it to where it was
going. Only this server can make or read what is sealed, and only a page of this site can bring it.
"""

from __future__ import annotations

import base64
import json
import os
import time
import zlib
from dataclasses import dataclass
from typing import cast

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from flask import Flask, Response, current_app, g, make_response, redirect, request
from flask import render_template as draw
from flask.typing import ResponseReturnValue
from flask_babel.speaklater import LazyString
from flask_login import current_user
from flask_wtf import FlaskForm
from flask_wtf.csrf import CSRFError
from markupsafe import Markup

from survey.errors import page_for
from survey.organisations.kept_forms.blueprint import bp as bp
from survey.organisations.sign_in import SignInForm
from survey.permissions import Permission, SignedOutError, declared_access, public
from survey.settings import current_settings

FIELD = "kept"
NONCE_BYTES = 12
MOST_BYTES = 100_000
"""Of a form that is carried. The largest of ours, filled to its limits, is far below."""

KEPT_FOR_SECONDS = 12 * 60 * 60
OURS = frozenset({"csrf_token", FIELD})
PASSWORD = "password"  # noqa: S105 - the name of a field


@dataclass(frozen=True)
class KeptForm:
    """Where a form was going, and what was in it. A file that was in it is not kept, and has to be
    chosen again."""

    path: str
    fields: tuple[tuple[str, str], ...]
    had_file: bool = False

    @property
    def words(self) -> tuple[str, ...]:
        """What someone typed or chose, to be shown again."""
        return tuple(words for name, words in self.fields if words.strip() and " " in words.strip())


def init_app(app: Flask) -> None:
    app.register_blueprint(bp)
    app.register_error_handler(CSRFError, _no_token)
    app.register_error_handler(SignedOutError, _signed_out)
    app.after_request(_after_sign_in)
    app.jinja_env.globals["kept_form_field"] = kept_form_field


# Sealed


def _key() -> AESGCM:
    secret = str(current_app.config["SECRET_KEY"]).encode()
    return AESGCM(
        HKDF(algorithm=SHA256(), length=32, salt=None, info=b"forms kept over signing in").derive(
            secret
        )
    )


def seal(kept: KeptForm) -> str:
    """The form as a page can carry it."""
    plain = zlib.compress(
        json.dumps([int(time.time()), kept.path, kept.fields, kept.had_file]).encode()
    )
    nonce = os.urandom(NONCE_BYTES)
    return base64.urlsafe_b64encode(nonce + _key().encrypt(nonce, plain, None)).decode()


def unseal(sealed: str) -> KeptForm | None:
    """The form again; None if it is not of this server, or too old."""
    try:
        raw = base64.urlsafe_b64decode(sealed.encode())
        at, path, fields, had_file = json.loads(
            zlib.decompress(_key().decrypt(raw[:NONCE_BYTES], raw[NONCE_BYTES:], None))
        )
    except (ValueError, InvalidTag, zlib.error):
        return None
    if abs(time.time() - at) > KEPT_FOR_SECONDS:  # also of a clock that was far ahead
        return None
    return KeptForm(path, tuple((name, words) for name, words in fields), had_file)


# Where a form meets a session that has ended


def _no_token(error: CSRFError) -> ResponseReturnValue:
    """A form whose token is missing or of another session."""
    return _carried() or page_for(error)


def _signed_out(_error: SignedOutError) -> ResponseReturnValue:
    """The response to a form whose sender is not signed in."""
    return _carried() or redirect(current_app.url_for("security.login", next=request.path))


def _carried() -> Response | None:
    """The page that asks to sign in, or to send again, with the form sealed into it; None if there
    is nothing to carry, or it was not a page of ours that sent it."""
    kept = _kept()
    if kept is None:
        return None
    return _again(kept) if current_user.is_authenticated else _sign_in(kept)


def carried_over(step: str, says: LazyString) -> Response | None:
    """The page that asks for another step first, with the form sealed into it."""
    kept = _kept()
    if kept is None:
        return None
    g.kept_form = seal(kept)
    page = draw("organisations/second_step_first.html", step=step, says=says)
    return make_response(page, 409)


def _kept() -> KeptForm | None:
    """The form that was sent, if there is something to carry and a page of ours sent it."""
    fields = tuple(
        (name, words) for name, words in request.form.items(multi=True) if name not in OURS
    )
    size = sum(len(name) + len(words) for name, words in fields)
    if PASSWORD in request.form:
        return None  # would be shown in clear
    if not fields or size > MOST_BYTES or not _is_staffs() or not _came_from_us():
        return None
    had_file = any(file.filename for file in request.files.values())
    return KeptForm(request.path, fields, had_file)


def _is_staffs() -> bool:
    """Is the page one of members'? Pages with passwords are left out: what was in them is not to be
    shown again."""
    endpoint = request.endpoint or ""
    asked = declared_access(current_app, endpoint) if endpoint else None
    return isinstance(asked, Permission) and not endpoint.startswith("security.")


def _came_from_us() -> bool:
    """A browser says so of each form. One that is too old to say it is believed: what it brings
    still waits for its reader to press a button."""
    return request.headers.get("Sec-Fetch-Site", "same-origin") == "same-origin"


# The pages


def _sign_in(kept: KeptForm) -> Response:
    options = current_settings()
    g.kept_form = seal(kept)
    form = SignInForm(formdata=None)
    page = draw("security/login_user.html", login_user_form=form, operator=options)
    return make_response(page, 401)


def kept_form_field() -> Markup | None:
    """For the page that asks to sign in: the form that waits behind it, if one does."""
    sealed = g.get("kept_form") or request.form.get(FIELD, "")
    if not sealed or unseal(sealed) is None:
        return None
    return Markup('<input type="hidden" name="{}" value="{}">').format(FIELD, sealed)


def _again(kept: KeptForm) -> Response:
    return make_response(draw("organisations/send_again.html", kept=kept, form=FlaskForm()))


def _after_sign_in(response: Response) -> Response:
    """Signing in leads back to the form that waited for it; by way of the second step, if the
    member has one."""
    sealed = request.form.get(FIELD) if request.endpoint == "security.login" else None
    if request.method != "POST" or not sealed or response.status_code != 302:
        return response
    kept = unseal(sealed)
    if kept is None or not _came_from_us():
        return response
    if current_user.is_authenticated:
        return _again(kept)
    g.kept_form = sealed
    return make_response(draw("organisations/second_step_first.html", step=response.location))


@bp.post("/staff/send-again")
@public
def send_again() -> ResponseReturnValue:
    """Shows a form again that was kept during signing in."""
    kept = unseal(request.form.get(FIELD, ""))
    if kept is None or not _came_from_us():
        return cast(ResponseReturnValue, redirect(current_app.url_for("organisations.home")))
    return _again(kept) if current_user.is_authenticated else _sign_in(kept)
