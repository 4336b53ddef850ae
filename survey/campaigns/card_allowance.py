"""The limit on cards of a survey: as many as there are students on roll, and a small reserve.

Anyone who can make cards without limit can answer as many times as they like, and then read the one
answer that is not theirs. So cards are tied to the roll that the school gave before anyone
answered, and what goes beyond it takes a second person and a reason that the report prints.
See docs/insiders.md.

Where a parent has to say yes, a year group has no more cards than slips that came back, and the
same reserve. Slips are counted by the school alone, so they can only lower what the roll allows.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import partial

from flask_babel import gettext as _
from flask_babel import ngettext
from sqlalchemy import select
from sqlalchemy.orm import Session

from survey.approvals import operations as approvals
from survey.approvals.models import Approval, ApprovalKind
from survey.approvals.states import ApprovalState
from survey.audit_log import EventName, record
from survey.campaigns import access_codes
from survey.campaigns.access_codes import YEARS
from survey.campaigns.errors import (
    BatchSizeError,
    MoreThanRollError,
    NoRollError,
    SlipsError,
    SurveyNotOpenError,
)
from survey.campaigns.models import LinkBatch, Wave
from survey.campaigns.queries import consent_of, lock_wave, questionnaire_of
from survey.campaigns.states import WaveState
from survey.campaigns.titles import words_of
from survey.permissions import MemberLike

RESERVE_PERCENT = 10
RESERVE_LEAST = 5
"""Cards beyond the roll, for cards that get lost: a tenth of the roll, and at least five."""

FEWEST_ADDED = 5
"""A roll is raised by at least so many. Raised one by one, it would tell exactly how many answered
in a year group: a report is refused while there are more answers than students."""


MOST_MORE = 1000
"""The most that one request can ask for."""

LARGEST_BATCH = 2000
LONGEST_LABEL = 40


@dataclass(frozen=True)
class Stock:
    """The cards of one year group, or those for any year if `year` is None. `raised` is how many
    students a second person agreed to add to the roll, `extra` how many cards beyond it. `slips`:
    how many slips with a yes came back, where one is needed."""

    year: int | None
    roll: int
    raised: int
    extra: int
    made: int
    left: int
    slips: int | None = None

    @property
    def on_roll(self) -> int:
        return self.roll + self.raised

    @property
    def most(self) -> int:
        """Cards there may be; for any year, the whole school's less those of its year groups."""
        return self.made + self.left


@dataclass(frozen=True)
class Cards:
    """What a survey's roll allows, and what was made of it. `is_limited` is false for adults, who
    are on no roll."""

    stocks: tuple[Stock, ...]
    is_limited: bool

    @property
    def years(self) -> tuple[Stock, ...]:
        return tuple(one for one in self.stocks if one.year is not None)

    @property
    def made(self) -> int:
        return sum(one.made for one in self.stocks)

    @property
    def on_roll(self) -> int:
        return sum(one.on_roll for one in self.years)

    def of(self, year: int | None) -> Stock:
        return next(one for one in self.stocks if one.year == year)


