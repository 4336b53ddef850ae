"""What a comparison still waits for, from waves and releases, never from answers."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from flask_babel import gettext, ngettext
from flask_babel import lazy_gettext as _l
from flask_babel.speaklater import LazyString
from sqlalchemy import select
from sqlalchemy.orm import Session, defer

from survey.cache import Kept
from survey.campaigns.models import Campaign, Programme, Wave
from survey.campaigns.states import WaveState
from survey.disclosure.policy import STANDARD
from survey.organisations.models import School
from survey.releases.models import StoredRelease
from survey.reports.comparisons.build import EVERYONE, is_too_large


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
    WaveState.CLOSING: Step.CLOSED,
    WaveState.LOST: Step.CLOSED,
    WaveState.CLOSED: Step.CLOSED,
    WaveState.RELEASED: Step.RELEASED,
}


@dataclass(frozen=True)
class Awaited:
    """Invited schools by name, each with how far it is; how many reports a comparison needs, and
    the most per cent of the answers that one school may give. `one_too_large`: one gives more."""

    schools: tuple[tuple[str, Step], ...]
    needed: int
    share_at_most: int
    one_too_large: bool

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
        if made >= self.needed and self.one_too_large:
            said.append(
                str(
                    gettext(
                        "One school gives more than %(share)s%% of the answers, so a comparison"
                        " would show little but that school. It needs the reports of more schools.",
                        share=self.share_at_most,
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
    found = db.execute(
        select(School.name, Wave.state, StoredRelease)
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
        .options(defer(StoredRelease.document), defer(StoredRelease.certificate))
        .order_by(School.name, School.school_id)
    ).all()
    steps = [step_of(state, stored.withdrawn_on if stored else None) for _n, state, stored in found]
    responded = [
        printed_numbers(stored)[1]
        for (_name, _state, stored), step in zip(found, steps, strict=True)
        if step is Step.RELEASED
    ]
    return Awaited(
        schools=tuple((row[0], step) for row, step in zip(found, steps, strict=True)),
        needed=STANDARD.schools_at_least,
        share_at_most=STANDARD.school_share_at_most,
        one_too_large=is_too_large(responded, STANDARD),
    )


_numbers: Kept[str, tuple[int, int]] = Kept(1000)
"""Roll and responses by the hash of the release that prints them."""


def printed_numbers(stored: StoredRelease) -> tuple[int, int]:
    """The roll that a release states and the responses that it prints, 0 where it does not."""

    def read() -> tuple[int, int]:
        # Two numbers of a large document: parsing all of it would take fifteen times longer.
        document = json.loads(stored.document)
        rows = document["participation"]["rows"]
        everyone = next(row for row in rows if row["group"] == EVERYONE.key)
        return int(document["header"].get("roll", 0)), int(everyone.get("base", 0))

    return _numbers.get(stored.release_hash, read)


def step_of(state: WaveState | None, withdrawn_on: date | None) -> Step:
    """How far a school is, by its wave, if it has one, and its report."""
    if withdrawn_on is not None:
        return Step.WITHDRAWN
    return Step.NOT_BEGUN if state is None else _OF_STATE[state]
