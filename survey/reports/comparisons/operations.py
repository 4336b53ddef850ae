"""Operations on an authority's one comparison of a survey (rule R7). It is made once, only from
published reports, when every school that has begun is finished or set aside."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date

from flask_babel import gettext as _
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from survey.audit_log import EventName, record
from survey.campaigns import operations as campaigns
from survey.campaigns.lifecycle.school_progress import UNFINISHED, SchoolProgress, of_survey
from survey.campaigns.models import Campaign, Programme, Wave
from survey.campaigns.programme_operations import hold_all, mark_compared
from survey.campaigns.queries import programme_template
from survey.campaigns.readers.comparison_numbers import is_second, survey_of
from survey.disclosure.release import Release
from survey.disclosure.verify_comparison import verify_comparison
from survey.errors import NotNowError
from survey.mail import outbox
from survey.mail.kinds import MailKind
from survey.organisations.models import Authority
from survey.organisations.seats.operations import seats_at
from survey.permissions import MemberLike, Permission, may
from survey.questionnaires.model import Questionnaire
from survey.releases.models import StoredComparison, StoredRelease
from survey.releases.policy import POLICY
from survey.releases.register import publications
from survey.releases.register.stamp import COMPARED_BY, code_hash, code_version
from survey.reports.comparisons import overlapping_comparisons
from survey.reports.comparisons.all_schools.year_group_figures import (
    by_year,
    year_figures,
    years_taught,
)
from survey.reports.comparisons.build_comparison import (
    Participant,
    compare,
    is_too_large,
    own_letter,
)
from survey.reports.comparisons.comparison_document import Comparison
from survey.reports.comparisons.errors import (
    AlreadyComparedError,
    ComparisonChangedError,
    SchoolsMissingError,
    SchoolTooLargeError,
    TooFewSchoolsError,
)
from survey.reports.comparisons.named_figures_and_letters import check_together
from survey.reports.comparisons.overlapping_comparisons import NotLateError, TogetherError
from survey.reports.comparisons.readiness import Awaited, printed_numbers, stored_release
from survey.reports.comparisons.size_bands import ALIKE


@dataclass(frozen=True)
class Readiness:
    """Whether a comparison can be made now, and what prevents it. `schools` are by name."""

    schools: tuple[SchoolProgress, ...]
    in_the_way: tuple[NotNowError, ...]

    @property
    def compared(self) -> tuple[SchoolProgress, ...]:
        """The schools that a comparison made now has in it."""
        return tuple(one for one in self.schools if one.is_compared)

    @property
    def left_out(self) -> tuple[SchoolProgress, ...]:
        return tuple(one for one in self.schools if not one.is_compared)


def missing(awaited: Awaited, ready: Readiness) -> tuple[str, ...]:
    """What is missing, in words for an analyst."""
    others = [one for one in ready.in_the_way if isinstance(one, TogetherError | NotLateError)]
    if any(isinstance(one, NotLateError) for one in others):
        return tuple(one.message for one in others)
    said = tuple(one.message for one in others)
    return said or awaited.sentences()


@dataclass(frozen=True)
class _Part:
    """A school that is compared: its wave and the release of it."""

    wave: Wave
    stored: StoredRelease

    @property
    def campaign(self) -> Campaign:
        return self.wave.campaign


def readiness(db: Session, *, programme: Programme, number: int, today: date) -> Readiness:
    """Whether a comparison could be made now."""
    schools = of_survey(db, programme=programme, number=number, today=today)
    if is_second(number):  # a school that was late or set aside and has a report now is in it
        schools = tuple(
            replace(one, set_aside=None, is_late=one.step in UNFINISHED) for one in schools
        )
    made = db.get(StoredComparison, (programme.authority_id, programme.programme_id, number))
    found: list[NotNowError] = [] if made is None else [AlreadyComparedError(_already())]
    parts = _parts(db, schools)
    if made is None and is_second(number):
        named = {part.wave.school_id: part.campaign.school.names_itself for part in parts}
        found += overlapping_comparisons.not_late(programme, number, named)
    found += _in_the_way(schools, parts)
    if made is None and not found:
        found += _too_close(db, programme, number, parts)
    return Readiness(schools, tuple(found))


@dataclass(frozen=True)
class PreparedComparison:
    """The data of a comparison, without the database. `around`: what was published about its
    schools, by this reader and others; `others`: the published comparisons with any of its reports;
    `made_of`: what must be unchanged when it is stored."""

    name: str
    number: int
    participants: tuple[Participant, ...]
    documents: tuple[str, ...]
    template: Questionnaire
    header: Mapping[str, str | int]
    around: overlapping_comparisons.Surroundings
    others: tuple[str, ...]
    made_of: tuple[object, ...]


def make(
    db: Session, *, programme: Programme, number: int, by: MemberLike | None, today: date
) -> StoredComparison:
    """Makes and stores the one comparison of survey `number`, in the transaction of `db`. A worker
    does the same in three steps, of which only the last one writes."""
    prepared = prepare(db, programme=programme, number=number, today=today)
    comparison = compared(prepared)
    return keep(
        db,
        programme=programme,
        number=number,
        prepared=prepared,
        comparison=comparison,
        by=by,
        today=today,
    )


def prepare(db: Session, *, programme: Programme, number: int, today: date) -> PreparedComparison:
    """Reads the data of a comparison from the schools' releases. Raises the first error of
    `readiness`."""
    ready = readiness(db, programme=programme, number=number, today=today)
    for reason in ready.in_the_way:
        raise reason
    parts = _parts(db, ready.schools)
    participants = _participants(parts)
    name = publications.comparison_name(programme.authority_id, programme.programme_id, number)
    released_on = publications.published_on(name) or today
    around = _around(db, programme, number, parts)
    second = {"second": 1} if is_second(number) else {}
    return PreparedComparison(
        f"{programme.authority_id} {programme.programme_id}",
        number,
        tuple(participants),
        tuple(part.stored.document for part in parts),
        programme_template(programme),
        {
            "title": programme.title,
            "wave": survey_of(number),
            "template": programme.template_key,
            "template_version": programme.template_version,
            "policy": POLICY.version,
            "code_version": code_version(),
            "code_hash": code_hash(COMPARED_BY),
            "released_on": released_on.isoformat(),
            "invited": len(ready.schools),
            "compared": len(parts),
            **second,
        },
        around,
        overlapping_comparisons.sharing_reports(db, around),
        _made_of(programme, ready.schools, parts),
    )


def compared(prepared: PreparedComparison) -> Comparison:
    """The comparison, accepted by every verifier that readers are given for it, so the schools'
    certificates cover it, and readers of several comparisons learn nothing from it. Raises a
    `Rejected` of a verifier that does not agree, or a `TogetherError`; then nothing may be kept."""
    comparison = compare(prepared.participants, prepared.template, POLICY, prepared.header)
    comparison = overlapping_comparisons.in_bands(
        comparison, prepared.around, prepared.name, prepared.number
    )
    letter = {
        str(own_letter(comparison.releases, one.release_hash)): one.release
        for one in prepared.participants
    }
    taught = {code: years_taught(release) for code, release in letter.items()}
    comparison = overlapping_comparisons.with_whole(
        comparison, prepared.around, prepared.name, prepared.number, taught
    )
    codes = comparison.codes_in("years_of")
    printed = {code: by_year(letter[code].tables) for code in codes}
    comparison = replace(comparison, years=tuple(year_figures(comparison, printed, codes, POLICY)))
    verify_comparison(comparison.to_json(), list(prepared.documents))
    check_together(comparison.to_json(), prepared.others)
    return comparison


def keep(
    db: Session,
    *,
    programme: Programme,
    number: int,
    prepared: PreparedComparison,
    comparison: Comparison,
    by: MemberLike | None,
    today: date,
) -> StoredComparison:
    """Stores a comparison, once, and its reference outside the database first. Raises what
    `readiness` names, or a `ComparisonChangedError` if what it was made of has since changed."""
    hold_all(db)
    ready = readiness(db, programme=programme, number=number, today=today)
    for reason in ready.in_the_way:
        raise reason
    parts = _parts(db, ready.schools)
    around = _around(db, programme, number, parts)
    if (_made_of(programme, ready.schools, parts), around) != (prepared.made_of, prepared.around):
        raise ComparisonChangedError(
            _(
                "Something changed at a school while the schools were being compared, so nothing"
                " was published. Compare the schools again."
            )
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
    try:
        with db.begin_nested():  # so that the database refuses a second one here
            db.add(stored)
    except IntegrityError as twice:
        raise AlreadyComparedError(_already()) from twice
    name = publications.comparison_name(programme.authority_id, programme.programme_id, number)
    publications.enter(name, stored.release_hash, today)
    overlapping_comparisons.enter(
        db, programme=programme, number=number, comparison=comparison, around=around
    )
    mark_compared(db, programme=programme, number=number)
    record(
        db,
        EventName.COMPARISON_RELEASED,
        by=by,
        authority_id=programme.authority_id,
        programme_id=programme.programme_id,
        number=number,
        release_hash=stored.release_hash,
    )
    _tell_readers(db, programme, stored, by)
    return stored


def _tell_readers(
    db: Session, programme: Programme, stored: StoredComparison, by: MemberLike | None
) -> None:
    """Writes to the people of the authority who can read the comparison."""
    for member in seats_at(db, db.get_one(Authority, programme.authority_id)):
        if may(member, Permission.COMPARISON_READ) and (by is None or member.id != by.id):
            outbox.put(
                db,
                kind=MailKind.REPORT_READY,
                member_id=member.id,
                about=f"{programme.programme_id} {stored.number} {stored.release_hash}",
            )


def _made_of(
    programme: Programme, schools: Sequence[SchoolProgress], parts: Sequence[_Part]
) -> tuple[object, ...]:
    """The data that a comparison depends on, except the releases, which never change."""
    return (
        programme.title,
        programme.template_key,
        programme.template_version,
        len(schools),
        tuple(
            (
                part.stored.release_hash,
                part.wave.questionnaire_hash,
                part.campaign.school.phase,
                part.campaign.school.name,
                part.campaign.school.names_itself,
            )
            for part in parts
        ),
    )


def _parts(db: Session, schools: Sequence[SchoolProgress]) -> list[_Part]:
    """The schools that are compared, by name."""
    return [
        _Part(one.wave, stored)
        for one in schools
        if one.is_compared and one.wave and (stored := stored_release(db, one.wave))
    ]


def _around(
    db: Session, programme: Programme, number: int, parts: Sequence[_Part]
) -> overlapping_comparisons.Surroundings:
    schools = {part.stored.release_hash: part.wave.school_id for part in parts}
    return overlapping_comparisons.surroundings(
        db, programme=programme, number=number, schools=schools
    )


def _too_close(
    db: Session, programme: Programme, number: int, parts: Sequence[_Part]
) -> list[NotNowError]:
    named = frozenset(p.wave.school_id for p in parts if p.campaign.school.names_itself)
    around = _around(db, programme, number, parts)
    try:
        overlapping_comparisons.refuse_if_too_close(
            around, overlapping_comparisons.programme_name(programme), number, named
        )
    except NotNowError as refused:
        return [refused]
    return []


def _in_the_way(schools: Sequence[SchoolProgress], parts: Sequence[_Part]) -> list[NotNowError]:
    found: list[NotNowError] = []
    waited = [one.school for one in schools if one.is_waited_for]
    if waited:
        found.append(
            SchoolsMissingError(
                _(
                    "These schools have begun and have no report yet: %(schools)s. A comparison is"
                    " made once, so it waits for them. You can set a school aside, or give a last"
                    " day for reports.",
                    schools=", ".join(waited),
                )
            )
        )
    if len(parts) < POLICY.schools_at_least:
        found.append(
            TooFewSchoolsError(
                _(
                    "Schools with a report: %(given)s. A comparison needs at least %(needed)s, so"
                    " that none can be worked out from the others.",
                    given=len(parts),
                    needed=POLICY.schools_at_least,
                )
            )
        )
    elif is_too_large([printed_numbers(part.stored)[1] for part in parts], POLICY):
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
    """Schools with the names they agreed to. If only one or two did not agree, none is named,
    because those would be identified as the remaining ones."""
    found = [_participant(part) for part in parts]
    if 0 < sum(one.name is None for one in found) < ALIKE:
        return [replace(one, name=None) for one in found]
    return found


def _participant(part: _Part) -> Participant:
    school = part.campaign.school
    return Participant(
        release=Release.from_json(part.stored.document),
        release_hash=part.stored.release_hash,
        questionnaire=campaigns.questionnaire_of(part.wave),
        phase=school.phase.value,
        name=school.name if school.names_itself else None,
    )


def _already() -> str:
    said = _("The schools were compared before. A comparison is made once and does not change.")
    return str(said)
