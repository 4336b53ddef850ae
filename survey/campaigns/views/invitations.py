"""A school's side of its readers: who may compare it, and the invitations that it answers."""

from __future__ import annotations

import uuid
from collections.abc import Iterator

from flask import flash, redirect, render_template, url_for
from flask_babel import format_date, get_locale
from flask_babel import gettext as _
from flask_wtf import FlaskForm
from werkzeug.wrappers import Response

from survey.campaigns.blueprint import SCHOOL, bp
from survey.campaigns.errors import EndReasonError
from survey.campaigns.forms.campaigns import AnswerInvitationForm, DeclineInvitationForm
from survey.campaigns.lifecycle import declining
from survey.campaigns.models import Campaign
from survey.campaigns.queries import draft_of, questionnaire_of
from survey.campaigns.readers import invitations, relations
from survey.campaigns.readers.models import Invitation, ReaderState, SchoolReader
from survey.campaigns.states import WaveState
from survey.campaigns.titles import survey_name
from survey.database import begin, read, today
from survey.http.confirm_page import confirm_page
from survey.http.unknown_fields import refuse_unknown_fields
from survey.languages import ENGLISH
from survey.organisations.models import Authority
from survey.organisations.operations import find_school
from survey.permissions import Permission, current_member, may, requires
from survey.start_page.duties import Desk, Duty, Weight, gives_duties

READERS = f"{SCHOOL}/readers"
INVITATION = f"{SCHOOL}/invitations/<uuid:programme_id>"


@gives_duties
def _to_answer(desk: Desk) -> Iterator[Duty]:
    """Invitations and requests that the school has not answered."""
    if not may(desk.member, Permission.READERS_ANSWER):
        return
    for one in invitations.waiting_at(desk.db, desk.school_id):
        yield Duty(
            _("An invitation to answer"),
            _(
                "%(reader)s invites your school to “%(title)s”. Without an answer the invitation"
                " lapses after %(day)s.",
                reader=_reader(one).name,
                title=one.programme.title,
                day=format_date(one.answer_by, "full"),
            ),
            url_for(
                "campaigns.invitation", school_id=desk.school_id, programme_id=one.programme_id
            ),
            _("Answer the invitation"),
            Weight.DUE,
            due_on=one.answer_by,
        )
    for asked in relations.readers_of(desk.db, desk.school_id):
        if asked.state is ReaderState.WAITING:
            yield Duty(
                _("An organisation asks to compare your school"),
                _(
                    "%(reader)s would like to invite your school to its surveys and to compare it"
                    " with others. You decide.",
                    reader=asked.authority.name,
                ),
                url_for("campaigns.school_readers", school_id=desk.school_id),
                _("Answer"),
                Weight.DUE,
            )


@bp.get(READERS)
@requires(Permission.SCHOOL_SEE)
def school_readers(school_id: uuid.UUID) -> str:
    """Whom the school answers to."""
    return render_template(
        "campaigns/readers/school.html",
        school=find_school(read(), school_id),
        asked=relations.readers_of(read(), school_id),
        waiting=invitations.waiting_at(read(), school_id),
        reader=_reader,
        states=ReaderState,
    )


@bp.route(f"{READERS}/<uuid:reader_id>/<any(accept, decline):answer>", methods=["GET", "POST"])
@requires(Permission.READERS_ANSWER)
def answer_reader(school_id: uuid.UUID, reader_id: uuid.UUID, answer: str) -> str | Response:
    """Accepts, declines or ends that an organisation may invite and compare the school."""
    form, accepts = FlaskForm(), answer == "accept"
    if form.validate_on_submit():
        refuse_unknown_fields(form)
        with begin() as db:
            relations.answer(
                db,
                school_id=school_id,
                authority_id=reader_id,
                accepts=accepts,
                by=current_member(),
                today=today(),
            )
        flash(_("Your answer is saved."))
        return redirect(url_for(".school_readers", school_id=school_id))
    return _answer_page(form, relations.find(read(), school_id, reader_id), accepts)


