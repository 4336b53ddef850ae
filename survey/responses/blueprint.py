"""The blueprints of the questionnaire: one for people who answer, one for the preview."""

from __future__ import annotations

from flask import Blueprint

bp = Blueprint("responses", __name__, template_folder="templates")
preview_bp = Blueprint("responses_preview", __name__, template_folder="templates")
