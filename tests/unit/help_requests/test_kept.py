"""What is kept of a request is a closed list, with a day and no time."""

from __future__ import annotations

import uuid
from dataclasses import fields
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import DateTime, Time

from survey.help_requests.box_format import (
    BLANK,
    SLOTS,
    BoxEntry,
    BoxFullError,
    Slot,
    pack_index,
    pack_words,
    put,
    replace_slot,
    shuffled,
    unpack,
)
from survey.help_requests.encryption import SEALED_BYTES
from survey.help_requests.models import HelpBox
from tests.examples import OF_A_PROMISE

DAYS = st.dates(date(2026, 1, 1), date(2099, 12, 31))


def test_no_column_more() -> None:
    assert {column.name for column in HelpBox.__table__.columns} == {
        "school_id", "box_id", "has_room", "stored_index", "stored_words",
    }  # fmt: skip
    assert {field.name for field in fields(BoxEntry)} == {
        "request_id", "arrived_on", "key_number",
        "read_on", "read_by", "closed_on", "closed_by",
    }  # fmt: skip


def test_nothing_is_finer_than_a_day_and_nothing_counts_up() -> None:
    columns = HelpBox.__table__.columns
    assert not [one.name for one in columns if isinstance(one.type, DateTime | Time)]
    assert HelpBox.__table__.autoincrement_column is None
    assert HelpBox.__table__.dialect_options["sqlite"]["with_rowid"] is False


def test_it_points_to_a_school_only() -> None:
    assert {key.target_fullname for key in HelpBox.__table__.foreign_keys} == {"school.school_id"}


def entry(number: int) -> BoxEntry:
    return BoxEntry(uuid.UUID(int=number + 1), date(2026, 11, 9), 1)


@OF_A_PROMISE
@given(
    st.lists(
        st.tuples(DAYS, st.integers(0, 999), st.none() | DAYS, st.binary(max_size=SEALED_BYTES)),
        max_size=SLOTS,
    )
)
def test_what_is_packed_comes_out_again(
    given_slots: list[tuple[date, int, date | None, bytes]],
) -> None:
    slots = BLANK
    for number, (day, key_number, closed, words) in enumerate(given_slots):
        by = uuid.UUID(int=7) if closed else None
        known = BoxEntry(uuid.UUID(int=number + 1), day, key_number, closed, by, closed, by)
        slots = put(slots, Slot(known, words.ljust(SEALED_BYTES, b"\0")))
    packed = pack_index(slots), pack_words(slots)
    assert unpack(*packed) == slots
    assert (len(packed[0]), len(packed[1])) == (len(pack_index(BLANK)), len(pack_words(BLANK)))


def test_a_box_fills_in_no_order_and_then_is_full() -> None:
    orders = set()
    for _try in range(20):
        slots = BLANK
        for number in range(SLOTS):
            slots = put(slots, Slot(entry(number), b""))
        with pytest.raises(BoxFullError):
            put(slots, Slot(entry(SLOTS), b""))
        orders.add(tuple(slot.entry.request_id.int for slot in slots if slot))
    assert len(orders) == 20


def test_changing_one_leaves_the_others() -> None:
    slots = put(put(BLANK, Slot(entry(0), b"a")), Slot(entry(1), b"b"))
    changed = replace_slot(slots, Slot(entry(1), b"c"))
    assert {slot.words for slot in changed if slot} == {b"a", b"c"}
    assert set(shuffled(changed)) == set(changed)
