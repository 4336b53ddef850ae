"""Complaints about settings that belong together and of which only some are given."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

PREFIX = "SURVEY_"


def mail(values: Mapping[str, Any]) -> list[str]:
    """Complaints about settings for e-mail that are given by half."""
    complaints = []
    goes_out = [name for name in ("mail_server", "mail_folder") if values.get(name)]
    if len(goes_out) == 2:
        complaints.append(f"{PREFIX}MAIL_FOLDER must not be set together with {PREFIX}MAIL_SERVER")
    if goes_out and not values.get("mail_from"):
        complaints.append(f"{PREFIX}MAIL_FROM is missing: e-mail needs an address to come from")
    if not goes_out and any(values.get(f"mail_{name}") for name in ("from", "user", "password")):
        complaints.append(f"{PREFIX}MAIL_SERVER is missing, and other settings for e-mail are set")
    if bool(values.get("mail_user")) != bool(values.get("mail_password")):
        lacks = "PASSWORD" if values.get("mail_user") else "USER"
        complaints.append(f"{PREFIX}MAIL_{lacks} is missing: name and password go together")
    if values.get("mail_security") == "none" and values.get("mail_user"):
        complaints.append(
            f"{PREFIX}MAIL_SECURITY must be starttls or tls, or the password can be read on its way"
        )
    return complaints


PROVIDERS = {"microsoft": "tenants", "google": "domains"}
"""Who can vouch for members, and the setting that says whose members they vouch for."""


def providers(values: Mapping[str, Any]) -> list[str]:
    """Complaints about settings for signing in with Microsoft or Google that are given by half."""
    complaints = []
    for provider, whose in PROVIDERS.items():
        names = [f"{provider}_{part}" for part in ("client_id", "client_secret", whose)]
        missing = [name for name in names if not values.get(name)]
        if len(missing) < len(names):
            complaints += [
                f"{PREFIX}{name.upper()} is missing: signing in with {provider.capitalize()} needs"
                " all three settings"
                for name in missing
            ]
        elif values.get(f"{provider}_address"):
            complaints.append(
                f"{PREFIX}{provider.upper()}_ADDRESS is set, and the settings that need it are not"
            )
    return complaints
