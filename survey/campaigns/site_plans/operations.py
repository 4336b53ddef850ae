"""A school's plan: its picture, its areas, and the version that a wave was launched with."""

from __future__ import annotations

import hashlib
import json
import uuid
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_babel.speaklater import LazyString
from sqlalchemy import select
from sqlalchemy.orm import Session

from survey.audit_log import EventName, record
from survey.campaigns.models import Wave
from survey.campaigns.site_plans.areas import (
    MOST_AREAS,
    MOST_CORNERS,
    Corner,
    Fault,
    PlanArea,
    fault_of,
    scaled,
)
from survey.campaigns.site_plans.models import SitePlan, WavePlan
from survey.errors import NotThereError, RefusedError
from survey.images import Picture
from survey.permissions import MemberLike
from survey.questionnaires.model import Inside, Item, ItemKind, PlaceList, Questionnaire

MOST_PARSED = 256
"""Frozen plans kept parsed in one process, without their pictures."""


class NoPlanError(NotThereError):
    """The school has no plan, or the plan no such area."""


class AreaError(RefusedError):
    """Corners that make no area."""


FAULTS: Mapping[Fault, LazyString] = {
    Fault.TOO_FEW: _l("An area needs at least three corners. Put down one more."),
    Fault.TOO_MANY: _l("An area has at most %(most)s corners. Take some away.", most=MOST_CORNERS),
    Fault.OUTSIDE: _l("A corner is outside the picture. Move it in."),
    Fault.TOO_SMALL: _l("This area is too small to be tapped. Make it larger."),
    Fault.CROSSES: _l("The edges of this area cross. Undo a corner, or move one."),
}


@dataclass(frozen=True)
class Plan:
    """A plan without its picture: what a page needs to place things on it. Equal hashes are equal
    plans."""

    plan_hash: str
    width: int
    height: int
    areas: tuple[PlanArea, ...]

    def __hash__(self) -> int:
        return hash(self.plan_hash)

    def of_places(self, keys: Collection[str]) -> tuple[PlanArea, ...]:
        return tuple(area for area in self.areas if area.place in keys)


def find_plan(db: Session, school_id: uuid.UUID) -> SitePlan | None:
    """The school's plan as it is drawn now, if it has one."""
    return db.get(SitePlan, school_id)


def need_plan(db: Session, school_id: uuid.UUID, *, hold: bool = False) -> SitePlan:
    """The plan; held, no one else can change it until this write ends."""
    plan = db.get(SitePlan, school_id, with_for_update=hold or None, populate_existing=hold)
    if plan is None:
        raise NoPlanError(_("There is no plan yet. Choose a picture of it first."))
    return plan


def take_picture(
    db: Session, *, school_id: uuid.UUID, picture: Picture, by: MemberLike | None
) -> SitePlan:
    """The picture of the school's plan. Areas drawn on one before it are kept and scaled."""
    plan = db.get(SitePlan, school_id, with_for_update=True, populate_existing=True)
    if plan is None:
        plan = SitePlan(school_id=school_id, areas=[])
        db.add(plan)
    else:
        before, now = (plan.width, plan.height), (picture.width, picture.height)
        plan.areas = to_document(scaled(areas_of(plan), before=before, now=now))
    plan.picture, plan.kind = picture.content, picture.kind
    plan.width, plan.height = picture.width, picture.height
    record(db, EventName.PLAN_CHANGED, by=by, school_id=school_id)
    return plan


def draw_area(
    db: Session,
    *,
    school_id: uuid.UUID,
    place: str,
    corners: Sequence[Corner],
    instead_of: int | None = None,
    by: MemberLike | None,
) -> None:
    """Adds an area to the plan, or puts it in the stead of one that is there."""
    plan = need_plan(db, school_id, hold=True)
    fault = fault_of(corners, width=plan.width, height=plan.height)
    if fault is not None:
        raise AreaError(str(FAULTS[fault]))
    areas = list(areas_of(plan))
    drawn = PlanArea(place, tuple(corners))
    if instead_of is None:
        if len(areas) >= MOST_AREAS:
            raise AreaError(_("A plan has at most %(most)s areas.", most=MOST_AREAS))
        areas.append(drawn)
    else:
        areas[_at(areas, instead_of)] = drawn
    plan.areas = to_document(areas)
    record(db, EventName.PLAN_CHANGED, by=by, school_id=school_id)


def remove_area(
    db: Session, *, school_id: uuid.UUID, number: int, by: MemberLike | None
) -> PlanArea:
    """Takes an area off the plan and hands it back, so that it can be put there again."""
    plan = need_plan(db, school_id, hold=True)
    areas = list(areas_of(plan))
    removed = areas.pop(_at(areas, number))
    plan.areas = to_document(areas)
    record(db, EventName.PLAN_CHANGED, by=by, school_id=school_id)
    return removed


def remove_plan(db: Session, *, school_id: uuid.UUID, by: MemberLike | None) -> None:
    """Takes the plan away. Waves that were launched with it keep theirs."""
    db.delete(need_plan(db, school_id, hold=True))
    record(db, EventName.PLAN_REMOVED, by=by, school_id=school_id)


