"""Pages on which a second person sees what was asked for, checks it, and agrees or declines.

The same pages serve members of the school and, where it has no other member, an analyst of its
authority. They show cards, the roll and roughly how many answered, and no answer."""

from __future__ import annotations

import uuid
from collections.abc import Iterator

from flask import flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from survey.approvals import operations
from survey.approvals.blueprint import bp
from survey.approvals.forms import ApproveForm, DeclineApprovalForm
from survey.approvals.models import Approval, ApprovalKind
from survey.approvals.wording import answered, asked_for
from survey.campaigns import own_question_approval
from survey.campaigns.queries import find_wave
from survey.campaigns.states import WaveState
from survey.database import begin, read, today
from survey.languages import language_name
from survey.permissions import Permission, current_member, requires
from survey.questionnaires.prohibited_topics.matching import remarks
from survey.releases import approval_gate
from survey.releases import jobs as release_jobs
from survey.releases import operations as release_operations
from survey.releases.response_rate import rate_of
from survey.start_page.duties import Desk, Duty, Weight, gives_duties

bp.add_app_template_filter(asked_for)
bp.add_app_template_filter(answered)

AT_SCHOOL = "/schools/<uuid:school_id>/requests/<uuid:approval_id>"
AT_AUTHORITY = "/authorities/<uuid:authority_id>/requests/<uuid:approval_id>"


@gives_duties
def _waiting(desk: Desk) -> Iterator[Duty]:
    """What waits for this member's answer."""
    for one in operations.waiting_for(desk.db, desk.member):
        yield Duty(
            _("A second person is needed"),
            f"{asked_for(one)}. {answered(one)}",
            url_for("approvals.at_school", school_id=one.school_id, approval_id=one.approval_id),
            _("Look at it"),
            Weight.SOMEBODY_WAITS,
        )


@bp.get(AT_SCHOOL)
@requires(Permission.REQUESTS_APPROVE)
def at_school(school_id: uuid.UUID, approval_id: uuid.UUID) -> str:
    return _page(
        operations.find(read(), school_id, approval_id), ApproveForm(), DeclineApprovalForm()
    )


@bp.post(f"{AT_SCHOOL}/<any(approve, decline):answer>")
@requires(Permission.REQUESTS_APPROVE)
def answer_at_school(school_id: uuid.UUID, approval_id: uuid.UUID, answer: str) -> str | Response:
    found = operations.find(read(), school_id, approval_id)
    return _answer(found, answer, url_for("campaigns.school", school_id=school_id))


@bp.get(AT_AUTHORITY)
@requires(Permission.REQUESTS_APPROVE)
def at_authority(authority_id: uuid.UUID, approval_id: uuid.UUID) -> str:
    found = operations.find_for_authority(read(), authority_id, approval_id, current_member())
    return _page(found, ApproveForm(), DeclineApprovalForm())


@bp.post(f"{AT_AUTHORITY}/<any(approve, decline):answer>")
@requires(Permission.REQUESTS_APPROVE)
def answer_at_authority(
    authority_id: uuid.UUID, approval_id: uuid.UUID, answer: str
) -> str | Response:
    found = operations.find_for_authority(read(), authority_id, approval_id, current_member())
    return _answer(found, answer, url_for("campaigns.authority", authority_id=authority_id))


def _answer(found: Approval, answer: str, back: str) -> str | Response:
    """Agrees, if the second person says that they checked, or declines, if they say why."""
    agree, refuse = ApproveForm(), DeclineApprovalForm()
    form: ApproveForm | DeclineApprovalForm = agree if answer == "approve" else refuse
    if not form.validate_on_submit():
        return _page(found, agree, refuse)
    try:
        return _keep(found, form, back)
    except own_question_approval.WordsChangedError as changed:
        agree.checked.errors, agree.checked.data = [changed.message], False
        return _page(operations.find(read(), found.school_id, found.approval_id), agree, refuse)
    except operations.ApprovalReasonError as refused:
        refuse.note.errors = [refused.message]
        return _page(found, agree, refuse)


def _keep(found: Approval, form: ApproveForm | DeclineApprovalForm, back: str) -> Response:
    """Records the decision, and starts the report if two people now want it."""
    school_id, approval_id = found.school_id, found.approval_id
    with begin() as db:
        approval = operations.find(db, school_id, approval_id)
        wave = find_wave(db, school_id, approval.wave_id)
        by, kind = current_member(), approval.kind
        if isinstance(form, ApproveForm):
            if kind is ApprovalKind.RELEASE:
                approval_gate.refuse_over_roll(db, wave)
            if kind is ApprovalKind.QUESTIONS:
                seen = request.form.get("seen", "")
                own_question_approval.agree(db, approval=approval, seen=seen, by=by, today=today())
            else:
                operations.approve(db, approval=approval, by=by, today=today())
            if kind is ApprovalKind.RESTORE:
                release_operations.restore(db, wave=wave, by=by, today=today())
        else:
            note = form.note.data or ""
            operations.decline(db, approval=approval, by=by, today=today(), note=note)
        is_closed = wave.state is WaveState.CLOSED
        if isinstance(form, ApproveForm) and kind is ApprovalKind.RELEASE and is_closed:
            release_jobs.ask(db, school_id, wave.wave_id, by)
    if isinstance(form, DeclineApprovalForm):
        flash(_("You have declined. The person who asked sees why."))
    elif kind is ApprovalKind.RELEASE and is_closed:
        flash(_("You have agreed. The report is being made."))
    elif kind is ApprovalKind.RESTORE:
        flash(_("You have agreed. The report is published again."))
    else:
        flash(_("You have agreed."))
    return redirect(back)


def _page(found: Approval, agree: ApproveForm, refuse: DeclineApprovalForm) -> str:
    db, member = read(), current_member()
    wave = find_wave(db, found.school_id, found.wave_id)
    is_own = member.school_id is not None
    shared = {
        "approval": found,
        "wave": wave,
        "campaign": wave.campaign,
        "school": wave.campaign.school,
        "is_of_school": is_own,
        "may_answer": found.answered_by is None and operations.is_second(db, found, member),
        "second": operations.second_people(
            db, school=wave.campaign.school, asked_by=found.asked_by
        ),
        "agree": agree,
        "refuse": refuse,
        "at": {"school_id": found.school_id} if is_own else {"authority_id": member.authority_id},
        "page": "approvals.answer_at_school" if is_own else "approvals.answer_at_authority",
    }
    if found.kind is ApprovalKind.QUESTIONS:
        agree.checked.label.text = _("I have read every question myself")
        asked = (
            own_question_approval.own_words(wave.campaign) if wave.state is WaveState.DRAFT else ()
        )
        return render_template(
            "approvals/questions.html",
            asked=asked,
            seen=own_question_approval.hash_of(asked),
            remarks={one.key: remarks(one.wording) for one in asked},
            language_name=language_name,
            **shared,
        )
    checks = approval_gate.checks(db, wave)
    return render_template(
        "approvals/request.html",
        kinds=ApprovalKind,
        checks=checks,
        # An analyst reads the comparison, which gives no school's number of answers.
        rate=rate_of(checks.answers, checks.cards.on_roll),
        **shared,
    )
