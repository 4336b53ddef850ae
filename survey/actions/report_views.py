"""The pages of a school's actions: planned from a place or theme of its report, and followed from
wave to wave."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from typing import Any

from flask import current_app, redirect, render_template, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from survey.actions import operations, what_has_helped
from survey.actions import report_wording as action_report_wording
from survey.actions.blueprint import ACTION, ACTIONS, bp
from survey.actions.calendar import KIND, calendar_of
from survey.actions.forms import ActionForm, MeasuredForm, MoveForm
from survey.actions.models import Action, SubjectKind
from survey.actions.operations import Measured, Subject
from survey.actions.report_links import read_beside
from survey.actions.targets import Actable, Gauge, groups_of, read_actable, share_at
from survey.actions.tracking import Followed, TrackedReport, follow, reports_of, subject_of
from survey.actions.what_has_helped import ActionSuggestion
from survey.actions.wording import moves_from
from survey.campaigns.models import Campaign, Wave
from survey.campaigns.queries import find_campaign, find_wave
from survey.database import begin, read, today
from survey.errors import NotNowError, NotThereError
from survey.http.attachments import as_file
from survey.http.submit_once import begin_once, creates_once
from survey.http.unknown_fields import refuse_unknown_fields
from survey.organisations.staff_names import find_staff_names
from survey.permissions import Permission, current_member, requires
from survey.questionnaires.model import Inside
from survey.questionnaires.table_key import TableKey
from survey.releases.models import StoredRelease
from survey.reports.page_shell import made_ahead, on_each_page
from survey.reports.school.finding import Finding
from survey.reports.school.report_data import EVERYONE
from survey.reports.school.report_loader import spoken
from survey.reports.school.summary import read_opening, theme_of
from survey.reports.wording import figures as figure_wording
from survey.reports.wording import findings as finding_wording
from survey.reports.wording import labels as label_wording

NEW = "/schools/<uuid:school_id>/waves/<uuid:wave_id>/act/<any(place, theme):kind>/<key>"


class NothingToActOnError(NotThereError):
    """The report has no figure of this place or theme."""


class NoReportToActOnError(NotNowError):
    """The wave has no report that can be read."""


def words() -> Mapping[str, Any]:
    """What the templates of these pages may call."""
    return {
        "figure_wording": figure_wording,
        "label_wording": label_wording,
        "finding_wording": finding_wording,
        "action_wording": action_report_wording,
    }


@made_ahead
def _marks(wave: Wave, _stored: StoredRelease) -> None:
    read_beside(read(), wave)


@on_each_page
def _beside(wave: Wave) -> Mapping[str, object]:
    """The actions that a report shows next to its places and themes."""
    return {"beside": read_beside(read(), wave), "action_wording": action_report_wording}


@bp.get(f"{ACTIONS}/")
@requires(Permission.ACTIONS_READ)
def campaign_actions(school_id: uuid.UUID, campaign_id: uuid.UUID) -> str:
    """All actions of a survey, and what its newest report would have the school look at."""
    campaign = find_campaign(read(), school_id, campaign_id)
    reports = reports_of(read(), campaign)
    followed = follow(reports, operations.actions_of(read(), campaign))
    return render_template(
        "actions/list.html",
        campaign=campaign,
        school=campaign.school,
        followed=followed,
        report=reports[-1] if reports else None,
        leads=_leads(reports[-1], followed) if reports else (),
        page=operations.students_page(read(), campaign),
        today=today(),
        **words(),
    )


@bp.get(f"{ACTIONS}/actions.ics")
@requires(Permission.ACTIONS_READ)
def calendar(school_id: uuid.UUID, campaign_id: uuid.UUID) -> Response:
    """The days on which actions are due, for a calendar."""
    campaign = find_campaign(read(), school_id, campaign_id)
    followed = follow(reports_of(read(), campaign), operations.actions_of(read(), campaign))
    settings = current_app.extensions["settings"]
    content = calendar_of(followed, settings.public_address, campaign.title)
    return as_file(content, KIND, "actions.ics")


def _leads(
    report: TrackedReport, followed: tuple[Followed, ...]
) -> tuple[tuple[Subject, Finding], ...]:
    """What stands out and has no action yet."""
    taken = {subject_of(one.action) for one in followed}
    opening = read_opening(report.reading)
    found = [
        *((Subject(SubjectKind.PLACE, _place_of(one)), one) for one in opening.places),
        *((Subject(SubjectKind.THEME, theme_of(one)), one) for one in opening.themes),
    ]
    return tuple((subject, one) for subject, one in found if subject not in taken)


def _place_of(standing: Finding) -> str:
    return TableKey(standing.table).row


@bp.route(NEW, methods=["GET", "POST"])
@requires(Permission.ACTIONS_WRITE)
@creates_once
def plan(school_id: uuid.UUID, wave_id: uuid.UUID, kind: str, key: str) -> str | Response:
    wave = find_wave(read(), school_id, wave_id)
    report = _report(wave)
    found = read_actable(report.reading, Subject(SubjectKind(kind), key))
    if found is None:
        raise NothingToActOnError(_("The report shows no figure of this, so nothing to act on."))
    form = MeasuredForm(_known(report), _staff(school_id), data=_proposed(report, found))
    _offer(form, report, found)
    if form.is_submitted():
        refuse_unknown_fields(form)
        if form.validate() and _is_printed(form, report):
            with begin_once() as db:
                action = operations.plan(
                    db,
                    wave=find_wave(db, school_id, wave_id),
                    subject=found.subject,
                    measured=form.measured(),
                    words=form.words(),
                    today=today(),
                    by=current_member(),
                )
                action_id = action.action_id
            return redirect(url_for(".show", school_id=school_id, action_id=action_id))
    name = action_report_wording.actable_name(found)
    return _form_page(form, wave.campaign, name, report=report, subject=found.subject)


@bp.get(ACTION)
@requires(Permission.ACTIONS_READ)
def show(school_id: uuid.UUID, action_id: uuid.UUID) -> str:
    """One action: what it is, how far it is, and its figure wave by wave."""
    action = operations.find_action(read(), school_id, action_id)
    reports = reports_of(read(), action.campaign)
    (followed,) = follow(reports, [action])
    return render_template(
        "actions/show.html",
        campaign=action.campaign,
        school=action.campaign.school,
        followed=followed,
        gauge=_gauge(reports, action),
        form=MoveForm(action.state),
        moves=moves_from(action.state),
        today=today(),
        **words(),
    )


@bp.route(f"{ACTION}/edit", methods=["GET", "POST"])
@requires(Permission.ACTIONS_WRITE)
def edit(school_id: uuid.UUID, action_id: uuid.UUID) -> str | Response:
    """Edits an action, and its measure unless the report it came from is withdrawn."""
    action = operations.find_action(read(), school_id, action_id)
    reports = reports_of(read(), action.campaign)
    report = next((one for one in reports if one.wave.wave_id == action.wave_id), None)
    found = read_actable(report.reading, subject_of(action)) if report else None
    form = _edit_form(action, report, found)
    if form.is_submitted():
        refuse_unknown_fields(form)
        is_whole = form.validate()
        if is_whole and (not isinstance(form, MeasuredForm) or _is_printed(form, report)):
            with begin() as db:
                operations.change(
                    db,
                    action=operations.find_action(db, school_id, action_id),
                    words=form.words(),
                    measured=form.measured() if isinstance(form, MeasuredForm) else None,
                    by=current_member(),
                )
            return redirect(url_for(".show", school_id=school_id, action_id=action_id))
    (followed,) = follow(reports, [action])
    return _form_page(form, action.campaign, action_report_wording.name_of(followed), action=action)


def _report(wave: Wave) -> TrackedReport:
    for one in reports_of(read(), wave.campaign):
        if one.wave.wave_id == wave.wave_id:
            return one
    raise NoReportToActOnError(_("There is no report of this survey to act on."))


def _known(report: TrackedReport) -> tuple[str, ...]:
    """Names that are not of a person: of the school, its authority and its places."""
    school = report.wave.campaign.school
    places = (report.reading.words(one.label) for one in report.reading.questionnaire.places)
    return (school.name, *((school.authority.name,) if school.authority else ()), *places)


def _proposed(report: TrackedReport, found: Actable) -> Mapping[str, Any]:
    """The most telling figure, and what the report says of it. Of the whole school: it shows a
    change sooner than one year group does."""
    gauge = found.gauges[0]
    return {
        "figure": MeasuredForm.figure_of(Measured(*gauge.where, EVERYONE.key)),
        "group": EVERYONE.key,
        "found": action_report_wording.found_words(report.reading, found, gauge),
        "language": spoken(),
    }


def _offer(form: MeasuredForm, report: TrackedReport, found: Actable) -> None:
    of_place = found.subject.kind is SubjectKind.PLACE
    form.offer(
        [
            (
                MeasuredForm.figure_of(Measured(*one.where, EVERYONE.key)),
                action_report_wording.gauge_label(one, of_place=of_place),
            )
            for one in found.gauges
        ],
        [(one.key, label_wording.group_label(one)) for one in groups_of(report.reading)],
    )


def _edit_form(action: Action, report: TrackedReport | None, found: Actable | None) -> ActionForm:
    if report is None or found is None:
        return ActionForm(staff=_staff(action.school_id), obj=action)
    form = MeasuredForm(
        _known(report),
        _staff(action.school_id),
        obj=action,
        data={"figure": MeasuredForm.figure_of(action), "group": action.measured_group},
    )
    _offer(form, report, found)
    return form


def _staff(school_id: uuid.UUID) -> tuple[str, ...]:
    """The members of staff whom the school lists, who are not named to students."""
    return find_staff_names(read(), school_id)


def _is_printed(form: MeasuredForm, report: TrackedReport | None) -> bool:
    """What the report hides for a group can measure nothing."""
    share = share_at(report.reading, form.measured()) if report else None
    if share is not None and share.is_shown:
        return True
    form.group.errors = [
        _("The report does not show this figure for this group. Choose a larger group.")
    ]
    return False


def _gauge(reports: tuple[TrackedReport, ...], action: Action) -> Gauge | None:
    """What the figure of an action is called, by the newest report that has it."""
    for one in reversed(reports):
        found = read_actable(one.reading, subject_of(action))
        gauge = found and found.gauge(action.measured_table, action.measured_answer)
        if gauge:
            return gauge
    return None


def _form_page(
    form: ActionForm,
    campaign: Campaign,
    name: str,
    *,
    report: TrackedReport | None = None,
    action: Action | None = None,
    subject: Subject | None = None,
) -> str:
    return render_template(
        "actions/form.html",
        form=form,
        campaign=campaign,
        school=campaign.school,
        name=name,
        report=report,
        action=action,
        suggestions=_suggested(subject, report),
        **words(),
    )


def _suggested(
    subject: Subject | None, report: TrackedReport | None
) -> tuple[ActionSuggestion, ...]:
    """What has helped elsewhere with a place or a theme that is being planned for."""
    if subject is None or report is None:
        return ()
    if subject.kind is SubjectKind.THEME:
        return what_has_helped.for_theme(subject.key)
    place = report.reading.questionnaire.place(subject.key)
    return what_has_helped.for_place(
        subject.key, is_inside=place is None or place.inside is Inside.INSIDE
    )
