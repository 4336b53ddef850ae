"""All data about one account, for the person and for a subject access request."""

from __future__ import annotations

import uuid
from typing import Any

from flask_babel import gettext as _
from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from survey.audit_log import Event
from survey.database import Base
from survey.organisations.access_log import wording
from survey.organisations.lifecycle.export import LEFT_OUT, row_of
from survey.organisations.models import Member, StaffSession

Found = dict[str, list[dict[str, Any]]]

OWN_FILE = ("out_mail", "mail_switched_off", "passkey", "provider_account")
"""Tables that are in the export of a person but not in that of a school."""

ELSEWHERE = ("event", "event_link", "staff_session")


def held_on(db: Session, member: Member) -> Found:
    """All rows about a member, by table name. Leaves out passwords and secrets, which are stored
    only hashed or encrypted."""
    account = Base.metadata.tables["member"]
    own = db.execute(select(account).where(account.c.id == member.id)).all()
    found: Found = {"member": [row_of(account, row) for row in own]}
    found["staff_session"] = [
        {
            "browser": one.browser,
            "began_at": one.began_at.isoformat(),
            "seen_at": one.seen_at.isoformat(),
        }
        for one in db.scalars(
            select(StaffSession)
            .where(StaffSession.member_id == member.id)
            .order_by(StaffSession.began_at)
        )
    ]
    found["event"] = _events(db, member.id)
    for table in Base.metadata.sorted_tables:
        columns = [fk.parent for fk in table.foreign_keys if fk.column.table is account]
        if not columns or table.name in ELSEWHERE:
            continue
        rows = db.execute(select(table).where(or_(*(one == member.id for one in columns))))
        if (
            table.name in LEFT_OUT and table.name not in OWN_FILE
        ):  # the export says that there is one, not what it opens
            dates = ("since", "made_on", "in_use_from", "kind")
            kept = [{key: value for key, value in row_of(table, row).items() if key in dates}
                    for row in rows]  # fmt: skip
        else:
            kept = [row_of(table, row) for row in rows]
        if kept:
            found[table.name] = kept
    return found


def _events(db: Session, member_id: uuid.UUID) -> list[dict[str, Any]]:
    """Events by the person and about their account, the oldest first."""
    about = Event.details["member"].as_string() == str(member_id)
    query = select(Event).where(or_(Event.member_id == member_id, about))
    return [
        {
            "at": one.at.isoformat(),
            "what": wording.said(one.name),
            "name": one.name.value,
            "by": "self" if one.member_id == member_id else "another",
            "details": one.details,
        }
        for one in db.scalars(query.order_by(Event.at, Event.event_id))
    ]


def words() -> list[tuple[str, str]]:
    """The kinds of data about an account in words, and how long each is kept."""
    return [
        (_("Name, e-mail address, role and language"), _("until the account is erased")),
        (
            _("Password and recovery codes, in a form that cannot be turned back"),
            _("until they are changed or the account is erased"),
        ),
        (
            _("The secret of the second step, encrypted"),
            _("until it is turned off or the account is erased"),
        ),
        (
            _("The names of your passkeys, and their public halves"),
            _("until you remove them or the account is erased"),
        ),
        (
            _("That an account at Microsoft or Google is yours, and its e-mail address"),
            _("until the account is erased"),
        ),
        (
            _("Where you are signed in: kind of browser, since when, and how"),
            _("until you sign out, or until the night after the session ended"),
        ),
        (
            _("What you did: signing in, reading and changing"),
            _("for as long as your school or authority is here; without your name once the account"
              " is erased"),
        ),
        (
            _("That you asked for something, agreed, planned or moved an action, or read requests"
              " for help"),
            _("as long as the survey or the action it belongs to"),
        ),
    ]  # fmt: skip
