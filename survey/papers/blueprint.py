"""The blueprint of the papers about data protection."""

from __future__ import annotations

from flask import Blueprint

bp = Blueprint("papers", __name__, template_folder="templates")
