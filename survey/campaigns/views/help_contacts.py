"""The people to turn to in a survey that is open: they can be corrected, and nothing else."""

from __future__ import annotations

import uuid

from flask import flash, redirect, render_template, url_for
from flask_babel import gettext as _
from flask_wtf import FlaskForm
from werkzeug.wrappers import Response

from survey.campaigns.blueprint import WAVE, bp
from survey.campaigns.errors import SurveyNotOpenError
from survey.campaigns.forms import drafts as draft_forms
from survey.campaigns.forms import help_contacts as people_forms
from survey.campaigns.forms.campaigns import language_label
from survey.campaigns.lifecycle import help_contacts
from survey.campaigns.models import Wave
from survey.campaigns.queries import adaptation_of, find_wave, latest_wave, template_of
from survey.campaigns.states import WaveState
from survey.database import begin, read
from survey.http.unknown_fields import refuse_unknown_fields
from survey.permissions import Permission, current_member, requires
from survey.questionnaires.adaptation_rules import MOST_CONTACTS


@bp.route(f"{WAVE}/people", methods=["GET", "POST"])
@requires(Permission.QUESTIONNAIRE_ADAPT)
def people(school_id: uuid.UUID, wave_id: uuid.UUID) -> str | Response:
    """Changes whom students of an open survey can turn to."""
    wave = find_wave(read(), school_id, wave_id)
    _refuse_unless_open(wave)
    campaign = wave.campaign
    form = people_forms.contacts_form(template_of(campaign), adaptation_of(campaign))
    if _save(form, wave):
        flash(_("Saved. Everybody who answers sees it within a minute."))
        return redirect(url_for(".wave", school_id=school_id, wave_id=wave_id))
    languages = draft_forms.languages_of(template_of(campaign), adaptation_of(campaign))
    return render_template(
        "campaigns/people.html",
        wave=wave,
        campaign=campaign,
        school=campaign.school,
        form=form,
        most=MOST_CONTACTS,
        languages=languages,
        first=languages[0],
        language_label=language_label,
    )


def _refuse_unless_open(wave: Wave) -> None:
    if wave.state is not WaveState.OPEN or wave is not latest_wave(wave.campaign):
        raise SurveyNotOpenError(_("This survey is not open."))


def _save(form: FlaskForm, wave: Wave) -> bool:
    """With complaints nothing is saved, and the form shows them next to what was typed."""
    if form.is_submitted():
        refuse_unknown_fields(form)
    if not form.validate_on_submit():
        return False
    with begin() as db:
        now = find_wave(db, wave.school_id, wave.wave_id).campaign
        changed = people_forms.read_contacts(form, template_of(now), adaptation_of(now))
        if form.errors:
            return False
        try:
            help_contacts.correct_people(db, campaign=now, adaptation=changed, by=current_member())
        except help_contacts.NobodyToTurnToError as refused:
            form.form_errors.append(refused.message)
            return False
    return True
