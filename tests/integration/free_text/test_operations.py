"""What happens to texts: how they come to the room, what is decided there, and how they leave."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from datetime import date, timedelta

import pytest
from flask import Flask
from sqlalchemy import func, select, text
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from survey.audit_log import Event, EventName
from survey.database import Base, begin, read
from survey.free_text import operations
from survey.free_text import publication as free_text_publication
from survey.free_text.decisions import PassedTo, TextDecision
from survey.free_text.document import FEWEST, TextSet, hash_of
from survey.free_text.models import RoomText, TextRoom
from survey.free_text.operations import (
    NoReviewError,
    NoSuchTextError,
    NothingLeftError,
    PassingError,
    ReleasedBeforeError,
    ReviewProgress,
    Stage,
    standing,
)
from survey.free_text.publication import TextNoticeError, TextsNotReadyError
from survey.free_text.published_models import ReleasedTexts
from survey.retention import operations as retention
from tests.integration.free_text.review_pages import (
    CLOSED,
    ITEM,
    OTHER_ITEM,
    SECRET,
    TODAY,
    agree,
    close,
    decide,
    find_wave,
    ids,
    in_room,
    open_room,
    opened,
    progress,
    raw,
    report,
    told,
    wave_of,
    write,
)
from tests.world import Side, World

KEEP_DAYS = 365


@pytest.fixture
def side(app: Flask, world: World) -> Iterator[Side]:
    with app.app_context():
        yield world.own


def stage(side: Side) -> Stage:
    return standing(read(), wave=wave_of(side)).stage


def release_texts(side: Side) -> None:
    with begin() as db:
        wave = find_wave(db, side.school_id, side.wave_id)
        free_text_publication.release_texts(db, wave=wave, today=TODAY, by=None)


def released(side: Side) -> ReleasedTexts:
    found = read().get(ReleasedTexts, (side.school_id, side.wave_id))
    assert found is not None
    return found


# Coming in


@pytest.mark.parametrize(
    ("number", "expected"),
    [(0, Stage.ERASED), (1, Stage.TOO_FEW), (19, Stage.TOO_FEW), (20, Stage.WAITING)],
)
def test_a_room_opens_for_20_texts_and_says_no_more_of_their_number(
    side: Side, number: int, expected: Stage
) -> None:
    write(side, number)
    close(side)
    agree(side)
    now = standing(read(), wave=wave_of(side))
    assert (now.stage, now.progress, now.room) == (expected, None, None)
    if expected is not Stage.WAITING:
        with pytest.raises(NoReviewError):
            open_room(side)
        assert len(raw(side)) == number


def test_texts_wait_for_a_second_person_and_for_the_roll(side: Side) -> None:
    """A person who wrote 19 of 20 texts would know the twentieth."""
    write(side, 20)
    close(side)
    assert stage(side) is Stage.NOT_AGREED
    with pytest.raises(NoReviewError):
        open_room(side)
    agree(side)
    assert stage(side) is Stage.WAITING
    with begin() as db:
        db.merge(wave_of(side)).roll = {"9": 19, "10": 100}
    assert stage(side) is Stage.OVER_ROLL
    with pytest.raises(NoReviewError):
        open_room(side)
    assert len(raw(side)) == 20


def test_nobody_reads_while_a_wave_is_open(side: Side) -> None:
    write(side, 40)
    assert stage(side) is Stage.NOT_CLOSED
    with pytest.raises(NoReviewError):
        open_room(side)


def test_texts_are_moved_once_under_new_keys(side: Side) -> None:
    texts = write(side, 25)
    table = Base.metadata.tables["free_text"]
    before = set(read().scalars(select(table.c.text_id)))
    close(side)
    agree(side)
    report(side)
    open_room(side)
    assert raw(side) == []
    room = in_room(side)
    assert sorted(one.words for one in room) == sorted(texts)
    assert not {one.text_id for one in room} & before
    assert {(one.mark, tuple(one.out), one.item) for one in room} == {
        (TextDecision.UNREAD, (), ITEM)
    }
    with pytest.raises(NoReviewError):
        open_room(side)
    assert [one for one in told() if one.startswith("text")] == ["texts.opened"]


def test_the_order_of_writing_is_lost(side: Side, monkeypatch: pytest.MonkeyPatch) -> None:
    """Texts are put into the room in the order of a shuffle, and lie there by random keys."""
    orders: list[list[str]] = []
    shuffle = operations.shuffle

    def looked_at(texts: list[tuple[str, str]]) -> None:
        shuffle(texts)
        orders.append([words for _item, words in texts])

    monkeypatch.setattr(operations, "shuffle", looked_at)
    texts = opened(side, 60)
    assert len(orders) == 1
    assert sorted(orders[0]) == sorted(texts)
    assert orders[0] != texts
    assert [one.words for one in in_room(side)] not in (texts, orders[0])


@pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
def test_on_postgresql_all_texts_are_of_one_transaction(side: Side) -> None:
    opened(side)
    assert read().scalar(text("SELECT count(DISTINCT xmin::text) FROM room_text")) == 1


def test_an_item_with_fewer_stays_behind(side: Side) -> None:
    few = write(side, 19, OTHER_ITEM)
    opened(side, 20)
    assert sorted(raw(side)) == sorted(few)
    assert {one.item for one in in_room(side)} == {ITEM}
    now = standing(read(), wave=wave_of(side))
    assert [item.key for item in now.items] == [ITEM]


def test_two_items_are_counted_apart(side: Side) -> None:
    write(side, 12, OTHER_ITEM)
    write(side, 12)
    close(side)
    assert stage(side) is Stage.TOO_FEW


def test_texts_are_to_be_read_within_two_school_days(side: Side) -> None:
    opened(side)
    room = read().get(TextRoom, (side.school_id, side.wave_id))
    assert room is not None
    assert (room.opened_on, room.read_by) == (TODAY, date(2026, 12, 1))


# In the room


def test_reading_and_deciding_are_counted(side: Side) -> None:
    opened(side, 22)
    assert progress(side) == ReviewProgress(22, 0, 0, 0, 0)
    room = ids(in_room(side))
    with begin() as db:
        wave = find_wave(db, side.school_id, side.wave_id)
        operations.mark_read(db, wave=wave, texts=set(room[:20]), by=None)
    assert progress(side) == ReviewProgress(2, 20, 0, 0, 0)
    assert EventName.TEXTS_READ.value not in told()
    decide(side, room[18:21], TextDecision.LEFT_OUT)
    assert progress(side) == ReviewProgress(1, 18, 0, 3, 0)
    decide(side, room[21:], TextDecision.FIT)
    assert progress(side) == ReviewProgress(0, 18, 1, 3, 0)
    assert told().count(EventName.TEXTS_READ.value) == 1


def test_a_worry_is_passed_on_and_left_out(side: Side) -> None:
    opened(side)
    room = ids(in_room(side))
    pass_on(side, room[0])
    [worry] = in_room(side, TextDecision.WORRY)
    assert (worry.passed_to, worry.passed_on, worry.note) == (
        PassedTo.SITE,
        TODAY,
        "Lights are ordered.",
    )
    [event] = read().scalars(select(Event).where(Event.name == EventName.TEXT_PASSED_ON))
    assert event.details == {"to": "site", "wave_id": str(side.wave_id)}
    with begin() as db:
        operations.take_back(
            db, wave=find_wave(db, side.school_id, side.wave_id), text_id=room[0], by=None
        )
    [back] = in_room(side, TextDecision.READ)
    assert (back.passed_to, back.passed_on, back.note) == (None, None, None)


def pass_on(side: Side, text_id: uuid.UUID, on: date = TODAY, note: str = "") -> None:
    with begin() as db:
        operations.pass_on(
            db,
            wave=find_wave(db, side.school_id, side.wave_id),
            text_id=text_id,
            to=PassedTo.SITE,
            on=on,
            note=note or " Lights are ordered. ",
            today=TODAY,
            by=None,
        )


@pytest.mark.parametrize(
    ("on", "note"),
    [
        (TODAY + timedelta(days=1), ""),
        (CLOSED - timedelta(days=1), ""),
        (TODAY, "x" * (operations.LONGEST_NOTE + 1)),
    ],
)
def test_a_worry_is_passed_on_on_a_day_that_can_be(side: Side, on: date, note: str) -> None:
    opened(side)
    with pytest.raises(PassingError):
        pass_on(side, ids(in_room(side))[0], on, note)
    assert progress(side).worries == 0


def test_a_text_without_a_word_left_is_not_shown(side: Side) -> None:
    opened(side)
    [first, *_] = ids(in_room(side))
    with pytest.raises(NothingLeftError):
        decide(side, [first], TextDecision.FIT, tuple(range(20)))
    decide(side, [first], TextDecision.LEFT_OUT, tuple(range(20)))


def test_numbers_that_are_of_no_word_are_not_kept(side: Side) -> None:
    opened(side)
    [first, *_] = ids(in_room(side))
    decide(side, [first], TextDecision.FIT, (0, 2, 99, -1))
    assert in_room(side, TextDecision.FIT)[0].out == [0, 2]


def test_a_text_of_another_wave_is_not_found(side: Side, world: World) -> None:
    opened(side)
    opened(world.other)
    theirs = ids(in_room(world.other))[0]
    with pytest.raises(NoSuchTextError):
        decide(side, [theirs])
    assert progress(world.other).fit == 0


@pytest.mark.parametrize("wrong", [{"mark": "worry"}, {"passed_to": "head"}, {"note": "x"}])
def test_the_database_knows_what_a_worry_is(side: Side, wrong: dict[str, str]) -> None:
    opened(side)
    table = Base.metadata.tables["room_text"]
    with pytest.raises(IntegrityError, match="worry_whole"), begin() as db:
        db.execute(table.update().values(**wrong))


# Leaving


def test_a_set_leaves_once_blacked_out_and_in_another_order(side: Side) -> None:
    texts = opened(side, 30)
    room = in_room(side)
    decide(side, ids(room[:24]))
    decide(side, ids(room[24:]), TextDecision.LEFT_OUT)
    release_texts(side)
    found = released(side)
    assert found.document is not None
    assert hash_of(found.document) == found.texts_hash
    [shown] = TextSet.from_json(found.document).items
    assert SECRET not in found.document
    left = [tail for _gap, tail in shown.texts if tail]
    assert sorted(left) == sorted(one.words.removeprefix(SECRET) for one in room[:24])
    assert left != [one.words.removeprefix(SECRET) for one in room[:24]]
    assert left != [one.removeprefix(SECRET) for one in texts if one.removeprefix(SECRET) in left]
    with pytest.raises(ReleasedBeforeError):
        release_texts(side)


def test_the_database_refuses_a_second_set(side: Side) -> None:
    opened(side, 20)
    decide(side, ids(in_room(side)))
    release_texts(side)
    with pytest.raises(IntegrityError), begin() as db:
        db.execute(
            Base.metadata.tables["released_texts"]
            .insert()
            .values(
                school_id=side.school_id,
                wave_id=side.wave_id,
                texts_hash="1" * 64,
                document="{}",
                released_on=TODAY,
            )
        )


NOT_YET = """
all  fit  left_out  reported  leaves
20   20   0         yes       yes
20   19   1         yes       no
25   20   5         yes       yes
25   20   4         yes       no
25   25   0         no        no
"""


@pytest.mark.parametrize("line", NOT_YET.strip().splitlines()[1:])
def test_a_set_leaves_when_all_is_decided_and_20_are_fit(side: Side, line: str) -> None:
    number, fit, left_out, reported, leaves = line.split()
    write(side, int(number))
    close(side)
    agree(side)
    if reported == "yes":
        report(side)
    open_room(side)
    room = ids(in_room(side))
    decide(side, room[: int(fit)])
    decide(side, room[int(fit) : int(fit) + int(left_out)], TextDecision.LEFT_OUT)
    if leaves == "yes":
        release_texts(side)
        assert len(TextSet.from_json(released(side).document or "").items[0].texts) == int(fit)
    else:
        with pytest.raises(TextsNotReadyError):
            release_texts(side)
        assert read().get(ReleasedTexts, (side.school_id, side.wave_id)) is None


def test_of_two_items_only_the_one_with_enough_leaves(side: Side) -> None:
    write(side, 22, OTHER_ITEM)
    opened(side, 22)
    room = in_room(side)
    spoilt = [one.text_id for one in room if one.item == OTHER_ITEM][: 22 - FEWEST + 1]
    decide(side, spoilt, TextDecision.LEFT_OUT)
    decide(side, [one.text_id for one in room if one.text_id not in spoilt])
    release_texts(side)
    document = released(side).document
    assert document is not None
    assert [one.item for one in TextSet.from_json(document).items] == [ITEM]


def test_what_left_stays_as_it_is(side: Side) -> None:
    opened(side, 22)
    room = ids(in_room(side))
    decide(side, room[:20])
    decide(side, room[20:], TextDecision.LEFT_OUT)
    release_texts(side)
    for change in (
        lambda: decide(side, room[:1], TextDecision.LEFT_OUT),
        lambda: decide(side, room[:1], TextDecision.FIT, (0, 1)),
        lambda: decide(side, room[21:], TextDecision.FIT),
        lambda: pass_on(side, room[0]),
    ):
        with pytest.raises(ReleasedBeforeError):
            change()
    pass_on(side, room[21])  # a worry seen late is still passed on
    assert progress(side) == ReviewProgress(0, 0, 20, 1, 1)


def test_a_set_is_withdrawn_with_its_words(side: Side) -> None:
    opened(side, 20)
    decide(side, ids(in_room(side)))
    release_texts(side)
    withdraw(side, " A name was overlooked. ")
    found = released(side)
    assert (found.document, found.notice, found.withdrawn_on) == (
        None,
        "A name was overlooked.",
        TODAY,
    )
    with pytest.raises(TextsNotReadyError):
        withdraw(side, "again")
    with pytest.raises(ReleasedBeforeError):
        release_texts(side)


def withdraw(side: Side, notice: str) -> None:
    with begin() as db:
        wave = find_wave(db, side.school_id, side.wave_id)
        free_text_publication.withdraw_texts(db, wave=wave, notice=notice, today=TODAY, by=None)


@pytest.mark.parametrize("notice", ["", "  ", "x" * (free_text_publication.LONGEST_NOTICE + 1)])
def test_a_withdrawal_says_why(side: Side, notice: str) -> None:
    opened(side, 20)
    decide(side, ids(in_room(side)))
    release_texts(side)
    with pytest.raises(TextNoticeError):
        withdraw(side, notice)
    assert released(side).document is not None


# The end


def erase(today: date) -> int:
    with begin() as db:
        before = read_rooms(db)
        retention.erase_due(db, today=today, erase_after_days=KEEP_DAYS)
        return read_rooms(db) - before


def read_rooms(db: Session) -> int:
    """Rooms whose texts are erased."""
    erased = select(func.count()).select_from(TextRoom).where(TextRoom.erased_on.is_not(None))
    return db.scalar(erased) or 0


def test_words_are_erased_with_the_answers_and_the_set_stays(side: Side, world: World) -> None:
    opened(side, 22)
    opened(world.other, 20)
    decide(side, ids(in_room(side)))
    release_texts(side)
    with begin() as db:
        db.execute(
            text("UPDATE wave SET closed_on = :day WHERE school_id <> :own"),
            {"day": (CLOSED + timedelta(days=1)).isoformat(), "own": _bound(side.school_id)},
        )
    due = CLOSED + timedelta(days=KEEP_DAYS)
    assert erase(due - timedelta(days=1)) == 0
    assert len(in_room(side)) == 22
    assert erase(due) == 1
    assert in_room(side) == []
    assert len(in_room(world.other)) == 20
    assert released(side).document is not None
    assert stage(side) is Stage.ERASED
    assert erase(due) == 0
    assert told().count(EventName.TEXTS_ERASED.value) == 1
    with pytest.raises(NoReviewError):
        open_room(side)


def _bound(number: uuid.UUID) -> object:
    dialect = read().get_bind().dialect.name
    return number if dialect == "postgresql" else number.hex


def test_texts_that_nobody_may_read_are_erased_too(side: Side) -> None:
    write(side, 19)
    close(side)
    assert erase(CLOSED + timedelta(days=KEEP_DAYS)) == 0
    assert raw(side) == []
    assert stage(side) is Stage.ERASED


def test_housekeeping_erases_texts(app: Flask, side: Side, monkeypatch: pytest.MonkeyPatch) -> None:
    opened(side)
    for day, left in ((KEEP_DAYS - 1, 22), (KEEP_DAYS, 0)):
        monkeypatch.setattr(
            "survey.retention.jobs.today", lambda day=day: CLOSED + timedelta(days=day)
        )
        done = app.test_cli_runner().invoke(args=["housekeeping"])
        assert done.exception is None, done.output
        read().rollback()
        assert len(in_room(side)) == left


def test_no_event_holds_a_word(side: Side) -> None:
    opened(side, 22)
    room = ids(in_room(side))
    pass_on(side, room[0], note=f"{SECRET} again")
    decide(side, room[1:])
    release_texts(side)
    withdraw(side, f"{SECRET} was named")
    erase(TODAY + timedelta(days=KEEP_DAYS))
    rows = read().scalars(select(Event)).all()
    assert len([row for row in rows if row.name.value.startswith("text")]) == 6
    assert not any(SECRET in str(row.details) for row in rows)
    assert not any(str(text_id) in str(row.details) for row in rows for text_id in room)


def test_a_room_is_not_there_for_rows_without_it(side: Side) -> None:
    """Texts lie only in a room: the database holds it."""
    with pytest.raises(IntegrityError), begin() as db:
        db.add(RoomText(school_id=side.school_id, wave_id=side.wave_id, item=ITEM, words="nowhere"))
