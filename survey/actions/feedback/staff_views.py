"""Pages on which a lead sees what students would read, prints it, and opens or closes the page."""

from __future__ import annotations

import uuid

from flask import render_template, request
from flask_babel import force_locale
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from survey.actions.blueprint import ACTIONS, bp
from survey.actions.feedback import wording as feedback_wording
from survey.actions.feedback.content import Told, read_told
from survey.actions.feedback.poster import told_pdf
from survey.actions.feedback.public_views import languages_of
from survey.actions.operations import students_page
from survey.actions.report_views import words
from survey.campaigns.models import Campaign
from survey.campaigns.queries import find_campaign
from survey.database import read
from survey.errors import NotNowError
from survey.http.attachments import as_file
from survey.languages import language_name
from survey.permissions import Permission, requires
from survey.settings import current_settings


class NothingToldError(NotNowError):
    """No action is shown to students, so there is nothing to print."""


@bp.get(f"{ACTIONS}/students-page")
@requires(Permission.ACTIONS_READ)
def told(school_id: uuid.UUID, campaign_id: uuid.UUID) -> str:
    """What the page says now, in the language of the member."""
    campaign = find_campaign(read(), school_id, campaign_id)
    return render_template(
        "feedback/staff.html",
        campaign=campaign,
        school=campaign.school,
        told=read_told(read(), campaign),
        feedback_wording=feedback_wording,
        page=students_page(read(), campaign),
        address=address_of(campaign),
        languages=languages_of(campaign),
        language_name=language_name,
        **words(),
    )


@bp.get(f"{ACTIONS}/poster.pdf")
@requires(Permission.ACTIONS_READ)
def poster(school_id: uuid.UUID, campaign_id: uuid.UUID) -> Response:
    campaign = find_campaign(read(), school_id, campaign_id)
    offered = languages_of(campaign)
    asked = request.args.get("lang", "")
    language = asked if asked in offered else offered[0]
    with force_locale(language):
        found: tuple[Told, ...] = read_told(read(), campaign)
        if not found:
            raise NothingToldError(_("No action is shown to students yet."))
        made = told_pdf(
            found, school=campaign.school.name, address=address_of(campaign), language=language
        )
    return as_file(made, "application/pdf", f"you-said-we-did-{language}.pdf")


def address_of(campaign: Campaign) -> str | None:
    """Where students read the page, while it is open."""
    page = students_page(read(), campaign)
    settings = current_settings()
    return f"{settings.public_address}/told/{page.word}" if page else None
