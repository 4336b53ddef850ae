"""The operator's commands: `flask --app wsgi COMMAND`."""

from __future__ import annotations

from flask import Flask


def init_app(app: Flask) -> None:
    """Registers every command on the app."""
