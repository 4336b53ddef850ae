"""Where a lead closes, releases and withdraws a wave.

Each page first says what will happen; the button then does it."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass

from flask import flash, redirect, render_template, url_for
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_babel.speaklater import LazyString
from flask_wtf import FlaskForm
from werkzeug.wrappers import Response

from survey.approvals.operations import SecondPeople, second_people
from survey.approvals.states import ApprovalState
from survey.campaigns import operations as campaigns
from survey.campaigns.models import Wave
from survey.campaigns.operations import find_wave
from survey.campaigns.states import WaveState
from survey.database import begin, read, today
from survey.disclosure.certify import Progress
from survey.permissions import MemberLike, Permission, Role, current_member, requires
from survey.releases import approval_gate
from survey.releases import jobs as release_jobs
from survey.releases import operations as release_operations
from survey.releases.blueprint import bp
from survey.releases.forms import CloseForm, WithdrawForm
from survey.releases.gate import certified
from survey.releases.group_names import years_list
from survey.releases.policy import POLICY
from survey.releases.process_pool import Crew
from survey.releases.signals import release_stored
from survey.responses.ballot_box import opening
from survey.settings import current_settings

WAVE = "/schools/<uuid:school_id>/waves/<uuid:wave_id>"


@bp.route(f"{WAVE}/close", methods=["GET", "POST"])
@requires(Permission.WAVE_CLOSE)
def close(school_id: uuid.UUID, wave_id: uuid.UUID) -> str | Response:
    """Ends the survey and opens what is sealed; and takes up a close that did not end."""
    wave = find_wave(read(), school_id, wave_id)
    release_operations.refuse_unless_closable(wave)
    form = CloseForm.of(wave)
    if form.validate_on_submit():
        try:
            _close(school_id, wave_id, form.key())
            return redirect(url_for("campaigns.wave", school_id=school_id, wave_id=wave_id))
        except opening.WrongKeyError as wrong:
            form.typed.errors = [wrong.message]
    wave = find_wave(read(), school_id, wave_id)
    return render_template("releases/close.html", wave=wave, form=form, states=WaveState)


def _close(school_id: uuid.UUID, wave_id: uuid.UUID, typed: bytes | None) -> None:
    """Two writes on purpose: nobody can send from the first one on, whatever becomes of the
    second, which can be repeated."""
    by = _Author.of(current_member())
    with begin() as db:
        wave = find_wave(db, school_id, wave_id)
        opening.refuse_wrong_key(db, wave=wave, typed=typed)
        campaigns.close(db, wave=wave, today=today(), by=by)
    with begin() as db:
        wave = find_wave(db, school_id, wave_id)
        opening.open_boxes(db, wave=wave, by=by, typed=typed)
        state = wave.state
    opening.finish(school_id=school_id, wave_id=wave_id, by=by)
    flash(str(SAID[state]))


SAID: Mapping[WaveState, LazyString] = {
    WaveState.CLOSED: _l("The wave is closed. Nobody can answer any more."),
    WaveState.RELEASED: _l("The wave is closed. Nobody can answer any more."),
    WaveState.CLOSING: _l("Nobody can answer any more. The answers are still sealed."),
    WaveState.LOST: _l("Nobody can answer any more. The answers are sealed and their key is lost."),
}
"""What a lead is told after the close, by where it led."""


@bp.route(f"{WAVE}/release", methods=["GET", "POST"])
@requires(Permission.RELEASE_MAKE)
def make(school_id: uuid.UUID, wave_id: uuid.UUID) -> str | Response:
    """It takes two people: one asks here, and once a second one has agreed the report is made. The
    audit takes its time, so it is done beside this page: whoever comes while it is done sees how
    far it is, and whoever comes after it is led to the report."""
    form = FlaskForm()
    if form.validate_on_submit():
        wave = find_wave(read(), school_id, wave_id)
        opening.refuse_unless_swept(wave)
        release_operations.refuse_unless_countable(read(), wave=wave)
        if approval_gate.is_agreed(read(), wave):
            start_release(school_id, wave_id, current_member())
        else:
            with begin() as db:
                wave = find_wave(db, school_id, wave_id)
                release_operations.ask(db, wave=wave, today=today(), by=current_member())
            flash(_("You have asked for the report. It is made when a second person agrees."))
        return redirect(url_for(".make", school_id=school_id, wave_id=wave_id))
    wave = find_wave(read(), school_id, wave_id)
    opening.refuse_unless_swept(wave)
    standing = release_jobs.standing(read(), _work_key(school_id, wave_id))
    is_running = standing is not None and standing.stage is release_jobs.Stage.RUNNING
    if wave.state is WaveState.RELEASED and not is_running:
        return redirect(url_for("reports.school", school_id=school_id, wave_id=wave_id))
    if is_running:
        return render_template("releases/at_work.html", wave=wave, standing=standing)
    return render_template(
        "releases/make.html",
        wave=wave,
        form=form,
        preview=release_operations.preview(read(), wave=wave),
        years_list=years_list,
        checks=approval_gate.checks(read(), wave),
        asked=approval_gate.request_of(read(), wave),
        second=_second_people(wave),
        over_roll=_over_roll(wave),
        operator=current_settings().operator_contact,
        policy=POLICY,
        standing=standing,
    )


def start_release(school_id: uuid.UUID, wave_id: uuid.UUID, member: MemberLike) -> None:
    """Has the report made that two people asked for."""
    by, key = _Author.of(member), _work_key(school_id, wave_id)
    with suppress(release_jobs.AtWorkError):  # a second press of the button
        release_jobs.start(key, lambda progress: _release(school_id, wave_id, by, progress))


def _work_key(school_id: uuid.UUID, wave_id: uuid.UUID) -> str:
    return f"release:{school_id}:{wave_id}"


def _second_people(wave: Wave) -> SecondPeople:
    """Who can agree to what was asked for, or would be if this member asked."""
    asked = approval_gate.request_of(read(), wave)
    is_waiting = asked is not None and asked.state is ApprovalState.WAITING
    return second_people(
        read(),
        school=wave.campaign.school,
        asked_by=asked.asked_by if asked and is_waiting else current_member().id,
    )


def _over_roll(wave: Wave) -> approval_gate.OverRollError | None:
    """Why nothing can be read yet, if there are more answers than students."""
    try:
        approval_gate.refuse_over_roll(read(), wave)
    except approval_gate.OverRollError as refused:
        return refused
    return None


@dataclass(frozen=True)
class _Author:
    """Who asked for long work, in values that outlive the request."""

    id: uuid.UUID
    role: Role
    school_id: uuid.UUID | None
    authority_id: uuid.UUID | None

    @classmethod
    def of(cls, member: MemberLike) -> _Author:
        return cls(member.id, member.role, member.school_id, member.authority_id)


def _release(school_id: uuid.UUID, wave_id: uuid.UUID, by: MemberLike, progress: Progress) -> None:
    """Counts in one read, audits without the database, and stores in one write. Then draws the
    report, so that its first reader does not wait."""
    prepared = release_operations.prepare(read(), wave=find_wave(read(), school_id, wave_id))
    read().rollback()  # no reader is held up while the audit runs
    with Crew() as crew:
        made, certificate = certified(prepared, crew.each, progress)
    with begin() as db:
        release_operations.keep(
            db,
            wave=find_wave(db, school_id, wave_id),
            release=made,
            certificate=certificate,
            by=by,
            today=today(),
        )
    release_stored.send(school_id=school_id, wave_id=wave_id)


@bp.route(f"{WAVE}/withdraw", methods=["GET", "POST"])
@requires(Permission.RELEASE_MAKE)
def withdraw(school_id: uuid.UUID, wave_id: uuid.UUID) -> str | Response:
    form = WithdrawForm()
    if form.validate_on_submit():
        with begin() as db:
            wave = find_wave(db, school_id, wave_id)
            notice = form.notice.data or ""
            release_operations.withdraw(
                db, wave=wave, notice=notice, today=today(), by=current_member()
            )
        flash(_("The report is withdrawn. Your notice stands in its place."))
        return redirect(url_for("campaigns.wave", school_id=school_id, wave_id=wave_id))
    wave = find_wave(read(), school_id, wave_id)
    release_operations.refuse_unless_readable(read(), wave=wave)
    return render_template("releases/withdraw.html", wave=wave, form=form)
