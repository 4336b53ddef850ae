"""Everything that is kept of a school or an authority, as a file for its own people.

Every table is named here: either it is in the file, or there is a reason why not. Answers are never
in it: they belong to no one who could ask for them, and only the report may count them.
"""

from __future__ import annotations

import base64
import io
import json
import uuid
import zipfile
from collections.abc import Mapping
from datetime import date, datetime
from enum import Enum
from typing import Any

from flask import render_template
from sqlalchemy import Table, select
from sqlalchemy.orm import Session

from survey.database import Base
from survey.organisations.models import Authority, School

LEFT_OUT: Mapping[str, str] = {
    "response": "answers of students, which only the report may count",
    "free_text": "words of students, which only their reader may see",
    "room_text": "words of students, which are read in their room alone",
    "text_room": "how far the reading of those words is",
    "access_code": "access codes and sealed answers",
    "void_door": "numbers of void cards",
    "help_box": "sealed requests for help, which only readers open",
    "desk_key": "keys of the page for requests for help",
    "desk_key_copy": "keys of the page for requests for help",
    "staff_session": "where somebody is signed in: each person sees their own",
    "ended_session": "marks of ended pages of students, without a school",
    "rate_count": "counts of tries, without a name",
    "passkey": "passkeys of a person, who finds them in their own file",
    "provider_account": "accounts elsewhere of a person, who finds them in their own file",
    "wrong_half": "counts of wrong codes, without a school",
    "sent_form": "marks of forms that were sent, without a school",
    "change_count": "counts of writes, without a school",
    "job": "how far long work is",
    "out_mail": "messages to staff, which each person finds in their own file",
    "mail_switched_off": "messages that a person does not want, which are in their own file",
    "password_link": "links for a new password",
    "service_run": "when the upkeep ran",
    "drawing": "pictures, which are drawn again from the report",
    "event_link": "seals of the record",
    "event_chain": "seals of the record",
    "help_contact": "help lines of the operator, the same for every school",
    "frozen_questionnaire": "in the file with each survey",
    "school_file": "files of the operator, deleted after some days",
}
"""Tables that are not in the file, and why."""

SECRET = frozenset(
    {
        "password", "fs_uniquifier", "tf_totp_secret", "mf_recovery_codes", "last_code_step",
        "door", "box_key", "box_size", "word", "items_word", "sealed", "token_hash",
        "credential_id", "public_key", "sign_count", "transports",
    }
)  # fmt: skip
"""Columns that open something. No file shows them."""


LETTERS: Mapping[str, str] = {
    "document": "how many answered under each letter, which would tell whose letter it is",
    "certificate": "the same",
}
"""Columns of a comparison that are not in the file, and why. Response rates are shown by school, so
a number of answers next to a letter names it. The figures are in the comparison's own files."""

PEOPLE = "member"
"""The table of people, who belong to an organisation by their seats."""

OF_ITS_SCHOOLS = frozenset({"campaign"})
"""Tables that name an authority and belong to its schools."""


def tables_of(column: str) -> list[Table]:
    """The tables in the file of a school or an authority."""
    left_out = set(LEFT_OUT) | (OF_ITS_SCHOOLS if column == "authority_id" else set())
    return [
        table
        for table in Base.metadata.sorted_tables
        if (column in table.c or table.name == PEOPLE) and table.name not in left_out
    ]


def everything(db: Session, organisation: School | Authority) -> dict[str, list[dict[str, Any]]]:
    """The rows of every table that belong to it, by name of the table."""
    if isinstance(organisation, School):
        found = _found(db, "school_id", organisation.school_id)
        return found | {"questionnaire": _questionnaires(db, organisation.school_id)}
    found = _found(db, "authority_id", organisation.authority_id)
    for row in found["school"]:
        del row["roll"]  # the school's own
    for row in found["comparison"]:
        for name in LETTERS:
            del row[name]
    return found


def _found(db: Session, column: str, own_id: uuid.UUID) -> dict[str, list[dict[str, Any]]]:
    found = {}
    for table in tables_of(column):
        query = select(table)
        if table.name == PEOPLE:
            seat = Base.metadata.tables["membership"]
            here = select(seat.c.member_id).where(seat.c[column] == own_id)
            query = query.where(table.c.id.in_(here))
        else:
            query = query.where(table.c[column] == own_id)
        if table.name == "release":  # what was withdrawn may not be read any more
            query = query.where(table.c.withdrawn_on.is_(None))
        rows = db.execute(query.order_by(*table.primary_key))
        found[table.name] = [row_of(table, row) for row in rows]
    return found


def _questionnaires(db: Session, school_id: uuid.UUID) -> list[dict[str, Any]]:
    wave, frozen = Base.metadata.tables["wave"], Base.metadata.tables["frozen_questionnaire"]
    used = select(wave.c.questionnaire_hash).where(wave.c.school_id == school_id)
    rows = db.execute(select(frozen).where(frozen.c.content_hash.in_(used)))
    return [row_of(frozen, row) for row in rows]


def row_of(table: Table, row: Any) -> dict[str, Any]:
    return {
        column.name: plain(value)
        for column, value in zip(table.columns, row, strict=True)
        if column.name not in SECRET
    }


def plain(value: Any) -> Any:
    """A value as JSON can hold it."""
    match value:
        case Enum():
            return value.value
        case date() | datetime():
            return value.isoformat()
        case uuid.UUID():
            return str(value)
        case bytes():
            return base64.b64encode(value).decode()
    return value


def archive(title: str, found: Mapping[str, list[dict[str, Any]]], today: date) -> bytes:
    """A ZIP file with the data as JSON and as a page that any browser shows."""
    written = io.BytesIO()
    shown = render_template("organisations/data_file.html", title=title, found=found, today=today)
    data = {"about": title, "made_on": today.isoformat(), "tables": found}
    with zipfile.ZipFile(written, "w", zipfile.ZIP_DEFLATED) as file:
        file.writestr("data.json", json.dumps(data, indent=2, ensure_ascii=False))
        file.writestr("data.html", shown)
    return written.getvalue()
