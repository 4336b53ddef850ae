"""The blueprint of the self-assessment pages."""

from __future__ import annotations

from flask import Blueprint

bp = Blueprint("self_assessment", __name__, template_folder="templates")
