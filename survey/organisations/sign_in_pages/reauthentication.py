"""Changes to how someone signs in: only for a person who has just shown who they are."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import ParamSpec, TypeVar, cast

from flask import flash, redirect, request, url_for
from flask_security.utils import check_and_update_authn_fresh, get_message

from survey.organisations.sign_in import PROVE_AGAIN_AFTER, is_own_path

P = ParamSpec("P")
R = TypeVar("R")


def freshly_signed_in(page: str) -> Callable[[Callable[P, R]], Callable[P, R]]:
    """Asks for the password again if it was given more than a quarter of an hour ago, and then
    leads to `page`. Goes below `@requires`."""

    def declare(view: Callable[P, R]) -> Callable[P, R]:
        @wraps(view)
        def guarded(*args: P.args, **named: P.kwargs) -> R:
            if check_and_update_authn_fresh(PROVE_AGAIN_AFTER, PROVE_AGAIN_AFTER, "session"):
                return view(*args, **named)
            flash(*get_message("REAUTHENTICATION_REQUIRED"))
            return cast(R, redirect(url_for("security.verify", next=url_for(page)), 303))

        return guarded

    return declare


def next_page() -> str:
    """The page of ours that was asked for before signing in, or the start page."""
    wanted = request.args.get("next", "")
    return wanted if wanted and is_own_path(wanted) else url_for("organisations.home")
