"""The settings of outgoing e-mail: a mail server, a folder (for trying it), or none."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from survey.settings import Settings


@dataclass(frozen=True)
class WayOut:
    """`folder` is set for a folder, `host` for a server."""

    sender: str
    host: str = ""
    port: int = 0
    security: str = "starttls"
    user: str = ""
    password: str = ""
    folder: Path | None = None


def way_out(settings: Settings) -> WayOut | None:
    """How e-mail is sent; None if the operator set up none."""
    if settings.mail_folder:
        return WayOut(settings.mail_from, folder=Path(settings.mail_folder))
    if not settings.mail_server:
        return None
    address = settings.mail_server
    host, _, port = address.rpartition(":")
    return WayOut(
        settings.mail_from,
        host,
        int(port),
        settings.mail_security,
        settings.mail_user,
        settings.mail_password,
    )
