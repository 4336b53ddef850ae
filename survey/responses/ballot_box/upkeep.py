"""What housekeeping does to surveys by the clock: it closes those whose last day has passed,
continues every close that was not finished, counts what was not counted, and ends surveys that
too few people answered."""

from __future__ import annotations

import uuid
from datetime import date

from sqlalchemy import select

from survey.campaigns import operations
from survey.campaigns.models import Wave
from survey.campaigns.states import OVER, WaveState
from survey.database import begin, database, folder_of, read
from survey.encryption import keys
from survey.responses import collect
from survey.responses.ballot_box import ending, opening
from survey.responses.ballot_box.opening import BoxesNotSweptError

Place = tuple[uuid.UUID, uuid.UUID]


def close_overdue(today: date) -> tuple[int, list[str]]:
    """Closes and opens what is due. Returns how many surveys were closed, and what hindered the
    clearing away of others. A survey that fails does not stop the others."""
    overdue = _places(Wave.state == WaveState.OPEN, Wave.closes_on < today)
    for place in overdue:
        with begin() as db:
            operations.close(db, wave=db.get_one(Wave, place), today=today, by=None)
    for place in _places(Wave.state.in_((WaveState.CLOSING, WaveState.LOST))):
        with begin() as db:
            opening.open_boxes(db, wave=db.get_one(Wave, place), by=None)
    return len(overdue), finish_all()


def finish_all() -> list[str]:
    """Finishes every close whose answers are written; returns what hindered it."""
    problems = []
    for school_id, wave_id in _places(Wave.state.in_(opening.OPENED), Wave.box_key.is_not(None)):
        try:
            opening.finish(school_id=school_id, wave_id=wave_id, by=None)
        except BoxesNotSweptError as problem:
            problems.append(f"Wave {wave_id}: {problem.message}")
    _end_keys_without_box()
    return problems


def _end_keys_without_box() -> None:
    """Destroys keys that open nothing, such as that of a survey that closed without cards. Keys of
    drafts stay: a launch writes the key before the wave that it belongs to."""
    folder = folder_of(database.engine)
    over = Wave.state.in_(OVER)
    named = {f"box-{wave_id}" for _school, wave_id in _places(over, Wave.box_key.is_(None))}
    for name in named & set(keys.names(folder)):
        keys.destroy(folder, name)


def end_too_few(today: date) -> int:
    """Ends closed surveys that too few people answered; returns how many."""
    ended = 0
    for place in _places(Wave.state == WaveState.CLOSED, Wave.box_key.is_(None)):
        with begin() as db:
            ended += ending.end_if_too_few(db, wave=db.get_one(Wave, place), today=today, by=None)
    return ended


def move_counters(today: date, *, key: bytes) -> None:
    """Moves the coarse counters of open surveys to the end of yesterday, and counts surveys that
    were closed before the answers were counted at the close."""
    with begin() as db:
        for wave in db.scalars(select(Wave).where(Wave.state == WaveState.OPEN)):
            collect.move_counter(db, wave=wave, today=today, key=key)
        for wave in db.scalars(select(Wave).where(Wave.state.in_(opening.OPENED))):
            is_counted = wave.counter_on is not None and wave.counter_on == wave.closed_on
            if not is_counted and (responses := collect.count_opened(db, wave=wave)):
                collect.set_final_counter(wave, responses=responses)


def lost() -> list[str]:
    """One line for each wave whose answers cannot be opened."""
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
