"""Operations on what students wrote: a lead opens the room, reads, blacks out, and decides. How it
leaves the room is in `publication`.

No one sees a text while a wave is open, or any text of an item to which fewer than 20 wrote.
"""

from __future__ import annotations

import secrets
import uuid
from collections.abc import Collection, Iterable, MutableSequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Any

from flask_babel import gettext as _
from sqlalchemy import ColumnElement, func, select
from sqlalchemy.orm import Session

from survey.audit_log import EventName, record
from survey.campaigns.models import Wave
from survey.campaigns.operations import questionnaire_of
from survey.campaigns.states import REPORTED, WaveState
from survey.errors import NotNowError, NotThereError, RefusedError
from survey.free_text.decisions import PassedTo, TextDecision, read_by, refuse_if_decided
from survey.free_text.document import FEWEST
from survey.free_text.models import RoomText, TextRoom
from survey.free_text.published_models import ReleasedTexts
from survey.free_text.redaction import is_empty, redact, words_of
from survey.permissions import MemberLike
from survey.questionnaires.model import Item, ItemKind
from survey.releases import approval_gate
from survey.releases.tabulation import count_responses, count_texts, texts_of
from survey.responses import collect
from survey.typed_text import length

AT_ONCE = 20
"""Texts on one page of reading."""
LONGEST_NOTE = 300


READABLE = frozenset({WaveState.CLOSED, *REPORTED})
"""States in which the texts of a survey are there to be read, until they are erased."""


class NoReviewError(NotNowError):
    """The texts of this wave cannot be read."""


class NoSuchTextError(NotThereError):
    """The wave has no such text; it may have been erased."""


class ReleasedBeforeError(NotNowError):
    """The set has left the room, so its content cannot change."""


class NothingLeftError(RefusedError):
    """A text to be shown of which no word is left."""


class PassingError(RefusedError):
    """A worry is passed on to no one, or on a day that is not possible."""


class Stage(StrEnum):
    """The stage that the texts of a wave have reached."""

    NOT_ASKED = "not_asked"  # the questionnaire has no such item
    NOT_CLOSED = "not_closed"
    TOO_FEW = "too_few"
    NOT_AGREED = "not_agreed"  # no second person has agreed that answers are read
    OVER_ROLL = "over_roll"  # more answers than students on roll
    WAITING = "waiting"  # to be opened by a lead
    OPEN = "open"
    ERASED = "erased"


@dataclass(frozen=True)
class ReviewProgress:
    """How far the lead is. The lead reads every text, so these counts may be exact."""

    unread: int
    undecided: int
    fit: int
    left_out: int
    worries: int

    @property
    def all(self) -> int:
        return self.unread + self.undecided + self.fit + self.left_out + self.worries

    @property
    def decided(self) -> int:
        return self.fit + self.left_out + self.worries


@dataclass(frozen=True)
class ReviewStatus:
    """What the first page of the room says. `room` and `progress` are there once it is open."""

    stage: Stage
    items: tuple[Item, ...]
    read_by: date | None = None
    room: TextRoom | None = None
    progress: ReviewProgress | None = None
    released: ReleasedTexts | None = None
    short: tuple[Item, ...] = ()
    """Items with too few texts that may be shown."""

    @property
    def is_ready(self) -> bool:
        """May the set be released?"""
        progress = self.progress
        return (
            progress is not None
            and self.released is None
            and progress.unread == progress.undecided == 0
            and len(self.short) < len(self.items)
        )


def text_items(wave: Wave) -> tuple[Item, ...]:
    """Items that are answered in own words."""
    return tuple(item for item in questionnaire_of(wave).asked if item.kind is ItemKind.TEXT)


def standing(db: Session, *, wave: Wave) -> ReviewStatus:
    """The stage of the texts of a wave. Before a lead has opened the room, it shows only whether
    20 students wrote, not how many."""
    if wave.state is WaveState.DRAFT:
        return ReviewStatus(Stage.NOT_CLOSED, ())
    asked = text_items(wave)
    if not asked:
        return ReviewStatus(Stage.NOT_ASKED, ())
    if wave.state is WaveState.ENDED:
        return ReviewStatus(Stage.ERASED, asked, room=find_room(db, wave=wave))
    if wave.state not in READABLE or wave.closed_on is None:
        return ReviewStatus(Stage.NOT_CLOSED, asked)
    until = read_by(wave.closed_on)
    room = find_room(db, wave=wave)
    released = find_released(db, wave=wave)
    if room is None:
        which = {"school_id": wave.school_id, "wave_id": wave.wave_id}
        if not count_responses(db, **which):
            return ReviewStatus(Stage.ERASED, asked)
        enough = _with_enough(db, wave)
        if not enough:
            return ReviewStatus(Stage.TOO_FEW, asked, until)
        return ReviewStatus(_stage_at_gate(db, wave), enough, until)
    if room.erased_on is not None:
        return ReviewStatus(Stage.ERASED, asked, until, room, None, released)
    in_room = tuple(item for item in asked if item.key in _items_in(db, wave))
    fit = _fit(db, wave)
    return ReviewStatus(
        Stage.OPEN,
        in_room,
        room.read_by,
        room,
        _progress(db, wave),
        released,
        tuple(item for item in in_room if fit.get(item.key, 0) < FEWEST),
    )


