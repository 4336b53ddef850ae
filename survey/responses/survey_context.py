"""What a student page may say about the survey it belongs to."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from typing import Any

from sqlalchemy import Connection, Engine, and_, bindparam, event, literal, null, or_, select
from sqlalchemy.exc import DBAPIError

from survey.campaigns.duration import minutes_of
from survey.campaigns.lifecycle.help_contacts import contacts_now
from survey.campaigns.models import Campaign, VoidDoor, Wave
from survey.campaigns.queries import questionnaire_under
from survey.campaigns.site_plans.models import WavePlan
from survey.campaigns.site_plans.operations import (
    Plan,
    drawn_plan,
    find_plan,
    is_asked_on,
    plan_of_wave,
)
from survey.campaigns.states import WaveState
from survey.database import READS_ONCE, SENDS, read, today
from survey.disclosure.policy import STANDARD
from survey.help_contacts.current import as_now, with_contacts
from survey.organisations.help_desk import OPEN_WORD, open_word
from survey.organisations.models import Authority, HelpDesk, School
from survey.organisations.policies.consent import OPT_OUT, Consent
from survey.organisations.policies.operations import policies_of
from survey.questionnaires.cache_keys import CacheKey
from survey.questionnaires.load import load_all
from survey.questionnaires.model import NATIONS, Audience, HelpContact, Item, Questionnaire
from survey.responses.audience_wording import ADDRESSED, Addressed
from survey.settings import Settings

FIRST_HELP = 2


@dataclass(frozen=True, eq=False)
class About(CacheKey):
    """Whose survey it is, what it asks, and what becomes of the answers. `ask_word` leads to the
    page where students of the school ask an adult to get in touch; nothing else is sent with it.
    `contacts` are those of today: the questionnaire holds those of the launch."""

    title: str
    school_name: str
    nation: str
    authority_name: str | None
    questionnaire: Questionnaire
    contacts: tuple[HelpContact, ...]
    operator_name: str
    erase_after_days: int
    ask_word: str | None = None
    smallest_group: int = STANDARD.minimum_base
    plan: Plan | None = None
    consent: Consent = OPT_OUT

    def asks_on_plan(self, *items: Item) -> bool:
        """Does any of the items ask where, and is any of its places on the school's plan?"""
        plan = self.plan
        return plan is not None and any(is_asked_on(plan, item) for item in items)

    @property
    def help(self) -> tuple[HelpContact, ...]:
        """Where to turn: people at the school first, then the services of the nation."""
        here = (one for one in self.contacts if self.nation in one.nations)
        return tuple(sorted(here, key=lambda contact: not contact.own))

    @property
    def first_help(self) -> tuple[HelpContact, ...]:
        """Those that every page names: the school's own, and the first that are there for
        everyone."""
        return first_of(self.help)

    @property
    def addressed(self) -> Addressed:
        """The words that differ between adults and students."""
        return ADDRESSED[self.questionnaire.audience]

    @property
    def minutes(self) -> int:
        """About how long it takes."""
        return minutes_of(self.questionnaire)


def first_of(contacts: Iterable[HelpContact]) -> tuple[HelpContact, ...]:
    """The own contacts, and the first that are there in every nation."""
    listed = tuple(contacts)
    everywhere = [one for one in listed if not one.own and set(one.nations) == set(NATIONS)]
    return (*(one for one in listed if one.own), *everywhere[:FIRST_HELP])


def help_for_anyone() -> tuple[HelpContact, ...]:
    """Help contacts for a page that belongs to no school: those of the operator, or those that ship
    while the database is away."""
    for_students = [one for one in load_all().values() if one.audience is Audience.STUDENTS]
    newest = max(for_students, key=lambda template: (len(template.help), template.version))
    try:
        return first_of(with_contacts(read(), newest, None).help)
    except DBAPIError:
        return first_of(newest.help)


def about(campaign: Campaign, questionnaire: Questionnaire, settings: Settings) -> About:
    """What the pages of a draft say."""
    school, programme = campaign.school, campaign.programme_ahead
    return About(
        title=campaign.title,
        school_name=school.name,
        nation=school.nation.value,
        authority_name=programme.authority.name if programme is not None else None,
        questionnaire=questionnaire,
        contacts=questionnaire.help,
        operator_name=settings.operator_name,
        erase_after_days=settings.erase_after_days,
        ask_word=open_word(read(), school) if questionnaire.audience is Audience.STUDENTS else None,
        plan=drawn_plan(find_plan(read(), school.school_id), questionnaire),
        consent=policies_of(school).consent,
    )


@dataclass(frozen=True)
class Behind:
    """What a door opens: the state of its wave and, once launched, what its pages say. A wave whose
    last day is over takes nothing, even before it is closed."""

    state: WaveState
    about: About | None


OF_PROGRAMME = or_(Campaign.left_after.is_(None), Wave.number <= Campaign.left_after)
"""The wave is part of the programme of its campaign."""

SEEN_FROM_THE_DOOR = (
    select(
        Wave.state,
        Wave.closes_on,
        Wave.questionnaire_hash,
        Wave.school_id,
        Wave.wave_id,
        Wave.consent,
        Wave.campaign_id,
        WavePlan.plan_hash,
        Campaign.title,
        School.name.label("school_name"),
        School.nation,
        Authority.name.label("authority_name"),
        OPEN_WORD.label("ask_word"),
    )
    .join(Wave.campaign)
    .join(Campaign.school)
    .outerjoin(Authority, and_(Authority.authority_id == Campaign.authority_id, OF_PROGRAMME))
    .outerjoin(
        WavePlan, and_(WavePlan.school_id == Wave.school_id, WavePlan.wave_id == Wave.wave_id)
    )
    .outerjoin(HelpDesk, HelpDesk.school_id == School.school_id)
    .where(Wave.door == bindparam("door"))
)
"""One query for each page turned: a student turns many, and each must show a close soon."""


