"""An authority's one comparison of a wave over its schools (rule R7): only when every school that
took part is frozen, from the schools' releases alone, and once."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date
from enum import StrEnum

from flask_babel import gettext as _
from sqlalchemy import select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session, defer, joinedload

from survey.audit_log import EventName, record
from survey.campaigns import operations as campaigns
from survey.campaigns.models import Campaign, Programme, Wave
from survey.campaigns.queries import programme_template
from survey.campaigns.states import WaveState
from survey.disclosure.release import Release
from survey.disclosure.verify_comparison import verify_comparison
from survey.errors import NotNowError
from survey.permissions import MemberLike
from survey.releases.models import StoredComparison, StoredRelease
from survey.releases.policy import POLICY
from survey.releases.register import publications
from survey.releases.stamp import COMPARED_BY, code_hash, code_version
from survey.reports.comparisons.build import Participant, compare, is_too_large
from survey.reports.comparisons.readiness import printed_numbers
from survey.reports.comparisons.size_bands import ALIKE


class SchoolsMissingError(NotNowError):
    """A school that took part is not frozen yet."""


class TooFewSchoolsError(NotNowError):
    """With so few schools a comparison would be one school's figures less another's."""


class SchoolTooLargeError(NotNowError):
    """One school gives so many of the answers that the rest could be taken off."""


class AlreadyComparedError(NotNowError):
    """This wave of the programme has had its one comparison."""


class Standing(StrEnum):
    """How far a school is with a wave of a programme."""

    RELEASED = "released"
    WITHDRAWN = "withdrawn"
    WAITED_FOR = "waited_for"  # open or closed: it will have a release, so the comparison waits
    NOT_BEGUN = "not_begun"


@dataclass(frozen=True)
class Invited:
    """A school of the programme, and how far it is."""

    name: str
    standing: Standing


@dataclass(frozen=True)
class Readiness:
    """Whether a comparison can be made now, and what is in the way. `schools` are by name."""

    schools: tuple[Invited, ...]
    in_the_way: tuple[NotNowError, ...]

    def of(self, standing: Standing) -> tuple[str, ...]:
        return tuple(one.name for one in self.schools if one.standing is standing)


@dataclass(frozen=True)
class _Part:
    """A school's campaign in the programme, its wave of the number and that wave's release."""

    campaign: Campaign
    wave: Wave | None
    stored: StoredRelease | None

    @property
    def standing(self) -> Standing:
        if self.wave is None or self.wave.state is WaveState.DRAFT:
            return Standing.NOT_BEGUN
        if self.stored is None:
            return Standing.WAITED_FOR
        return Standing.RELEASED if self.stored.withdrawn_on is None else Standing.WITHDRAWN


def readiness(db: Session, *, programme: Programme, number: int) -> Readiness:
    """What `make` would say, before anybody asks it to."""
    parts = _parts(db, programme, number)
    made = db.get(StoredComparison, (programme.authority_id, programme.programme_id, number))
    found: list[NotNowError] = [] if made is None else [AlreadyComparedError(_already())]
    return Readiness(
        schools=tuple(Invited(part.campaign.school.name, part.standing) for part in parts),
        in_the_way=tuple(found + _in_the_way(parts)),
    )


def make(
    db: Session, *, programme: Programme, number: int, by: MemberLike | None, today: date
) -> StoredComparison:
    """Draws up and stores the one comparison of wave `number`.

    It is made of what the schools' releases print and of nothing else, and a verifier that shares
    no code with it checks that, so the schools' certificates cover it. Raises what `readiness`
    names, or a `Rejected` if the verifier does not agree; then nothing is kept."""
    for reason in readiness(db, programme=programme, number=number).in_the_way:
        raise reason
    parts = _parts(db, programme, number)
    comparison = compare(
        _participants([part for part in parts if part.standing is Standing.RELEASED]),
        programme_template(programme),
        POLICY,
        {
            "title": programme.title,
            "wave": number,
            "template": programme.template_key,
            "template_version": programme.template_version,
            "policy": POLICY.version,
            "code_version": code_version(),
            "code_hash": code_hash(COMPARED_BY),
            "released_on": today.isoformat(),
            "invited": len(parts),
            "compared": sum(part.standing is Standing.RELEASED for part in parts),
        },
    )
    verify_comparison(
        comparison.to_json(),
        [
            part.stored.document
            for part in parts
            if part.stored is not None and part.standing is Standing.RELEASED
        ],
    )
    stored = StoredComparison(
        authority_id=programme.authority_id,
        programme_id=programme.programme_id,
        number=number,
        release_hash=comparison.content_hash(),
        document=comparison.to_json(),
        certificate=None,
        released_on=today,
    )
    db.add(stored)
    try:
        db.flush()  # so that the database's own refusal of a second one is heard here
    except IntegrityError as twice:
        raise AlreadyComparedError(_already()) from twice
    name = publications.comparison_name(programme.authority_id, programme.programme_id, number)
    publications.enter(name, stored.release_hash, today)
    record(
        db,
        EventName.COMPARISON_RELEASED,
        by=by,
        authority_id=programme.authority_id,
        programme_id=programme.programme_id,
        number=number,
        release_hash=stored.release_hash,
    )
    return stored


def _parts(db: Session, programme: Programme, number: int) -> list[_Part]:
    """Every invited school, by name."""
    campaigns_here = db.scalars(
        select(Campaign)
        .where(
            Campaign.authority_id == programme.authority_id,
            Campaign.programme_id == programme.programme_id,
        )
        .options(joinedload(Campaign.school))
    )
    parts = []
    for campaign in campaigns_here:
        wave = db.scalar(
            select(Wave).where(
                Wave.school_id == campaign.school_id,
                Wave.campaign_id == campaign.campaign_id,
                Wave.number == number,
            )
        )
        stored = _stored(db, wave) if wave else None
        parts.append(_Part(campaign, wave, stored))
    return sorted(parts, key=lambda part: (part.campaign.school.name, part.campaign.campaign_id))


def _stored(db: Session, wave: Wave) -> StoredRelease | None:
    """The release of a wave; its document is fetched when it is read, and not before."""
    return db.get(
        StoredRelease,
        (wave.school_id, wave.wave_id),
        options=[defer(StoredRelease.document), defer(StoredRelease.certificate)],
    )


def _in_the_way(parts: list[_Part]) -> list[NotNowError]:
    found: list[NotNowError] = []
    waited = [p.campaign.school.name for p in parts if p.standing is Standing.WAITED_FOR]
    if waited:
        found.append(
            SchoolsMissingError(
                _(
                    "These schools have begun and have no report yet: %(schools)s. A comparison is"
                    " made once, so it waits for them.",
                    schools=", ".join(waited),
                )
            )
        )
    released = [part.stored for part in parts if part.stored and part.standing is Standing.RELEASED]
    if len(released) < POLICY.schools_at_least:
        found.append(
            TooFewSchoolsError(
                _(
                    "Schools with a report: %(given)s. A comparison needs at least %(needed)s, so"
                    " that none can be worked out from the others.",
                    given=len(released),
                    needed=POLICY.schools_at_least,
                )
            )
        )
    elif is_too_large([printed_numbers(stored)[1] for stored in released], POLICY):
        found.append(
            SchoolTooLargeError(
                _(
                    "One school gave more than %(share)s%% of the answers. A comparison would show"
                    " little but that school.",
                    share=POLICY.school_share_at_most,
                )
            )
        )
    return found


def _participants(parts: Sequence[_Part]) -> list[Participant]:
    """Named as they agreed, unless only one or two did not: those would be named by being left."""
    found = [_participant(part) for part in parts]
    if 0 < sum(one.name is None for one in found) < ALIKE:
        return [replace(one, name=None) for one in found]
    return found


def _participant(part: _Part) -> Participant:
    if part.wave is None or part.stored is None:
        raise ValueError("a school without a release takes no part")
    school = part.campaign.school
    return Participant(
        release=Release.from_json(part.stored.document),
        release_hash=part.stored.release_hash,
        questionnaire=campaigns.questionnaire_of(part.wave),
        phase=school.phase.value,
        name=school.name if school.names_itself else None,
    )


def _already() -> str:
    return str(
        _(
            "The schools were compared before. A survey is compared once, and the"
            " comparison does not change."
        )
    )
