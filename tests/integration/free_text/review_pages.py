"""A closed wave with texts in it, and short ways of saying what happens to them."""

from __future__ import annotations

import uuid
from collections.abc import Iterable
from datetime import date
from itertools import count

from sqlalchemy import select

from survey.audit_log import Event
from survey.campaigns.models import Wave
from survey.campaigns.operations import find_wave
from survey.campaigns.states import WaveState
from survey.database import Base, begin, read
from survey.free_text import operations
from survey.free_text.decisions import TextDecision
from survey.free_text.models import RoomText
from survey.free_text.operations import ReviewProgress
from survey.releases import operations as release_operations
from survey.releases.models import StoredRelease
from tests.two_people import agree_unasked
from tests.world import Side

CLOSED = date(2026, 11, 27)  # a Friday
TODAY = date(2026, 11, 30)
ITEM, OTHER_ITEM = "P2", "P1a"
SECRET = "Zebedee"
"""A word of every text: wherever it is met, a text has got there."""
_numbers = count()


def write(side: Side, number: int, item: str = ITEM) -> list[str]:
    """So many students answer, and write."""
    texts = [f"{SECRET} stands by gate {next(_numbers)} all day." for _ in range(number)]
    at_wave = {"school_id": side.school_id, "wave_id": side.wave_id}
    tables = Base.metadata.tables
    with begin() as db:
        for words in texts:
            db.execute(
                tables["response"]
                .insert()
                .values(**at_wave, response_id=uuid.uuid4(), answers='{"A1":"y9"}')
            )
            db.execute(
                tables["free_text"]
                .insert()
                .values(**at_wave, text_id=uuid.uuid4(), item=item, words=words)
            )
    return texts


def wave_of(side: Side) -> Wave:
    return find_wave(read(), side.school_id, side.wave_id)


def close(side: Side) -> None:
    with begin() as db:
        release_operations.close(
            db, wave=find_wave(db, side.school_id, side.wave_id), today=CLOSED, by=None
        )


def report(side: Side, released_on: date = TODAY) -> None:
    """The wave has its report, here without a figure."""
    with begin() as db:
        wave = find_wave(db, side.school_id, side.wave_id)
        wave.state = WaveState.RELEASED
        db.add(
            StoredRelease(
                school_id=side.school_id,
                wave_id=side.wave_id,
                release_hash="0" * 64,
                document="{}",
                released_on=released_on,
            )
        )


def open_room(side: Side) -> None:
    with begin() as db:
        wave = find_wave(db, side.school_id, side.wave_id)
        operations.open_room(db, wave=wave, today=TODAY, by=None)


def agree(side: Side) -> None:
    """Two people want the answers read."""
    with begin() as db:
        agree_unasked(db, find_wave(db, side.school_id, side.wave_id), TODAY)


def opened(side: Side, number: int = 22, item: str = ITEM) -> list[str]:
    """A wave of which so many wrote to the item: closed, reported, and the room is open."""
    texts = write(side, number, item)
    close(side)
    agree(side)
    report(side)
    open_room(side)
    return texts


def in_room(side: Side, *marks: TextDecision) -> list[RoomText]:
    return operations.texts_marked(read(), wave=wave_of(side), marks=marks or tuple(TextDecision))


def progress(side: Side) -> ReviewProgress:
    found = operations.standing(read(), wave=wave_of(side)).progress
    assert found is not None
    return found


def decide(
    side: Side,
    texts: Iterable[uuid.UUID],
    mark: TextDecision = TextDecision.FIT,
    out: tuple[int, ...] = (0,),
) -> None:
    with begin() as db:
        for text_id in texts:
            operations.decide(
                db,
                wave=find_wave(db, side.school_id, side.wave_id),
                text_id=text_id,
                mark=mark,
                out=out,
                by=None,
            )


def ids(texts: Iterable[RoomText]) -> list[uuid.UUID]:
    return [text.text_id for text in texts]


def raw(side: Side) -> list[str]:
    table = Base.metadata.tables["free_text"]
    return list(read().scalars(select(table.c.words).where(table.c.wave_id == side.wave_id)))


def told() -> list[str]:
    return [event.name.value for event in read().scalars(select(Event).order_by(Event.at))]