def area_at(plan: SitePlan, number: int) -> PlanArea:
    """The area of that number."""
    areas = areas_of(plan)
    return areas[_at(areas, number)]


def _at(areas: Sequence[PlanArea], number: int) -> int:
    """Areas are numbered from 1 in the order they were drawn."""
    if not 1 <= number <= len(areas):
        raise NoPlanError(_("There is no such area. Somebody may have taken it off meanwhile."))
    return number - 1


# Launch


def freeze_plan(db: Session, *, wave: Wave, questionnaire: Questionnaire) -> None:
    """Keeps the plan as it is now with a wave that is launched: the areas of places that are asked
    about. Without any there is no plan to show."""
    plan = find_plan(db, wave.school_id)
    if plan is None:
        return
    shown = shown_areas(plan, questionnaire)
    if not shown:
        return
    document = to_document(shown)
    key = hash_of(plan.picture, document)
    db.add(
        WavePlan(
            school_id=wave.school_id,
            wave_id=wave.wave_id,
            plan_hash=key,
            picture=plan.picture,
            kind=plan.kind,
            width=plan.width,
            height=plan.height,
            areas=document,
        )
    )


def hash_of(picture: bytes, areas: list[dict[str, Any]]) -> str:
    drawn = json.dumps(areas, sort_keys=True, separators=(",", ":")).encode()
    return hashlib.sha256(hashlib.sha256(picture).digest() + drawn).hexdigest()


def plan_of_wave(
    db: Session, school_id: uuid.UUID, wave_id: uuid.UUID, plan_hash: str | None
) -> Plan | None:
    """The plan a wave was launched with, if the hash says that there is one. Read once per hash:
    what is stored under one never changes."""
    if plan_hash is None:
        return None
    kept = _parsed.get(plan_hash)
    if kept is None:
        row = db.execute(
            select(WavePlan.width, WavePlan.height, WavePlan.areas).where(
                WavePlan.school_id == school_id, WavePlan.wave_id == wave_id
            )
        ).one()
        if len(_parsed) >= MOST_PARSED:
            _parsed.pop(next(iter(tuple(_parsed))), None)
        plan = Plan(plan_hash, row.width, row.height, from_document(row.areas))
        kept = _parsed.setdefault(plan_hash, plan)  # one object for all threads
    return kept


_parsed: dict[str, Plan] = {}


def find_wave_plan(db: Session, school_id: uuid.UUID, wave_id: uuid.UUID) -> Plan | None:
    """The same for callers that have only the wave."""
    plan_hash = db.scalar(
        select(WavePlan.plan_hash).where(
            WavePlan.school_id == school_id, WavePlan.wave_id == wave_id
        )
    )
    return plan_of_wave(db, school_id, wave_id, plan_hash)


def wave_picture(db: Session, school_id: uuid.UUID, wave_id: uuid.UUID) -> WavePlan:
    """The plan of a wave with its picture."""
    found = db.get(WavePlan, (school_id, wave_id))
    if found is None:
        raise NoPlanError(_("There is no plan of this survey."))
    return found


def drawn_plan(plan: SitePlan | None, questionnaire: Questionnaire) -> Plan | None:
    """The plan as it would be launched now."""
    shown = shown_areas(plan, questionnaire) if plan else ()
    if plan is None or not shown:
        return None
    key = hash_of(plan.picture, to_document(shown))
    return Plan(key, plan.width, plan.height, shown)


# What is on it


def places_on_plan(questionnaire: Questionnaire) -> tuple[str, ...]:
    """The places that may be drawn: those at school. A bus stop is on no school's plan."""
    return tuple(
        place.key
        for place in questionnaire.places
        if place.present and place.inside is Inside.INSIDE
    )


def asks_where(item: Item) -> bool:
    """Is the answer to this item a place at school?"""
    return item.kind in (ItemKind.ONE, ItemKind.SEVERAL) and item.places in (
        PlaceList.INSIDE,
        PlaceList.ALL,
    )


def is_asked_on(plan: Plan, item: Item) -> bool:
    """Does the item ask where, and is any of its places drawn?"""
    return asks_where(item) and bool(plan.of_places(item.answers))


def shown_areas(plan: SitePlan, questionnaire: Questionnaire) -> tuple[PlanArea, ...]:
    """The areas of places that the questionnaire has; one it has not is kept for the next."""
    keys = places_on_plan(questionnaire)
    return tuple(area for area in areas_of(plan) if area.place in keys)


def areas_of(plan: SitePlan) -> tuple[PlanArea, ...]:
    return from_document(plan.areas)


def to_document(areas: Sequence[PlanArea]) -> list[dict[str, Any]]:
    return [
        {"place": area.place, "corners": [list(corner) for corner in area.corners]}
        for area in areas
    ]


def from_document(document: Sequence[Mapping[str, Any]]) -> tuple[PlanArea, ...]:
    return tuple(
        PlanArea(one["place"], tuple((int(x), int(y)) for x, y in one["corners"]))
        for one in document
    )
