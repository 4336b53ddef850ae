"""What a student page may say about the survey it belongs to."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session, joinedload

from survey.campaigns.models import Campaign, Wave
from survey.disclosure.policy import STANDARD
from survey.organisations.models import School
from survey.questionnaires import routing
from survey.questionnaires.model import HelpContact, Questionnaire
from survey.settings import Settings

SECONDS_PER_TAP = 7
SECONDS_PER_SCREEN = 4


@dataclass(frozen=True)
class About:
    """Whose survey it is, what it asks, and what becomes of the answers."""

    title: str
    school_name: str
    nation: str
    authority_name: str | None
    questionnaire: Questionnaire
    operator_name: str
    erase_after_days: int
    smallest_group: int = STANDARD.minimum_base

    @property
    def help(self) -> tuple[HelpContact, ...]:
        """Where to turn: people at the school first, then the services of the nation."""
        contacts = (one for one in self.questionnaire.help if self.nation in one.nations)
        return tuple(sorted(contacts, key=lambda contact: not contact.own))

    @property
    def minutes(self) -> int:
        """About how long it takes."""
        taps = sum(len(item.rows) or 1 for item in self.questionnaire.asked)
        screens = len(routing.layout(self.questionnaire))
        return max(2, round((taps * SECONDS_PER_TAP + screens * SECONDS_PER_SCREEN) / 60))


def about(campaign: Campaign, questionnaire: Questionnaire, settings: Settings) -> About:
    school = campaign.school
    return About(
        title=campaign.title,
        school_name=school.name,
        nation=school.nation.value,
        authority_name=school.authority.name
        if campaign.programme_id and school.authority
        else None,
        questionnaire=questionnaire,
        operator_name=settings.operator_name,
        erase_after_days=settings.erase_after_days,
    )


def wave_behind(db: Session, door: int) -> Wave | None:
    """The wave of a door with all that its pages say, in one query: a student turns many pages."""
    return db.scalar(
        select(Wave)
        .where(Wave.door == door)
        .options(joinedload(Wave.campaign).joinedload(Campaign.school).joinedload(School.authority))
    )
