"""Counting the slips with which parents said yes, before cards are made for their year groups."""

from __future__ import annotations

import uuid

from flask import flash, redirect, render_template, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from survey.campaigns.blueprint import WAVE, bp
from survey.campaigns.card_allowance import Cards, cards_of, count_slips
from survey.campaigns.errors import SlipsError, SurveyNotOpenError
from survey.campaigns.forms.slips import SlipsForm
from survey.campaigns.queries import consent_of, find_wave
from survey.campaigns.states import WaveState
from survey.database import begin, read
from survey.http.unknown_fields import refuse_unknown_fields
from survey.organisations.policies import wording
from survey.permissions import Permission, current_member, requires


@bp.route(f"{WAVE}/slips", methods=["GET", "POST"])
@requires(Permission.CODES_PRINT)
def slips(school_id: uuid.UUID, wave_id: uuid.UUID) -> str | Response:
    found = find_wave(read(), school_id, wave_id)
    if found.state is not WaveState.OPEN:
        raise SurveyNotOpenError(_("Slips are counted while the survey is open."))
    cards = cards_of(read(), found)
    if not needs_slips(cards):
        raise SurveyNotOpenError(_("No slip with a yes is needed in this survey."))
    form = SlipsForm.of(cards)
    if form.is_submitted():
        refuse_unknown_fields(form)
    if form.validate_on_submit():
        try:
            with begin() as db:
                wave = find_wave(db, school_id, wave_id)
                count_slips(db, wave=wave, slips=form.counted(), by=current_member())
            flash(_("The slips are counted. Now make the cards."))
            return redirect(url_for(".wave", school_id=school_id, wave_id=wave_id) + "#cards")
        except SlipsError as refused:
            form[f"slips_{refused.year}"].errors = [refused.message]
    return render_template(
        "campaigns/slips.html",
        wave=found,
        campaign=found.campaign,
        school=found.campaign.school,
        form=form,
        cards=cards,
        policy=wording.consent_name(consent_of(found)),
    )


def needs_slips(cards: Cards) -> bool:
    """Does any year group need slips with a yes?"""
    return any(one.slips is not None for one in cards.stocks)
