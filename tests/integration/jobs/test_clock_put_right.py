"""A clock that was a year ahead for a while: the times that it wrote put nothing off, keep nothing
for longer and keep no one out, once it is right again."""

from __future__ import annotations

import time
import uuid
from datetime import date, timedelta
from pathlib import Path

import pytest
from flask import Flask, session
from limits import parse
from sqlalchemy import select, text

from survey.app import create_app
from survey.database import begin, database, read, today
from survey.device.hour_keys import hour_now
from survey.help_requests import unlocked_keys
from survey.help_requests.reader_keys import _days_of_invitations
from survey.http import rate_limits, submit_once
from survey.http.rate_limits import RateCount, SharedLimits
from survey.http.submit_once import SentForm
from survey.jobs import lease_clock, operations, procrastinate_worker, run_job
from survey.jobs.models import Job
from survey.jobs.run_job import JobOutcome
from survey.jobs.schedule import UPKEEP
from survey.jobs.states import JobState
from survey.mail import outbox, sending
from survey.mail.kinds import MailKind
from survey.mail.models import MailState, OutMail
from survey.organisations.kept_forms.views import KEPT_FOR_SECONDS, KeptForm, seal, unseal
from survey.organisations.models import Member
from survey.permissions import Role
from survey.responses.code_entry import shared_guesses
from survey.responses.code_entry.shared_guesses import WrongHalf
from survey.serving.checks import CheckState, check_worker
from tests.conftest import settings_for
from tests.seats import seated
from tests.world import World

YEAR = timedelta(days=365)
TEN = parse("10 per hour")


class Clock:
    """What a module takes for `time`."""

    def __init__(self, ahead: float) -> None:
        self.ahead = ahead

    def time(self) -> float:
        return time.time() + self.ahead


def test_mail_is_sent_and_forgotten_by_the_right_clock(sqlite_url: str, tmp_path: Path) -> None:
    way = {"mail_from": "survey@school.test", "mail_folder": str(tmp_path / "mail")}
    app = create_app(settings_for(sqlite_url, **way), testing=True)
    with app.test_request_context():
        with begin() as db:
            db.add(member := seated(Role.OPERATOR, "a@b.test", name="A", since=today()))
            db.flush()
            for about in ("again", "claimed", "later"):
                outbox.put(
                    db, kind=MailKind.INVITATION, member_id=member.id, about=about, path="/x"
                )
        with begin() as db:
            again, claimed, later = db.scalars(select(OutMail).order_by(OutMail.about))
            at = lease_clock.now(db)
            again.next_try, again.written_on = at + YEAR, today() + YEAR
            claimed.state, claimed.next_try = MailState.SENDING, at + YEAR
            later.next_try = at + timedelta(hours=1)
        assert outbox.is_due(read(), at=lease_clock.now(read()))
        assert sending.deliver().sent == 1
        found = {one.about: one.state for one in read().scalars(select(OutMail))}
        assert found == {
            "again": MailState.SENT,
            "claimed": MailState.FAILED,  # it may have arrived, and says so
            "later": MailState.WAITING,
        }
        read().rollback()
        for days, left in ((0, 3), (30, 0)):
            with begin() as db:
                outbox.forget_old(db, today=today() + timedelta(days=days))
            assert len(read().scalars(select(OutMail)).all()) == left
            read().rollback()
        database.engine.dispose()


