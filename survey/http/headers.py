"""Headers of responses: what a browser may load, show, keep and say about a page."""

from __future__ import annotations

from flask import Response, current_app, request

SEE_OTHER = 303

FOR_STUDENTS = frozenset({"responses", "help_requests_student"})
"""The blueprints of student pages."""

HEADERS = {
    "Content-Security-Policy": (
        "default-src 'none'; style-src 'self'; img-src 'self' data:; font-src 'self';"
        " form-action 'self'; frame-src 'self'; frame-ancestors 'self'; base-uri 'none'"
    ),
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "SAMEORIGIN",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
}
"""Headers of every response, unless the view set its own."""

OWN_PAGES_ONLY = "same-origin"
"""Headers of staff pages: no other site may load our files and pages into its own. Student pages
stay light: they hold nothing that a browser would give to another site."""

TLS_ONLY = "max-age=31536000"
"""Browsers use TLS alone for a year. Subdomains are not ours to decide for."""

OPENER = "Cross-Origin-Opener-Policy"
FRAMES, UNFRAMED = "X-Frame-Options", "frame-ancestors 'none'"
"""The policy replaces the older header. Older browsers and scanners look for that one."""


def add(response: Response) -> Response:
    """Adds the headers of every response; used after each request."""
    if response.status_code == SEE_OTHER and request.blueprint in FOR_STUDENTS:
        # The response to a student's form has no body.
        del response.headers["Content-Type"]
        # Without it a browser would leave the group of the page before, and start a new process.
        response.headers[OPENER] = HEADERS[OPENER]
        # Browsers store the response to a form as well: its address, the next one and the second.
        response.headers["Cache-Control"] = "no-store"
        return response
    if UNFRAMED in response.headers.get("Content-Security-Policy", ""):
        response.headers.setdefault(FRAMES, "DENY")
    for name, value in HEADERS.items():
        response.headers.setdefault(name, value)
    if request.blueprint not in FOR_STUDENTS:
        response.headers.setdefault("Cross-Origin-Resource-Policy", OWN_PAGES_ONLY)
    if current_app.extensions["settings"].is_https:
        response.headers.setdefault("Strict-Transport-Security", TLS_ONLY)
    if request.endpoint != "static" or response.status_code >= 400:
        response.headers.setdefault("Cache-Control", "no-store")
    return response
