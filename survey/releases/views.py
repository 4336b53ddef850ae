"""Pages on which a lead closes a survey, ends it, and makes, withdraws and restores its report.

Each page first says what will happen; the button then does it."""

from __future__ import annotations

import uuid
from collections.abc import Mapping

from flask import flash, redirect, render_template, url_for
from flask_babel import format_date, ngettext
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_babel.speaklater import LazyString
from flask_wtf import FlaskForm
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response

from survey.approvals.operations import SecondPeople, second_people
from survey.approvals.states import ApprovalState
from survey.campaigns import operations as campaigns
from survey.campaigns.errors import HasAnswersError
from survey.campaigns.lifecycle import undo
from survey.campaigns.models import Wave
from survey.campaigns.operations import find_wave
from survey.campaigns.states import REPORTED, UNDECIDED, EndReason, WaveState
from survey.campaigns.views.undo import trail_of
from survey.database import begin, read, today
from survey.http.confirm_page import confirm_page
from survey.permissions import Permission, Person, current_member, requires
from survey.releases import approval_gate
from survey.releases import jobs as release_jobs
from survey.releases import operations as release_operations
from survey.releases.blueprint import bp
from survey.releases.forms import CloseSurveyForm, EndForm, WithdrawForm
from survey.releases.group_names import years_list
from survey.releases.policy import POLICY
from survey.responses.ballot_box import ending, opening
from survey.settings import current_settings

WAVE = "/schools/<uuid:school_id>/waves/<uuid:wave_id>"


@bp.route(f"{WAVE}/close", methods=["GET", "POST"])
@requires(Permission.WAVE_CLOSE)
def close(school_id: uuid.UUID, wave_id: uuid.UUID) -> str | Response:
    """Ends the survey and opens what is sealed; and takes up a close that did not end."""
    wave = find_wave(read(), school_id, wave_id)
    release_operations.refuse_unless_closable(wave)
    form = CloseSurveyForm.of(wave)
    if form.validate_on_submit():
        try:
            _close(school_id, wave_id, form.key())
            return redirect(url_for("campaigns.wave", school_id=school_id, wave_id=wave_id))
        except opening.WrongKeyError as wrong:
            form.typed.errors = [wrong.message]
    wave = find_wave(read(), school_id, wave_id)
    return render_template("releases/close.html", wave=wave, form=form, states=WaveState)


def _close(school_id: uuid.UUID, wave_id: uuid.UUID, typed: bytes | None) -> None:
    """Closes a survey in two writes. From the first one on no student can send, even if the second
    fails, which can be repeated."""
    by = Person.of(current_member())
    with begin() as db:
        wave = find_wave(db, school_id, wave_id)
        opening.refuse_wrong_key(db, wave=wave, typed=typed)
        campaigns.close(db, wave=wave, today=today(), by=by)
    with begin() as db:
        wave = find_wave(db, school_id, wave_id)
        opening.open_boxes(db, wave=wave, by=by, typed=typed)
        state = wave.state
    opening.finish(school_id=school_id, wave_id=wave_id, by=by)
    with begin() as db:
        wave = find_wave(db, school_id, wave_id)
        if ending.end_if_too_few(db, wave=wave, today=today(), by=by):
            state = wave.state
    flash(str(SAID[state]))


SAID: Mapping[WaveState, LazyString] = {
    WaveState.CLOSED: _l("The survey is closed. No one can answer now."),
    WaveState.RELEASED: _l("The survey is closed. No one can answer now."),
    WaveState.WITHDRAWN: _l("The survey is closed. No one can answer now."),
    WaveState.ENDED: _l(
        "The survey is closed. Too few people answered for a report, so it has ended without one."
    ),
    WaveState.CLOSING: _l("No one can answer now. The answers are still sealed."),
    WaveState.LOST: _l("No one can answer now. The answers are sealed and their key is lost."),
}
"""The message after a close, by the state it led to."""


