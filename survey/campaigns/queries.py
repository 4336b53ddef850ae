"""Finding campaigns, waves and programmes, and what they ask. Every search is within one school or
one authority; only a code's door leads anywhere, because that is what it is for."""

from __future__ import annotations

import json
import uuid
from collections.abc import Callable, Mapping
from datetime import date, timedelta
from functools import lru_cache
from typing import Any, Protocol

from flask_babel import gettext as _
from sqlalchemy import select
from sqlalchemy.orm import Session, object_session

from survey.campaigns.errors import (
    NoSuchCampaignError,
    NoSuchProgrammeError,
    NoSuchTemplateError,
    NoSuchWaveError,
    NothingToAdaptError,
    StillDraftError,
)
from survey.campaigns.models import Campaign, FrozenQuestionnaire, PlannedWave, Programme, Wave
from survey.campaigns.states import WaveState
from survey.help_contacts.current import with_contacts
from survey.organisations.models import School
from survey.organisations.policies.consent import OPT_OUT, Consent
from survey.organisations.policies.operations import policies_of
from survey.questionnaires import adapt
from survey.questionnaires.adapt import Adaptation
from survey.questionnaires.authority_core import unlocked, with_core
from survey.questionnaires.document import from_document
from survey.questionnaires.gender_question.variants import AS_TEMPLATE, with_variant
from survey.questionnaires.load import load_all
from survey.questionnaires.model import GENDER_ITEM, Questionnaire
from survey.questionnaires.year_bands import YearBands
from survey.year_groups.values import YearNaming

LONGEST_FIELDWORK = timedelta(days=120)
"""The longest a survey can be open, also when its last day is moved."""

MOST_PARSED = 256
"""Questionnaires kept parsed in one process."""


def template_called(key: str, version: str) -> Questionnaire:
    template = load_all().get((key, version))
    if template is None:
        raise NoSuchTemplateError(_("There is no such template."))
    return template


def find_campaign(db: Session, school_id: uuid.UUID, campaign_id: uuid.UUID) -> Campaign:
    campaign = db.get(Campaign, (school_id, campaign_id))
    if campaign is None:
        raise NoSuchCampaignError(_("There is no such survey."))
    return campaign


def find_wave(db: Session, school_id: uuid.UUID, wave_id: uuid.UUID) -> Wave:
    wave = db.get(Wave, (school_id, wave_id))
    if wave is None:
        raise NoSuchWaveError(_("There is no such survey."))
    return wave


def lock_wave(db: Session, wave: Wave) -> None:
    """Reads the wave again and keeps other transactions from changing it until this one ends."""
    db.execute(
        select(Wave)
        .where(Wave.school_id == wave.school_id, Wave.wave_id == wave.wave_id)
        .with_for_update()
        .execution_options(populate_existing=True)
    )


def find_programme(db: Session, authority_id: uuid.UUID, programme_id: uuid.UUID) -> Programme:
    programme = db.get(Programme, (authority_id, programme_id))
    if programme is None:
        raise NoSuchProgrammeError(_("There is no such programme."))
    return programme


def wave_of_door(db: Session, door: int) -> Wave | None:
    """The wave that codes of this door open."""
    return db.scalar(select(Wave).where(Wave.door == door))


class Dated(Protocol):
    """The days of a wave."""

    @property
    def opened_on(self) -> date | None: ...
    @property
    def closes_on(self) -> date | None: ...
    @property
    def closed_on(self) -> date | None: ...


def last_day(wave: Dated) -> date | None:
    """The last day on which anyone could answer, or can: the day the survey was closed, if that
    was before its last day. None for a draft."""
    days = [day for day in (wave.closes_on, wave.closed_on) if day is not None]
    if not days and wave.opened_on is not None:
        return wave.opened_on + LONGEST_FIELDWORK
    return min(days, default=None)


def erased_on(wave: Dated, *, erase_after_days: int) -> date | None:
    """The day on which the raw answers of a launched wave are erased at the latest. No person can
    put it off: it counts from the last day, whatever was done or not done since."""
    last = last_day(wave)
    return None if last is None else last + timedelta(days=erase_after_days)


def latest_wave(campaign: Campaign) -> Wave:
    return campaign.waves[-1]


def template_of(campaign: Campaign) -> Questionnaire:
    """What the school adapts: of a programme, with the shared questions of the authority; with the
    question about sex or gender that its policies say, and its own help contacts. A school that
    left the authority keeps the shared questions, and may change them."""
    programme = campaign.programme
    core = {} if programme is None else _core_document(programme)
    key, version = campaign.template_key, campaign.template_version
    if programme is not None:
        key, version = programme.template_key, programme.template_version
    asks = template_called(key, version).by_key.get(GENDER_ITEM) is not None
    variant = policies_of(campaign.school).gender_question if asks else AS_TEMPLATE
    template = _made(key, version, json.dumps(core, sort_keys=True), variant)
    if campaign.left_after is not None:
        template = unlocked(template, with_variant(template_called(key, version), variant))
    db = object_session(campaign)
    return template if db is None else with_contacts(db, template, campaign.school_id)


def shipped_template(campaign: Campaign) -> Questionnaire:
    """The template as it comes with the product, with a variant that comes with it too."""
    template = template_called(campaign.template_key, campaign.template_version)
    return with_variant(template, template_of(campaign).gender_question)


