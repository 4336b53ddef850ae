"""An authority's programmes: starting one, inviting schools, and how far each school is."""

from __future__ import annotations

import uuid
from dataclasses import dataclass

from flask import flash, redirect, render_template, url_for
from flask_babel import gettext as _
from flask_babel import ngettext
from sqlalchemy import select
from sqlalchemy.orm import Session, joinedload, selectinload
from werkzeug.wrappers import Response

from survey.access import Permission, current_member, requires
from survey.campaigns import operations
from survey.campaigns.finding import find_programme
from survey.campaigns.forms import (
    InviteForm,
    StartForm,
    offered_templates,
    refuse_unknown_fields,
)
from survey.campaigns.length import minutes_of
from survey.campaigns.models import Campaign, Programme
from survey.campaigns.states import WaveState
from survey.campaigns.views import bp
from survey.db import begin, read
from survey.languages import language_name
from survey.organisations.models import Authority, School

AUTHORITY = "/authorities/<uuid:authority_id>"


@dataclass(frozen=True)
class Participation:
    """How far the schools of a programme are: by school, the state of each wave in turn, and
    nothing else. An authority sees no counter, no batch and no draft."""

    schools: tuple[tuple[str, tuple[WaveState | None, ...]], ...]

    @property
    def numbers(self) -> range:
        return range(1, 1 + max((len(states) for _name, states in self.schools), default=0))

    def in_state(self, number: int, *states: WaveState) -> int:
        return sum(waves[number - 1] in states for _name, waves in self.schools)


def participation(db: Session, *, programme: Programme) -> Participation:
    found = db.scalars(
        select(Campaign)
        .where(
            Campaign.authority_id == programme.authority_id,
            Campaign.programme_id == programme.programme_id,
        )
        .options(selectinload(Campaign.waves), joinedload(Campaign.school))
    ).all()
    most = max((len(one.waves) for one in found), default=0)
    rows = [
        (
            one.school.name,
            tuple(
                one.waves[number].state if number < len(one.waves) else None
                for number in range(most)
            ),
        )
        for one in found
    ]
    return Participation(tuple(sorted(rows, key=lambda row: row[0].casefold())))


@bp.get(f"{AUTHORITY}/")
@requires(Permission.AUTHORITY_SEE)
def authority(authority_id: uuid.UUID) -> str:
    programmes = read().scalars(
        select(Programme)
        .where(Programme.authority_id == authority_id)
        .order_by(Programme.started_on.desc(), Programme.title)
    )
    return render_template(
        "campaigns/authority.html",
        authority=_authority(authority_id),
        programmes=[(one, participation(read(), programme=one)) for one in programmes],
        states=WaveState,
    )


@bp.route(f"{AUTHORITY}/programmes/new", methods=["GET", "POST"])
@requires(Permission.PROGRAMME_RUN)
def start_programme(authority_id: uuid.UUID) -> str | Response:
    form = StartForm()
    if form.is_submitted():
        refuse_unknown_fields(form)
    if form.validate_on_submit():
        key, version = form.chosen()
        with begin() as db:
            made = operations.start_programme(
                db,
                authority_id=authority_id,
                template_key=key,
                template_version=version,
                title=form.title.data or "",
                by=current_member(),
            )
        flash(_("The programme is there. Now invite schools."))
        return redirect(
            url_for(".invite", authority_id=authority_id, programme_id=made.programme_id)
        )
    return render_template(
        "campaigns/start_programme.html",
        authority=_authority(authority_id),
        form=form,
        templates=offered_templates(),
        minutes_of=minutes_of,
        language_name=language_name,
    )


@bp.get(f"{AUTHORITY}/programmes/<uuid:programme_id>/")
@requires(Permission.AUTHORITY_SEE)
def programme(authority_id: uuid.UUID, programme_id: uuid.UUID) -> str:
    found = find_programme(read(), authority_id, programme_id)
    return render_template(
        "campaigns/programme.html",
        authority=_authority(authority_id),
        programme=found,
        participation=participation(read(), programme=found),
        to_invite=len(_not_invited(read(), found)),
        states=WaveState,
    )


@bp.route(f"{AUTHORITY}/programmes/<uuid:programme_id>/invite", methods=["GET", "POST"])
@requires(Permission.PROGRAMME_RUN)
def invite(authority_id: uuid.UUID, programme_id: uuid.UUID) -> str | Response:
    found = find_programme(read(), authority_id, programme_id)
    form = InviteForm(_not_invited(read(), found))
    if form.is_submitted():
        refuse_unknown_fields(form)
    if form.validate_on_submit():
        chosen = [uuid.UUID(school_id) for school_id in form.schools.data or []]
        with begin() as db:
            inviting = find_programme(db, authority_id, programme_id)
            for school_id in chosen:
                operations.invite(db, programme=inviting, school_id=school_id, by=current_member())
        flash(ngettext("%(num)s school is invited.", "%(num)s schools are invited.", len(chosen)))
        return redirect(url_for(".programme", authority_id=authority_id, programme_id=programme_id))
    return render_template(
        "campaigns/invite.html",
        authority=_authority(authority_id),
        programme=found,
        form=form,
    )


def _authority(authority_id: uuid.UUID) -> Authority:
    """The member's own: `requires` has seen to that, so it is there."""
    return read().get_one(Authority, authority_id)


def _not_invited(db: Session, found: Programme) -> list[School]:
    """The authority's schools that have no campaign of the programme."""
    invited = select(Campaign.school_id).where(
        Campaign.authority_id == found.authority_id, Campaign.programme_id == found.programme_id
    )
    return list(
        db.scalars(
            select(School)
            .where(School.authority_id == found.authority_id, School.school_id.not_in(invited))
            .order_by(School.name)
        )
    )
