"""The blueprint of the device check, which needs no session."""

from __future__ import annotations

from flask import Blueprint

bp = Blueprint("device_check", __name__, template_folder="templates")
