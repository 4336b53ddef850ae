"""Long work behind a page: how far it is, what became of it, and never twice at once."""

from __future__ import annotations

import json
import logging
import threading
from collections.abc import Iterator
from datetime import timedelta

import pytest
from flask import Flask

from survey.database import begin, read
from survey.disclosure.certify import Progress
from survey.errors import NotNowError
from survey.releases import jobs as release_jobs
from survey.releases.jobs import Stage, Standing, WorkRow

KEY = "release:a-school:a-wave"


@pytest.fixture
def here(app: Flask) -> Iterator[Flask]:
    with app.test_request_context():
        yield app


def found() -> Standing | None:
    read().rollback()
    return release_jobs.standing(read(), KEY)


def heard(ago: timedelta, done: int = 3) -> None:
    with begin() as db:
        db.merge(
            WorkRow(key=KEY, done=done, total=12, heard_at=release_jobs._now() - ago, problem=None)
        )


def test_while_it_runs_it_says_how_far_it_is_and_afterwards_nothing(
    here: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(release_jobs, "BETWEEN_WORDS", 0.0)
    seen: list[Standing | None] = []

    def job(progress: Progress) -> None:
        seen.append(found())
        progress(3, 12)
        seen.append(found())
        progress(12, 12)
        seen.append(found())

    assert found() is None
    release_jobs.start(KEY, job)
    assert seen == [Standing(Stage.RUNNING, percent, None) for percent in (0, 25, 100)]
    assert found() is None


def test_progress_is_written_now_and_then_and_not_at_every_step(here: Flask) -> None:
    def job(progress: Progress) -> None:
        for done in range(1, 51):
            progress(done, 100)
        standing = found()
        assert standing is not None
        assert standing.percent == 0  # less than BETWEEN_WORDS went by

    release_jobs.start(KEY, job)
    assert found() is None


def test_a_second_press_begins_nothing(here: Flask) -> None:
    begun: list[int] = []

    def job(_progress: Progress) -> None:
        with pytest.raises(release_jobs.AtWorkError):
            release_jobs.start(KEY, lambda _progress: begun.append(1))

    release_jobs.start(KEY, job)
    assert begun == []
    release_jobs.start(KEY, lambda _progress: begun.append(2))
    assert begun == [2]


def test_other_work_goes_on_beside_it(here: Flask) -> None:
    begun: list[int] = []
    release_jobs.start(
        KEY, lambda _progress: release_jobs.start("other", lambda _progress: begun.append(1))
    )
    assert begun == [1]


def test_work_that_is_silent_was_cut_off_and_can_be_begun_again(here: Flask) -> None:
    heard(release_jobs.SILENCE - timedelta(seconds=20))
    assert found() == Standing(Stage.RUNNING, 25, None)
    with pytest.raises(release_jobs.AtWorkError):
        release_jobs.start(KEY, lambda _progress: None)
    heard(release_jobs.SILENCE + timedelta(seconds=1))
    assert found() == Standing(Stage.CUT_OFF, 25, None)
    release_jobs.start(KEY, lambda _progress: None)
    assert found() is None


def test_a_refusal_is_told_in_its_own_words(here: Flask) -> None:
    def job(_progress: Progress) -> None:
        raise NotNowError("Fewer than 20 students answered.")

    release_jobs.start(KEY, job)
    assert found() == Standing(Stage.FAILED, 0, "Fewer than 20 students answered.")
    release_jobs.start(KEY, lambda _progress: None)
    assert found() is None


def test_an_error_of_ours_is_logged_and_told_without_its_words(
    here: Flask, caplog: pytest.LogCaptureFixture
) -> None:
    def job(_progress: Progress) -> None:
        raise RuntimeError("43 of 44 in year 9")

    with caplog.at_level(logging.ERROR):
        release_jobs.start(KEY, job)
    assert found() == Standing(Stage.FAILED, 0, release_jobs.UNEXPECTED)
    assert [json.loads(record.getMessage())["event"] for record in caplog.records] == [
        "work_failed"
    ]
    assert "year 9" not in caplog.text


def test_a_page_does_not_wait_for_it(here: Flask) -> None:
    here.testing = False
    begun, go_on = threading.Event(), threading.Event()

    def job(_progress: Progress) -> None:
        begun.set()
        assert go_on.wait(20)

    before = set(threading.enumerate())
    release_jobs.start(KEY, job)
    begun_now = set(threading.enumerate()) - before
    (beside,) = (one for one in begun_now if one.name == release_jobs.THREAD)
    assert begun.wait(20)
    assert found() == Standing(Stage.RUNNING, 0, None)
    go_on.set()
    beside.join(20)
    assert found() is None


def test_one_step_that_takes_long_is_not_taken_for_work_that_was_cut_off(
    here: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(release_jobs, "BETWEEN_BEATS", 0.02)
    heard(release_jobs.SILENCE + timedelta(seconds=1))
    assert found() == Standing(Stage.CUT_OFF, 25, None)
    ended = threading.Event()
    beating = threading.Thread(target=release_jobs._beat, args=(here, KEY, ended))
    beating.start()
    try:
        for _ in range(500):
            standing = found()
            if standing is not None and standing.stage is Stage.RUNNING:
                break
            ended.wait(0.02)
    finally:
        ended.set()
        beating.join()
    assert standing == Standing(Stage.RUNNING, 25, None)
