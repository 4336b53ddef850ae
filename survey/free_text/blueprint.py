"""The blueprint of reviewing and reading what students wrote."""

from __future__ import annotations

from flask import Blueprint

bp = Blueprint("free_text", __name__, template_folder="templates")
