"""Pages where an operator or an analyst adds and updates schools and people from a file.

Sending a file changes nothing: the next page says what it would do, row by row, and its button does
it.
"""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from typing import Any

from flask import flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_babel import ngettext
from werkzeug.wrappers import Response

from survey.database import begin, read
from survey.http.uploads import let_through
from survey.mail import outbox
from survey.organisations.blueprint import bp
from survey.organisations.forms import NATIONS, PHASES, ROLES
from survey.organisations.models import Authority, Nation
from survey.organisations.operations import find_organisation
from survey.organisations.school_files import operations, whole_file, wording
from survey.organisations.school_files.csv_table import LARGEST_FILE_BYTES, FileError
from survey.organisations.school_files.forms import ConfirmForm, SchoolFileForm, too_large
from survey.organisations.school_files.people.plan import PersonAction as DoingPeople
from survey.organisations.school_files.plan import SchoolAction
from survey.organisations.school_files.template_file import people_template, template_file
from survey.organisations.school_files.whole_file import FileContents, Whole
from survey.permissions import Permission, current_member, requires

OPERATOR = "/operator/schools/file"
ANALYST = "/authorities/<uuid:authority_id>/schools/file"


for _endpoint in ("organisations.school_file", "organisations.own_school_file"):
    let_through(
        bp,
        _endpoint,
        field="file",
        largest_file_bytes=LARGEST_FILE_BYTES,
        too_large=too_large,
    )


@dataclass(frozen=True)
class _Place:
    """Whose pages these are: the operator's, or those of an authority."""

    authority: Authority | None

    @property
    def authority_id(self) -> uuid.UUID | None:
        return self.authority.authority_id if self.authority else None

    def address(self, name: str, **values: Any) -> str:
        if self.authority is None:
            return url_for(f".{name}", **values)
        return url_for(f".own_{name}", authority_id=self.authority_id, **values)

    @property
    def home(self) -> str:
        if self.authority is None:
            return url_for(".operator")
        return url_for("campaigns.authority", authority_id=self.authority_id)


def _own(authority_id: uuid.UUID) -> _Place:
    found = find_organisation(read(), authority_id)
    assert isinstance(found, Authority)  # the member works for it
    return _Place(found)


@bp.route(OPERATOR, methods=["GET", "POST"])
@requires(Permission.ORGANISATIONS_MANAGE)
def school_file() -> str | Response:
    return _send(_Place(None))


@bp.route(ANALYST, methods=["GET", "POST"])
@requires(Permission.SCHOOLS_ADD)
def own_school_file(authority_id: uuid.UUID) -> str | Response:
    return _send(_own(authority_id))


@bp.route(f"{OPERATOR}/<uuid:file_id>", methods=["GET", "POST"])
@requires(Permission.ORGANISATIONS_MANAGE)
def school_file_plan(file_id: uuid.UUID) -> str | Response:
    return _look(_Place(None), file_id)


@bp.route(f"{ANALYST}/<uuid:file_id>", methods=["GET", "POST"])
@requires(Permission.SCHOOLS_ADD)
def own_school_file_plan(authority_id: uuid.UUID, file_id: uuid.UUID) -> str | Response:
    return _look(_own(authority_id), file_id)


@bp.get("/staff/schools-template/<nation>.csv")
@requires(Permission.SCHOOLS_ADD)
def school_template(nation: str) -> Response:
    """An empty file with the right headings."""
    answer = Response(template_file(_nation(nation)), mimetype="text/csv")
    answer.headers.set("Content-Disposition", "attachment", filename=f"schools-{nation}.csv")
    return answer


@bp.get("/staff/people-template.csv")
@requires(Permission.SCHOOLS_ADD)
def people_template_file() -> Response:
    answer = Response(people_template(), mimetype="text/csv")
    answer.headers.set("Content-Disposition", "attachment", filename="people.csv")
    return answer


def _send(place: _Place) -> str | Response:
    form = SchoolFileForm(nation=place.authority.nation.value if place.authority else None)
    if form.validate_on_submit():
        nation, content = form.chosen_nation(), form.file.content()
        try:
            whole_file.read_whole(content, nation=nation)
        except FileError as refused:
            form.file.errors = [refused.message]
        else:
            with begin() as db:
                file_id = operations.keep(
                    db, content=content, nation=nation, authority_id=place.authority_id
                )
            return redirect(place.address("school_file_plan", file_id=file_id))
    return render_template(
        "organisations/school_file.html",
        form=form,
        place=place,
        nations=NATIONS,
        waiting=operations.waiting(read(), authority_id=place.authority_id),
    )


def _look(place: _Place, file_id: uuid.UUID) -> str | Response:
    said = _said(place, file_id)
    planned = _planned(place, said)
    form = ConfirmForm(len(planned.problems), shown=planned.fingerprint)
    if form.validate_on_submit():
        with begin() as db:
            operations.find(db, file_id=file_id, authority_id=place.authority_id)
            planned = _planned(place, said)
            whole_file.apply_whole(db, planned, shown=form.shown.data or "", by=current_member())
            operations.forget(db, file_id=file_id)
        flash(_done(planned))
        return redirect(place.home)
    if request.method == "POST":
        form.shown.data = planned.fingerprint
    return render_template(
        "organisations/school_file_plan.html",
        form=form,
        place=place,
        whole=planned,
        plan=planned.schools,
        people=planned.people,
        doing=SchoolAction,
        doing_people=DoingPeople,
        roles=ROLES,
        sends_nothing=not outbox.is_set_up(),
        said=wording,
        phases=PHASES,
        most=MOST_ROWS_SHOWN,
    )


MOST_ROWS_SHOWN = 300


def _said(place: _Place, file_id: uuid.UUID) -> FileContents:
    """A kept file, read before the write transaction: a large one takes seconds."""
    kept = operations.find(read(), file_id=file_id, authority_id=place.authority_id)
    return whole_file.read_whole(operations.content_of(kept), nation=kept.nation)


def _planned(place: _Place, said: FileContents) -> Whole:
    return whole_file.plan_whole(read(), said, only_authority=place.authority_id)


def _nation(given: str) -> Nation:
    try:
        return Nation(given)
    except ValueError:
        raise operations.FileGoneError(_("There is no such nation here.")) from None


def _done(planned: Whole) -> str:
    schools, people = planned.schools, planned.people
    added, rest = len(schools.doing(SchoolAction.ADD)), len(schools.doing(SchoolAction.CHANGE))
    closed = len(schools.doing(SchoolAction.CLOSE))
    invited = len(people.doing(DoingPeople.INVITE))
    given = len(people.doing(DoingPeople.GIVE)) + len(people.doing(DoingPeople.CHANGE))
    parts = (
        ngettext("%(num)s school added", "%(num)s schools added", added) if added else "",
        ngettext("%(num)s school updated", "%(num)s schools updated", rest) if rest else "",
        ngettext("%(num)s school closed", "%(num)s schools closed", closed) if closed else "",
        ngettext("%(num)s person invited", "%(num)s people invited", invited) if invited else "",
        ngettext("%(num)s seat given", "%(num)s seats given", given) if given else "",
    )
    return ", ".join(part for part in parts if part) + "."
