"""The blueprint of campaigns, site plans and printing, and the addresses they share."""

from __future__ import annotations

from flask import Blueprint

bp = Blueprint("campaigns", __name__, template_folder="templates")

SCHOOL = "/schools/<uuid:school_id>"
WAVE = f"{SCHOOL}/waves/<uuid:wave_id>"
DRAFT = f"{SCHOOL}/campaigns/<uuid:campaign_id>/draft"