@bp.route(f"{WAVE}/release", methods=["GET", "POST"])
@requires(Permission.RELEASE_MAKE)
def make(school_id: uuid.UUID, wave_id: uuid.UUID) -> str | Response:
    """Makes a report, which takes two people: one asks here, and once a second one has agreed the
    report is made. The audit takes time, so it runs in the background: this page shows its progress
    while it runs, and leads to the report once it is done."""
    form = FlaskForm()
    wave = find_wave(read(), school_id, wave_id)
    opening.refuse_unless_swept(wave)
    if form.validate_on_submit():
        _start_or_ask(wave)
        return redirect(url_for(".make", school_id=school_id, wave_id=wave_id))
    if wave.state in REPORTED:
        drawing = release_jobs.drawing_standing(read(), school_id, wave_id)
        if drawing is None or not drawing.is_unfinished:
            return redirect(url_for("reports.school", school_id=school_id, wave_id=wave_id))
        return render_template("releases/at_work.html", wave=wave, standing=drawing)
    standing = release_jobs.standing(read(), school_id, wave_id)
    if standing is not None and standing.is_unfinished:
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


def _start_or_ask(wave: Wave) -> None:
    """Starts the report, or asks a second person for it."""
    release_operations.refuse_unless_countable(read(), wave=wave)
    if approval_gate.is_agreed(read(), wave):
        release_jobs.start(wave.school_id, wave.wave_id, current_member())
        return
    with begin() as db:
        wave = find_wave(db, wave.school_id, wave.wave_id)
        release_operations.ask(db, wave=wave, today=today(), by=current_member())
    flash(_("You have asked for the report. It is made when a second person agrees."))


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


@bp.route(f"{WAVE}/undo-launch", methods=["GET", "POST"])
@requires(Permission.WAVE_UNDO)
def undo_launch(school_id: uuid.UUID, wave_id: uuid.UUID) -> str | Response:
    """Takes back a launch. Once someone has answered, the survey ends instead."""
    form = FlaskForm()
    back = url_for("campaigns.wave", school_id=school_id, wave_id=wave_id)
    if form.validate_on_submit():
        with begin() as db:
            is_draft = _undo_launch(db, find_wave(db, school_id, wave_id))
        flash(SAID_UNDONE[is_draft])
        return redirect(back)
    wave = find_wave(read(), school_id, wave_id)
    if wave.state is not WaveState.OPEN:
        raise release_operations.NothingToCloseError(_("Only an open survey can be taken back."))
    return confirm_page(
        form,
        title=_("Undo the launch"),
        trail=trail_of(wave.campaign),
        lead=_("Use this if the survey was launched by mistake."),
        says=(
            ngettext(
                "%(num)s card was made. It stops working, and anyone who uses it reads that the"
                " survey has finished.",
                "%(num)s cards were made. They stop working, and anyone who uses one reads that the"
                " survey has finished.",
                sum(batch.count for batch in wave.batches),
            ),
            _("If no one has answered yet, the survey is a draft again. You can launch it later."),
            _(
                "If somebody has answered, the survey ends without a report, with the reason"
                " “launched by mistake”. The answers are destroyed and no one reads them."
            ),
        ),
        warn=_("Destroyed answers and stopped cards cannot be brought back."),
        button=_("Undo the launch"),
        back=back,
    )


def _undo_launch(db: Session, wave: Wave) -> bool:
    """Says whether the survey is a draft again."""
    key, by = current_settings().code_key, current_member()
    try:
        undo.undo_launch(db, wave=wave, key=key, today=today(), by=by)
    except HasAnswersError:
        ending.end(db, wave=wave, reason=EndReason.MISTAKE, today=today(), by=by)
        return False
    return True


SAID_UNDONE: Mapping[bool, LazyString] = {
    True: _l("The survey is a draft again. No one had answered. Its cards no longer work."),
    False: _l("Somebody had answered, so the survey has ended. Its answers are destroyed."),
}


