"""The blueprint of the public page "You said, we did", which needs no session."""

from __future__ import annotations

from flask import Blueprint

bp = Blueprint("feedback", __name__, template_folder="templates")
