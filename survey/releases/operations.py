"""From counts to the published report, once for each wave.

A release is written once under its content hash and never changed. A mistake is withdrawn with a
notice, and can be published again as it was; nothing is counted a second time.
"""

from __future__ import annotations

import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING

from flask_babel import gettext as _
from sqlalchemy import Select, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from survey.approvals.models import Approval, ApprovalKind
from survey.audit_log import EventName, record
from survey.campaigns import card_allowance
from survey.campaigns import operations as campaigns
from survey.campaigns.lifecycle import launch_checks, outcomes
from survey.campaigns.models import Wave
from survey.campaigns.queries import bands_of, document_of, lock_wave
from survey.campaigns.states import WaveState
from survey.disclosure.errors import TableError
from survey.disclosure.release import Release
from survey.disclosure.tables import Group
from survey.errors import NotNowError, NotThereError, RefusedError
from survey.permissions import MemberLike
from survey.questionnaires.model import Questionnaire
from survey.releases import approval_gate, launch_gate
from survey.releases.certified_figures import Outlook, PreparedRelease, certified, outlook_of
from survey.releases.models import StoredComparison, StoredRelease
from survey.releases.policy import POLICY
from survey.releases.register import changes, publications
from survey.releases.register.random_start import seed_of
from survey.releases.register.stamp import code_hash, code_version
from survey.releases.tabulation import StrangeAnswerError, count_responses, tabulate
from survey.releases.tabulation_plan import TableNameTakenError, lattice_of, plan
from survey.responses.ballot_box import opening
from survey.settings import current_settings

if TYPE_CHECKING:
    from survey.disclosure.certificate import Certificate
    from survey.disclosure.certify import Each, Progress

LONGEST_NOTICE = 1000

launch_checks.asked_at_launch(launch_gate.refuse_unreportable)


class NothingToCloseError(NotNowError):
    """There is no fieldwork to end."""


class NotClosedError(NotNowError):
    """Numbers are made only when students can no longer answer."""


class AlreadyReleasedError(NotNowError):
    """This wave has had its one release."""


class TooFewAnswersError(NotNowError):
    """Too few took part for a report."""


class NoReleaseError(NotThereError):
    """This wave has no release."""


class AlreadyWithdrawnError(NotNowError):
    """This release was withdrawn before."""


class NotWithdrawnError(NotNowError):
    """Only a withdrawn report can be published again."""


class WithdrawalNoticeError(RefusedError):
    """A withdrawal without words, or with too many."""


@dataclass(frozen=True)
class Preview:
    """What a lead sees before making the release."""

    outlook: Outlook
    groups: tuple[Group, ...]
    items: int
    sensitive: int
    crossed: bool
    unreportable: launch_gate.UnreportableError | None = None

    @property
    def years(self) -> tuple[Group, ...]:
        """The year groups that have a row, joined as they were at launch."""
        return tuple(one for one in self.groups if one.year and one.gender is None)


def preview(db: Session, *, wave: Wave) -> Preview:
    """What the release of a closed wave would hold. Raises what `make` would raise, but for too
    few answers, which is part of the outlook, and for questions that cannot be reported."""
    _refuse_unless_closed(wave)
    questionnaire = campaigns.questionnaire_of(wave)
    outlook = outlook_of(count_responses(db, school_id=wave.school_id, wave_id=wave.wave_id))
    if problem := launch_gate.tie_problem(questionnaire):
        refused = launch_gate.unreportable_page(problem, wave.wave_id)
        return Preview(outlook, (), 0, 0, False, refused)
    told = {item.key: item for one in plan(questionnaire) for item in one.items}
    return Preview(
        outlook=outlook,
        groups=lattice_of(questionnaire, bands_of(wave)).groups,
        items=len(told),
        sensitive=sum(item.sensitivity >= 2 for item in told.values()),
        crossed=questionnaire.crossed,
    )


def close(
    db: Session,
    *,
    wave: Wave,
    today: date,
    by: MemberLike | None,
    typed: bytes | None = None,
) -> None:
    """Ends fieldwork, and opens what was sealed if the key is available. `opening.finish` must
    follow, outside the transaction: it removes the order of the answers, and destroys the key."""
    campaigns.close(db, wave=wave, today=today, by=by)
    db.flush()  # nothing can be sent from here on
    opening.open_boxes(db, wave=wave, by=by, typed=typed)


def make(
    db: Session,
    *,
    wave: Wave,
    by: MemberLike | None,
    today: date,
    each: Each = map,
    progress: Progress | None = None,
) -> StoredRelease:
    """Counts, protects, certifies and stores the one release of a closed wave."""
    release, certificate = certified(prepare(db, wave=wave), each, progress)
    return keep(db, wave=wave, release=release, certificate=certificate, by=by, today=today)


