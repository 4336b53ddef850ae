"""What is kept of a request is a closed list, with a day and no time."""

from __future__ import annotations

from sqlalchemy import Date, DateTime, Time

from survey.asking.models import HelpRequest

CLOSED_LIST = {
    "school_id", "request_id", "arrived_on", "urgent", "sealed",
    "read_on", "read_by", "closed_on", "closed_by", "sealed_note",
}  # fmt: skip


def test_no_column_more() -> None:
    assert {column.name for column in HelpRequest.__table__.columns} == CLOSED_LIST


def test_nothing_is_finer_than_a_day_and_nothing_counts_up() -> None:
    columns = HelpRequest.__table__.columns
    assert not [one.name for one in columns if isinstance(one.type, DateTime | Time)]
    assert {one.name for one in columns if isinstance(one.type, Date)} == {
        "arrived_on", "read_on", "closed_on"
    }  # fmt: skip
    assert HelpRequest.__table__.autoincrement_column is None
    assert HelpRequest.__table__.dialect_options["sqlite"]["with_rowid"] is False


def test_it_points_to_a_school_and_to_members_only() -> None:
    assert {key.target_fullname for key in HelpRequest.__table__.foreign_keys} == {
        "school.school_id",
        "member.id",
    }
