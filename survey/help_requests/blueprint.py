"""The blueprints of help requests: one for staff, and one for students, who have no session."""

from __future__ import annotations

from flask import Blueprint

bp = Blueprint("help_requests", __name__, template_folder="templates")
student_bp = Blueprint("help_requests_student", __name__, template_folder="templates")
