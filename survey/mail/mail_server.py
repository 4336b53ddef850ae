"""Handing a message to the mail server, or to a folder, and what can go wrong there.

No problem that is said names an address.
"""

from __future__ import annotations

import smtplib
import ssl
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from email.message import EmailMessage
from pathlib import Path
from typing import Any

from survey.mail.settings import WayOut

SECONDS = 20
"""How long the server may take for one answer. A run of the slowest server ends before the claims
of its messages do."""

Send = Callable[[EmailMessage], None]
Made = Any
Take = Callable[[Made], tuple[int, bytes]]
"""A message as bytes, and a server's way to take it."""


class TryLaterError(Exception):
    """It did not go, and may go later."""


class RefusedForNowError(Exception):
    """This message did not go, and may go later. Others may go now."""


class MayHaveArrivedError(Exception):
    """The server took it, and did not say whether it keeps it."""


class RefusedForGoodError(Exception):
    """It will never go: the server does not have this address."""


@contextmanager
def opened(way: WayOut) -> Iterator[Send]:
    """Sends one message after another. Raises a `TryLaterError`, and for one message a
    `RefusedForNowError`, `RefusedForGoodError` or `MayHaveArrivedError`."""
    try:
        if way.folder is not None:
            yield lambda made: _into_folder(way.folder, made)  # type: ignore[arg-type]
            return
        with _connected(way) as server:
            yield lambda made: _over(server, made)
    except (OSError, smtplib.SMTPException) as problem:
        says = _plain(problem) if way.folder is None else "The folder for e-mail cannot be written."
        raise TryLaterError(says) from problem


def _connected(way: WayOut) -> smtplib.SMTP:
    context = ssl.create_default_context()
    if way.security == "tls":
        server: smtplib.SMTP = _TlsServer(way.host, way.port, timeout=SECONDS, context=context)
    else:
        server = _Server(way.host, way.port, timeout=SECONDS)
    lacks = "The mail server offers no STARTTLS."
    try:
        if way.security == "starttls":
            server.starttls(context=context)
        if way.user:
            lacks = "The mail server does not let anyone sign in with a password."
            server.login(way.user, way.password)
    except Exception as problem:
        server.close()
        if isinstance(problem, smtplib.SMTPNotSupportedError):
            raise TryLaterError(lacks) from problem
        raise
    return server


def _over(server: smtplib.SMTP, made: EmailMessage) -> None:
    try:
        server.send_message(made)
    except smtplib.SMTPRecipientsRefused as refused:
        ((code, _words),) = refused.recipients.values()
        raise _refused(code, "The mail server refuses the address") from None
    except (smtplib.SMTPNotSupportedError, ValueError):
        raise RefusedForGoodError("The mail server takes no address of this form.") from None
    except smtplib.SMTPDataError as refused:
        raise _refused(refused.smtp_code, "The mail server refuses the message") from None


def _refused(code: int, says: str) -> Exception:
    kind = RefusedForGoodError if 500 <= code < 600 else RefusedForNowError
    return kind(f"{says} ({code}).")


def _telling(take: Take, made: Made) -> tuple[int, bytes]:
    """Says so if the connection ends while the server takes a message."""
    try:
        return take(made)
    except (OSError, smtplib.SMTPServerDisconnected) as gone:
        raise MayHaveArrivedError(
            "The mail server took this message and did not answer: it may have arrived."
        ) from gone


class _Server(smtplib.SMTP):
    def data(self, msg: Made) -> tuple[int, bytes]:
        return _telling(super().data, msg)


class _TlsServer(smtplib.SMTP_SSL):
    def data(self, msg: Made) -> tuple[int, bytes]:
        return _telling(super().data, msg)


def _into_folder(folder: Path, made: EmailMessage) -> None:
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    address = str(made["Message-ID"]).strip("<>")
    name = address.split("@")[0]
    (folder / f"{name}.eml").write_bytes(bytes(made))


def _plain(problem: Exception) -> str:
    """What went wrong, without an address in it."""
    if isinstance(problem, smtplib.SMTPAuthenticationError):
        return "The mail server does not accept the user name or the password."
    if isinstance(problem, smtplib.SMTPResponseException):
        return f"The mail server answered {problem.smtp_code}."
    if isinstance(problem, (TimeoutError, smtplib.SMTPServerDisconnected)):
        return "The mail server did not answer in time, or ended the connection."
    if isinstance(problem, ssl.SSLCertVerificationError):
        return "The mail server's certificate is not trusted."
    if isinstance(problem, ssl.SSLError):
        return "The mail server does not begin with TLS at this port."
    return f"The mail server cannot be reached ({type(problem).__name__})."
