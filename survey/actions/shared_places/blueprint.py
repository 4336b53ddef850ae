"""The blueprint of places that schools share."""

from __future__ import annotations

from flask import Blueprint

bp = Blueprint("shared_places", __name__, template_folder="templates")
