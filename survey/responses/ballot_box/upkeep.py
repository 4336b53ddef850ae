"""What housekeeping does to surveys by the clock: it closes those whose last day is over, and takes
every close that did not come to its end as far as it goes."""

from __future__ import annotations

import uuid
from datetime import date

from sqlalchemy import select

from survey.campaigns import operations
from survey.campaigns.models import Wave
from survey.campaigns.states import OVER, WaveState
from survey.database import begin, database, folder_of, read
from survey.encryption import keys
from survey.responses.ballot_box import opening
from survey.responses.ballot_box.opening import NotSweptError

Place = tuple[uuid.UUID, uuid.UUID]


def close_overdue(today: date) -> tuple[int, list[str]]:
    """Closes and opens what is due. Says how many surveys were closed, and which could not be
    swept. One survey that fails keeps no other from being closed."""
    overdue = _places(Wave.state == WaveState.OPEN, Wave.closes_on < today)
    for place in overdue:
        with begin() as db:
            operations.close(db, wave=db.get_one(Wave, place), today=today, by=None)
    for place in _places(Wave.state.in_((WaveState.CLOSING, WaveState.LOST))):
        with begin() as db:
            opening.open_boxes(db, wave=db.get_one(Wave, place), by=None)
    return len(overdue), finish_all()


def finish_all() -> list[str]:
    """Brings every close whose answers are written to its end; says what stands in the way."""
    problems = []
    for school_id, wave_id in _places(
        Wave.state.in_((WaveState.CLOSED, WaveState.RELEASED)), Wave.box_key.is_not(None)
    ):
        try:
            opening.finish(school_id=school_id, wave_id=wave_id, by=None)
        except NotSweptError as problem:
            problems.append(f"Wave {wave_id}: {problem.message}")
    _end_keys_without_box()
    return problems


def _end_keys_without_box() -> None:
    """Destroys keys that open nothing, of a survey that closed without cards for instance. Not of
    drafts: at a launch the key is written before the wave that it belongs to."""
    folder = folder_of(database.engine)
    over = Wave.state.in_(OVER)
    named = {f"box-{wave_id}" for _school, wave_id in _places(over, Wave.box_key.is_(None))}
    for name in named & set(keys.names(folder)):
        keys.destroy(folder, name)


def lost() -> list[str]:
    """A line for each wave whose answers nobody can open."""
    lost = _places(Wave.state == WaveState.LOST, Wave.box_key.is_not(None))
    return [f"Wave {wave_id}: the key of its sealed answers is lost." for _school, wave_id in lost]


def _places(*where: object) -> list[Place]:
    found = read().execute(
        select(Wave.school_id, Wave.wave_id)
        .where(*where)  # type: ignore[arg-type]
        .order_by(Wave.school_id, Wave.wave_id)
    )
    places = [(school_id, wave_id) for school_id, wave_id in found]
    read().rollback()
    return places
