"""Pages of the log of who did what: for a school, an authority and the operators, each with their
own entries.

Reading a report is an entry, an answer never is. Of requests for help it holds the day
alone: neither which request it was nor how many there were.
"""

from __future__ import annotations

import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any

from flask import Response, abort, current_app, render_template, request, url_for
from flask_babel import format_date
from flask_babel import gettext as _
from sqlalchemy import select
from sqlalchemy.orm import Session

from survey.audit_log import BY_DAY, OPERATORS, EventName, record, scope_of
from survey.database import SCHOOL_TIME, begin, read, today
from survey.http.attachments import as_file
from survey.organisations.access_log import chain, files, search, wording
from survey.organisations.access_log.chain import LogEntry
from survey.organisations.access_log.search import LogFilter
from survey.organisations.access_log.wording import Show
from survey.organisations.blueprint import bp
from survey.organisations.models import Authority, Member, School
from survey.organisations.operations import find_organisation
from survey.permissions import MemberLike, Permission, current_member, requires

PAGE = 50

THING_NAMES = "access_log_thing_names"
"""In the app's extensions: a function that names the surveys and programmes of an organisation."""

Names = Callable[[Session, uuid.UUID], Mapping[str, str]]


@dataclass(frozen=True)
class LogRow:
    """An event as the page shows it. `place` is set where entries of several organisations are."""

    number: int
    at: datetime
    is_by_day: bool
    who: str
    says: str
    about: tuple[str, ...]
    place: str = ""

    @property
    def when(self) -> str:
        return self.at.strftime("%d/%m/%Y" if self.is_by_day else "%d/%m/%Y %H:%M")

    @property
    def shown_when(self) -> str:
        """The same as a page shows it."""
        day = format_date(self.at.date(), "d MMM y")
        return day if self.is_by_day else f"{day}, {self.at:%H:%M}"

    @property
    def what(self) -> str:
        return " · ".join((self.says, *self.about))


@bp.get("/schools/<uuid:school_id>/log")
@requires(Permission.LOG_READ)
def school_log(school_id: uuid.UUID) -> str:
    return _page(school_id, find_organisation(read(), school_id).name, "campaigns.school")


@bp.get("/schools/<uuid:school_id>/log.<any(csv, xlsx):log_kind>")
@requires(Permission.LOG_READ)
def school_log_file(school_id: uuid.UUID, log_kind: str) -> Response:
    return _file(school_id, log_kind, school_id=school_id)


@bp.get("/authorities/<uuid:authority_id>/log")
@requires(Permission.LOG_READ)
def authority_log(authority_id: uuid.UUID) -> str:
    return _page(authority_id, find_organisation(read(), authority_id).name, "campaigns.authority")


@bp.get("/authorities/<uuid:authority_id>/log.<any(csv, xlsx):log_kind>")
@requires(Permission.LOG_READ)
def authority_log_file(authority_id: uuid.UUID, log_kind: str) -> Response:
    return _file(authority_id, log_kind, authority_id=authority_id)


@bp.get("/operator/log")
@requires(Permission.ORGANISATIONS_MANAGE)
def operator_log() -> str:
    """What operators did, at every organisation."""
    return _page(OPERATORS, _("Authorities and schools"), "organisations.operator")


@bp.get("/operator/log.<any(csv, xlsx):log_kind>")
@requires(Permission.ORGANISATIONS_MANAGE)
def operator_log_file(log_kind: str) -> Response:
    return _file(OPERATORS, log_kind)


@dataclass(frozen=True)
class LogQuery:
    """What the address of the page asks for. What makes no sense is as if it were not there."""

    show: Show
    person: uuid.UUID | None
    first: date | None
    last: date | None

    @classmethod
    def of_request(cls) -> LogQuery:
        given = request.args
        show = next((one for one in Show if one == given.get("show")), Show.ALL)
        return cls(
            show,
            _parsed(uuid.UUID, given.get("person")),
            _parsed(date.fromisoformat, given.get("from")),
            _parsed(date.fromisoformat, given.get("to")),
        )

    @property
    def wanted(self) -> LogFilter:
        return LogFilter(wording.SHOWN[self.show], self.person, self.first, self.last)

    @property
    def named(self) -> dict[str, Any]:
        """The same as parts of an address."""
        given = {
            "show": self.show.value,
            "person": self.person,
            "from": self.first,
            "to": self.last,
        }
        return {name: str(value) for name, value in given.items() if value is not None}

    @property
    def is_all(self) -> bool:
        return self == LogQuery(Show.ALL, None, None, None)


def _parsed(read_as: Callable[[str], Any], given: str | None) -> Any:
    try:
        return read_as(given) if given else None
    except ValueError:
        return None


