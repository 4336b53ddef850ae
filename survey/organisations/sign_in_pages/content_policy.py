"""The security policy of staff pages that run one script file of ours."""

from __future__ import annotations

from flask import Response, make_response

POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:;"
    " font-src 'self'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'"
)


def with_script(page: str, status: int = 200) -> Response:
    response = make_response(page, status)
    response.headers["Content-Security-Policy"] = POLICY
    return response
