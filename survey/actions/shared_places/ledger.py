"""Figures of shared places in the ledger of what was published, by the schools they take in."""

from __future__ import annotations

from sqlalchemy import select
from sqlalchemy.orm import Session

from survey.actions.shared_places.models import SharedFigure, SharedPlace
from survey.actions.shared_places.operations import Ties, places_of, ties_of
from survey.releases.register import publications


def other_figures(db: Session, place: SharedPlace) -> tuple[Ties, ...]:
    """What other figures took in, of any reader and in any survey: those that are stored, and
    those that a restored database forgot."""
    stored = (one for one in places_of(db, place.programme) if one is not place and one.figures)
    return *map(ties_of, stored), *publications.all_shared_ties()


def enter(place: SharedPlace, figure: SharedFigure) -> None:
    """Enters a figure by its survey and the schools that it takes in."""
    name = publications.shared_place_name(
        place.authority_id, place.programme_id, figure.number, ties_of(place)
    )
    reference = publications.shared_place_reference(name, figure.percent)
    publications.enter(name, reference, figure.made_on)


@publications.also_settles
def _enter_all(db: Session) -> None:
    """Enters the figures that are stored, each with the schools it was made of: they stay."""
    for figure in db.scalars(select(SharedFigure)):
        at = (figure.authority_id, figure.shared_place_id)
        enter(db.get_one(SharedPlace, at), figure)
