"""The blueprint of reports and comparisons, and the addresses they share."""

from __future__ import annotations

from flask import Blueprint

bp = Blueprint("reports", __name__, template_folder="templates")

REPORT = "/schools/<uuid:school_id>/waves/<uuid:wave_id>/report/"
COMPARISON = "/authorities/<uuid:authority_id>/programmes/<uuid:programme_id>/waves/<int:number>/"
