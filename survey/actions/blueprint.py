"""The blueprint of actions, and the addresses they share."""

from __future__ import annotations

from flask import Blueprint

bp = Blueprint("actions", __name__, template_folder="templates")

ACTIONS = "/schools/<uuid:school_id>/campaigns/<uuid:campaign_id>/actions"
ACTION = "/schools/<uuid:school_id>/actions/<uuid:action_id>"
