"""The blueprint of requests to a second person."""

from __future__ import annotations

from flask import Blueprint

bp = Blueprint("approvals", __name__, template_folder="templates")
