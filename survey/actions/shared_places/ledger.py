"""Figures of shared places in the ledger of what was published, by the schools they take in."""

from __future__ import annotations

from sqlalchemy import select
from sqlalchemy.orm import Session

from survey.actions.shared_places.models import SharedFigure, SharedPlace
from survey.actions.shared_places.operations import ties_of
from survey.releases.register import publications


def enter(place: SharedPlace, figure: SharedFigure) -> None:
    name = publications.shared_place_name(
        place.authority_id,
        place.programme_id,
        figure.number,
        ties_of(place),
    )
    reference = publications.shared_place_reference(name, figure.percent)
    publications.enter(name, reference, figure.made_on)


@publications.also_settles
def _enter_all(db: Session) -> None:
    """Enters the figures that are stored, each with the schools it was made of: they stay."""
    for figure in db.scalars(select(SharedFigure)):
        at = (figure.authority_id, figure.shared_place_id)
        enter(db.get_one(SharedPlace, at), figure)
