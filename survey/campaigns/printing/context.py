"""The facts of a wave that printed sheets and the page for parents say."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any

from flask_babel import format_date

from survey.campaigns.duration import minutes_of
from survey.campaigns.lifecycle.help_contacts import contacts_of
from survey.campaigns.models import PrintDetails, Wave
from survey.campaigns.queries import consent_of, draft_of, questionnaire_of
from survey.campaigns.states import WaveState
from survey.organisations.policies.consent import OPT_OUT, Consent
from survey.questionnaires.model import HelpContact, Questionnaire
from survey.settings import Settings
from survey.year_groups.wording import list_of_years, named_as


@dataclass(frozen=True)
class Facts:
    """Whose survey it is, what it asks, and what the school wrote for its sheets. What the school
    has not written yet is empty: a sheet leaves a line there to fill in by hand. `opt_out_by` is
    the last day for parents to answer, also where they have to say yes; `years` are the year groups
    with students."""

    title: str
    school_name: str
    nation: str
    authority_name: str | None
    questionnaire: Questionnaire
    operator_name: str
    erase_after_days: int
    address: str
    host: str
    help: tuple[HelpContact, ...]
    """Where to turn, as it is today."""
    closes_on: date | None = None
    asked_on: date | None = None
    consent: Consent = OPT_OUT
    years: tuple[int, ...] = ()
    opt_out_by: date | None = None
    opt_out_how: str = ""
    signed_by: str = ""
    drop_in: str = ""
    items_word: str | None = None

    @property
    def minutes(self) -> int:
        return minutes_of(self.questionnaire)

    @property
    def years_asked_for_a_yes(self) -> str:
        """The year groups in which a parent has to say yes, as inside a sentence. Of those that
        the school has; else of the nation."""
        naming = self.questionnaire.naming
        years = self.consent.years_with_slips(sorted(self.years) or naming.numbers)
        with named_as(naming):
            return list_of_years(years)

    @property
    def contacts(self) -> tuple[HelpContact, ...]:
        """People at the school first, then the services of the nation."""
        here = (one for one in self.help if self.nation in one.nations)
        return tuple(sorted(here, key=lambda contact: not contact.own))

    @property
    def items_address(self) -> str | None:
        """Where parents read all questions, if the school opened that page."""
        return f"{self.host}/parents/{self.items_word}" if self.items_word else None


def facts_of(wave: Wave, settings: Settings) -> Facts:
    """A draft is printed as it is now, a launched wave as it was frozen, with today's contacts."""
    campaign, school = wave.campaign, wave.campaign.school
    details = wave.print_details or PrintDetails()
    programme = campaign.programme_of(wave.number)
    return Facts(
        title=campaign.title,
        school_name=school.name,
        nation=school.nation.value,
        authority_name=programme.authority.name if programme is not None else None,
        questionnaire=draft_of(campaign)
        if wave.state is WaveState.DRAFT
        else questionnaire_of(wave),
        operator_name=settings.operator_name,
        erase_after_days=settings.erase_after_days,
        address=settings.public_address,
        host=settings.host,
        help=contacts_of(wave),
        consent=consent_of(wave),
        years=tuple(int(year) for year in (wave.roll or school.roll or {})),
        closes_on=wave.closes_on,
        asked_on=details.asked_on,
        opt_out_by=details.opt_out_by,
        opt_out_how=details.opt_out_how or "",
        signed_by=details.signed_by or "",
        drop_in=details.drop_in or "",
        items_word=details.items_word,
    )


def day(when: date | None) -> str:
    """A day in words, in the language that is set."""
    return format_date(when, "full") if when else ""


def contact_words(contact: HelpContact, language: str) -> dict[str, Any]:
    room = contact.room.in_language(language) if contact.room else ""
    times = contact.times.in_language(language) if contact.times else ""
    link = (contact.link or "").removeprefix("https://").removeprefix("www.").rstrip("/")
    return {
        "name": contact.name.in_language(language),
        "how": contact.how.in_language(language),
        "room": ". ".join(part for part in (room, times) if part),
        "link": link,
        "own": contact.own,
    }
