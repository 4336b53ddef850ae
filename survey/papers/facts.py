"""The figures and names that the papers say: from the running settings, and from the code that
holds to them. None is written twice."""

from __future__ import annotations

import tomllib
from functools import cache
from pathlib import Path
from typing import Any

from survey.backups.make_backup import LEAST_DAYS
from survey.campaigns.card_allowance import RESERVE_LEAST, RESERVE_PERCENT
from survey.campaigns.queries import LONGEST_FIELDWORK
from survey.disclosure.policy import STANDARD
from survey.help_requests.operations import KEPT_FOR
from survey.organisations.accounts.sessions import LONGEST
from survey.releases.register.stamp import code_version
from survey.settings import PRODUCT, Settings

Facts = dict[str, Any]


def of(options: Settings) -> Facts:
    """Every name that a sentence can be filled with."""
    return {
        "product": PRODUCT,
        "version": code_version(),
        "operator": options.operator_name,
        "contact": options.operator_contact,
        "address": options.host,
        "erase_days": options.erase_after_days,
        "backup_days": options.backup_days,
        "backup_least": LEAST_DAYS,
        "gone_days": options.erase_after_days + LEAST_DAYS,
        "session_minutes": options.session_minutes,
        "session_hours": int(LONGEST.total_seconds()) // 3600,
        "open_days": LONGEST_FIELDWORK.days,
        "help_days": KEPT_FOR.days,
        "no_report_under": STANDARD.nothing_under,
        "whole_under": STANDARD.whole_school_under,
        "reserve_percent": RESERVE_PERCENT,
        "reserve_least": RESERVE_LEAST,
        **results(),
    }


@cache
def results() -> dict[str, Any]:
    """The results of the last checks, as they were noted. A test holds them to where they come
    from."""
    return tomllib.loads((Path(__file__).parent / "results.toml").read_text(encoding="utf-8"))