def test_a_form_that_was_sealed_by_a_clock_ahead_is_not_kept_until_then(
    app: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    kept = KeptForm("/schools", (("goal", "Words"),))
    with app.test_request_context():
        for hours, is_kept in ((0, True), (1, True), (-13, False), (13, False), (9000, False)):
            with monkeypatch.context() as patched:
                patched.setattr("survey.organisations.kept_forms.views.time", Clock(hours * 3600))
                sealed = seal(kept)
            assert (unseal(sealed) == kept) is is_kept, hours
    assert KEPT_FOR_SECONDS == 12 * 3600


def test_a_job_of_a_worker_that_died_while_the_clock_was_ahead_is_begun_again(
    app: Flask, world: World
) -> None:
    with app.test_request_context():
        with begin() as db:
            job_id = operations.enqueue(db, UPKEEP, {}, by=None, deliver=False)
            assert job_id
            assert not isinstance(run_job.take(db, job_id), JobOutcome)
        with begin() as db:
            assert run_job.take(db, job_id) is JobOutcome.HELD
            assert check_worker(db).state is CheckState.OK
            db.get_one(Job, job_id).heard_at += YEAR
        with begin() as db:
            if database.engine.dialect.name == "postgresql":
                assert check_worker(db).state is CheckState.WARNING
            assert run_job._next_of(db, lambda _kind: True) == job_id
            assert not isinstance(run_job.take(db, job_id), JobOutcome)
        with begin() as db:
            job = db.get_one(Job, job_id)
            job.state, job.heard_at = JobState.DONE, lease_clock.now(db) + YEAR
        with begin() as db:
            operations.forget_old(db)
            assert db.get_one(Job, job_id).heard_at <= lease_clock.now(db)


@pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
def test_the_queue_forgets_times_to_come(app: Flask, world: World) -> None:
    with app.test_request_context():
        with begin() as db:
            job_id = operations.enqueue(db, UPKEEP, {}, by=None)
            ahead = "now() + interval '1 year'"
            db.execute(text(f"UPDATE procrastinate_jobs SET scheduled_at = {ahead}"))
            db.execute(text(f"INSERT INTO procrastinate_workers (last_heartbeat) VALUES ({ahead})"))
            assert check_worker(db).state is CheckState.WARNING, "it is dead"
        procrastinate_worker.tend(app)
        due = "SELECT count(*) FROM procrastinate_{} WHERE {} <= now()"
        assert read().scalar(text(due.format("jobs", "scheduled_at"))) == 1
        assert read().scalar(text(due.format("workers", "last_heartbeat"))) == 1
        read().rollback()
        with begin() as db:  # a job that is held by no one, and is on no queue
            assert job_id
            assert not isinstance(run_job.take(db, job_id), JobOutcome)
            db.get_one(Job, job_id).heard_at += YEAR
            db.execute(text("DELETE FROM procrastinate_jobs"))
        procrastinate_worker.tend(app)
        assert read().scalar(text("SELECT count(*) FROM procrastinate_jobs")) == 1
        read().rollback()


def test_a_count_of_guesses_keeps_no_one_out_for_a_year(
    app: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    limits = SharedLimits(app.config["SECRET_KEY"])
    with app.app_context():
        with monkeypatch.context() as patched:
            patched.setattr(rate_limits, "time", Clock(YEAR.total_seconds()))
            for _number in range(TEN.amount):
                assert limits.hit(TEN, "x")
            limits.hit(TEN, "y")
            assert not limits.hit(TEN, "x"), "while the clock is ahead it counts"
        for _number in range(TEN.amount):
            assert limits.hit(TEN, "x")
        assert not limits.hit(TEN, "x"), "and counts again from now"
        assert len(read().scalars(select(RateCount.until)).all()) == 1, "nothing is kept till then"
        read().rollback()


def test_keys_of_requests_for_help_are_not_open_for_a_year(
    app: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    school, member = uuid.uuid4(), Member(id=uuid.uuid4(), fs_uniquifier="x")
    with app.test_request_context():
        with monkeypatch.context() as patched:
            patched.setattr(unlocked_keys, "time", Clock(YEAR.total_seconds()))
            unlocked_keys.remember(school, member, {1: b"key"})
            assert unlocked_keys.recall(school, member)
        assert unlocked_keys.NAME in session
        assert unlocked_keys.recall(school, member) == {}
        unlocked_keys.remember(school, member, {1: b"key"})
        assert unlocked_keys.recall(school, member) == {1: b"key"}


def test_what_was_sent_on_a_day_to_come_is_forgotten(app: Flask) -> None:
    day = today()
    with app.app_context():
        with begin() as db:
            for days in (-3, -1, 0, 200):
                sent_on = day + timedelta(days=days)
                db.add(SentForm(form_hash=uuid.uuid4().bytes * 2, sent_on=sent_on, led_to="/"))
            for hour in (-9, 0, 9000):
                db.add(WrongHalf(hour=hour_now() + hour, half_hash=bytes(32), wrong=1))
        with begin() as db:
            submit_once.forget_old(db, today=day)
            shared_guesses.forget_old(db)
        kept = read().scalars(select(SentForm.sent_on).order_by(SentForm.sent_on)).all()
        assert kept == [day - timedelta(days=1), day]
        assert read().scalars(select(WrongHalf.hour)).all() == [hour_now()]
        read().rollback()


def test_an_invitation_to_read_holds_for_a_week_and_not_from_a_day_to_come() -> None:
    day = date(2026, 3, 1)
    holds = _days_of_invitations(day)
    assert [day, day - timedelta(days=6)] == [holds[0], holds[-1]]
    assert day + timedelta(days=1) not in holds
    assert day - timedelta(days=7) not in holds
