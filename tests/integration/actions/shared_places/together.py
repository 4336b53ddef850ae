"""The figure of a shared place, worked out and stored in one transaction."""

from __future__ import annotations

from datetime import date

from sqlalchemy.orm import Session

from survey.actions.shared_places import figures
from survey.actions.shared_places.models import SharedFigure, SharedPlace


def put_together(db: Session, *, place: SharedPlace, number: int, today: date) -> SharedFigure:
    """What the job does in two steps."""
    worked = figures.work_out(db, place=place, number=number)
    return figures.keep(db, place=place, number=number, worked=worked, today=today, by=None)
