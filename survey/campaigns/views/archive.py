"""Putting surveys and programmes that are over into the archive, and taking them out."""

from __future__ import annotations

import uuid

from flask import flash, redirect, render_template, url_for
from flask_babel import gettext as _
from sqlalchemy import select
from werkzeug.wrappers import Response

from survey.campaigns.blueprint import SCHOOL, bp
from survey.campaigns.lifecycle import archive
from survey.campaigns.models import Campaign, Programme
from survey.campaigns.queries import find_campaign, find_programme, latest_wave
from survey.campaigns.views.programmes import AUTHORITY
from survey.database import begin, read, today
from survey.organisations.operations import find_organisation, find_school
from survey.permissions import Permission, current_member, requires


@bp.get(f"{SCHOOL}/archive")
@requires(Permission.SCHOOL_SEE)
def school_archive(school_id: uuid.UUID) -> str:
    """The surveys of a school that are in the archive, and what can be put there."""
    query = select(Campaign).where(Campaign.school_id == school_id).order_by(Campaign.title)
    found = read().scalars(query).all()
    return render_template(
        "campaigns/archive.html",
        school=find_school(read(), school_id),
        archived=[one for one in found if one.archived_on is not None],
        over=[one for one in found if archive.can_archive(one)],
        latest_wave=latest_wave,
    )


@bp.post(f"{SCHOOL}/campaigns/<uuid:campaign_id>/archive")
@requires(Permission.QUESTIONNAIRE_ADAPT)
def archive_campaign(school_id: uuid.UUID, campaign_id: uuid.UUID) -> Response:
    with begin() as db:
        archive.archive_campaign(
            db,
            campaign=find_campaign(db, school_id, campaign_id),
            today=today(),
            by=current_member(),
        )
    flash(_("The survey is in the archive."))
    return redirect(url_for(".school_archive", school_id=school_id))


@bp.post(f"{SCHOOL}/campaigns/<uuid:campaign_id>/unarchive")
@requires(Permission.QUESTIONNAIRE_ADAPT)
def unarchive_campaign(school_id: uuid.UUID, campaign_id: uuid.UUID) -> Response:
    with begin() as db:
        archive.unarchive_campaign(
            db, campaign=find_campaign(db, school_id, campaign_id), by=current_member()
        )
    flash(_("The survey is on the start page again."))
    return redirect(url_for(".school_archive", school_id=school_id))


@bp.get(f"{AUTHORITY}/archive")
@requires(Permission.AUTHORITY_SEE)
def authority_archive(authority_id: uuid.UUID) -> str:
    """The programmes of an authority that are in the archive, and the others."""
    query = select(Programme).where(Programme.authority_id == authority_id)
    found = read().scalars(query.order_by(Programme.title)).all()
    return render_template(
        "campaigns/programme_archive.html",
        authority=find_organisation(read(), authority_id),
        archived=[one for one in found if one.archived_on is not None],
        running=[one for one in found if one.archived_on is None],
    )


@bp.post(f"{AUTHORITY}/programmes/<uuid:programme_id>/archive")
@requires(Permission.PROGRAMME_RUN)
def archive_programme(authority_id: uuid.UUID, programme_id: uuid.UUID) -> Response:
    with begin() as db:
        archive.archive_programme(
            db,
            programme=find_programme(db, authority_id, programme_id),
            today=today(),
            by=current_member(),
        )
    flash(_("The programme is in the archive."))
    return redirect(url_for(".authority_archive", authority_id=authority_id))


@bp.post(f"{AUTHORITY}/programmes/<uuid:programme_id>/unarchive")
@requires(Permission.PROGRAMME_RUN)
def unarchive_programme(authority_id: uuid.UUID, programme_id: uuid.UUID) -> Response:
    with begin() as db:
        archive.unarchive_programme(
            db, programme=find_programme(db, authority_id, programme_id), by=current_member()
        )
    flash(_("The programme is on the start page again."))
    return redirect(url_for(".authority_archive", authority_id=authority_id))
