"""The progress of each school of a programme with a survey, worked out here and nowhere else.

The programme's page, the list of who took part, and the comparison all read it. It reads
states and days, never answers.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from enum import StrEnum

from flask_babel import lazy_gettext as _l
from flask_babel.speaklater import LazyString
from sqlalchemy import select
from sqlalchemy.orm import Session

from survey.campaigns.models import Campaign, PlannedWave, Programme, SetAside, Wave
from survey.campaigns.queries import adaptation_of
from survey.campaigns.readers.comparison_numbers import survey_of
from survey.campaigns.readers.joining import TakesPart, surveys_of, taking_part
from survey.campaigns.states import EndReason, WaveState
from survey.questionnaires.adapt import Adaptation


class ProgressStep(StrEnum):
    """How far a school is with a survey."""

    NOT_BEGUN = "not_begun"  # it has no survey with this number
    INVITED = "invited"  # its first draft is untouched
    ADAPTING = "adapting"
    OPEN = "open"
    CLOSED = "closed"
    RELEASED = "released"
    WITHDRAWN = "withdrawn"
    ENDED = "ended"
    LEFT = "left"  # it has moved away from the authority, or closed


STEPS: Mapping[ProgressStep, LazyString] = {
    ProgressStep.NOT_BEGUN: _l("Not begun"),
    ProgressStep.INVITED: _l("Invited"),
    ProgressStep.ADAPTING: _l("Adapting"),
    ProgressStep.OPEN: _l("Students are answering"),
    ProgressStep.CLOSED: _l("Closed, no report yet"),
    ProgressStep.RELEASED: _l("Report made"),
    ProgressStep.WITHDRAWN: _l("Report withdrawn"),
    ProgressStep.ENDED: _l("Ended without a report"),
    ProgressStep.LEFT: _l("Has left"),
}

ENDINGS: Mapping[EndReason, LazyString] = {
    EndReason.TOO_FEW: _l("too few answered"),
    EndReason.MISTAKE: _l("launched by mistake"),
    EndReason.KEY_LOST: _l("the key to the answers is lost"),
    EndReason.NOT_WANTED: _l("the school decided to make no report"),
    EndReason.TIME_UP: _l("no report was made before the answers were erased"),
}
"""Why a survey ended without a report."""

_OF_STATE: Mapping[WaveState, ProgressStep] = {
    WaveState.DRAFT: ProgressStep.ADAPTING,
    WaveState.OPEN: ProgressStep.OPEN,
    WaveState.CLOSING: ProgressStep.CLOSED,
    WaveState.LOST: ProgressStep.CLOSED,
    WaveState.CLOSED: ProgressStep.CLOSED,
    WaveState.RELEASED: ProgressStep.RELEASED,
    WaveState.WITHDRAWN: ProgressStep.WITHDRAWN,
    WaveState.ENDED: ProgressStep.ENDED,
}

LAUNCHED = frozenset(ProgressStep) - {
    ProgressStep.NOT_BEGUN,
    ProgressStep.INVITED,
    ProgressStep.ADAPTING,
    ProgressStep.LEFT,
}
UNFINISHED = frozenset({ProgressStep.OPEN, ProgressStep.CLOSED})


@dataclass(frozen=True)
class SchoolProgress:
    """How far one school is with one survey. `set_aside` is the authority's reason for leaving it
    out; `is_late`: the cut-off day has passed without a report; `strays`: its days are outside the
    planned ones. `cut_off` is the last day for reports, if there is one."""

    campaign: Campaign
    wave: Wave | None
    step: ProgressStep
    set_aside: str | None = None
    is_late: bool = False
    strays: bool = False
    cut_off: date | None = None

    @property
    def school(self) -> str:
        return self.campaign.school.name

    @property
    def is_waited_for(self) -> bool:
        """Does the comparison wait for this school? It has begun and may still have a report."""
        return self.step in UNFINISHED and self.set_aside is None and not self.is_late

    @property
    def is_compared(self) -> bool:
        """Would a comparison made now have this school in it?"""
        return self.step is ProgressStep.RELEASED and self.set_aside is None

    @property
    def ending(self) -> LazyString | None:
        """Why its survey ended without a report."""
        reason = self.wave.end_reason if self.wave is not None else None
        return ENDINGS[reason] if reason is not None else None


def of_programme(
    db: Session, *, programme: Programme, today: date
) -> Mapping[int, tuple[SchoolProgress, ...]]:
    """Every invited school by name, by number of survey. Survey 1 is there once a school is
    invited. A school that has left is there with the surveys that it launched before."""
    named = taking_part(db, programme)
    most = max((number for one in named for number in one.waves), default=min(1, len(named)))
    return {
        number: _of_number(db, programme, named, number, today) for number in range(1, most + 1)
    }


def _of_number(
    db: Session, programme: Programme, named: Sequence[TakesPart], number: int, today: date
) -> tuple[SchoolProgress, ...]:
    planned = next((one for one in programme.planned if one.number == number), None)
    aside = _set_aside(db, programme)
    return tuple(
        SchoolProgress(one.campaign, None, ProgressStep.LEFT)
        if one.has_left(number)
        else _standing(
            one.campaign,
            one.waves.get(number),
            planned,
            aside.get((one.campaign.school_id, number)),
            today=today,
        )
        for one in named
    )


def of_survey(
    db: Session, *, programme: Programme, number: int, today: date
) -> tuple[SchoolProgress, ...]:
    """Every invited school by name, with survey `number`, or of a second comparison."""
    return _of_number(db, programme, taking_part(db, programme), survey_of(number), today)


def of_wave(
    db: Session, wave: Wave, *, today: date
) -> tuple[tuple[Programme, SchoolProgress], ...]:
    """The standing of a school's survey in each programme that it takes part in."""
    found = []
    for programme, number in surveys_of(db, wave):
        planned = next((one for one in programme.planned if one.number == number), None)
        aside = _set_aside(db, programme).get((wave.school_id, number))
        found.append((programme, _standing(wave.campaign, wave, planned, aside, today=today)))
    return tuple(found)


