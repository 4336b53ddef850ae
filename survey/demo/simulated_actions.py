"""The actions of the demo: what its first school did about its two hotspots, and what its authority
did about a bus station. One place was changed between the two surveys; the other is still waiting.
"""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from datetime import date, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from survey.actions.models import SubjectKind
from survey.actions.operations import ActionWords, Measured, Subject, move_on, plan, show_students
from survey.actions.shared_places import operations as shared_place_operations
from survey.actions.shared_places.models import Partner
from survey.actions.shared_places.operations import Agreed
from survey.actions.states import ActionState
from survey.campaigns.models import Campaign, Programme, Wave

WEEK = timedelta(days=7)
LOCKS = "The locks are mended, and an adult stands outside at break and at lunch."


def plant_actions(
    db: Session,
    *,
    programme: Programme,
    school_ids: Sequence[uuid.UUID],
    first_report: date,
    today: date,
) -> None:
    """On the survey of the first report, at the school that visitors sign in to."""
    wave = db.scalars(
        select(Wave)
        .join(Wave.campaign)
        .where(
            Campaign.school_id == school_ids[0],
            Campaign.programme_id == programme.programme_id,
            Wave.number == 1,
        )
    ).one()
    toilets = plan(
        db,
        wave=wave,
        subject=Subject(SubjectKind.PLACE, "toilets"),
        measured=Measured("B2.toilets", "feel_unsafe", "all"),
        words=ActionWords(
            found="More students feel unsafe in the toilets than anywhere else in school.",
            goal="Nobody avoids the toilets at break",
            owner="Site manager",
            steps_taken="Locks mended. An adult outside at break and lunch. Doors stay open.",
            due_on=first_report + 6 * WEEK,
            other_signs="Fewer late slips after break",
            for_students=True,
            we_did=LOCKS,
        ),
        today=first_report + WEEK,
        by=None,
    )
    for weeks, to, note in (
        (2, ActionState.UNDER_WAY, "Locks ordered"),
        (5, ActionState.DONE, "Locks fitted, rota agreed"),
    ):
        move_on(db, action=toilets, to=to, note=note, today=first_report + weeks * WEEK, by=None)
    stops = plan(
        db,
        wave=wave,
        subject=Subject(SubjectKind.PLACE, "stops"),
        measured=Measured("D1.stops", "feel_unsafe", "all"),
        words=ActionWords(
            found="At the bus stops most students feel unsafe, after school most of all.",
            goal="Students wait for the bus where they can be seen",
            owner="Deputy head, with the bus company",
            steps_taken="A light at the stop, and a second bus at the end of the day.",
            due_on=today + 8 * WEEK,
            for_students=True,
            we_did="We have asked the bus company for a light and a second bus.",
        ),
        today=first_report + WEEK,
        by=None,
    )
    move_on(
        db,
        action=stops,
        to=ActionState.UNDER_WAY,
        note="The company has answered",
        today=today - WEEK,
        by=None,
    )
    show_students(db, campaign=wave.campaign, today=today - WEEK, by=None)
    _share(db, programme=programme, school_ids=school_ids, today=today)


def _share(
    db: Session, *, programme: Programme, school_ids: Sequence[uuid.UUID], today: date
) -> None:
    """A bus station that five of the schools name; its figure is left for a visitor to make."""
    place = shared_place_operations.begin_place(
        db,
        programme=programme,
        name="Riverside bus station",
        ties=dict.fromkeys(school_ids[:5], "stops"),
        today=today - 3 * WEEK,
        by=None,
    )
    action = shared_place_operations.agree(
        db,
        place=place,
        agreed=Agreed(
            partner=Partner.TRANSPORT,
            who="Depot manager, Calder Buses",
            steps_taken="A second bus at a quarter to four, and a light at stop C",
            due_on=today + 8 * WEEK,
        ),
        today=today - 2 * WEEK,
        by=None,
    )
    shared_place_operations.move_partner_action(
        db, action=action, to=ActionState.UNDER_WAY, note="", today=today - WEEK, by=None
    )
