"""The help contacts of a survey, as they are today.

The questions of a launched survey are frozen, and its contacts with them. Pages and papers show the
contacts of today instead: a help line whose number changed, or a person who left the school, would
otherwise stay wrong until the survey is over. The frozen document stays as it is.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date

from flask_babel import gettext as _
from sqlalchemy.orm import Session, object_session

from survey.audit_log import EventName, record
from survey.campaigns.errors import SurveyNotOpenError
from survey.campaigns.models import Campaign, Wave
from survey.campaigns.queries import (
    adaptation_of,
    draft_of,
    latest_wave,
    lock_wave,
    questionnaire_of,
    template_of,
)
from survey.campaigns.states import WaveState
from survey.errors import RefusedError
from survey.help_contacts.current import as_now
from survey.permissions import MemberLike
from survey.questionnaires import adapt
from survey.questionnaires.adaptation import Adaptation
from survey.questionnaires.help import contact_expiry
from survey.questionnaires.help.contacts import HelpContact
from survey.questionnaires.model import Questionnaire


class NobodyToTurnToError(RefusedError):
    """An open survey would name no person whom students can find."""


def contacts_now(
    db: Session, campaign: Campaign, questionnaire: Questionnaire
) -> tuple[HelpContact, ...]:
    """The contacts of a launched survey as they are today: people of the school first."""
    adaptation = adaptation_of(campaign)
    people = tuple(one for one in questionnaire.help if one.own)
    if adapt.names_somebody(adaptation):  # a draft of the next survey may name no one yet
        people = adapt.own_help(adaptation)
    lines = tuple(one for one in questionnaire.help if not one.own)
    return (*people, *as_now(db, lines, questionnaire.audience, campaign.school_id))


def contacts_of(wave: Wave) -> tuple[HelpContact, ...]:
    """The contacts that a survey shows now: a draft as it would be launched."""
    if wave.state is WaveState.DRAFT:
        return draft_of(wave.campaign).help
    db, asked = object_session(wave), questionnaire_of(wave)
    return asked.help if db is None else contacts_now(db, wave.campaign, asked)


def contacts_due(
    campaigns: Iterable[Campaign], *, nation: str, today: date
) -> tuple[contact_expiry.Due, ...]:
    """The contacts that students of these campaigns read, or will read, and that are due to be
    checked again."""
    return contact_expiry.due(
        (contact for one in campaigns for contact in _contacts_shown(one)),
        nation=nation,
        today=today,
    )


def _contacts_shown(campaign: Campaign) -> tuple[HelpContact, ...]:
    """A survey that is over shows them to no one."""
    wave = latest_wave(campaign)
    if wave.state is WaveState.DRAFT:
        return template_of(campaign).help
    return contacts_of(wave) if wave.state is WaveState.OPEN else ()


def correct_people(
    db: Session, *, campaign: Campaign, adaptation: Adaptation, by: MemberLike | None
) -> None:
    """Changes the people to turn to while a survey is open. Students see them from now on. Nothing
    else of the survey changes, whatever `adaptation` says."""
    wave = latest_wave(campaign)
    lock_wave(db, wave)
    if wave.state is not WaveState.OPEN:
        raise SurveyNotOpenError(_("This survey is not open."))
    before = adaptation_of(campaign)
    changed = adapt.set_contacts(template_of(campaign), before, contacts=adaptation.contacts)
    if not adapt.names_somebody(changed):
        raise NobodyToTurnToError(
            _(
                "The survey is open, so it needs at least one person with a room, times and an"
                " e-mail address."
            )
        )
    if changed == before:
        return
    campaign.adaptation = adapt.to_document(changed)
    record(
        db,
        EventName.PEOPLE_CORRECTED,
        by=by,
        school_id=wave.school_id,
        wave_id=wave.wave_id,
    )
