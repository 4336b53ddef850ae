"""Everything that has an end by the clock, and the nightly upkeep, in one place.

`keep` is what housekeeping runs once a day. No page runs any of it, least of all a student's. Each
step can be repeated, and a step that fails is named and does not stop the later ones.

Raw answers, and the texts that leads read, are erased a number of days after the last day on which
anyone could answer (`queries.erased_on`). No person can put that off: a survey that is not closed
is closed by the clock, and one that has no report by then ends without one.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date, timedelta

from flask import current_app
from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from survey.approvals import operations as approvals
from survey.audit_log import EventName, record
from survey.campaigns.lifecycle import declining
from survey.campaigns.models import PlannedWave, VoidDoor, Wave
from survey.campaigns.queries import erased_on
from survey.campaigns.states import REPORTED, UNDECIDED, EndReason, WaveState
from survey.database import begin, database
from survey.device import ended_sessions as ended
from survey.device.hour_keys import HourKeys
from survey.exports import prerender
from survey.free_text import publication as free_text_publication
from survey.help_requests import box_storage, reader_keys
from survey.help_requests import operations as help_requests
from survey.http import submit_once
from survey.jobs import operations as job_operations
from survey.ledger import since_backup
from survey.mail import outbox
from survey.organisations.accounts import invitations, sessions
from survey.organisations.school_files import operations as school_files
from survey.postgresql import LockedError
from survey.releases.operations import known_documents
from survey.releases.register import publications
from survey.reports.charts import stored_charts as chart_cache
from survey.reports.comparisons import automatic_comparison
from survey.responses import collect
from survey.responses.ballot_box import ending, sweep, upkeep, wipe_between_sends
from survey.responses.code_entry import shared_guesses
from survey.retention import reminders
from survey.serving import last_runs
from survey.serving.last_runs import RunName
from survey.settings import Settings

Progress = Callable[[int, int], None]
STEPS = 6


@dataclass
class Done:
    """What a run did, and what hindered it."""

    closed: int = 0
    ended: int = 0
    erased: int = 0
    help_requests_erased: int = 0
    drawings_asked: int = 0
    comparisons_asked: int = 0
    lost: list[str] = field(default_factory=list)
    notices: list[str] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)


def keep(options: Settings, *, today: date, tell: Progress | None = None) -> Done:
    """All upkeep of one night. What protects students comes first; charts that other code drew are
    put on the queue last."""

    def progress(step: int) -> None:
        if tell is not None:
            tell(step, STEPS)

    progress(0)
    done = Done()
    done.closed, done.problems = upkeep.close_overdue(today)
    progress(1)
    with begin() as db:
        publications.settle(db)
    progress(2)
    done.erased = erase_all_due(today=today, erase_after_days=options.erase_after_days)
    progress(3)
    done.ended = upkeep.end_too_few(today)
    upkeep.move_counters(today, key=options.code_key)
    done.help_requests_erased = _keep_help_requests(options, today)
    progress(4)
    _forget(options, today)
    with begin() as db:
        reminders.write(current_app._get_current_object(), db, options, today=today)  # type: ignore[attr-defined]
    database.session.rollback()  # our own reading would be in the way
    done.problems += _clear_erased()
    done.problems += _clear_requests()
    progress(5)
    done.comparisons_asked = _keep_programmes(today)
    with begin() as db:
        done.drawings_asked = prerender.enqueue_missing(db)
        job_operations.forget_old(db)
    done.lost = upkeep.lost()
    done.notices = _old_backups(options, today)
    return done


def _clear_erased() -> list[str]:
    """Clears what was erased since the last time out of the files; says what was in the way."""
    with begin() as db:
        if not last_runs.is_due(db, RunName.CLEARING):
            return []
        last_runs.note(db, RunName.CLEARING)  # what is erased from here on is for the next time
    try:
        sweep.clear_erased(database.engine, free_text_publication.ERASED)
    except sweep.SweepError as problem:
        with begin() as db:
            last_runs.note_due(db, RunName.CLEARING)
        return [
            "Answers that were erased are still in the files of the database, because"
            f" {problem}. End what reads it, and run housekeeping again."
        ]
    return []


def _clear_requests() -> list[str]:
    """Clears what says when requests for help were sent, as each full hour does while a worker
    runs; says what was in the way."""
    problems = []
    try:
        box_storage.sweep(database.engine)
    except box_storage.RequestsNotSweptError as failed:
        problems.append(failed.message)
    try:
        wipe_between_sends.close_all_gaps()
    except LockedError:
        problems.append(
            "Numbers of rows may still show which codes were used next to requests for help,"
            " because something holds the table of codes. End what holds it, and run housekeeping"
            " again."
        )
    return problems


def erase_due(db: Session, *, today: date, erase_after_days: int) -> int:
    """Erases raw answers and texts whose time is up, and returns of how many waves. Reports stay. A
    wave that has no report by then ends without one."""
    erased = 0
    for wave in _launched(db):
        if _is_due(wave, today, erase_after_days):
            erased += _erase(db, wave, today)
    return erased


def erase_all_due(*, today: date, erase_after_days: int) -> int:
    """The same, with a write for each wave, so that no student waits for the erasure of many."""
    with begin() as db:
        places = [
            (wave.school_id, wave.wave_id)
            for wave in _launched(db)
            if _is_due(wave, today, erase_after_days)
        ]
    erased = 0
    for place in places:
        with begin() as db:
            erased += _erase(db, db.get_one(Wave, place), today)
    return erased


def _is_due(wave: Wave, today: date, erase_after_days: int) -> bool:
    due = erased_on(wave, erase_after_days=erase_after_days)
    return due is not None and due <= today


def _launched(db: Session) -> list[Wave]:
    states = (WaveState.ENDED, *UNDECIDED, *REPORTED)
    return list(
        db.scalars(
            select(Wave).where(Wave.state.in_(states)).order_by(Wave.school_id, Wave.wave_id)
        )
    )


def _erase(db: Session, wave: Wave, today: date) -> bool:
    which = {"school_id": wave.school_id, "wave_id": wave.wave_id}
    had_raw = collect.has_raw(db, **which)
    if wave.state in UNDECIDED:
        ending.end(db, wave=wave, reason=EndReason.TIME_UP, today=today, by=None)
    elif had_raw:
        collect.erase(db, **which)
    if had_raw:
        record(db, EventName.RESPONSES_ERASED, by=None, **which)
    free_text_publication.erase(db, wave=wave, today=today)
    return had_raw


def _keep_programmes(today: date) -> int:
    """Ends invitations and requests that were not answered in time, sets schools aside that have no
    report by the last day for reports, and asks for comparisons that wait for no school: how many.
    """
    with begin() as db:
        declining.lapse_overdue(db, today=today)
        approvals.lapse_unanswered(db, today=today)
    with begin() as db:
        places = [
            (one.authority_id, one.programme_id, one.number)
            for one in automatic_comparison.due(db, today)
        ]
    asked = 0
    for place in places:
        with begin() as db:
            asked += automatic_comparison.go_on(
                db, planned=db.get_one(PlannedWave, place), today=today
            )
    return asked


def _old_backups(options: Settings, today: date) -> list[str]:
    """One line for each backup that is kept longer than the answers in it may be."""
    return [
        f"{one.file} had to be deleted after {one.last_day.isoformat()}: it holds answers whose"
        " time is up. `safer-places backup` deletes it from its folder."
        for one in since_backup.kept_too_long(options.ledger_file, today)
    ]


def _keep_help_requests(options: Settings, today: date) -> int:
    key = help_requests.box_key(*options.totp_keys)
    with begin() as db:
        reader_keys.advance_all(db, key=key, today=today)
        return help_requests.erase_due(db, key=key, today=today)


def _forget(options: Settings, today: date) -> None:
    """Small things that are kept for a while: ended sessions, old keys of addresses, sent forms,
    void cards, and drawings of reports that cannot be read any more."""
    with begin() as db:
        ended.forget_old(db)
        shared_guesses.forget_old(db)
        submit_once.forget_old(db, today=today)
        school_files.forget_old(db, today=today)
        outbox.forget_old(db, today=today)
        invitations.forget_old(db, now=sessions.now())
        sessions.forget_old(db)
        too_old = today - timedelta(days=options.erase_after_days)
        db.execute(delete(VoidDoor).where(VoidDoor.voided_on <= too_old))
    HourKeys(options.keys_at).forget_old()
    with begin() as db:
        chart_cache.forget(db, but_of=known_documents())