def _set_aside(db: Session, programme: Programme) -> dict[tuple[object, int], str]:
    found = db.execute(
        select(SetAside.school_id, SetAside.number, SetAside.reason).where(
            SetAside.authority_id == programme.authority_id,
            SetAside.programme_id == programme.programme_id,
        )
    )
    return {(school_id, number): reason for school_id, number, reason in found}


def _standing(
    campaign: Campaign,
    wave: Wave | None,
    planned: PlannedWave | None,
    aside: str | None,
    *,
    today: date,
) -> SchoolProgress:
    step = _step(campaign, wave)
    cut_off = planned.reports_by if planned is not None else None
    return SchoolProgress(
        campaign,
        wave,
        step,
        set_aside=aside,
        is_late=step in UNFINISHED and cut_off is not None and cut_off < today,
        strays=_strays(wave, planned),
        cut_off=cut_off,
    )


def _step(campaign: Campaign, wave: Wave | None) -> ProgressStep:
    if wave is None:
        return ProgressStep.NOT_BEGUN
    step = _OF_STATE[wave.state]
    is_first = wave is campaign.waves[0]
    return (
        ProgressStep.INVITED
        if step is ProgressStep.ADAPTING and is_first and _untouched(campaign)
        else step
    )


def _untouched(campaign: Campaign) -> bool:
    """Is the draft as the invitation made it? That chose its languages and nothing else."""
    return replace(adaptation_of(campaign), languages=()) == Adaptation()


def _strays(wave: Wave | None, planned: PlannedWave | None) -> bool:
    if wave is None or planned is None or wave.opened_on is None:
        return False
    closes = wave.closed_on or wave.closes_on
    return closes is not None and planned.strays(opens=wave.opened_on, closes=closes)
