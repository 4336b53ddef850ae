"""Pages on which an authority leaves a school out of a comparison, takes back an invitation, or
discards a programme. Each first says what it will do."""

from __future__ import annotations

import uuid

from flask import flash, redirect, url_for
from flask_babel import gettext as _
from flask_wtf import FlaskForm
from werkzeug.wrappers import Response

from survey.campaigns.blueprint import bp
from survey.campaigns.errors import EndReasonError, NoSuchCampaignError, StillUsedError
from survey.campaigns.forms.campaigns import SetAsideForm
from survey.campaigns.lifecycle import undo
from survey.campaigns.lifecycle.school_progress import ProgressStep, SchoolProgress, of_survey
from survey.campaigns.models import Programme
from survey.campaigns.programme_operations import has_schools
from survey.campaigns.queries import find_programme
from survey.campaigns.readers import invitations
from survey.campaigns.views.programme_settings import PROGRAMME
from survey.campaigns.views.programmes import participation
from survey.database import begin, read, today
from survey.http.confirm_page import confirm_page
from survey.http.unknown_fields import refuse_unknown_fields
from survey.permissions import Permission, current_member, requires

INVITED = f"{PROGRAMME}/invited/<uuid:invited>"
"""Of one invited school. The address says `invited`, and not `school_id`: that one belongs to pages
that only a school's own members see."""


@bp.route(f"{PROGRAMME}/waves/<int:number>/invited/<uuid:invited>/aside", methods=["GET", "POST"])
@requires(Permission.PROGRAMME_RUN)
def set_aside(
    authority_id: uuid.UUID, programme_id: uuid.UUID, number: int, invited: uuid.UUID
) -> str | Response:
    """Leaves a school out of one comparison, with a reason."""
    programme = find_programme(read(), authority_id, programme_id)
    standing = _standing(programme, number, invited)
    form = SetAsideForm()
    if form.validate_on_submit():
        refuse_unknown_fields(form)
        try:
            with begin() as db:
                undo.set_aside(
                    db,
                    programme=find_programme(db, authority_id, programme_id),
                    number=number,
                    school_id=invited,
                    reason=form.reason.data or "",
                    today=today(),
                    by=current_member(),
                )
        except EndReasonError as refused:
            form.reason.errors = [refused.message]
        else:
            flash(_("%(school)s is set aside.", school=standing.school))
            return redirect(_page_of(programme))
    programme = find_programme(read(), authority_id, programme_id)
    return _set_aside_page(programme, number, _standing(programme, number, invited).school, form)


def _set_aside_page(programme: Programme, number: int, school: str, form: SetAsideForm) -> str:
    return confirm_page(
        form,
        title=_("Set %(school)s aside", school=school),
        trail=_trail(programme),
        lead=_(
            "The comparison of %(survey)s is made without this school.",
            survey=participation(read(), programme=programme).name(number),
        ),
        says=(
            _("The comparison no longer waits for it."),
            _("The school keeps its survey and its own report. It reads your reason."),
            _("You can undo this until the comparison is made."),
        ),
        fields=("reason",),
        button=_("Set the school aside"),
        back=_page_of(programme),
    )


@bp.post(f"{PROGRAMME}/waves/<int:number>/invited/<uuid:invited>/back")
@requires(Permission.PROGRAMME_RUN)
def take_back(
    authority_id: uuid.UUID, programme_id: uuid.UUID, number: int, invited: uuid.UUID
) -> Response:
    """Undoes setting a school aside."""
    refuse_unknown_fields(FlaskForm())
    with begin() as db:
        programme = find_programme(db, authority_id, programme_id)
        undo.take_back(
            db, programme=programme, number=number, school_id=invited, by=current_member()
        )
    flash(_("The school is part of the comparison again."))
    return redirect(_page_of(find_programme(read(), authority_id, programme_id)))


@bp.route(f"{INVITED}/uninvite", methods=["GET", "POST"])
@requires(Permission.PROGRAMME_RUN)
def uninvite(
    authority_id: uuid.UUID, programme_id: uuid.UUID, invited: uuid.UUID
) -> str | Response:
    """Takes an invitation back while the school has launched nothing."""
    form = FlaskForm()
    if form.validate_on_submit():
        with begin() as db:
            programme = find_programme(db, authority_id, programme_id)
            undo.uninvite(db, programme=programme, school_id=invited, by=current_member())
        flash(_("The invitation is taken back."))
        return redirect(_page_of(find_programme(read(), authority_id, programme_id)))
    programme = find_programme(read(), authority_id, programme_id)
    undo.refuse_if_launched(read(), programme, invited)
    there = of_survey(read(), programme=programme, number=1, today=today())
    standing = next((one for one in there if one.campaign.school_id == invited), None)
    has_draft = standing is not None and standing.campaign.programme_id == programme_id
    return confirm_page(
        form,
        title=_("Take back the invitation of %(school)s", school=_invited(programme, invited)),
        trail=_trail(programme),
        lead=_("The school’s draft is deleted with everything it changed in it.")
        if has_draft
        else _("The school is no longer invited. Its own surveys stay."),
        says=(_("You can invite the school again."),),
        warn=_("The deleted draft cannot be brought back.")
        if has_draft and standing is not None and standing.step is not ProgressStep.INVITED
        else "",
        button=_("Take back the invitation"),
        back=_page_of(programme),
    )


@bp.route(f"{PROGRAMME}/discard", methods=["GET", "POST"])
@requires(Permission.PROGRAMME_RUN)
def discard_programme(authority_id: uuid.UUID, programme_id: uuid.UUID) -> str | Response:
    """Discards a programme to which no school is invited."""
    form = FlaskForm()
    if form.validate_on_submit():
        with begin() as db:
            programme = find_programme(db, authority_id, programme_id)
            undo.discard_programme(db, programme=programme, by=current_member())
        flash(_("The programme is discarded."))
        return redirect(url_for(".authority", authority_id=authority_id))
    programme = find_programme(read(), authority_id, programme_id)
    if has_schools(read(), programme):
        raise StillUsedError(
            _("Schools are invited to this programme. Take back their invitations first.")
        )
    return confirm_page(
        form,
        title=_("Discard the programme"),
        trail=_trail(programme),
        lead=_(
            "“%(title)s” is deleted with its shared questions and its days.", title=programme.title
        ),
        warn=_("A discarded programme cannot be brought back."),
        button=_("Discard the programme"),
        back=_page_of(programme),
    )


def _standing(programme: Programme, number: int, invited: uuid.UUID) -> SchoolProgress:
    schools = of_survey(read(), programme=programme, number=number, today=today())
    for one in schools:
        if one.campaign.school_id == invited:
            return one
    raise NoSuchCampaignError(_("This school is not invited."))


def _invited(programme: Programme, invited: uuid.UUID) -> str:
    """The name of a school that is in the programme, or invited to it."""
    for one in of_survey(read(), programme=programme, number=1, today=today()):
        if one.campaign.school_id == invited:
            return one.school
    for invitation in invitations.of_programme(read(), programme):
        if invitation.school_id == invited:
            return invitation.school.name
    raise NoSuchCampaignError(_("This school is not invited."))


def _page_of(programme: Programme) -> str:
    return url_for(
        "campaigns.programme",
        authority_id=programme.authority_id,
        programme_id=programme.programme_id,
    )


def _trail(programme: Programme) -> list[tuple[str, str]]:
    return [(programme.title, _page_of(programme))]
