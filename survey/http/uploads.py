"""Upload forms, which accept larger requests than other forms."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from flask import Blueprint, request
from flask.blueprints import BlueprintSetupState
from werkzeug.exceptions import RequestEntityTooLarge

from survey.errors import RefusedError, page_for
from survey.http.request_checks import TAKES_FILES

FORM_ROOM = 64 * 1024
"""Bytes of an upload request in addition to the file."""
MOST_BYTES = 16 * 1024 * 1024
"""Files up to this size are read at each upload form, which then says at its field that the file is
too large and keeps everything else as it was typed. The file waits on disk, not in memory."""
_too_large: dict[str, Callable[[], RefusedError]] = {}
"""The message for a file that is too large, by endpoint. A blueprint has one handler for this error
and may have several upload forms."""


def let_through(
    bp: Blueprint,
    endpoint: str,
    *,
    field: str,
    largest_file_bytes: int,
    too_large: Callable[[], RefusedError],
) -> None:
    """Accepts an upload at `endpoint`, only in `field`. `too_large` gives the message for a file
    that is too large for any form."""

    _too_large[endpoint] = too_large

    @bp.record
    def allow(state: BlueprintSetupState) -> None:
        state.app.extensions[TAKES_FILES][endpoint] = frozenset({field})

    @bp.url_value_preprocessor
    def make_room(asked: str | None, _values: dict[str, Any] | None) -> None:
        # All other forms are small, and a larger request is refused unread.
        if asked == endpoint:
            request.max_content_length = max(largest_file_bytes, MOST_BYTES) + FORM_ROOM

    @bp.errorhandler(RequestEntityTooLarge)
    def say_too_large(error: RequestEntityTooLarge) -> tuple[str, int]:
        says = _too_large.get(request.endpoint or "")
        if says is None:
            return page_for(error)
        page, _status = page_for(says())
        return page, 413
