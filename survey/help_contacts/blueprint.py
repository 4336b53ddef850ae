"""The blueprint of help contacts."""

from __future__ import annotations

from flask import Blueprint

bp = Blueprint("help_contacts", __name__, template_folder="templates")
