"""An authority's programmes: starting one, inviting schools, and how far each school is."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from functools import partial

from flask import flash, redirect, render_template, url_for
from flask_babel import gettext as _
from flask_babel import ngettext
from sqlalchemy import select
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response

from survey.approvals.operations import waiting_for
from survey.campaigns import operations
from survey.campaigns.blueprint import bp
from survey.campaigns.duration import minutes_of
from survey.campaigns.forms.campaigns import InviteSchoolsForm, StartForm, offered_templates
from survey.campaigns.lifecycle.next_steps import what_next
from survey.campaigns.lifecycle.school_progress import (
    LAUNCHED,
    STEPS,
    ProgressStep,
    SchoolProgress,
    of_programme,
)
from survey.campaigns.lifecycle.sign_offs import drafts_of
from survey.campaigns.models import Campaign, Programme
from survey.campaigns.programme_operations import MOST_WAVES, is_settled
from survey.campaigns.queries import core_of, find_programme, programme_template
from survey.campaigns.readers import forecast, invitations
from survey.campaigns.readers.comparison_numbers import second_of
from survey.campaigns.readers.models import InvitationState
from survey.campaigns.readers.relations import schools_of
from survey.campaigns.states import WaveState
from survey.campaigns.titles import programme_surveys
from survey.database import begin, read, today
from survey.disclosure.policy import STANDARD
from survey.http.submit_once import begin_once, creates_once
from survey.http.unknown_fields import refuse_unknown_fields
from survey.languages import language_name
from survey.organisations.models import Authority, School
from survey.permissions import Permission, current_member, requires
from survey.settings import current_settings

AUTHORITY = "/authorities/<uuid:authority_id>"


@dataclass(frozen=True)
class Participation:
    """How far the schools of a programme are: by number of survey, each invited school by name.
    `planned` are the first days planned for surveys."""

    surveys: Mapping[int, tuple[SchoolProgress, ...]]
    planned: Mapping[int, date]

    @property
    def numbers(self) -> tuple[int, ...]:
        return tuple(self.surveys)

    @property
    def schools(self) -> tuple[tuple[Campaign, tuple[SchoolProgress, ...]], ...]:
        """Each school with its surveys in turn."""
        by_school = tuple(zip(*self.surveys.values(), strict=True))
        return tuple((standings[0].campaign, standings) for standings in by_school)

    def counts(self, step: ProgressStep) -> list[int]:
        """How many schools are in a step, for each survey."""
        return [self.in_step(number, step) for number in self.numbers]

    def in_step(self, number: int, *steps: ProgressStep) -> int:
        return sum(one.step in steps for one in self.surveys.get(number, ()))

    @property
    def names(self) -> Mapping[int, str]:
        """Each survey, and the next one, by the month in which the first school opened it, or that
        planned for it."""
        numbers = sorted({*self.surveys, *self.planned, max(self.surveys, default=0) + 1})
        return programme_surveys({one: self._first_day(one) for one in numbers})

    def name(self, number: int) -> str:
        return self.names.get(number) or programme_surveys({number: None})[number]

    def _first_day(self, number: int) -> date | None:
        waves = (one.wave for one in self.surveys.get(number, ()))
        opened = [wave.opened_on for wave in waves if wave and wave.opened_on]
        return min(opened, default=self.planned.get(number))


MOST_SCHOOLS = 25
"""A longer table of schools is folded, under a count of them."""


def participation(db: Session, *, programme: Programme) -> Participation:
    planned = {one.number: one.opens_from for one in programme.planned}
    return Participation(of_programme(db, programme=programme, today=today()), planned)


@bp.get(f"{AUTHORITY}/")
@requires(Permission.AUTHORITY_SEE)
def authority(authority_id: uuid.UUID) -> str:
    programmes = read().scalars(
        select(Programme)
        .where(Programme.authority_id == authority_id, Programme.archived_on.is_(None))
        .order_by(Programme.started_on.desc(), Programme.title)
    )
    return render_template(
        "campaigns/authority.html",
        authority=_authority(authority_id),
        to_answer=waiting_for(read(), current_member()),
        programmes=[(one, participation(read(), programme=one)) for one in programmes],
        steps=ProgressStep,
    )


@bp.route(f"{AUTHORITY}/programmes/new", methods=["GET", "POST"])
@requires(Permission.PROGRAMME_RUN)
@creates_once
def start_programme(authority_id: uuid.UUID) -> str | Response:
    form = StartForm()
    if form.is_submitted():
        refuse_unknown_fields(form)
    if form.validate_on_submit():
        key, version = form.chosen()
        with begin_once() as db:
            made = operations.start_programme(
                db,
                authority_id=authority_id,
                template_key=key,
                template_version=version,
                title=form.title.data or "",
                by=current_member(),
            )
        flash(_("Programme created. Choose the shared questions, then invite schools."))
        return redirect(
            url_for(".programme", authority_id=authority_id, programme_id=made.programme_id)
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
    part = participation(read(), programme=found)
    invited = invitations.of_programme(read(), found)
    whole, core = programme_template(found), core_of(found)
    planned = {one.number: one for one in found.planned}
    return render_template(
        "campaigns/programme.html",
        authority=_authority(authority_id),
        programme=found,
        participation=part,
        to_sign=drafts_of(read(), found),
        to_invite=len(_not_invited(read(), found)),
        unanswered=[one for one in invited if one.state is not InvitationState.ACCEPTED],
        states=InvitationState,
        what_next=partial(what_next, erase_after_days=current_settings().erase_after_days),
        second_of=second_of,
        is_settled=is_settled(read(), found),
        minutes=minutes_of(whole),
        core_items=sum(item.core for item in whole.items),
        locked=len(core.switched) + len(core.own_items),
        planned=planned,
        waves=sorted({*planned, _next_wave(part)} - {MOST_WAVES + 1}),
        launched=LAUNCHED,
        draft_state=WaveState.DRAFT,
        started=[n for n in part.numbers if part.in_step(n, *LAUNCHED)],
        with_report=any(part.in_step(n, ProgressStep.RELEASED) for n in part.numbers),
        step_words=STEPS,
        most_schools=MOST_SCHOOLS,
        steps=ProgressStep,
    )


@bp.route(f"{AUTHORITY}/programmes/<uuid:programme_id>/invite", methods=["GET", "POST"])
@requires(Permission.PROGRAMME_RUN)
def invite(authority_id: uuid.UUID, programme_id: uuid.UUID) -> str | Response:
    found = find_programme(read(), authority_id, programme_id)
    form = InviteSchoolsForm(_not_invited(read(), found))
    if form.is_submitted():
        refuse_unknown_fields(form)
    picked = [form.by_id[one] for one in form.chosen() if one in form.by_id]
    reasons = forecast.in_the_way(read(), found, picked) if picked else ()
    if form.validate_on_submit() and (form.knowing.data or not reasons):
        chosen = [one.school_id for one in picked]
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
        reasons=reasons,
        policy=STANDARD,
    )


def _next_wave(part: Participation) -> int:
    """The number of the first survey that not every school has launched."""
    ahead = (n for n in part.numbers if part.in_step(n, *LAUNCHED) < len(part.schools))
    return next(ahead, len(part.numbers) + 1)


def _authority(authority_id: uuid.UUID) -> Authority:
    """The member's own: `requires` has seen to that, so it is there."""
    return read().get_one(Authority, authority_id)


def _not_invited(db: Session, found: Programme) -> list[School]:
    """The schools that answer to the organisation and are not in the programme, nor invited."""
    there = forecast.schools_of(db, found)
    return [one for one in schools_of(db, found.authority_id) if one.school_id not in there]
