"""Pulses: short surveys of parents and staff about the places that students are asked about."""

from __future__ import annotations

import uuid
from collections.abc import Mapping

from flask_babel import get_locale
from sqlalchemy import select
from sqlalchemy.orm import Session, selectinload

from survey.campaigns import operations
from survey.campaigns.models import Campaign
from survey.campaigns.queries import (
    adaptation_of,
    draft_of,
    first_draft,
    questionnaire_of,
    template_called,
)
from survey.campaigns.states import WaveState
from survey.languages import ENGLISH
from survey.organisations.models import School
from survey.permissions import MemberLike
from survey.questionnaires.adapt import Adaptation, OwnContact, OwnPlace
from survey.questionnaires.model import Audience, Questionnaire, Text
from survey.questionnaires.places import SIDES

PULSES: Mapping[Audience, tuple[str, str]] = {
    Audience.PARENTS: ("parent-pulse", "2026.1"),
    Audience.STAFF: ("staff-pulse", "2026.1"),
}
"""The template that a pulse starts from."""


def audience_of(campaign: Campaign) -> Audience:
    return template_called(campaign.template_key, campaign.template_version).audience


def is_pulse(campaign: Campaign) -> bool:
    return audience_of(campaign) is not Audience.STUDENTS


def find_pulse(db: Session, school_id: uuid.UUID, audience: Audience) -> Campaign | None:
    """The school's pulse of an audience, if it has started one."""
    return next(
        (one for one in _campaigns(db, school_id) if audience_of(one) is audience),
        None,
    )


def start_pulse(
    db: Session, *, school_id: uuid.UUID, audience: Audience, by: MemberLike | None
) -> Campaign:
    """A draft with the places, names and people of the school's survey of students. A school has
    one pulse of each audience, asked again as its next wave: starting twice is starting once."""
    db.get(School, school_id, with_for_update=True)  # two taps wait for each other
    there = find_pulse(db, school_id, audience)
    if there is not None:
        return there
    key, version = PULSES[audience]
    template = template_called(key, version)
    source = _survey_of_students(db, school_id)
    campaign = operations.start_campaign(
        db,
        school_id=school_id,
        template_key=key,
        template_version=version,
        title=template.title.in_language(str(get_locale() or ENGLISH)),
        adaptation=first_draft(template, db.get_one(School, school_id)),
        by=by,
    )
    if source is not None:
        operations.save_draft(
            db,
            campaign=campaign,
            adaptation=taken_over(template, _asked_in(source), adaptation_of(source)),
            by=by,
        )
    return campaign


def taken_over(template: Questionnaire, asked: Questionnaire, theirs: Adaptation) -> Adaptation:
    """What a pulse takes from the survey of students: its places, what they are called there, the
    languages that the pulse has too, and the people to turn to."""
    languages = tuple(tag for tag in asked.languages if tag in template.languages)
    sides = {side for item in template.items if item.places for side in SIDES[item.places]}
    labels: dict[str, Text] = {}
    absent: list[str] = []
    for place in template.places:
        known = asked.place(place.key)
        if known is None or not known.present:
            absent.append(place.key)
            continue
        label = _in(template, known.label)
        if label != place.label:
            labels[place.key] = label
    return Adaptation(
        place_labels=labels,
        absent=tuple(absent),
        own_places=tuple(
            OwnPlace(place.key, _in(template, place.label), place.inside)
            for place in asked.places
            if place.own and place.inside in sides
        ),
        languages=() if languages in ((), template.languages) else languages,
        contacts=tuple(
            OwnContact(
                _in(template, one.name),
                _in(template, one.how),
                one.room and _in(template, one.room),
                one.times and _in(template, one.times),
                one.email,
            )
            for one in theirs.contacts
        ),
    )


def _in(template: Questionnaire, text: Text) -> Text:
    """The words in the languages that the template has; if there are none, in English."""
    kept = {tag: words for tag, words in text.by_language if tag in template.languages}
    return Text.of(kept or {ENGLISH: text.in_language(ENGLISH)})


def _campaigns(db: Session, school_id: uuid.UUID) -> list[Campaign]:
    found = db.scalars(
        select(Campaign)
        .where(Campaign.school_id == school_id)
        .options(selectinload(Campaign.waves))
        .order_by(Campaign.title, Campaign.campaign_id)
    )
    return list(found)


def _survey_of_students(db: Session, school_id: uuid.UUID) -> Campaign | None:
    """The one that was launched last, else a draft."""
    surveys = [one for one in _campaigns(db, school_id) if not is_pulse(one)]
    return max(surveys, key=_launched_last, default=None)


def _launched_last(campaign: Campaign) -> str:
    days = [wave.opened_on.isoformat() for wave in campaign.waves if wave.opened_on]
    return max(days, default="")


def _asked_in(campaign: Campaign) -> Questionnaire:
    """What its latest launched wave asked; of a survey never launched, its draft."""
    launched = [wave for wave in campaign.waves if wave.state is not WaveState.DRAFT]
    return questionnaire_of(launched[-1]) if launched else draft_of(campaign)