@bp.route(f"{WAVE}/end", methods=["GET", "POST"])
@requires(Permission.WAVE_UNDO)
def end(school_id: uuid.UUID, wave_id: uuid.UUID) -> str | Response:
    """Ends a survey that is over without a report."""
    wave = find_wave(read(), school_id, wave_id)
    reasons = _reasons_to_end(wave)
    form = EndForm(reasons)
    back = url_for("campaigns.wave", school_id=school_id, wave_id=wave_id)
    if form.validate_on_submit():
        with begin() as db:
            wave = find_wave(db, school_id, wave_id)
            ending.end(db, wave=wave, reason=form.chosen(), today=today(), by=current_member())
        flash(_("The survey has ended without a report. Its answers are destroyed."))
        return redirect(back)
    wave = find_wave(read(), school_id, wave_id)
    return confirm_page(
        form,
        title=_("End without a report"),
        trail=trail_of(wave.campaign),
        lead=_("No report will be made of this survey, and its answers are destroyed now."),
        says=(
            _("What students wrote is destroyed with the answers, read or not."),
            _("You can start the next survey at any time."),
            *(
                (_("The comparison of your authority no longer waits for your school."),)
                if wave.campaign.programme_of(wave.number)
                else ()
            ),
        ),
        warn=_("This cannot be undone."),
        fields=("reason",),
        button=_("End the survey"),
        back=back,
    )


def _reasons_to_end(wave: Wave) -> tuple[EndReason, ...]:
    """The reasons that fit the state of a survey that is over. Raises a `NotClosedError`."""
    if wave.state not in UNDECIDED:
        raise release_operations.NotClosedError(
            _("Only a survey that is closed and has no report can be ended.")
        )
    if ending.has_too_few(read(), wave=wave):
        return (EndReason.TOO_FEW,)
    own = (EndReason.KEY_LOST,) if wave.state is not WaveState.CLOSED else ()
    return (*own, EndReason.NOT_WANTED, EndReason.MISTAKE)


@bp.route(f"{WAVE}/restore", methods=["GET", "POST"])
@requires(Permission.RELEASE_MAKE)
def restore(school_id: uuid.UUID, wave_id: uuid.UUID) -> str | Response:
    """Asks for a withdrawn report to be published again. A second person has to agree."""
    form = FlaskForm()
    back = url_for("campaigns.wave", school_id=school_id, wave_id=wave_id)
    if form.validate_on_submit():
        with begin() as db:
            wave = find_wave(db, school_id, wave_id)
            release_operations.ask_to_restore(db, wave=wave, today=today(), by=current_member())
        flash(_("You have asked. The report is published again when a second person agrees."))
        return redirect(back)
    wave = find_wave(read(), school_id, wave_id)
    stored = release_operations.refuse_unless_withdrawn(read(), wave=wave)
    second = second_people(read(), school=wave.campaign.school, asked_by=current_member().id)
    return confirm_page(
        form,
        title=_("Publish the report again"),
        trail=trail_of(wave.campaign),
        lead=_(
            "The report was withdrawn on %(day)s: %(notice)s",
            day=format_date(stored.withdrawn_on),
            notice=stored.notice,
        ),
        says=(
            _("The same report is published again, with the same figures and report reference."),
            _("No figure and no word of it can be changed."),
            _(
                "A second person has to agree. This can be: %(names)s.",
                names=", ".join(second.names),
            )
            if second.names
            else _("There is no second person yet. Ask the operator to open an account for one."),
        ),
        button=_("Ask for it"),
        back=back,
    )


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
        flash(_("The report is withdrawn. Readers see your notice in its place."))
        return redirect(url_for("campaigns.wave", school_id=school_id, wave_id=wave_id))
    wave = find_wave(read(), school_id, wave_id)
    release_operations.refuse_unless_readable(read(), wave=wave)
    return render_template("releases/withdraw.html", wave=wave, form=form)
