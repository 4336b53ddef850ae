"""Planning an action from a statement of the self-assessment, which no figure measures."""

from __future__ import annotations

import uuid

from flask import redirect, render_template, url_for
from sqlalchemy import select
from sqlalchemy.orm import selectinload
from werkzeug.wrappers import Response

from survey.actions import operations
from survey.actions.blueprint import bp
from survey.actions.forms import ActionForm
from survey.actions.models import SubjectKind
from survey.actions.operations import Measured, Subject
from survey.campaigns.adult_surveys import is_pulse
from survey.campaigns.models import Campaign, Wave
from survey.database import read, today
from survey.errors import NotNowError
from survey.http.submit_once import begin_once, creates_once
from survey.http.unknown_fields import refuse_unknown_fields
from survey.i18n import gettext as _
from survey.organisations.staff_names import find_staff_names
from survey.permissions import Permission, current_member, requires
from survey.releases.models import StoredRelease
from survey.reports.school.report_data import EVERYONE
from survey.self_assessment import operations as assessments
from survey.self_assessment.statements import find_statement

UNMEASURED = Measured("", "", EVERYONE.key)
"""No figure of a survey says how far a statement holds; the next self-assessment does."""


class NoReportYetError(NotNowError):
    """Actions are kept with a survey of students, and the school has none with a report."""


@bp.route(
    "/schools/<uuid:school_id>/assessments/<uuid:assessment_id>/act/<statement>",
    methods=["GET", "POST"],
)
@requires(Permission.ACTIONS_WRITE)
@creates_once
def plan_statement(
    school_id: uuid.UUID, assessment_id: uuid.UUID, statement: str
) -> str | Response:
    assessment = assessments.find(read(), school_id, assessment_id)
    found = find_statement(statement)
    said = assessments.said_in(assessment)[found.key]
    wave = _reported_wave(school_id)
    form = ActionForm(
        (wave.campaign.school.name,),
        find_staff_names(read(), school_id),
        data={
            "found": " ".join(part for part in (str(found.words), said.evidence) if part),
            "owner": said.owner,
            "due_on": said.due,
            "language": "en",
        },
    )
    if form.is_submitted():
        refuse_unknown_fields(form)
        if form.validate():
            with begin_once() as db:
                action = operations.plan(
                    db,
                    wave=db.get_one(Wave, (school_id, wave.wave_id)),
                    subject=Subject(SubjectKind.STATEMENT, found.key),
                    measured=UNMEASURED,
                    words=form.words(),
                    today=today(),
                    by=current_member(),
                )
                action_id = action.action_id
            return redirect(url_for(".show", school_id=school_id, action_id=action_id))
    return render_template(
        "actions/statement.html", form=form, school=wave.campaign.school, campaign=wave.campaign,
        assessment=assessment, statement=found,
    )  # fmt: skip


def _reported_wave(school_id: uuid.UUID) -> Wave:
    """The newest wave of a survey of students whose report is not withdrawn."""
    waves = read().scalars(
        select(Wave)
        .join(
            StoredRelease,
            (StoredRelease.school_id == Wave.school_id) & (StoredRelease.wave_id == Wave.wave_id),
        )
        .where(Wave.school_id == school_id, StoredRelease.withdrawn_on.is_(None))
        .order_by(Wave.opened_on.desc())
        .options(selectinload(Wave.campaign).selectinload(Campaign.school))
    )
    found = next((one for one in waves if not is_pulse(one.campaign)), None)
    if found is None:
        raise NoReportYetError(
            _("Actions begin with a report of your students. Plan this one once you have it.")
        )
    return found
