"""The blueprint of forms that are kept while their sender signs in again."""

from __future__ import annotations

from flask import Blueprint

bp = Blueprint("kept_forms", __name__)