def _stage_at_gate(db: Session, wave: Wave) -> Stage:
    """Texts pass the gate that figures pass: the author of 19 of 20 texts knows the twentieth."""
    try:
        approval_gate.refuse_over_roll(db, wave)
        approval_gate.refuse_unless_agreed(db, wave)
    except approval_gate.OverRollError:
        return Stage.OVER_ROLL
    except approval_gate.NotAgreedError:
        return Stage.NOT_AGREED
    return Stage.WAITING


def open_room(db: Session, *, wave: Wave, today: date, by: MemberLike | None) -> TextRoom:
    """Takes the texts of a closed wave out of the answers and into the room: in a random order,
    under new random keys, once. Items with fewer than 20 stay behind, unread, until they are
    erased."""
    now = standing(db, wave=wave)
    if now.stage is not Stage.WAITING:
        raise NoReviewError(_("There is nothing to open: the page says why."))
    which = {"school_id": wave.school_id, "wave_id": wave.wave_id}
    room = TextRoom(**which, opened_on=today, read_by=now.read_by or today)
    db.add(room)
    db.flush()  # its texts point to it; a second opening at this moment fails here
    taken = [
        (item.key, words) for item in now.items for words in texts_of(db, **which, item=item.key)
    ]
    shuffle(taken)
    db.add_all(
        RoomText(**which, text_id=uuid.uuid4(), item=item, words=words) for item, words in taken
    )
    for item in now.items:
        collect.erase_texts(db, **which, item=item.key)
    record(db, EventName.TEXTS_OPENED, by=by, **which)
    return room


def shuffle(texts: MutableSequence[Any]) -> None:
    """Puts the texts in an order that no one can work out."""
    secrets.SystemRandom().shuffle(texts)


def find_room(db: Session, *, wave: Wave) -> TextRoom | None:
    return db.get(TextRoom, (wave.school_id, wave.wave_id))


def find_released(db: Session, *, wave: Wave) -> ReleasedTexts | None:
    return db.get(ReleasedTexts, (wave.school_id, wave.wave_id))


def find_text(db: Session, *, wave: Wave, text_id: uuid.UUID) -> RoomText:
    text = db.get(RoomText, (wave.school_id, wave.wave_id, text_id))
    if text is None:
        raise NoSuchTextError(_("There is no such text. It may have been erased."))
    return text


def texts_marked(
    db: Session, *, wave: Wave, marks: Collection[TextDecision], most: int | None = None
) -> list[RoomText]:
    """Texts with these marks, in the order of their random keys."""
    return list(
        db.scalars(
            select(RoomText)
            .where(*of_wave(wave), RoomText.mark.in_(marks))
            .order_by(RoomText.text_id)
            .limit(most)
        )
    )


def next_text(db: Session, *, wave: Wave) -> RoomText | None:
    """A text that is not decided about yet."""
    waiting = texts_marked(db, wave=wave, marks=(TextDecision.UNREAD, TextDecision.READ), most=1)
    return waiting[0] if waiting else None


def mark_read(
    db: Session, *, wave: Wave, texts: Collection[uuid.UUID], by: MemberLike | None
) -> None:
    """Marks these as read for danger, and records once when all of them are."""
    hold(db, wave)
    unread = texts_marked(db, wave=wave, marks=(TextDecision.UNREAD,))
    read = [text for text in unread if text.text_id in texts]
    for text in read:
        text.mark = TextDecision.READ
    _say_if_all_read(db, wave, before=len(unread), read=len(read), by=by)


def decide(
    db: Session,
    *,
    wave: Wave,
    text_id: uuid.UUID,
    mark: TextDecision,
    out: Iterable[int],
    by: MemberLike | None,
    seen: str | None = None,
) -> RoomText:
    """Fit to be shown without the words numbered in `out`, or left out. Raises a
    `DecidedMeanwhileError` if `seen` is not the state of the text any more."""
    text = _changeable(db, wave, text_id, to=mark, seen=seen)
    gone = _checked(text, out)
    if mark is TextDecision.FIT and is_empty(redact(text.words, gone)):
        raise NothingLeftError(_("No word would be left of this text. Leave it out instead."))
    if mark not in (TextDecision.FIT, TextDecision.LEFT_OUT):
        raise ValueError(f"{mark} is not decided here")
    text.out = gone
    _put(db, wave, text, mark, by)
    return text


