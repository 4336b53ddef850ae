"""Tying schools' places into one shared place, and acting there with partners."""

from __future__ import annotations

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from flask_babel import gettext as _
from sqlalchemy import select
from sqlalchemy.orm import Session

from survey.actions.shared_places.models import (
    Partner,
    PartnerAction,
    PartnerMove,
    SharedFigure,
    SharedPlace,
    SharedPlaceSchool,
)
from survey.actions.states import ActionState, move
from survey.audit_log import EventName, record
from survey.campaigns.models import Programme
from survey.errors import NotNowError, NotThereError, RefusedError
from survey.permissions import MemberLike
from survey.releases.register import publications


class NoSuchSharedPlaceError(NotThereError):
    """The authority has no such shared place."""


class NoSuchPartnerActionError(NotThereError):
    """The authority has no such action with a partner."""


class NoSchoolError(RefusedError):
    """A shared place of no school."""


class TakenError(RefusedError):
    """A school's place is part of another shared place already."""


class SettledError(NotNowError):
    """A figure was put together of these schools, so they stay."""


class FigureMadeError(NotNowError):
    """The figure of this wave was put together before."""


@dataclass(frozen=True)
class Agreed:
    """What was agreed with a partner."""

    partner: Partner
    who: str
    steps_taken: str
    due_on: date


Ties = Mapping[uuid.UUID, str]
"""By school, the key of the place it has in its questionnaire."""


def begin_place(
    db: Session,
    *,
    programme: Programme,
    name: str,
    ties: Ties,
    today: date,
    by: MemberLike | None,
) -> SharedPlace:
    place = SharedPlace(
        authority_id=programme.authority_id,
        shared_place_id=uuid.uuid4(),
        programme_id=programme.programme_id,
        name=name.strip(),
        begun_on=today,
    )
    db.add(place)
    db.flush()  # its schools point to it
    _tie(db, place, ties)
    _record(db, EventName.SHARED_PLACE_BEGUN, place, by)
    return place


def change_place(
    db: Session, *, place: SharedPlace, name: str, ties: Ties, by: MemberLike | None
) -> None:
    """Another name, or other schools. Those of which a figure was put together stay; a school that
    was not compared with them then can be added."""
    if ties_of(place) != dict(ties):
        if place.figures and not _only_adds(place, ties):
            raise SettledError(
                _(
                    "A figure was put together of these schools. They stay as they are, so that no"
                    " school can be worked out from two figures. You can add a school that joined"
                    " the programme after the figure was made."
                )
            )
        place.schools.clear()
        db.flush()  # the old ties go before new ones with the same keys
        _tie(db, place, ties)
    place.name = name.strip()
    _record(db, EventName.SHARED_PLACE_CHANGED, place, by)


def _only_adds(place: SharedPlace, ties: Ties) -> bool:
    """Do its schools stay, and is no new one in a comparison that it has a figure of?"""
    before = ties_of(place)
    made = {(f"{place.authority_id} {place.programme_id}", one.number) for one in place.figures}
    compared = {
        school
        for one in publications.letters_seen()
        if (one.programme, one.number) in made
        for school in one.groups
    }
    return before.items() <= dict(ties).items() and compared.isdisjoint(ties.keys() - before.keys())


def ties_of(place: SharedPlace) -> dict[uuid.UUID, str]:
    return {one.school_id: one.place_key for one in place.schools}


def taken(db: Session, programme: Programme) -> dict[tuple[uuid.UUID, str], SharedPlace]:
    """Which places of schools are part of which shared place."""
    return {
        (one.school_id, one.place_key): place
        for place in places_of(db, programme)
        for one in place.schools
    }


def keep_figure(
    db: Session,
    *,
    place: SharedPlace,
    number: int,
    schools: int,
    percent: int | None,
    today: date,
    by: MemberLike | None,
) -> SharedFigure:
    """Stores the one figure of a wave; its rules are checked where it is worked out."""
    if any(one.number == number for one in place.figures):
        raise FigureMadeError(
            _("The figure of this survey was made before, and cannot be changed.")
        )
    figure = SharedFigure(
        authority_id=place.authority_id,
        shared_place_id=place.shared_place_id,
        number=number,
        schools=schools,
        percent=percent,
        made_on=today,
    )
    place.figures.append(figure)
    _record(db, EventName.SHARED_FIGURE_MADE, place, by, number=number)
    return figure