SEEN_FROM_A_VOID_DOOR = (
    select(
        literal(WaveState.ENDED, Wave.state.type).label("state"),
        null().label("closes_on"),
        VoidDoor.questionnaire_hash,
        VoidDoor.school_id,
        null().label("wave_id"),
        null().label("consent"),
        null().label("campaign_id"),
        null().label("plan_hash"),
        VoidDoor.title,
        School.name.label("school_name"),
        School.nation,
        null().label("authority_name"),
        OPEN_WORD.label("ask_word"),
    )
    .join(School, School.school_id == VoidDoor.school_id)
    .outerjoin(HelpDesk, HelpDesk.school_id == School.school_id)
    .where(VoidDoor.door == bindparam("door"))
)
"""The same for a card of a launch that was undone."""


SEEN_FOR_SECONDS = 2.0
"""How long a process uses the state of a wave before it asks again: a student turns many pages, and
must see a close soon. Send always asks again."""


_changes = 0


@event.listens_for(Engine, "commit")
def _count_change(connection: Connection) -> None:
    """Counts commits, so that this process sees its own changes immediately, such as a close. A
    student's Send changes nothing that a page says."""
    global _changes
    if not connection.get_execution_options().get(SENDS, False):
        _changes += 1


class Doors:
    """What doors open, as this process saw it a moment ago."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._seen: dict[int, SeenSurvey] = {}

    def seen(self, door: int) -> Behind | None:
        """The same as `behind`, if it was looked up a moment ago."""
        seen = self._seen.get(door)
        if seen is None or seen.changes != _changes:
            return None
        return seen.behind if self._clock() - seen.at <= SEEN_FOR_SECONDS else None

    def behind(self, engine: Engine, door: int, settings: Settings) -> Behind | None:
        """What the codes of a door open, if anything."""
        found = self.seen(door)
        if found is None:
            at, changes, before = self._clock(), _changes, self._seen.get(door)
            found = behind(engine, door, settings)
            if before is not None and before.behind == found:
                found = before.behind  # the one that caches know
            if len(self._seen) >= MOST_SEEN:
                self._seen.clear()
            self._seen[door] = SeenSurvey(at, changes, found)
        return found

    def forget(self, door: int) -> None:
        """It is looked up again before anything more is said of it."""
        seen = self._seen.get(door)
        if seen is not None:
            self._seen[door] = replace(seen, changes=NEVER)


NEVER = -1


@dataclass(frozen=True)
class SeenSurvey:
    """What a door opened at a time, and how many changes this process had made before."""

    at: float
    changes: int
    behind: Behind | None


MOST_SEEN = 500


def behind(engine: Engine, door: int, settings: Settings) -> Behind | None:
    """What the codes of a door open, if anything. Straight from the engine: a session for one row
    would double the cost of turning a page."""
    with engine.connect().execution_options(**{READS_ONCE: True}) as connection:
        row = connection.execute(SEEN_FROM_THE_DOOR, {"door": door}).one_or_none()
        if row is None:
            row = connection.execute(SEEN_FROM_A_VOID_DOOR, {"door": door}).one_or_none()
    if row is None:
        return None
    if row.questionnaire_hash is None:
        return Behind(row.state, None)
    is_over = row.closes_on is not None and row.closes_on < today()
    questionnaire = questionnaire_under(read(), row.questionnaire_hash)
    return Behind(
        WaveState.CLOSING if is_over and row.state is WaveState.OPEN else row.state,
        About(
            title=row.title,
            school_name=row.school_name,
            nation=row.nation.value,
            authority_name=row.authority_name,
            questionnaire=questionnaire,
            contacts=kept_contacts.of(row, questionnaire),
            operator_name=settings.operator_name,
            erase_after_days=settings.erase_after_days,
            ask_word=row.ask_word if questionnaire.audience is Audience.STUDENTS else None,
            plan=plan_of_wave(read(), row.school_id, row.wave_id, row.plan_hash),
            consent=OPT_OUT if row.consent is None else Consent.parse(row.consent),
        ),
    )


CONTACTS_FOR_SECONDS = 30.0
"""How long a process uses the contacts that another process may have changed meanwhile."""


class KeptContacts:
    """The contacts of surveys, as this process read them a moment ago: a page shows them, and each
    Send asks for its survey again."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._kept: dict[tuple[Any, ...], tuple[float, int, tuple[HelpContact, ...]]] = {}

    def of(self, row: Any, questionnaire: Questionnaire) -> tuple[HelpContact, ...]:
        key = (row.school_id, row.wave_id, row.questionnaire_hash)
        now, changes = self._clock(), _changes
        at, before, found = self._kept.get(key, (-CONTACTS_FOR_SECONDS, changes, ()))
        if now - at >= CONTACTS_FOR_SECONDS or before != changes:
            found = _contacts(row, questionnaire)
            if len(self._kept) >= MOST_SEEN:
                self._kept.clear()
            self._kept[key] = now, changes, found
        return found


kept_contacts = KeptContacts()


def _contacts(row: Any, questionnaire: Questionnaire) -> tuple[HelpContact, ...]:
    """The contacts of today. Where a launch was undone, only the help lines are looked up."""
    if row.campaign_id is not None:
        campaign = read().get_one(Campaign, (row.school_id, row.campaign_id))
        return contacts_now(read(), campaign, questionnaire)
    people = tuple(one for one in questionnaire.help if one.own)
    lines = tuple(one for one in questionnaire.help if not one.own)
    return (*people, *as_now(read(), lines, questionnaire.audience, row.school_id))
