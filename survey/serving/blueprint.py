"""The blueprint of the addresses that machines ask: no cookie, no language, no page."""

from __future__ import annotations

from flask import Blueprint

bp = Blueprint("serving", __name__)
