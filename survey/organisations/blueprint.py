"""The blueprint of the pages for authorities, schools and their members."""

from __future__ import annotations

from flask import Blueprint

bp = Blueprint("organisations", __name__, template_folder="templates")