def _page(scope_id: uuid.UUID, name: str, home: str) -> str:
    asked, at = LogQuery.of_request(), _page_number()
    found = search.find(read(), scope_id, asked.wanted, skip=(at - 1) * PAGE, most=PAGE)
    pages = max(1, -(-search.count(read(), scope_id, asked.wanted) // PAGE))
    checked = "check" in request.args
    named: dict[str, Any] = request.view_args or {}

    def address(endpoint: str | None, **more: Any) -> str:
        return url_for(endpoint or "", **named, **asked.named, **more)

    return render_template(
        "organisations/log.html",
        name=name,
        home=url_for(home, **named),
        files={
            kind: address(f"{request.endpoint}_file", log_kind=kind) for kind in ("xlsx", "csv")
        },
        newer=address(request.endpoint, page=at - 1) if at > 1 else None,
        older=address(request.endpoint, page=at + 1) if at < pages else None,
        rows=rows_of(read(), scope_id, found),
        page=at,
        pages=pages,
        asked=asked,
        people=search.people(read(), scope_id),
        is_of_operators=scope_id == OPERATORS,
        labels=wording.SHOW_LABELS,
        last=_last(scope_id),
        checked=checked,
        broken=chain.first_broken(read(), scope_id) if checked else None,
    )


def _page_number() -> int:
    given = request.args.get("page", "")
    return max(1, int(given)) if given.isascii() and given.isdecimal() and len(given) < 6 else 1


def rows_of(db: Session, scope_id: uuid.UUID, found: list[LogEntry]) -> list[LogRow]:
    people = _people(db, found)
    places = _places(db, found)
    things = _things(db, scope_id)
    return [
        LogRow(
            entry.number,
            entry.event.at.replace(tzinfo=UTC).astimezone(SCHOOL_TIME),
            entry.event.name in BY_DAY,
            _who(entry, people),
            wording.said(entry.event.name),
            tuple(_about(entry, people, things, places)),
            places.get(str(scope_of(entry.event)), "") if scope_id == OPERATORS else "",
        )
        for entry in found
    ]


def _who(entry: LogEntry, people: Mapping[str, str]) -> str:
    member_id = entry.event.member_id
    if member_id is not None:
        return people.get(str(member_id), "–")
    unknown = entry.event.name in (EventName.SIGN_IN_FAILED, EventName.PROVIDER_REFUSED)
    return str(_("Somebody unknown") if unknown else _("The operator's computer"))


OF_PEOPLE = ("member",)
OF_THINGS = ("wave_id", "programme_id")
OF_PLACES = ("moved_school", "merged_school", "merged_authority", "into")
AS_IT_IS = ("file", "page")
"""What the details of an event may name, and how it is put into words."""


def _about(
    entry: LogEntry, people: Mapping[str, str], things: Mapping[str, str], places: Mapping[str, str]
) -> list[str]:
    """What the event is about: a person, a survey, a school, a file."""
    details = entry.event.details
    names = ((OF_PEOPLE, people), (OF_THINGS, things), (OF_PLACES, places))
    found = [
        known.get(str(details[name]), "")
        for group, known in names
        for name in group
        if name in details
    ]
    found += [str(details[name]) for name in AS_IT_IS if name in details]
    if way := wording.WAYS.get(str(details.get("way") or details.get("provider"))):
        found.append(str(way))
    if reason := wording.REFUSALS.get(str(details.get("reason"))):
        found.append(str(reason))
    if step := wording.SECOND_STEPS.get(str(details.get("second_step"))):
        found.append(str(step))
    return [one for one in found if one]


def _people(db: Session, found: list[LogEntry]) -> dict[str, str]:
    ids = {str(one.event.member_id) for one in found}
    ids |= {str(one.event.details.get("member")) for one in found}
    wanted = [uuid.UUID(one) for one in ids if one != "None"]
    query = select(Member.id, Member.name).where(Member.id.in_(wanted))
    return {str(id_): name or _("An erased account") for id_, name in db.execute(query)}


def _places(db: Session, found: list[LogEntry]) -> dict[str, str]:
    """The names of the schools and authorities that entries belong to or are about."""
    ids = {scope_of(one.event) for one in found}
    given = (one.event.details.get(name) for one in found for name in OF_PLACES)
    ids |= {uuid.UUID(str(one)) for one in given if one}
    names: dict[str, str] = {}
    for model, key in ((School, School.school_id), (Authority, Authority.authority_id)):
        query = select(key, model.name).where(key.in_(ids), model.erased_on.is_(None))
        names |= {str(id_): name for id_, name in db.execute(query)}
    return names


def _things(db: Session, scope_id: uuid.UUID) -> Mapping[str, str]:
    names: Names | None = current_app.extensions.get(THING_NAMES)
    return names(db, scope_id) if names else {}


def _last(scope_id: uuid.UUID) -> str:
    """The number and the hash of the newest event: to be noted elsewhere."""
    number, link_hash = chain.last_link(read(), scope_id)
    return f"{number} {link_hash.hex()}"


MOST_ROWS = 200_000
"""The most entries in a workbook."""


def _file(scope_id: uuid.UUID, kind: str, **where: Any) -> Response:
    """The entries that the page shows, all of them without a choice, the oldest first."""
    by: MemberLike = current_member()
    name = f"log-{today().isoformat()}.{kind}"
    with begin() as db:
        record(db, EventName.LOG_DOWNLOADED, by=by, file=name, **where)
    asked = LogQuery.of_request()
    found = search.find(read(), scope_id, asked.wanted, most=MOST_ROWS + 1)[::-1]
    if len(found) > MOST_ROWS:
        abort(413, _("Choose fewer days: a file holds up to %(most)s entries.", most=MOST_ROWS))
    rows = rows_of(read(), scope_id, found)
    if kind == "csv":
        placed = [(scope_of(one.event), one) for one in found]
        shown = [(one.who, one.says, one.place) for one in rows]
        return as_file(files.as_csv(placed, shown), "text/csv; charset=utf-8", name)
    headings = [_("When"), _("Who"), _("What"), _("About")]
    cells = [[one.when, one.who, one.says, " · ".join(one.about)] for one in rows]
    if scope_id == OPERATORS:
        headings.append(_("Where"))
        cells = [[*row, one.place] for row, one in zip(cells, rows, strict=True)]
    return as_file(files.as_workbook(headings, cells), files.XLSX, name)
