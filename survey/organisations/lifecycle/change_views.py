"""The operator's pages to correct, close, move and merge schools and authorities."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from flask import flash, redirect, render_template, url_for
from flask_babel import gettext as _
from flask_babel import ngettext
from flask_wtf import FlaskForm
from sqlalchemy import select
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response

from survey.database import begin, read, today
from survey.errors import NotThereError, SurveyError
from survey.http.confirm_page import Trail, confirm_page
from survey.organisations import letterhead, operations
from survey.organisations.blueprint import bp
from survey.organisations.forms import (
    AuthorityForm,
    ChosenForm,
    MergeSchoolsForm,
    SchoolDetailsForm,
)
from survey.organisations.lifecycle import changes
from survey.organisations.models import Authority, Membership, Nation, Phase, School
from survey.organisations.seats import operations as seats
from survey.permissions import Permission, current_member, requires

PLACE = "/operator/organisations/<uuid:organisation_id>"
NOWHERE = "none"
"""The choice of no authority."""


@dataclass(frozen=True)
class _Change:
    """The words of the page that asks before a change, and of the message after it."""

    title: str
    lead: str
    says: Sequence[str]
    button: str
    done: str
    warn: str = ""
    fields: tuple[str, ...] = ()


@bp.route(f"{PLACE}/details", methods=["GET", "POST"])
@requires(Permission.ORGANISATIONS_MANAGE)
def organisation_details(organisation_id: uuid.UUID) -> str | Response:
    """Renames and corrects a school or an authority."""
    found = operations.find_organisation(read(), organisation_id)
    form = _details_form(found)
    if form.validate_on_submit():
        try:
            with begin() as db:
                _save(db, operations.find_organisation(db, organisation_id), form)
        except (operations.OrganisationNameTakenError, changes.NumberTakenError) as refused:
            is_name = isinstance(refused, operations.OrganisationNameTakenError)
            (form.name if is_name else form.register).errors = [refused.message]
        except changes.NationSettledError as refused:
            form.nation.errors = [refused.message]
        else:
            return redirect(url_for(".organisation", organisation_id=organisation_id))
    return render_template(
        "organisations/details.html",
        form=form,
        organisation=operations.find_organisation(read(), organisation_id),
        organisation_id=organisation_id,
    )


def _details_form(found: School | Authority) -> SchoolDetailsForm | AuthorityForm:
    known = {"name": found.name, "nation": found.nation.value}
    if isinstance(found, Authority):
        return AuthorityForm(data=known)
    more = {"phase": found.phase.value, "register": found.number or ""}
    return SchoolDetailsForm(data=known | more)


def _save(db: Session, found: School | Authority, form: FlaskForm) -> None:
    given = form.data
    if isinstance(found, Authority):
        changed = changes.change_authority_details(
            db,
            authority=found,
            name=given["name"],
            nation=Nation(given["nation"]),
            by=current_member(),
        )
    else:
        changed = changes.change_school_details(
            db,
            school=found,
            name=given["name"],
            nation=Nation(given["nation"]),
            phase=Phase(given["phase"]),
            number=given["register"] or "",
            by=current_member(),
        )
    flash(_("Saved.") if changed else _("Nothing has changed."))
    if "name" in changed and isinstance(found, School):
        _mention_letterhead(db, found)


def _mention_letterhead(db: Session, school: School) -> None:
    head = letterhead.find_letterhead(db, school.school_id)
    if head is not None and head.name:
        flash(
            _(
                "Printed reports still say “%(name)s”: the school wrote that. Tell its lead.",
                name=head.name,
            ),
            "warn",
        )


@bp.route(f"{PLACE}/close", methods=["GET", "POST"])
@requires(Permission.ORGANISATIONS_MANAGE)
def close_organisation(organisation_id: uuid.UUID) -> str | Response:
    """Marks a school or an authority as closed."""
    found = operations.find_organisation(read(), organisation_id)

    def close(db: Session, one: School | Authority) -> None:
        if isinstance(one, School):
            changes.close_school(db, school=one, today=today(), by=current_member())
        else:
            changes.close_authority(db, authority=one, today=today(), by=current_member())

    change = _Change(
        title=_("Close %(name)s", name=found.name),
        lead=_("Use this when it has closed in fact. You can take it back."),
        says=_what_closing_means(found),
        button=_("It has closed"),
        done=_("It is marked as closed."),
    )
    return _confirmed(found, FlaskForm(), close, change)


def _what_closing_means(found: School | Authority) -> tuple[str, ...]:
    if isinstance(found, Authority):
        return (
            _("It starts no programme and takes no school any more."),
            _("Its people can still sign in and read what was compared."),
        )
    return (
        _("It starts and launches no survey any more."),
        _("A survey that is open goes on until its last day. Cards that were printed work"
          " until then."),
        _("Its people can still sign in, read reports, publish and export."),
        _("Its page for requests for help stays as it is. Ask the lead to close it once the"
          " posters are taken down."),
    )  # fmt: skip


@bp.post(f"{PLACE}/reopen")
@requires(Permission.ORGANISATIONS_MANAGE)
def reopen_organisation(organisation_id: uuid.UUID) -> Response:
    with begin() as db:
        found = operations.find_organisation(db, organisation_id)
        if isinstance(found, School):
            changes.reopen_school(db, school=found, by=current_member())
        else:
            changes.reopen_authority(db, authority=found, by=current_member())
    flash(_("It is open again."))
    return redirect(url_for(".organisation", organisation_id=organisation_id))


@bp.route(f"{PLACE}/move", methods=["GET", "POST"])
@requires(Permission.ORGANISATIONS_MANAGE)
def move_organisation(organisation_id: uuid.UUID) -> str | Response:
    """Moves a school to another authority."""
    found = operations.find_school(read(), organisation_id)
    others = [
        (str(one.authority_id), one.name)
        for one in operations.open_authorities(read())
        if one.authority_id != found.authority_id
    ]
    if found.authority_id is not None:
        others.append((NOWHERE, _("No authority: it goes on by itself")))
    form = ChosenForm.among(_("Its new authority"), others)

    def move(db: Session, one: School | Authority) -> None:
        chosen = str(form.chosen.data)
        to = None if chosen == NOWHERE else db.get_one(Authority, uuid.UUID(chosen))
        if isinstance(one, School):
            changes.move_school(db, school=one, authority=to, today=today(), by=current_member())

    change = _Change(
        title=_("Move %(name)s to another authority", name=found.name),
        lead=_("Its surveys, reports, cards and requests for help stay with the school."),
        says=(
            _("A survey that was launched before stays part of the programme of the authority it"
              " was launched for, and only that authority compares it."),
            _("Later surveys are the school's own. The new authority can invite the school to its"
              " programmes, and sees nothing of earlier ones."),
            _("A draft stays, with the questions that were shared. The school can change them."),
            _("If the school agreed to be named in comparisons, it is asked again."),
        ),
        button=_("Move it"),
        done=_("It is moved."),
        fields=("chosen",),
    )  # fmt: skip
    return _confirmed(found, form, move, change)


@bp.route(f"{PLACE}/merge", methods=["GET", "POST"])
@requires(Permission.ORGANISATIONS_MANAGE)
def merge_organisation(organisation_id: uuid.UUID) -> str | Response:
    """Merges a school or an authority into another."""
    found = operations.find_organisation(read(), organisation_id)
    is_school, partners = isinstance(found, School), _partners(read(), found)
    form = (
        MergeSchoolsForm.of(partners, seats.seats_at(read(), found))
        if is_school
        else ChosenForm.among(_("The authority that goes on"), partners)
    )

    def merge(db: Session, one: School | Authority) -> None:
        into = operations.find_organisation(db, uuid.UUID(str(form.chosen.data)))
        if isinstance(one, School) and isinstance(into, School):
            chosen = {uuid.UUID(key) for key in form.data.get("people") or ()}
            carried = changes.merge_schools(
                db, school=one, into=into, today=today(), by=current_member(), people=chosen
            )
            _say_who_has_a_seat(carried, into)
        elif isinstance(one, Authority) and isinstance(into, Authority):
            changes.merge_authorities(
                db, authority=one, into=into, today=today(), by=current_member()
            )

    return _confirmed(
        found, form, merge, _school_merger(found) if is_school else _authority_merger(found)
    )


def _school_merger(found: School | Authority) -> _Change:
    return _Change(
        title=_("Merge %(name)s into another", name=found.name),
        lead=_("It closes, and the other school goes on in its place."),
        says=(
            _("Nothing that students answered is put together: each school keeps its surveys,"
              " reports and cards."),
            _("A survey that is open goes on until its last day."),
            _("The other school takes over the number in the register, if it has none. Ask its lead"
              " to correct the roll."),
            _("The people you tick get the same seat at the other school as well, and read its"
              " reports from then on. Untick anyone who does not work there."),
            _("All of them keep their seat here, for what this school published and has under"
              " way. No one at the other school gets a seat here."),
            _("Requests for help stay with the readers of each school. A new reader gets a code"
              " from one of them. Ask the readers here to close the page once the posters are"
              " taken down."),
        ),
        warn=_("This cannot be undone."),
        button=_("Merge them"),
        done=_("They are merged."),
        fields=("chosen", "people"),
    )  # fmt: skip


def _authority_merger(found: School | Authority) -> _Change:
    return _Change(
        title=_("Merge %(name)s into another", name=found.name),
        lead=_("Its schools move to the other authority, and it closes."),
        says=(
            _("Its programmes and comparisons stay with its own people, who can finish what is"
              " under way. People of the other authority see none of it."),
            _("Surveys that were launched stay part of those programmes; later ones are the"
              " schools' own until the other authority invites them."),
        ),
        warn=_("This cannot be undone."),
        button=_("Merge them"),
        done=_("They are merged."),
        fields=("chosen",),
    )  # fmt: skip


def _say_who_has_a_seat(carried: Sequence[Membership], into: School) -> None:
    if carried:
        flash(
            ngettext(
                "%(num)s person has a seat at %(school)s now.",
                "%(num)s people have a seat at %(school)s now.",
                len(carried),
                school=into.name,
            )
        )


def _partners(db: Session, found: School | Authority) -> list[tuple[str, str]]:
    """Open schools of the same authority, or open authorities."""
    if isinstance(found, Authority):
        return [
            (str(one.authority_id), one.name)
            for one in operations.open_authorities(db)
            if one.authority_id != found.authority_id
        ]
    query = select(School.school_id, School.name).where(
        School.authority_id == found.authority_id,
        School.school_id != found.school_id,
        School.closed_on.is_(None),
        School.erased_on.is_(None),
    )
    return [(str(one), name) for one, name in db.execute(query.order_by(School.name))]


def _confirmed(
    found: School | Authority,
    form: FlaskForm,
    act: Callable[[Session, School | Authority], None],
    change: _Change,
) -> str | Response:
    """The page that says what will be done, and doing it."""
    organisation_id = found.school_id if isinstance(found, School) else found.authority_id
    fields = [name for name in change.fields if name in form]
    back = url_for(".organisation", organisation_id=organisation_id)
    trail: Trail = [(_("Authorities and schools"), url_for(".operator")), (found.name, back)]
    if fields and not form.chosen.choices:
        flash(_("There is no other one to choose. Add it first."), "warn")
        return redirect(back)
    if form.validate_on_submit():
        try:
            with begin() as db:
                act(db, operations.find_organisation(db, organisation_id))
        except (NotThereError, SurveyError) as refused:
            if not fields:
                raise
            form.chosen.errors = [refused.message]
        else:
            flash(change.done)
            return redirect(back)
    return confirm_page(
        form,
        title=change.title,
        trail=trail,
        lead=change.lead,
        says=change.says,
        warn=change.warn,
        fields=fields,
        button=change.button,
        back=back,
    )
