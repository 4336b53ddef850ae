"""A forecast of whether schools could be compared, made before any is invited: from the schools
that are chosen, their rolls, and who else compares them. It reads no answer and no report."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence

from flask_babel import gettext as _
from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from survey.campaigns.models import Campaign, Programme
from survey.campaigns.readers.models import Invitation, InvitationState
from survey.disclosure.coalitions import NAMED, SeenComparison, splits
from survey.disclosure.policy import STANDARD
from survey.organisations.models import School

IN_IT = frozenset({InvitationState.WAITING, InvitationState.ACCEPTED})

Published = Callable[[], Sequence[SeenComparison[uuid.UUID]]]
_published: list[Published] = []


def knows_published(published: Published) -> Published:
    """For the package that publishes comparisons: how each is seen by its reader."""
    _published.append(published)
    return published


def in_the_way(db: Session, programme: Programme, chosen: Iterable[School]) -> tuple[str, ...]:
    """Why the schools of a programme, with those that are chosen now, could not be compared; empty
    if they could."""
    schools = {**schools_of(db, programme), **{one.school_id: one for one in chosen}}
    found = []
    if len(schools) < STANDARD.schools_at_least:
        found.append(
            str(
                _(
                    "A comparison needs at least %(needed)s schools, so that none can be worked"
                    " out from the others. With these, %(given)s are invited.",
                    needed=STANDARD.schools_at_least,
                    given=len(schools),
                )
            )
        )
    elif large := _too_large(schools.values()):
        found.append(
            str(
                _(
                    "%(school)s has more than %(share)s%% of the students on roll. A comparison"
                    " would show little but that school.",
                    school=large.name,
                    share=STANDARD.school_share_at_most,
                )
            )
        )
    if len(schools) >= STANDARD.schools_at_least:
        found += _too_close(db, programme, schools)
    return tuple(found)


def schools_of(db: Session, programme: Programme) -> Mapping[uuid.UUID, School]:
    """The schools of one programme."""
    return schools_in(db).get(_key(programme), {})


def schools_in(db: Session) -> Mapping[str, Mapping[uuid.UUID, School]]:
    """The schools of every programme: those that hold its survey, and those that are invited and
    have not declined."""
    found: dict[str, dict[uuid.UUID, School]] = {}
    schools = {one.school_id: one for one in db.scalars(select(School))}
    started = select(Campaign.authority_id, Campaign.programme_id, Campaign.school_id).where(
        Campaign.programme_id.is_not(None),
        or_(Campaign.left_after.is_(None), Campaign.left_after > 0),
    )
    invited = select(Invitation.authority_id, Invitation.programme_id, Invitation.school_id).where(
        Invitation.state.in_(IN_IT)
    )
    for authority_id, programme_id, school_id in (*db.execute(started), *db.execute(invited)):
        found.setdefault(f"{authority_id} {programme_id}", {})[school_id] = schools[school_id]
    return found


def _too_large(schools: Collection[School]) -> School | None:
    """A school with too many of the students, if all of them gave their roll."""
    rolls = {one.school_id: sum(one.roll.values()) for one in schools}
    largest = max(schools, key=lambda one: rolls[one.school_id])
    most = STANDARD.school_share_at_most * sum(rolls.values())
    is_known = all(rolls.values())
    return largest if is_known and 100 * rolls[largest.school_id] > most else None


def _too_close(db: Session, programme: Programme, schools: Mapping[uuid.UUID, School]) -> list[str]:
    """Other readers of some of the schools, whose comparison together with this one would tell
    letters."""
    own = _key(programme)
    known: list[SeenComparison[uuid.UUID]] = [
        one for published in _published for one in published()
    ]
    made = {one.programme for one in known}
    known += [
        SeenComparison(name, 1, _groups(held.values()))
        for name, held in schools_in(db).items()
        if name not in made
    ]
    others = [
        one
        for one in known
        if one.programme != own and len(one.groups) >= STANDARD.schools_at_least
    ]
    near = [one for one in others if not schools.keys().isdisjoint(one.groups)]
    for groups in (_groups(schools.values()), dict.fromkeys(schools, "0")):
        if not splits(near, SeenComparison(own, 1, groups)):
            return []
    both = {school for one in near for school in one.groups} & schools.keys()
    return [
        str(
            _(
                "Of these schools, %(both)s are compared by another reader too, and %(others)s are"
                " not. With both comparisons in hand, a letter could be traced to fewer than five"
                " schools, so yours would not be made. In both: %(schools)s. The schools in both,"
                " and those in only one, have to be none or at least five; and if the other"
                " comparison was made already, among the schools of each size.",
                both=len(both),
                others=len(schools) - len(both),
                schools=", ".join(sorted(schools[one].name for one in both)),
            )
        )
    ]


def _groups(schools: Iterable[School]) -> dict[uuid.UUID, str]:
    return {one.school_id: NAMED if one.names_itself else "0" for one in schools}


def _key(programme: Programme) -> str:
    return f"{programme.authority_id} {programme.programme_id}"
