"""What a comparison still waits for, told from waves and releases, never from answers."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from flask_babel import gettext, ngettext
from flask_babel import lazy_gettext as _l
from flask_babel.speaklater import LazyString
from sqlalchemy import select
from sqlalchemy.orm import Session

from survey.campaigns.models import Campaign, Programme, Wave
from survey.campaigns.states import WaveState
from survey.disclosure.policy import STANDARD
from survey.organisations.models import School
from survey.reports.models import StoredRelease


class Step(StrEnum):
    """How far a school is with a wave."""

    NOT_BEGUN = "not_begun"
    OPEN = "open"
    CLOSED = "closed"
    RELEASED = "released"
    WITHDRAWN = "withdrawn"


STEPS: Mapping[Step, LazyString] = {
    Step.NOT_BEGUN: _l("Not begun"),
    Step.OPEN: _l("Students are answering"),
    Step.CLOSED: _l("Closed, no report yet"),
    Step.RELEASED: _l("Report made"),
    Step.WITHDRAWN: _l("Report withdrawn"),
}

_OF_STATE: Mapping[WaveState, Step] = {
    WaveState.DRAFT: Step.NOT_BEGUN,
    WaveState.OPEN: Step.OPEN,
    WaveState.CLOSED: Step.CLOSED,
    WaveState.RELEASED: Step.RELEASED,
}


@dataclass(frozen=True)
class Awaited:
    """Invited schools by name, each with how far it is, and how many reports a comparison needs."""

    schools: tuple[tuple[str, Step], ...]
    needed: int

    def sentences(self) -> tuple[str, ...]:
        """What is missing, in the words of an analyst."""
        made = self._count(Step.RELEASED)
        said = []
        if made < self.needed:
            said.append(
                str(
                    gettext(
                        "A comparison needs the reports of at least %(needed)s schools; %(made)s"
                        " have one.",
                        needed=self.needed,
                        made=made,
                    )
                )
            )
        waiting = self._count(Step.OPEN) + self._count(Step.CLOSED)
        if waiting:
            said.append(
                str(
                    ngettext(
                        "%(num)s school has begun and has no report yet. The comparison is made"
                        " once, so it waits for it.",
                        "%(num)s schools have begun and have no report yet. The comparison is made"
                        " once, so it waits for them.",
                        waiting,
                    )
                )
            )
        if not said:
            said.append(str(gettext("Nothing: the comparison can be made now.")))
        return tuple(said)

    def _count(self, step: Step) -> int:
        return sum(one is step for _name, one in self.schools)


def read_awaited(db: Session, *, programme: Programme, number: int) -> Awaited:
    """How far every invited school is with wave `number`."""
    of_programme = (
        (Wave.school_id == Campaign.school_id)
        & (Wave.campaign_id == Campaign.campaign_id)
        & (Wave.number == number)
    )
    rows = db.execute(
        select(School.name, Wave.state, StoredRelease.withdrawn_on)
        .select_from(Campaign)
        .join(School, School.school_id == Campaign.school_id)
        .outerjoin(Wave, of_programme)
        .outerjoin(
            StoredRelease,
            (StoredRelease.school_id == Wave.school_id) & (StoredRelease.wave_id == Wave.wave_id),
        )
        .where(
            Campaign.authority_id == programme.authority_id,
            Campaign.programme_id == programme.programme_id,
        )
        .order_by(School.name, School.school_id)
    )
    schools = tuple((name, step_of(state, withdrawn_on)) for name, state, withdrawn_on in rows)
    return Awaited(schools, STANDARD.schools_at_least)


def step_of(state: WaveState | None, withdrawn_on: date | None) -> Step:
    """How far a school is, by its wave, if it has one, and its report."""
    if withdrawn_on is not None:
        return Step.WITHDRAWN
    return Step.NOT_BEGUN if state is None else _OF_STATE[state]
