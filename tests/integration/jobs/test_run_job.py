"""Jobs: put on the queue with what the page wrote, taken once, told how far, and ended once."""

from __future__ import annotations

import logging
import threading
import uuid
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import timedelta

import pytest
from flask import Flask
from sqlalchemy import select, text
from sqlalchemy.orm import Session

from survey.database import begin, read
from survey.errors import NotNowError
from survey.jobs import operations, run_job, tasks
from survey.jobs.lease_clock import now
from survey.jobs.models import Job
from survey.jobs.operations import UNEXPECTED, JobStatus
from survey.jobs.process_pool import PoolError
from survey.jobs.run_job import JobOutcome, StoppedError
from survey.jobs.states import JobState
from survey.jobs.tasks import Control, Subject, Task
from tests.jobs import HereAlone, run_jobs

KIND = "a test"
SUBJECT = {"school_id": str(uuid.UUID(int=7)), "number": 3}


@dataclass
class Acts:
    """What the task of these tests does; a test sets `act`."""

    stamp: str = "code"
    calls: int = 0
    acts: list[object] = field(default_factory=list)

    def run(self, subject: Subject, control: Control) -> str | None:
        self.calls += 1
        act = self.acts.pop(0) if self.acts else None
        return act(control) if callable(act) else None


@pytest.fixture
def acts() -> Iterator[Acts]:
    made = Acts()
    tasks.register(Task(KIND, KIND, made.run, lambda: made.stamp, lambda _db, _subject: "Here"))  # type: ignore[arg-type]
    yield made
    del tasks._tasks[KIND]


@pytest.fixture
def here(app: Flask, acts: Acts) -> Iterator[Flask]:
    with app.test_request_context():
        yield app


def ask(subject: Subject = SUBJECT) -> int | None:
    with begin() as db:
        return operations.enqueue(db, KIND, subject, by=None)


def found() -> JobStatus | None:
    read().rollback()
    return operations.standing(read(), KIND, SUBJECT)


def job() -> Job:
    read().rollback()
    return read().scalars(select(Job).order_by(Job.job_id.desc())).first()  # type: ignore[return-value]


def silent(since: timedelta) -> None:
    with begin() as db:
        one = db.scalars(select(Job).order_by(Job.job_id.desc())).first()
        one.heard_at = now(db) - since


def take() -> run_job.Taken | JobOutcome:
    with begin() as db:
        return run_job.take(db, db.scalars(select(Job.job_id).order_by(Job.job_id.desc())).first())


def test_it_waits_until_a_worker_does_it_and_tells_how_far_it_is(here: Flask, acts: Acts) -> None:
    seen: list[JobStatus | None] = []

    def act(control: Control) -> None:
        for done in (3, 12):
            control.progress(done, 12)
            seen.append(found())

    acts.acts.append(act)
    assert found() is None
    ask()
    assert found() == JobStatus(JobState.WAITING, 0, None)
    assert acts.calls == 0
    assert run_jobs(here) == 1
    assert seen == [JobStatus(JobState.RUNNING, percent, None) for percent in (25, 100)]
    assert found() is None
    assert job().state is JobState.DONE


def test_progress_is_written_now_and_then_and_not_at_every_step(here: Flask, acts: Acts) -> None:
    seen: list[int] = []

    def act(control: Control) -> None:
        for done in range(1, 51):
            control.progress(done, 100)
        seen.append(found().percent)  # type: ignore[union-attr]

    acts.acts.append(act)
    ask()
    run_jobs(here)
    assert seen == [1], "the first step is told at once, the others after half a second"


def test_a_second_press_puts_nothing_on_the_queue(here: Flask, acts: Acts) -> None:
    def act(_control: Control) -> None:
        assert ask() is None

    acts.acts.append(act)
    assert ask() is not None
    assert ask() is None
    run_jobs(here)
    assert acts.calls == 1
    assert ask() is not None, "once it is done it can be asked for again"


def test_what_the_page_wrote_and_the_job_are_kept_together_or_not_at_all(
    here: Flask, acts: Acts
) -> None:
    def fail_after_asking() -> None:
        with begin() as db:
            operations.enqueue(db, KIND, SUBJECT, by=None)
            raise RuntimeError

    with pytest.raises(RuntimeError):
        fail_after_asking()
    assert found() is None
    assert queued() == 0
    ask()
    assert queued() == (1 if read().get_bind().dialect.name == "postgresql" else 0)


def queued() -> int:
    """Jobs on the queue of PostgreSQL; it keeps its own table."""
    read().rollback()
    if read().get_bind().dialect.name != "postgresql":
        return 0
    count = read().scalar(text("SELECT count(*) FROM procrastinate_jobs")) or 0
    read().rollback()
    return int(count)