def prepare(db: Session, *, wave: Wave) -> PreparedRelease:
    """Counts a closed wave. Raises a `NotClosedError`, an `AlreadyReleasedError`, a
    `TooFewAnswersError`, a `launch_gate.UnreportableError`, a `gate.OverRollError`, a
    `gate.NotAgreedError`, or a `WithdrawnBeforeError` that only a restored database meets."""
    _refuse_unless_closed(wave)
    publications.refuse_if_withdrawn(publications.report_name(wave.school_id, wave.wave_id))
    questionnaire = campaigns.questionnaire_of(wave)
    seed = seed_of(
        current_settings().code_key,
        school_id=wave.school_id,
        wave_id=wave.wave_id,
        questionnaire_hash=wave.questionnaire_hash or "",
    )
    try:
        counted = tabulate(
            db,
            school_id=wave.school_id,
            wave_id=wave.wave_id,
            questionnaire=questionnaire,
            bands=bands_of(wave),
            seed=seed,
        )
    except (TableError, TableNameTakenError, StrangeAnswerError) as problem:
        raise launch_gate.unreportable(problem) from problem
    if outlook_of(counted.respondents) is Outlook.NOTHING:
        raise _too_few()
    approval_gate.refuse_over_roll(db, wave, counted.by_year)
    approval_gate.refuse_unless_agreed(db, wave)
    header = header_of(db, wave, questionnaire)
    return PreparedRelease(counted, header, seed, document_of(wave))


def refuse_unless_countable(db: Session, *, wave: Wave) -> None:
    """What `prepare` would refuse, without counting the answers one by one."""
    _refuse_unless_closed(wave)
    if problem := launch_gate.tie_problem(campaigns.questionnaire_of(wave)):
        raise launch_gate.unreportable(problem)
    respondents = count_responses(db, school_id=wave.school_id, wave_id=wave.wave_id)
    if outlook_of(respondents) is Outlook.NOTHING:
        raise _too_few()
    approval_gate.refuse_over_roll(db, wave)


def ask(db: Session, *, wave: Wave, by: MemberLike, today: date) -> Approval:
    """Asks for a release, as the first of the two people it takes. Raises what `make` would raise,
    so that a second person is never asked to agree to a release that cannot be made."""
    lock_wave(db, wave)
    refuse_unless_countable(db, wave=wave)
    return approval_gate.ask(db, wave=wave, by=by, today=today)


def keep(
    db: Session,
    *,
    wave: Wave,
    release: Release,
    certificate: Certificate,
    by: MemberLike | None,
    today: date,
) -> StoredRelease:
    """Stores a release with its certificate, once, and its reference outside the database first.
    Raises an `AlreadyReleasedError`, a `gate.NotAgreedError` if not two people asked for it, or
    what `published.enter` raises."""
    _refuse_unless_closed(wave)
    approval_gate.refuse_unless_agreed(db, wave)
    stored = StoredRelease(
        school_id=wave.school_id,
        wave_id=wave.wave_id,
        release_hash=release.content_hash(),
        document=release.to_json(),
        certificate=certificate.to_json(),
        released_on=today,
        school_name=wave.campaign.school.name,
    )
    try:
        with db.begin_nested():  # so that the database refuses a second release here
            db.add(stored)
    except IntegrityError as twice:
        raise AlreadyReleasedError(_already()) from twice
    name = publications.report_name(wave.school_id, wave.wave_id)
    publications.enter(name, stored.release_hash, today)
    changes.enter(db, stored, wave)
    outcomes.mark_released(db, wave=wave, today=today, by=by, reference=stored.release_hash)
    return stored


def header_of(db: Session, wave: Wave, questionnaire: Questionnaire) -> dict[str, str | int]:
    """What names a release. The numbers of students on roll and of cards are the school's own, and
    no count of answers."""
    campaign = wave.campaign
    made = card_allowance.cards_of(db, wave)
    roll = {one.year: one.on_roll for one in made.years if one.on_roll}
    return {
        "school": str(wave.school_id),
        "wave": wave.number,
        "title": campaign.title,
        "template": questionnaire.key,
        "template_version": questionnaire.version,
        "questionnaire": wave.questionnaire_hash or "",
        "opened_on": wave.opened_on.isoformat() if wave.opened_on else "",
        "closed_on": wave.closed_on.isoformat() if wave.closed_on else "",
        "policy_version": POLICY.version,
        "code_version": code_version(),
        "code_hash": code_hash(),
        "roll": sum(roll.values()),
        **{f"roll_y{year}": number for year, number in roll.items()},
        **approval_gate.printed(made, card_allowance.granted(db, wave)),
    }


def refuse_unless_closable(wave: Wave) -> None:
    """Raises a `NothingToCloseError` if there is nothing to close and no unfinished close."""
    unfinished = wave.state is WaveState.CLOSED and wave.box_key is not None
    if wave.state not in (WaveState.OPEN, WaveState.CLOSING, WaveState.LOST) and not unfinished:
        raise NothingToCloseError(_("Only an open survey can be closed."))