def agree(
    db: Session, *, place: SharedPlace, agreed: Agreed, today: date, by: MemberLike | None
) -> PartnerAction:
    """Begins an action with a partner."""
    action = PartnerAction(
        authority_id=place.authority_id,
        partner_action_id=uuid.uuid4(),
        state=ActionState.PLANNED,
        planned_on=today,
        **_written(agreed),
    )
    place.actions.append(action)
    _record(
        db,
        EventName.PARTNER_ACTION_PLANNED,
        place,
        by,
        partner_action_id=action.partner_action_id,
    )
    return action


def agree_anew(
    db: Session, *, action: PartnerAction, agreed: Agreed, by: MemberLike | None
) -> None:
    for name, value in _written(agreed).items():
        setattr(action, name, value)
    _record(
        db,
        EventName.PARTNER_ACTION_CHANGED,
        action.place,
        by,
        partner_action_id=action.partner_action_id,
    )


def move_partner_action(
    db: Session,
    *,
    action: PartnerAction,
    to: ActionState,
    note: str,
    today: date,
    by: MemberLike | None,
) -> None:
    action.state = move(action.state, to)
    action.moves.append(
        PartnerMove(
            number=len(action.moves) + 1,
            state=to,
            moved_on=today,
            moved_by=by.id if by else None,
            note=note.strip(),
        )
    )
    _record(
        db,
        EventName.PARTNER_ACTION_MOVED,
        action.place,
        by,
        partner_action_id=action.partner_action_id,
        to=to.value,
    )


def find_shared_place(
    db: Session, authority_id: uuid.UUID, shared_place_id: uuid.UUID, *, to_change: bool = False
) -> SharedPlace:
    """With `to_change` it is locked: two members who change it, or make its figure, take turns."""
    place = db.get(SharedPlace, (authority_id, shared_place_id), with_for_update=to_change)
    if place is None:
        raise NoSuchSharedPlaceError(_("There is no such shared place."))
    return place


def find_partner_action(
    db: Session, authority_id: uuid.UUID, partner_action_id: uuid.UUID
) -> PartnerAction:
    action = db.get(PartnerAction, (authority_id, partner_action_id))
    if action is None:
        raise NoSuchPartnerActionError(_("There is no such action."))
    return action


def places_of(db: Session, programme: Programme) -> Sequence[SharedPlace]:
    return db.scalars(
        select(SharedPlace)
        .where(
            SharedPlace.authority_id == programme.authority_id,
            SharedPlace.programme_id == programme.programme_id,
        )
        .order_by(SharedPlace.name, SharedPlace.shared_place_id)
    ).all()


def _tie(db: Session, place: SharedPlace, ties: Ties) -> None:
    if not ties:
        raise NoSchoolError(_("Choose at least one school that names the place."))
    known = taken(db, place.programme)
    for school_id, key in ties.items():
        other = known.get((school_id, key))
        if other is not None and other is not place:
            raise TakenError(
                _("A school's place that you chose is part of “%(name)s” already.", name=other.name)
            )
        place.schools.append(
            SharedPlaceSchool(
                authority_id=place.authority_id,
                shared_place_id=place.shared_place_id,
                school_id=school_id,
                programme_id=place.programme_id,
                place_key=key,
            )
        )


def _written(agreed: Agreed) -> dict[str, Any]:
    return {
        "partner": agreed.partner,
        "who": agreed.who.strip(),
        "steps_taken": agreed.steps_taken.strip(),
        "due_on": agreed.due_on,
    }


def _record(
    db: Session, name: EventName, place: SharedPlace, by: MemberLike | None, **more: Any
) -> None:
    record(
        db,
        name,
        by=by,
        authority_id=place.authority_id,
        shared_place_id=place.shared_place_id,
        **more,
    )
