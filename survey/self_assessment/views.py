"""The pages of a school's self-assessment. Only its safeguarding leads may open them; what they
show to governors, they print."""

from __future__ import annotations

import uuid
from collections.abc import Iterator

from flask import flash, redirect, render_template, request, url_for
from flask_babel import format_date
from flask_babel import gettext as _
from flask_wtf import FlaskForm
from werkzeug.wrappers import Response

from survey.database import begin, read, today
from survey.http.confirm_page import confirm_page
from survey.organisations.operations import find_school
from survey.permissions import Permission, current_member, may, requires
from survey.self_assessment import operations
from survey.self_assessment.blueprint import bp
from survey.self_assessment.forms import LIGHTS, CompareForm, area_form, read_area
from survey.self_assessment.models import Light
from survey.self_assessment.statements import AREAS, KEYS, area_of, find_statement
from survey.start_page.duties import Desk, Duty, Weight, days_late, gives_duties

ASSESSMENTS = "/schools/<uuid:school_id>/assessments/"
ASSESSMENT = f"{ASSESSMENTS}<uuid:assessment_id>/"


@gives_duties
def _red_and_due(desk: Desk) -> Iterator[Duty]:
    """Statements of the newest self-assessment that are red and whose day has passed."""
    if not may(desk.member, Permission.ASSESSMENT_WRITE):
        return
    for newest in operations.all_of(desk.db, desk.school_id)[:1]:
        for key, said in operations.said_in(newest).items():
            late = days_late(said.due, desk.today) if said.due else 0
            if said.light is Light.RED and said.due and late:
                area = area_of(key)
                yield Duty(
                    _("Self-assessment: %(area)s", area=area.title),
                    f"{find_statement(key).words} ({said.owner})" if said.owner
                    else str(find_statement(key).words),
                    url_for("self_assessment.show", school_id=newest.school_id,
                            assessment_id=newest.assessment_id) + f"#{area.key}",
                    _("Look at the self-assessment"),
                    Weight.LATE,
                    late,
                    said.due,
                )  # fmt: skip


@bp.get(ASSESSMENTS)
@requires(Permission.ASSESSMENT_WRITE)
def every(school_id: uuid.UUID) -> str:
    """All versions, the newest first, and a way to compare two."""
    found = operations.all_of(read(), school_id)
    finished = [one for one in found if one.finished_on is not None]
    form = CompareForm(finished, format_date)
    if len(finished) > 1:
        form.before.data, form.after.data = (str(one.assessment_id) for one in finished[1::-1])
    return _page("every", school_id, found=found, finished=finished, form=form)


@bp.post(ASSESSMENTS)
@requires(Permission.ASSESSMENT_WRITE)
def start(school_id: uuid.UUID) -> Response:
    with begin() as db:
        started = operations.start(db, school_id=school_id, today=today(), by=current_member())
        assessment_id = started.assessment_id
    return redirect(url_for(".show", school_id=school_id, assessment_id=assessment_id))


@bp.get(ASSESSMENT)
@requires(Permission.ASSESSMENT_WRITE)
def show(school_id: uuid.UUID, assessment_id: uuid.UUID) -> str:
    """The whole of one, to read and to print."""
    found = operations.find(read(), school_id, assessment_id)
    return _page(
        "show",
        school_id,
        assessment=found,
        said=operations.said_in(found),
        unrated=operations.unrated(found),
    )


@bp.route(f"{ASSESSMENT}<area>", methods=["GET", "POST"])
@requires(Permission.ASSESSMENT_WRITE)
def write(school_id: uuid.UUID, assessment_id: uuid.UUID, area: str) -> str | Response:
    """One area, with its form."""
    found = operations.find(read(), school_id, assessment_id)
    this = operations.find_area(area)
    operations.refuse_if_finished(found)
    form = area_form(this, operations.said_in(found))
    if form.validate_on_submit():
        with begin() as db:
            operations.save(
                db,
                assessment=operations.find(db, school_id, assessment_id),
                said=read_area(form, this),
                by=current_member(),
            )
        flash(_("Saved."))
        at = url_for(".show", school_id=school_id, assessment_id=assessment_id)
        return redirect(f"{at}#{area}")
    return _page("write", school_id, assessment=found, area=this, form=form)


@bp.post(f"{ASSESSMENT}finish")
@requires(Permission.ASSESSMENT_WRITE)
def finish(school_id: uuid.UUID, assessment_id: uuid.UUID) -> Response:
    with begin() as db:
        found = operations.find(db, school_id, assessment_id)
        operations.finish(db, assessment=found, today=today(), by=current_member())
    flash(_("It is finished and dated. The next one starts from it."))
    return redirect(url_for(".every", school_id=school_id))


@bp.route(f"{ASSESSMENT}discard", methods=["GET", "POST"])
@requires(Permission.ASSESSMENT_WRITE)
def discard(school_id: uuid.UUID, assessment_id: uuid.UUID) -> str | Response:
    """Discards one that is not finished."""
    form = FlaskForm()
    if form.validate_on_submit():
        with begin() as db:
            found = operations.find(db, school_id, assessment_id)
            operations.discard(db, assessment=found, by=current_member())
        flash(_("The self-assessment is discarded."))
        return redirect(url_for(".every", school_id=school_id))
    found = operations.find(read(), school_id, assessment_id)
    operations.refuse_if_finished(found)
    return confirm_page(
        form,
        title=_("Discard the self-assessment"),
        trail=[(_("Self-assessment"), url_for(".every", school_id=school_id))],
        lead=_(
            "The self-assessment that was started on %(day)s is deleted, with everything written in"
            " it.",
            day=format_date(found.started_on),
        ),
        says=(_("Finished self-assessments stay."),),
        warn=_("This cannot be undone."),
        button=_("Discard it"),
        back=url_for(".show", school_id=school_id, assessment_id=assessment_id),
    )


@bp.get(f"{ASSESSMENTS}compare")
@requires(Permission.ASSESSMENT_WRITE)
def compare(school_id: uuid.UUID) -> str:
    """Two versions, statement by statement."""
    before, after = (
        operations.find(read(), school_id, _id(request.args.get(name, "")))
        for name in ("before", "after")
    )
    compared = operations.compare(before, after)
    better, worse = operations.count_steps(compared)
    return _page(
        "compare",
        school_id,
        before=before,
        after=after,
        compared=compared,
        better=better,
        worse=worse,
    )


def _id(given: str) -> uuid.UUID:
    try:
        return uuid.UUID(given)
    except ValueError:
        raise operations.NoSuchAssessmentError(_("There is no such self-assessment.")) from None


def _page(name: str, school_id: uuid.UUID, **values: object) -> str:
    return render_template(
        f"self_assessment/{name}.html",
        school=find_school(read(), school_id),
        areas=AREAS,
        statements=len(KEYS),
        lights=LIGHTS,
        light=Light,
        count=operations.lights,
        unrated_in=operations.unrated,
        one_day=lambda one: format_date(one.finished_on or one.started_on),
        **values,
    )