def refuse_unless_readable(db: Session, *, wave: Wave) -> StoredRelease:
    """The release of a wave, if it is not withdrawn. Raises a `NoReleaseError` or an
    `AlreadyWithdrawnError`."""
    stored = find_release(db, school_id=wave.school_id, wave_id=wave.wave_id)
    if stored.withdrawn_on is not None:
        raise AlreadyWithdrawnError(_("This report was withdrawn before."))
    return stored


_NOT_NOW: Mapping[WaveState, Callable[[], NotNowError]] = {
    WaveState.DRAFT: lambda: NotClosedError(_("This survey has not been opened yet.")),
    WaveState.OPEN: lambda: NotClosedError(
        _("This survey is still open. Close it first: no figure is made before that.")
    ),
    WaveState.CLOSING: lambda: NotClosedError(
        _("The answers of this survey have not been opened yet. Open them on its page first.")
    ),
    WaveState.LOST: lambda: NotClosedError(
        _("The answers of this survey cannot be opened: their key is lost.")
    ),
    WaveState.RELEASED: lambda: AlreadyReleasedError(_already()),
    WaveState.WITHDRAWN: lambda: AlreadyReleasedError(_already()),
    WaveState.ENDED: lambda: NotClosedError(
        _("This survey ended without a report, and its answers are erased.")
    ),
}


def _refuse_unless_closed(wave: Wave) -> None:
    if wave.state in _NOT_NOW:
        raise _NOT_NOW[wave.state]()


def _too_few() -> TooFewAnswersError:
    return TooFewAnswersError(
        _(
            "Fewer than %(number)s people answered. Nothing can be said about so few"
            " without giving someone away, so there is no report.",
            number=POLICY.nothing_under,
        )
    )


def _already() -> str:
    return str(
        _(
            "The report of this survey was made before. It is made once: two counts of the same"
            " answers could give a student away."
        )
    )


def find_release(db: Session, *, school_id: uuid.UUID, wave_id: uuid.UUID) -> StoredRelease:
    """The release of a wave, also a withdrawn one. Raises a `NoReleaseError`."""
    stored = db.get(StoredRelease, (school_id, wave_id))
    if stored is None:
        raise NoReleaseError(_("This survey has no report."))
    return stored


def withdraw(
    db: Session, *, wave: Wave, notice: str, by: MemberLike | None, today: date
) -> StoredRelease:
    """Takes a report back, with a notice in its place. No other report is made of this survey; the
    same one can be published again (`restore`)."""
    stored = refuse_unless_readable(db, wave=wave)
    words = notice.strip()
    if not 0 < len(words) <= LONGEST_NOTICE:
        raise WithdrawalNoticeError(
            _(
                "Say in up to %(number)s letters why the report is withdrawn. Readers see it in"
                " place of the report.",
                number=LONGEST_NOTICE,
            )
        )
    outcomes.mark_withdrawn(db, wave=wave)
    stored.withdrawn_on, stored.notice = today, words
    record(
        db,
        EventName.RELEASE_WITHDRAWN,
        by=by,
        school_id=wave.school_id,
        wave_id=wave.wave_id,
        release_hash=stored.release_hash,
    )
    db.flush()
    name = publications.report_name(wave.school_id, wave.wave_id)
    publications.enter_withdrawal(name, today, words)
    return stored


def ask_to_restore(db: Session, *, wave: Wave, by: MemberLike, today: date) -> Approval:
    """One person asks that a withdrawn report is published again. Publishing takes two people."""
    lock_wave(db, wave)
    refuse_unless_withdrawn(db, wave=wave)
    return approval_gate.ask(db, wave=wave, by=by, today=today, kind=ApprovalKind.RESTORE)


def restore(db: Session, *, wave: Wave, by: MemberLike | None, today: date) -> StoredRelease:
    """Publishes a withdrawn report again: the same bytes under the same reference, so it adds
    nothing about the answers."""
    stored = refuse_unless_withdrawn(db, wave=wave)
    outcomes.mark_restored(db, wave=wave)
    stored.withdrawn_on = stored.notice = None
    record(
        db,
        EventName.RELEASE_RESTORED,
        by=by,
        school_id=wave.school_id,
        wave_id=wave.wave_id,
        release_hash=stored.release_hash,
    )
    db.flush()
    name = publications.report_name(wave.school_id, wave.wave_id)
    publications.enter_restoration(name, stored.release_hash, today)
    return stored


def refuse_unless_withdrawn(db: Session, *, wave: Wave) -> StoredRelease:
    """The withdrawn report of a wave. Raises a `NoReleaseError` or a `NotWithdrawnError`."""
    stored = find_release(db, school_id=wave.school_id, wave_id=wave.wave_id)
    if stored.withdrawn_on is None:
        raise NotWithdrawnError(_("This report is published, so there is nothing to restore."))
    return stored


def known_documents() -> Select[tuple[str]]:
    """The hashes of all releases and comparisons that may be read."""
    releases = select(StoredRelease.release_hash).where(StoredRelease.withdrawn_on.is_(None))
    return select(releases.union_all(select(StoredComparison.release_hash)).subquery().c[0])