def pass_on(
    db: Session,
    *,
    wave: Wave,
    text_id: uuid.UUID,
    to: PassedTo,
    on: date,
    note: str,
    today: date,
    by: MemberLike | None,
    seen: str | None = None,
) -> RoomText:
    """Marks a text as a worry that was passed on, and to whom. It is not shown. `seen` as in
    `decide`."""
    text = _changeable(db, wave, text_id, to=TextDecision.WORRY, seen=seen)
    if wave.closed_on is None or not wave.closed_on <= on <= today:
        raise PassingError(_("Give a day between the end of the survey and today."))
    words = note.strip()
    if length(words) > LONGEST_NOTE:
        raise PassingError(_("Use at most %(most)s characters.", most=LONGEST_NOTE))
    _put(db, wave, text, TextDecision.WORRY, by, (to, on, words))
    record(
        db,
        EventName.TEXT_PASSED_ON,
        by=by,
        school_id=wave.school_id,
        wave_id=wave.wave_id,
        to=to.value,
    )
    return text


def take_back(db: Session, *, wave: Wave, text_id: uuid.UUID, by: MemberLike | None) -> RoomText:
    """Undoes a decision. What was blacked out stays suggested."""
    text = _changeable(db, wave, text_id, to=TextDecision.READ)
    _put(db, wave, text, TextDecision.READ, by)
    return text


def _with_enough(db: Session, wave: Wave) -> tuple[Item, ...]:
    counted = count_texts(db, school_id=wave.school_id, wave_id=wave.wave_id)
    return tuple(item for item in text_items(wave) if counted.get(item.key, 0) >= FEWEST)


def of_wave(wave: Wave) -> tuple[ColumnElement[bool], ColumnElement[bool]]:
    return RoomText.school_id == wave.school_id, RoomText.wave_id == wave.wave_id


def _items_in(db: Session, wave: Wave) -> set[str]:
    return set(db.scalars(select(RoomText.item).where(*of_wave(wave)).distinct()))


def _fit(db: Session, wave: Wave) -> dict[str, int]:
    counted = db.execute(
        select(RoomText.item, func.count())
        .where(*of_wave(wave), RoomText.mark == TextDecision.FIT)
        .group_by(RoomText.item)
    )
    return dict(counted.all())


def _progress(db: Session, wave: Wave) -> ReviewProgress:
    rows = db.execute(
        select(RoomText.mark, func.count()).where(*of_wave(wave)).group_by(RoomText.mark)
    )
    counted = dict(rows.all())
    return ReviewProgress(*(counted.get(mark, 0) for mark in TextDecision))


def hold(db: Session, wave: Wave) -> TextRoom:
    """The open room, held until the transaction ends: so nothing changes while a set is made."""
    room = db.scalar(
        select(TextRoom)
        .where(TextRoom.school_id == wave.school_id, TextRoom.wave_id == wave.wave_id)
        .with_for_update()
    )
    if room is None or room.erased_on is not None:
        raise NoReviewError(_("There are no texts of this survey to read."))
    return room


def _changeable(
    db: Session, wave: Wave, text_id: uuid.UUID, *, to: TextDecision, seen: str | None = None
) -> RoomText:
    """The text, if it may become `to`: what was shown once stays as it is, and so does the set."""
    hold(db, wave)
    text = find_text(db, wave=wave, text_id=text_id)
    refuse_if_decided(text.state, seen)
    if find_released(db, wave=wave) is not None and TextDecision.FIT in (text.mark, to):
        raise ReleasedBeforeError(
            _("The texts were published, so nothing can be added to them or changed in them.")
        )
    return text


def _put(
    db: Session,
    wave: Wave,
    text: RoomText,
    mark: TextDecision,
    by: MemberLike | None,
    passed: tuple[PassedTo, date, str] | tuple[None, None, None] = (None, None, None),
) -> None:
    was_unread = text.mark is TextDecision.UNREAD
    text.mark = mark
    text.passed_to, text.passed_on, text.note = passed
    if was_unread:
        db.flush()  # so that it is not counted as unread below
        left = len(texts_marked(db, wave=wave, marks=(TextDecision.UNREAD,)))
        _say_if_all_read(db, wave, before=left + 1, read=1, by=by)


def _say_if_all_read(
    db: Session, wave: Wave, *, before: int, read: int, by: MemberLike | None
) -> None:
    if before and before == read:
        record(db, EventName.TEXTS_READ, by=by, school_id=wave.school_id, wave_id=wave.wave_id)


def _checked(text: RoomText, out: Iterable[int]) -> list[int]:
    """The numbers that are of words."""
    there = {word.number for word in words_of(text.words)}
    return sorted(there & set(out))
