"""The blueprint of making, comparing and withdrawing releases."""

from __future__ import annotations

from flask import Blueprint

bp = Blueprint("releases", __name__, template_folder="templates")
