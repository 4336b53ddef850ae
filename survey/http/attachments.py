"""Files that a browser saves."""

from __future__ import annotations

from flask import Response


def as_file(content: bytes, kind: str, name: str) -> Response:
    return Response(
        content,
        content_type=kind,
        headers={"Content-Disposition": f'attachment; filename="{name}"'},
    )
