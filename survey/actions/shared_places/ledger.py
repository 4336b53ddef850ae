"""Figures of shared places in the ledger of what was published, by the schools they take in."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import select
from sqlalchemy.orm import Session

from survey.actions.shared_places.models import SharedFigure, SharedPlace
from survey.actions.shared_places.operations import Ties, places_of, ties_of
from survey.releases.models import StoredComparison
from survey.releases.register import publications


def other_figures(db: Session, place: SharedPlace) -> tuple[Ties, ...]:
    """What the other figures of the programme took in, in any survey: those that are stored, and
    those that a restored database forgot."""
    programme = place.programme
    stored = (one for one in places_of(db, programme) if one is not place and one.figures)
    forgotten = publications.shared_ties(programme.authority_id, programme.programme_id)
    return *map(ties_of, stored), *forgotten


def compared(db: Session, place: SharedPlace) -> Sequence[int]:
    """The surveys of the programme that have a comparison."""
    return db.scalars(
        select(StoredComparison.number).where(
            StoredComparison.authority_id == place.authority_id,
            StoredComparison.programme_id == place.programme_id,
        )
    ).all()


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