def test_each_is_told_its_place_in_the_queue(here: Flask, acts: Acts) -> None:
    for number in range(4):
        ask({"number": number})

    def ahead(number: int) -> int | None:
        standing = operations.standing(read(), KIND, {"number": number})
        return standing and standing.ahead

    def act(_control: Control) -> None:
        read().rollback()
        assert [ahead(number) for number in range(4)] == [0, 1, 2, 3]

    assert [ahead(number) for number in range(4)] == [0, 1, 2, 3]
    acts.acts.append(act)
    assert run_jobs(here) == 4
    assert acts.calls == 4
    assert job().state is JobState.DONE


def test_what_a_person_waits_for_goes_before_long_work(here: Flask, acts: Acts) -> None:
    quick, order = f"{KIND}_quick", []
    acts.acts = [lambda _control: order.append("long")] * 2
    run = lambda _subject, _control: order.append("quick")  # noqa: E731
    tasks.register(
        tasks.Task(quick, quick, run, lambda: "code", lambda _db, _subject: "", goes_first=True)
    )
    try:
        ask()
        ask(SUBJECT | {"number": 4})
        with begin() as db:
            operations.enqueue(db, quick, SUBJECT, by=None)
        read().rollback()
        asked = operations.standing(read(), quick, SUBJECT)
        assert asked is not None
        assert asked.ahead == 0
        assert [standing.ahead for standing in [found()] if standing] == [1]
        assert [one.kind for one in operations.listed(read())] == [quick, KIND, KIND]
        if read().get_bind().dialect.name == "postgresql":
            kept = read().execute(text("SELECT priority FROM procrastinate_jobs ORDER BY id"))
            assert [priority for (priority,) in kept] == [0, 0, 1]
        read().rollback()
        run_jobs(here)
        assert order == ["quick", "long", "long"]
    finally:
        del tasks._tasks[quick]


def test_a_job_is_taken_by_one_attempt_alone(here: Flask, acts: Acts) -> None:
    ask()
    assert isinstance(take(), run_job.Taken)
    assert take() is JobOutcome.HELD
    silent(run_job.LEASE - timedelta(seconds=10))
    assert take() is JobOutcome.HELD
    assert run_jobs(here) == 0
    silent(run_job.LEASE + timedelta(seconds=1))
    assert found() == JobStatus(JobState.RUNNING, 0, None)
    assert run_jobs(here) == 1, "its worker is silent, so it is begun again"
    assert acts.calls == 1
    assert take() is JobOutcome.GONE


def test_a_worker_believed_dead_that_comes_back_stores_nothing(here: Flask, acts: Acts) -> None:
    kept: list[str] = []

    def slow(control: Control) -> None:
        silent(run_job.LEASE + timedelta(seconds=1))
        run_jobs(here)  # another worker takes it over and ends it
        with control.finish():
            kept.append("slow")

    def quick(control: Control) -> None:
        with control.finish():
            kept.append("quick")

    acts.acts += [slow, quick]
    ask()
    run_jobs(here)
    assert kept == ["quick"]
    assert job().state is JobState.DONE


