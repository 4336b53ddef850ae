"""Who did what: a page for the leads of a school, the analysts of an authority, and operators."""

from __future__ import annotations

import csv
import io
import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from flask import Response, current_app, render_template, request, url_for
from flask_babel import gettext as _
from sqlalchemy import select
from sqlalchemy.orm import Session

from survey import audit_log
from survey.audit_log import OPERATORS, Entry, EventName, record
from survey.database import SCHOOL_TIME, begin, read
from survey.http.attachments import as_file
from survey.organisations.access_log import wording
from survey.organisations.access_log.wording import Show
from survey.organisations.blueprint import bp
from survey.organisations.models import Member
from survey.organisations.operations import find_organisation
from survey.permissions import MemberLike, Permission, current_member, requires

PAGE = 50

THING_NAMES = "access_log_thing_names"
"""In the app's extensions: a function that names the surveys and programmes of an organisation."""

Names = Callable[[Session, uuid.UUID], Mapping[str, str]]


@dataclass(frozen=True)
class Row:
    """An event as the page shows it."""

    number: int
    at: datetime
    who: str
    says: str
    about: tuple[str, ...]


@bp.get("/schools/<uuid:school_id>/log")
@requires(Permission.LOG_READ)
def school_log(school_id: uuid.UUID) -> str:
    return _page(school_id, find_organisation(read(), school_id).name, "campaigns.school")


@bp.get("/schools/<uuid:school_id>/log.csv")
@requires(Permission.LOG_READ)
def school_log_csv(school_id: uuid.UUID) -> Response:
    return _file(school_id, school_id=school_id)


@bp.get("/authorities/<uuid:authority_id>/log")
@requires(Permission.LOG_READ)
def authority_log(authority_id: uuid.UUID) -> str:
    return _page(authority_id, find_organisation(read(), authority_id).name, "campaigns.authority")


@bp.get("/authorities/<uuid:authority_id>/log.csv")
@requires(Permission.LOG_READ)
def authority_log_csv(authority_id: uuid.UUID) -> Response:
    return _file(authority_id, authority_id=authority_id)


@bp.get("/operator/log")
@requires(Permission.ORGANISATIONS_MANAGE)
def operator_log() -> str:
    return _page(OPERATORS, _("Authorities and schools"), "organisations.operator")


@bp.get("/operator/log.csv")
@requires(Permission.ORGANISATIONS_MANAGE)
def operator_log_csv() -> Response:
    return _file(OPERATORS)


def _page(scope_id: uuid.UUID, name: str, home: str) -> str:
    show = next((one for one in Show if one == request.args.get("show")), Show.ALL)
    before = request.args.get("before", "")
    found = audit_log.entries(
        read(),
        scope_id,
        names=wording.SHOWN[show],
        before=int(before) if before.isdecimal() and len(before) < 10 else None,
        most=PAGE + 1,
    )
    checked = "check" in request.args
    named = request.view_args or {}
    return render_template(
        "organisations/log.html",
        name=name,
        home=url_for(home, **named),
        download=url_for(f"{request.endpoint}_csv", **named),
        rows=rows_of(read(), scope_id, found[:PAGE]),
        older=found[PAGE - 1].number if len(found) > PAGE else None,
        show=show,
        labels=wording.SHOW_LABELS,
        last=_last(scope_id),
        checked=checked,
        broken=audit_log.first_broken(read(), scope_id) if checked else None,
    )


def rows_of(db: Session, scope_id: uuid.UUID, found: list[Entry]) -> list[Row]:
    people = _people(db, found)
    things = _things(db, scope_id)
    return [
        Row(
            entry.number,
            entry.event.at.replace(tzinfo=UTC).astimezone(SCHOOL_TIME),
            _who(entry, people),
            wording.said(entry.event.name),
            tuple(_about(entry, people, things)),
        )
        for entry in found
    ]


def _who(entry: Entry, people: Mapping[str, str]) -> str:
    member_id = entry.event.member_id
    if member_id is not None:
        return people.get(str(member_id), "–")
    unknown = entry.event.name in (EventName.SIGN_IN_FAILED, EventName.PROVIDER_REFUSED)
    return str(_("Somebody unknown") if unknown else _("The operator's computer"))


def _about(entry: Entry, people: Mapping[str, str], things: Mapping[str, str]) -> list[str]:
    """What the event is about: a person, a survey, a file."""
    details = entry.event.details
    found = [people.get(str(details[name]), "") for name in ("member",) if name in details]
    found += [things.get(str(details[name]), "") for name in ("wave_id", "programme_id")
              if name in details]  # fmt: skip
    found += [str(details[name]) for name in ("file", "page") if name in details]
    if way := wording.WAYS.get(str(details.get("way") or details.get("provider"))):
        found.append(str(way))
    if reason := wording.REFUSALS.get(str(details.get("reason"))):
        found.append(str(reason))
    if step := wording.SECOND_STEPS.get(str(details.get("second_step"))):
        found.append(str(step))
    return [one for one in found if one]


def _people(db: Session, found: list[Entry]) -> dict[str, str]:
    ids = {str(one.event.member_id) for one in found}
    ids |= {str(one.event.details.get("member")) for one in found}
    wanted = [uuid.UUID(one) for one in ids if one != "None"]
    query = select(Member.id, Member.name).where(Member.id.in_(wanted))
    return {str(id_): name or _("An erased account") for id_, name in db.execute(query)}


def _things(db: Session, scope_id: uuid.UUID) -> Mapping[str, str]:
    names: Names | None = current_app.extensions.get(THING_NAMES)
    return names(db, scope_id) if names else {}


def _last(scope_id: uuid.UUID) -> str:
    """The number and the hash of the newest event: to be noted elsewhere."""
    number, link_hash = audit_log.last_link(read(), scope_id)
    return f"{number} {link_hash.hex()}"


COLUMNS = ("chain", "number", "time (UTC)", "who", "what", "event", "member", "details", "hash")


def _file(scope_id: uuid.UUID, **where: Any) -> Response:
    """Every event of the chain, the oldest first, with what its hash is taken over."""
    by: MemberLike = current_member()
    with begin() as db:
        record(db, EventName.LOG_DOWNLOADED, by=by, **where)
    found = list(reversed(audit_log.entries(read(), scope_id)))
    people = _people(read(), found)
    written = io.StringIO()
    out = csv.writer(written, lineterminator="\r\n")
    out.writerow(COLUMNS)
    for one in found:
        happened = one.event
        out.writerow(
            (
                scope_id,
                one.number,
                happened.at.isoformat(),
                _harmless(_who(one, people)),
                wording.said(happened.name),
                happened.name.value,
                str(happened.member_id or ""),
                audit_log.written(happened.details),
                one.link_hash.hex(),
            )
        )
    return as_file(written.getvalue().encode(), "text/csv; charset=utf-8", "log.csv")


def _harmless(words: str) -> str:
    """A name that a spreadsheet would take for a formula gets a mark before it."""
    return f"'{words}" if words[:1] in ("=", "+", "-", "@", "\t") else words