def programme_template(programme: Programme) -> Questionnaire:
    """The template of a programme, with the core and the policies of the authority."""
    core = json.dumps(_core_document(programme), sort_keys=True)
    variant = programme.authority.gender_question or AS_TEMPLATE
    return _made(programme.template_key, programme.template_version, core, variant)


def consent_of(wave: Wave) -> Consent:
    """How parents agree to a survey: for a draft, as the policies say now."""
    if wave.state is WaveState.DRAFT:
        return policies_of(wave.campaign.school).consent
    return OPT_OUT if wave.consent is None else Consent.parse(wave.consent)


def _core_document(programme: Programme) -> dict[str, Any]:
    return {} if programme.core is None else programme.core.adaptation


@lru_cache(maxsize=64)
def _made(key: str, version: str, core: str, variant: str) -> Questionnaire:
    template = with_variant(template_called(key, version), variant)
    wanted = json.loads(core)
    return with_core(template, _adaptation(wanted)) if wanted else template


def core_of(programme: Programme) -> Adaptation:
    """What an authority made core next to the template's own."""
    return _adaptation(_core_document(programme))


def locked_by_authority(campaign: Campaign) -> frozenset[str]:
    """The items that are core because the authority of the programme wants them so."""
    own = shipped_template(campaign).by_key
    core = {item.key for item in template_of(campaign).items if item.core}
    return frozenset(key for key in core if key not in own or not own[key].core)


def planned_of(campaign: Campaign, number: int) -> PlannedWave | None:
    """When the authority would like this wave of a campaign to be held, if it said."""
    programme = campaign.programme_of(number)
    planned = programme.planned if programme is not None else []
    return next((one for one in planned if one.number == number), None)


def adaptation_of(campaign: Campaign) -> Adaptation:
    """What the school changed so far; an empty document is an untouched template."""
    return _adaptation(campaign.adaptation)


def _adaptation(document: Mapping[str, Any]) -> Adaptation:
    return adapt.from_document(document) if document else Adaptation()


def draft_of(campaign: Campaign) -> Questionnaire:
    """The questionnaire as it would be launched now."""
    years = [int(year) for year in campaign.school.roll]
    return adapt.adapt(template_of(campaign), adaptation_of(campaign), naming_of(campaign), years)


def naming_of(campaign: Campaign) -> YearNaming:
    """The names of the year groups in the school's nation."""
    return YearNaming.of_nation(campaign.school.nation)


def first_draft(template: Questionnaire, school: School) -> Adaptation | None:
    """What a new draft starts with: English, and Welsh in Wales. Other languages are chosen, since
    the school's own words and people have to be written in each."""
    wanted = ("en", "cy") if school.nation == "wales" else ("en",)
    return adapt.offer_languages(
        template, Adaptation(), languages=tuple(tag for tag in wanted if tag in template.languages)
    )


def refuse_unless_draft(campaign: Campaign) -> None:
    """Raises an error if the latest wave was launched: then there is nothing to adapt."""
    if latest_wave(campaign).state is not WaveState.DRAFT:
        raise NothingToAdaptError(
            _("This survey has started, so what it asks is frozen. You can adapt the next survey.")
        )


def find_adaptable(db: Session, school_id: uuid.UUID, campaign_id: uuid.UUID) -> Campaign:
    """A campaign whose next survey is a draft, so its questions and its plan may be changed."""
    campaign = find_campaign(db, school_id, campaign_id)
    refuse_unless_draft(campaign)
    return campaign


def bands_of(wave: Wave) -> YearBands:
    """The year groups that a launched wave's report shows together."""
    return YearBands.from_document(wave.year_bands or ())


def bands_ahead(campaign: Campaign) -> YearBands:
    """Those of a wave that is launched now, by the school's roll and what its draft asks. Without a
    roll every year group is reported by itself."""
    asked = draft_of(campaign)
    if asked.is_pulse:
        return YearBands()
    gates = {item.from_year for item in asked.asked}
    gates |= {item.older.from_year for item in asked.asked if item.older}
    return YearBands.of(campaign.school.roll, gates)


def questionnaire_of(wave: Wave) -> Questionnaire:
    """What a launched wave asks. Parsed once per hash: what is stored under one never changes."""
    key = wave.questionnaire_hash
    if key is None:
        raise StillDraftError(_("This survey is a draft: what it asks is not frozen yet."))
    return _parsed_once(key, lambda: wave.questionnaire)


def document_of(wave: Wave) -> str:
    """The same as the document that was frozen at launch, which readers of its report download."""
    return "" if wave.questionnaire is None else wave.questionnaire.document


def questionnaire_under(db: Session, content_hash: str) -> Questionnaire:
    """The same by its hash alone, for callers without a wave."""
    return _parsed_once(content_hash, lambda: db.get(FrozenQuestionnaire, content_hash))


def _parsed_once(key: str, find: Callable[[], FrozenQuestionnaire | None]) -> Questionnaire:
    kept = _parsed.get(key)
    if kept is None:
        frozen = find()
        if frozen is None:
            raise LookupError("a launched wave without its questionnaire")
        if len(_parsed) >= MOST_PARSED:
            _parsed.pop(next(iter(tuple(_parsed))), None)
        kept = _parsed.setdefault(key, from_document(json.loads(frozen.document)))
    return kept


_parsed: dict[str, Questionnaire] = {}