def test_one_step_that_takes_long_is_not_taken_for_a_dead_worker(
    here: Flask, acts: Acts, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(run_job, "BETWEEN_BEATS", 0.02)
    heard: list[bool] = []

    def act(_control: Control) -> None:
        silent(run_job.LEASE + timedelta(seconds=1))
        before, pause = job().heard_at, threading.Event()
        for _ in range(500):
            if job().heard_at > before:
                heard.append(True)
                return
            pause.wait(0.02)

    acts.acts.append(act)
    ask()
    run_jobs(here)
    assert heard == [True]
    assert take() is JobOutcome.GONE


def test_a_refusal_is_told_in_its_own_words(here: Flask, acts: Acts) -> None:
    def act(_control: Control) -> None:
        raise NotNowError("Fewer than 20 students answered.")

    acts.acts.append(act)
    ask()
    run_jobs(here)
    assert found() == JobStatus(JobState.FAILED, 0, "Fewer than 20 students answered.")
    ask()
    run_jobs(here)
    assert found() is None


def test_an_error_of_ours_is_logged_and_told_without_its_words(
    here: Flask, acts: Acts, caplog: pytest.LogCaptureFixture
) -> None:
    def act(_control: Control) -> None:
        raise RuntimeError("43 of 44 in year 9")

    acts.acts.append(act)
    ask()
    with caplog.at_level(logging.ERROR):
        run_jobs(here)
    assert found() == JobStatus(JobState.FAILED, 0, UNEXPECTED)
    (line,) = (one.getMessage() for one in caplog.records)
    assert f'"job":"{job().job_id}"' in line.replace(" ", "")
    assert "43 of 44" not in line


def test_a_cancelled_job_stops_at_its_next_step_and_stores_nothing(here: Flask, acts: Acts) -> None:
    kept: list[str] = []

    def cancel() -> None:
        with begin() as db:
            operations.cancel(db, job_id=job().job_id, by=None)

    def act(control: Control) -> None:
        cancel()
        with control.finish():
            kept.append("something")

    acts.acts.append(act)
    ask()
    run_jobs(here)
    assert kept == []
    assert found() == JobStatus(JobState.CANCELLED, 0, None)
    with pytest.raises(operations.JobEndedError):
        cancel()
    ask({"number": 9})
    cancel()
    assert run_jobs(here) == 0, "one that waits is not begun"
    with begin() as db:
        assert operations.retry(db, job_id=job().job_id, by=None) is not None
    assert run_jobs(here) == 1


def test_a_cancelled_job_stops_while_it_tells_its_progress(here: Flask, acts: Acts) -> None:
    def act(control: Control) -> None:
        with begin() as db:
            operations.cancel(db, job_id=job().job_id, by=None)
        with pytest.raises(StoppedError):
            control.progress(1, 1)
        raise StoppedError

    acts.acts.append(act)
    ask()
    run_jobs(here)
    assert job().state is JobState.CANCELLED


def test_a_worker_that_is_told_to_stop_gives_its_job_back(here: Flask, acts: Acts) -> None:
    stopping: list[bool] = []

    def act(control: Control) -> None:
        stopping.append(True)
        control.progress(1, 2)

    acts.acts.append(act)
    number = ask()
    assert number is not None
    outcome = run_job.run_one(here, number, HereAlone(), lambda: bool(stopping))
    assert outcome is JobOutcome.GIVEN_BACK
    assert (job().state, job().tries) == (JobState.WAITING, 0)
    assert run_jobs(here) == 1


def test_a_pool_that_breaks_gives_the_job_back_and_not_for_ever(here: Flask, acts: Acts) -> None:
    def act(_control: Control) -> None:
        raise PoolError

    acts.acts += [act] * 20
    ask()
    assert run_jobs(here) == run_job.MOST_TRIES + 1
    assert acts.calls == run_job.MOST_TRIES
    standing = found()
    assert standing is not None
    assert standing.state is JobState.FAILED
    assert "5 times" in (standing.problem or "")


def test_a_worker_with_other_code_refuses_and_says_so(here: Flask, acts: Acts) -> None:
    ask()
    acts.stamp = "newer code"
    assert take() is JobOutcome.REFUSED
    assert acts.calls == 0
    standing = found()
    assert standing is not None
    assert standing.state is JobState.WAITING
    assert "another version of the software" in (standing.problem or "")
    assert run_jobs(here) == 0, "it waits a while for a worker with the same code"
    acts.stamp = "code"
    with begin() as db:
        db.scalars(select(Job)).one().not_before = None
    assert run_jobs(here) == 1
    assert found() is None


def test_a_job_that_every_worker_refuses_fails_in_plain_words(here: Flask, acts: Acts) -> None:
    ask()
    acts.stamp = "newer code"
    for _ in range(run_job.MOST_REFUSALS):
        take()
    standing = found()
    assert standing is not None
    assert standing.state is JobState.FAILED
    assert "Ask again" in (standing.problem or "")
    with begin() as db:
        assert operations.retry(db, job_id=job().job_id, by=None) is not None
    assert run_jobs(here) == 1, "tried again, it is asked for with the new code"


def test_what_a_job_holds_is_identifiers_alone(here: Flask, acts: Acts) -> None:
    """A page or an operation that handed an answer, a code or a text on would be refused."""
    school = uuid.uuid4()
    with begin() as db:
        operations.enqueue(db, KIND, {"school_id": school, "number": 2}, by=None)
    assert job().subject == {"school_id": str(school), "number": 2}
    for wrong in ({"answers": "A1=y9"}, {"code": "GS3R-USWP"}, {"school_id": "not one"}):
        with pytest.raises(ValueError, match=r"identifiers|hexadecimal"), begin() as db:
            operations.enqueue(db, KIND, wrong, by=None)


def forget(db: Session) -> None:
    operations.forget_old(db)


def test_what_ended_a_while_ago_is_forgotten_and_the_rest_is_kept(here: Flask, acts: Acts) -> None:
    ask({"number": 1})
    run_jobs(here)
    silent(operations.KEPT + timedelta(days=1))
    ask({"number": 2})
    with begin() as db:
        forget(db)
    read().rollback()
    assert [one.subject["number"] for one in read().scalars(select(Job))] == [2]