def reserve(roll: int) -> int:
    """The number of cards beyond a roll; none if the roll is empty."""
    return max(RESERVE_LEAST, -(-roll * RESERVE_PERCENT // 100)) if roll else 0


def cards_of(db: Session, wave: Wave) -> Cards:
    """How many cards there are and may be. A year group has its roll and reserve; cards for any
    year count against the whole school, because they can all be used in one year group."""
    requests = _approved(db, wave)
    made = _made(db, wave)
    if questionnaire_of(wave).is_pulse:
        return Cards((Stock(None, 0, 0, 0, made.get(None, 0), 0),), is_limited=False)
    roll, consent, slips = roll_given(wave), consent_of(wave), slips_of(wave)
    years = [year for year in YEARS if year in roll or year in made or _of(requests, year)]
    raised = {year: _sum(requests, ApprovalKind.ROLL, year) for year in years}
    extra = {year: _sum(requests, ApprovalKind.CARDS, year) for year in (*years, None)}
    asked = consent.capped({year: roll.get(year, 0) + raised[year] for year in years}, slips)
    most = {year: asked[year] + reserve(asked[year]) + extra[year] for year in years}
    left = max(0, sum(most.values()) + extra[None] - sum(made.values()))
    stocks = [
        Stock(
            year,
            roll.get(year, 0),
            raised[year],
            extra[year],
            made.get(year, 0),
            min(left, max(0, most[year] - made.get(year, 0))),
            slips.get(year, 0) if consent.asks_yes_of(year) else None,
        )
        for year in years
    ]
    any_year = Stock(None, 0, 0, extra[None], made.get(None, 0), left)
    return Cards((*stocks, any_year), is_limited=True)


def roll_given(wave: Wave) -> dict[int, int]:
    """The roll that limits a survey: that of its launch, or else the school's."""
    given = wave.roll or wave.campaign.school.roll
    return {int(year): int(number) for year, number in given.items()}


def slips_of(wave: Wave) -> dict[int, int]:
    """The slips with a yes that came back, by year group."""
    return {int(year): int(number) for year, number in (wave.slips or {}).items()}


def count_slips(
    db: Session, *, wave: Wave, slips: Mapping[int, int], by: MemberLike | None
) -> None:
    """Notes how many slips with a yes came back in each year group that needs one. Who sent one is
    not kept. A number above the roll is a slip of the pen, and is refused."""
    lock_wave(db, wave)
    if wave.state is not WaveState.OPEN:
        raise SurveyNotOpenError(_("Slips are counted while the survey is open."))
    consent, cards = consent_of(wave), cards_of(db, wave)
    for year, number in slips.items():
        on_roll = next((one.on_roll for one in cards.years if one.year == year), 0)
        if not consent.asks_yes_of(year) or not 0 <= number <= on_roll:
            raise SlipsError(
                year,
                _(
                    "There are %(roll)s students on roll, so no more slips can come back.",
                    roll=on_roll,
                ),
            )
    wave.slips = {str(year): number for year, number in sorted(slips.items())}
    record(
        db,
        EventName.SLIPS_COUNTED,
        by=by,
        school_id=wave.school_id,
        wave_id=wave.wave_id,
        count=sum(slips.values()),
    )


def refuse_beyond_roll(db: Session, *, wave: Wave, year: int | None, count: int) -> None:
    """Raises a `NoRollError` or a `MoreThanRollError`. The caller holds the wave."""
    cards = cards_of(db, wave)
    if not cards.is_limited:
        return
    if not wave.roll:
        wave.roll = dict(wave.campaign.school.roll)  # from now on it stays
    if not cards.on_roll:
        raise NoRollError(_("Cards are tied to the roll. First give it in the school settings."))
    left = next((one.left for one in cards.stocks if one.year == year), 0)
    if count > left and any(one.slips is not None for one in cards.stocks if one.year == year):
        raise MoreThanRollError(
            ngettext(
                "The slips that came back leave %(num)s card to make here. First count the new"
                " slips.",
                "The slips that came back leave %(num)s cards to make here. First count the new"
                " slips.",
                left,
            )
        )
    if count > left:
        raise MoreThanRollError(
            ngettext(
                "The roll and its reserve leave %(num)s card to make here. If you need more, ask"
                " for them below: a second person has to agree.",
                "The roll and its reserve leave %(num)s cards to make here. If you need more, ask"
                " for them below: a second person has to agree.",
                left,
            )
        )


def ask_for_more(
    db: Session,
    *,
    wave: Wave,
    kind: ApprovalKind,
    year: int | None,
    count: int,
    reason: str,
    by: MemberLike,
    today: date,
) -> Approval:
    """Asks a second person for more cards, or for more students on the roll. The roll can also be
    raised once the survey is closed, when a report is refused for it."""
    lock_wave(db, wave)
    states = _WHEN[kind]
    if wave.state not in states:
        raise SurveyNotOpenError(_("This can be asked while the survey is open."))
    least = FEWEST_ADDED if kind is ApprovalKind.ROLL else 1
    if not least <= count <= MOST_MORE:
        raise BatchSizeError(
            _("Ask for between %(least)s and %(most)s.", least=least, most=MOST_MORE)
        )
    if year not in YEARS and not (year is None and kind is ApprovalKind.CARDS):
        raise BatchSizeError(_("There is no such year group."))
    if not cards_of(db, wave).is_limited:
        raise BatchSizeError(_("Adults are on no roll."))
    return approvals.ask(
        db,
        school_id=wave.school_id,
        wave_id=wave.wave_id,
        kind=kind,
        by=by,
        today=today,
        year=year,
        count=count,
        reason=reason,
    )


_WHEN: Mapping[ApprovalKind, frozenset[WaveState]] = {
    ApprovalKind.CARDS: frozenset({WaveState.OPEN}),
    ApprovalKind.ROLL: frozenset({WaveState.OPEN, WaveState.CLOSED}),
}


def make_batch(
    db: Session,
    *,
    wave: Wave,
    year: int | None,
    label: str,
    count: int,
    key: bytes,
    today: date,
    by: MemberLike | None,
    seed: str | None = None,
) -> tuple[LinkBatch, tuple[str, ...]]:
    """New codes for one year group, or for any if `year` is None. The codes are returned here and
    nowhere else: what is kept are hashes. `seed` is the random word of the page that makes them: a
    second press of its button gets the same batch and the same codes.

    Raises a `MoreThanRollError` if the roll and its reserve do not allow so many."""
    lock_wave(db, wave)
    _refuse_batch(wave, year, count)
    word = seed or access_codes.new_seed()
    batch_id = access_codes.batch_id_of(word, key=key)
    make = partial(access_codes.make_codes, door=wave.door, key=key, seed=word)
    there = db.get(LinkBatch, (wave.school_id, wave.wave_id, batch_id))
    if there is not None:
        return there, make(year=there.year, count=there.count, before=there.begins_at or 0)
    refuse_beyond_roll(db, wave=wave, year=year, count=count)
    before = _made(db, wave).get(year, 0)
    made = make(year=year, count=count, before=before)
    access_codes.store(db, wave=wave, codes=made, key=key)
    batch = LinkBatch(
        school_id=wave.school_id,
        wave_id=wave.wave_id,
        batch_id=batch_id,
        year=year,
        label=words_of(label, LONGEST_LABEL),
        count=count,
        made_on=today,
        begins_at=before,
    )
    db.add(batch)
    record(
        db,
        EventName.CODES_MADE,
        by=by,
        school_id=wave.school_id,
        wave_id=wave.wave_id,
        year=year,
        count=count,
    )
    return batch, made


def _refuse_batch(wave: Wave, year: int | None, count: int) -> None:
    if not 1 <= count <= LARGEST_BATCH:
        raise BatchSizeError(_("Make between 1 and %(most)s cards at once.", most=LARGEST_BATCH))
    if year is not None and year not in access_codes.YEARS:
        raise BatchSizeError(_("There is no such year group."))
    if wave.state is not WaveState.OPEN:
        raise SurveyNotOpenError(_("Cards can be made while the survey is open."))
    if year is not None and questionnaire_of(wave).is_pulse:
        raise BatchSizeError(_("Adults have no year group."))


def record_printing(db: Session, *, wave: Wave, count: int, by: MemberLike) -> None:
    """Records that codes left the page that made them. The page says that this is recorded."""
    record(
        db,
        EventName.CODES_PRINTED,
        by=by,
        school_id=wave.school_id,
        wave_id=wave.wave_id,
        count=count,
    )


def granted(db: Session, wave: Wave) -> tuple[Approval, ...]:
    """What a second person agreed to beyond the roll, for the report to print."""
    return tuple(_approved(db, wave))


def _approved(db: Session, wave: Wave) -> list[Approval]:
    return [
        one
        for one in approvals.of_wave(db, school_id=wave.school_id, wave_id=wave.wave_id)
        if one.state is ApprovalState.APPROVED and one.kind in _WHEN
    ]


def _of(requests: Sequence[Approval], year: int | None) -> bool:
    return any(one.year == year for one in requests)


def _sum(requests: Sequence[Approval], kind: ApprovalKind, year: int | None) -> int:
    return sum(one.count or 0 for one in requests if one.kind is kind and one.year == year)


def _made(db: Session, wave: Wave) -> dict[int | None, int]:
    made: dict[int | None, int] = {}
    for year, count in db.execute(
        select(LinkBatch.year, LinkBatch.count).where(
            LinkBatch.school_id == wave.school_id, LinkBatch.wave_id == wave.wave_id
        )
    ):
        made[year] = made.get(year, 0) + count
    return made