def _answer_page(form: FlaskForm, asked: SchoolReader, accepts: bool) -> str:
    name, school_id = asked.authority.name, asked.school_id
    back = url_for(".school_readers", school_id=school_id)
    if accepts:
        return confirm_page(
            form,
            title=_("Let %(reader)s compare your school", reader=name),
            trail=_trail(school_id),
            lead=_("%(reader)s can then invite your school to its surveys.", reader=name),
            says=(
                _("You answer each invitation. Students are asked once, and there is one report."),
                _("It compares schools under letters. It does not get your report or any answer."),
                _("You can end this on the same page. What was compared until then stays."),
            ),
            button=_("Accept"),
            back=back,
        )
    return confirm_page(
        form,
        title=_("Do not let %(reader)s compare your school", reader=name),
        trail=_trail(school_id),
        lead=_("%(reader)s cannot invite your school to new surveys.", reader=name),
        says=(_("Surveys of it that your school takes part in go on until they are over."),),
        button=_("Decline") if asked.state is ReaderState.WAITING else _("End it"),
        back=back,
    )


@bp.route(INVITATION, methods=["GET", "POST"])
@requires(Permission.READERS_ANSWER)
def invitation(school_id: uuid.UUID, programme_id: uuid.UUID) -> str | Response:
    """What an invitation asks, and its acceptance."""
    found = invitations.find(read(), school_id, programme_id)
    held = _held(found)
    form = AnswerInvitationForm(_latest(held) if held else None)
    if form.is_submitted():
        invitations.refuse_unless_waiting(found)
        refuse_unknown_fields(form)
    if form.validate_on_submit():
        with begin() as db:
            invitations.accept(
                db,
                invitation=invitations.find(db, school_id, programme_id),
                from_next=held is not None and form.begins.data == "next",
                by=current_member(),
                today=today(),
            )
        flash(_("Your school takes part."))
        return redirect(url_for(".school", school_id=school_id))
    return render_template(
        "campaigns/readers/invitation.html",
        school=find_school(read(), school_id),
        invitation=found,
        reader=_reader(found),
        held=held,
        not_asked=_not_asked(found, held),
        form=form,
    )


@bp.route(f"{INVITATION}/decline", methods=["GET", "POST"])
@requires(Permission.READERS_ANSWER)
def decline_invitation(school_id: uuid.UUID, programme_id: uuid.UUID) -> str | Response:
    form = DeclineInvitationForm()
    if form.validate_on_submit():
        refuse_unknown_fields(form)
        try:
            with begin() as db:
                declining.decline(
                    db,
                    invitation=invitations.find(db, school_id, programme_id),
                    reason=form.reason.data or "",
                    by=current_member(),
                    today=today(),
                )
        except EndReasonError as refused:
            form.reason.errors = [refused.message]
        else:
            flash(_("The invitation is declined."))
            return redirect(url_for(".school", school_id=school_id))
    found = invitations.find(read(), school_id, programme_id)
    invitations.refuse_unless_waiting(found)
    has_draft = _held(found) is None
    return confirm_page(
        form,
        title=_("Decline the invitation"),
        trail=_trail(school_id),
        lead=_("Your school does not take part in “%(title)s”.", title=found.programme.title),
        says=(_("%(reader)s can invite you again.", reader=_reader(found).name),),
        warn=_("The draft that came with the invitation is deleted.") if has_draft else "",
        fields=("reason",),
        button=_("Decline the invitation"),
        back=url_for(".invitation", school_id=school_id, programme_id=programme_id),
    )


def _held(found: Invitation) -> Campaign | None:
    """The survey that the school holds for another reader and that would take part."""
    if found.campaign_id is not None:
        return None
    return invitations.survey_held(read(), found.programme, found.school_id)


def _latest(held: Campaign) -> str:
    return str(
        _(
            "“%(title)s”, %(survey)s",
            title=held.title,
            survey=survey_name(held.waves[-1]),
        )
    )


def _not_asked(found: Invitation, held: Campaign | None) -> tuple[str, ...]:
    """The shared questions that the survey of another reader does not ask, in words."""
    if held is None:
        return ()
    wave = held.waves[-1]
    asked = draft_of(held) if wave.state is WaveState.DRAFT else questionnaire_of(wave)
    language = str(get_locale() or ENGLISH)
    return tuple(
        item.wording.in_language(language) for item in invitations.not_asked(found.programme, asked)
    )


def _reader(found: Invitation) -> Authority:
    return read().get_one(Authority, found.authority_id)


def _trail(school_id: uuid.UUID) -> list[tuple[str, str]]:
    school = find_school(read(), school_id)
    return [
        (school.name, url_for("campaigns.school", school_id=school_id)),
        (_("Who compares your school"), url_for("campaigns.school_readers", school_id=school_id)),
    ]
