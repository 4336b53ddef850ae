"""Forms that take a file larger than our other forms may be."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from flask import Blueprint, request
from flask.blueprints import BlueprintSetupState
from werkzeug.exceptions import RequestEntityTooLarge

from survey.errors import RefusedError, page_for
from survey.http.request_checks import TAKES_FILES

FORM_ROOM = 64 * 1024
"""Bytes of an upload that are not the file."""
_too_large: dict[str, Callable[[], RefusedError]] = {}
"""What the page of each such form says of a larger file, by endpoint: a blueprint has one handler
of this error, and may have several such forms."""


def let_through(
    bp: Blueprint,
    endpoint: str,
    *,
    field: str,
    largest_file_bytes: int,
    too_large: Callable[[], RefusedError],
) -> None:
    """Lets a file come in at `endpoint`, in `field` alone; of a larger one the page says what
    `too_large` says."""

    _too_large[endpoint] = too_large

    @bp.record
    def allow(state: BlueprintSetupState) -> None:
        state.app.extensions[TAKES_FILES][endpoint] = frozenset({field})

    @bp.url_value_preprocessor
    def make_room(asked: str | None, _values: dict[str, Any] | None) -> None:
        # Every other form of ours is small, and anything larger is turned away unread.
        if asked == endpoint:
            request.max_content_length = largest_file_bytes + FORM_ROOM

    @bp.errorhandler(RequestEntityTooLarge)
    def say_too_large(error: RequestEntityTooLarge) -> tuple[str, int]:
        says = _too_large.get(request.endpoint or "")
        if says is None:
            return page_for(error)
        page, _status = page_for(says())
        return page, 413
