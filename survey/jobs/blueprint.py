"""The blueprint of the operator's pages of jobs."""

from __future__ import annotations

from flask import Blueprint

bp = Blueprint("jobs", __name__, template_folder="templates")
