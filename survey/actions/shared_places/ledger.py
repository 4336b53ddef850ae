"""Figures of shared places in the ledger of what was published, by the schools they take in."""

from __future__ import annotations

import uuid

from sqlalchemy import select
from sqlalchemy.orm import Session

from survey.actions.shared_places.models import SharedFigure, SharedPlace
from survey.actions.shared_places.operations import Ties, places_of, ties_of
from survey.disclosure.coalitions import Tied
from survey.releases.register import publications


def other_figures(db: Session, place: SharedPlace) -> tuple[Tied[uuid.UUID], ...]:
    """What other figures took in, of any reader and in any survey: those that are stored, and
    those that a restored database forgot."""
    stored = [
        (_programme_of(one), figure.number, ties_of_figure(one, figure.number))
        for one in places_of(db, place.programme)
        for figure in one.figures
        if one is not place
    ]
    return publications.tied([*stored, *publications.shared_ties()])


def schools_of(place: SharedPlace, number: int) -> frozenset[uuid.UUID]:
    """The schools of the comparison that a figure of this place is made with."""
    mine = _programme_of(place), number
    return frozenset(
        school
        for one in publications.letters_seen()
        if (one.programme, one.number) == mine
        for school in one.groups
    )


def ties_of_figure(place: SharedPlace, number: int) -> Ties:
    """What the figure of a survey takes in: of the schools that share the place, those that were
    compared then. A school that joined later is in none of the earlier figures."""
    ties, compared = ties_of(place), schools_of(place, number)
    return {school: key for school, key in ties.items() if school in compared} or ties


def _programme_of(place: SharedPlace) -> str:
    return f"{place.authority_id} {place.programme_id}"


def enter(place: SharedPlace, figure: SharedFigure) -> None:
    """Enters a figure by its survey and the schools that it takes in."""
    name = publications.shared_place_name(
        place.authority_id,
        place.programme_id,
        figure.number,
        ties_of_figure(place, figure.number),
    )
    reference = publications.shared_place_reference(name, figure.percent)
    publications.enter(name, reference, figure.made_on)


@publications.also_settles
def _enter_all(db: Session) -> None:
    """Enters the figures that are stored, each with the schools it was made of: they stay."""
    for figure in db.scalars(select(SharedFigure)):
        at = (figure.authority_id, figure.shared_place_id)
        enter(db.get_one(SharedPlace, at), figure)
