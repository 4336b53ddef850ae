"""The blueprint of the style sheet and script that light pages share."""

from __future__ import annotations

from flask import Blueprint

bp = Blueprint("http", __name__)
