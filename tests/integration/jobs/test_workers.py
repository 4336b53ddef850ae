"""Real workers next to a real server: started by themselves, again when they die, and never two."""

from __future__ import annotations

import os
import signal
import subprocess
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy import func, select

from survey.database import read
from survey.jobs import sqlite_worker, worker_starter
from survey.jobs.models import Job
from survey.jobs.states import JobState
from survey.releases.job_subjects import RELEASE
from survey.settings import Settings
from tests.integration.jobs.test_killed import close_and_agree
from tests.killing import ask_for_release, found_wrong
from tests.real_server import environment, serving
from tests.world import World

LONGEST = 600.0


def wait_until(is_so: Callable[[], bool], what: str) -> None:
    until = time.monotonic() + LONGEST
    while not is_so():
        assert time.monotonic() < until, what
        time.sleep(0.05)


def is_alive(process: int) -> bool:
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    return True


def release_is(app: Flask, state: JobState) -> bool:
    with app.app_context():
        found = select(func.count()).where(Job.kind == RELEASE, Job.state == state)
        return bool(read().scalar(found))


def worker_of(settings: Settings) -> int:
    """The process that works on this database; 0 if none has signed yet."""
    path = sqlite_worker.lock_path(settings.database_url)
    return int(path.read_text() or 0) if path.exists() else 0


@pytest.mark.slow
@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_the_web_server_keeps_one_worker_that_outlives_a_kill_and_not_the_server(
    app: Flask, settings: Settings, world: World, tmp_path: Path
) -> None:
    close_and_agree(app, world.own)
    with serving(settings, tmp_path) as server:
        assert worker_of(settings) == 0, "without work no worker is started"
        ask_for_release(app, world.own)
        wait_until(lambda: release_is(app, JobState.RUNNING), "no worker took the job")
        first = worker_of(settings)
        assert first not in (0, server.process.pid, os.getpid())
        assert sqlite_worker.lock(settings.database_url) is None, "a second one finds it taken"
        os.kill(first, signal.SIGKILL)
        wait_until(lambda: release_is(app, JobState.DONE), "the job was not begun again")
        second = worker_of(settings)
        assert second != first
        assert found_wrong(app, world.own) == []
        server.kill()
        wait_until(lambda: not is_alive(second), "the worker outlived its server")
    free = sqlite_worker.lock(settings.database_url)
    assert free is not None
    os.close(free)


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_a_second_worker_on_a_file_says_that_there_is_one(
    app: Flask, settings: Settings, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sqlite_worker, "TRIES", 2)
    held = sqlite_worker.lock(settings.database_url)
    assert held is not None
    try:
        done = app.test_cli_runner().invoke(args=["worker", "--once"])
    finally:
        os.close(held)
    assert done.exit_code == 1
    assert "Another worker is running" in done.output


@pytest.mark.slow
@pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
def test_on_postgresql_another_worker_takes_over(
    app: Flask, settings: Settings, world: World, tmp_path: Path
) -> None:
    """Two workers as services. The one that has the job is killed, and the other one ends it."""
    close_and_agree(app, world.own)
    ask_for_release(app, world.own)

    def start() -> subprocess.Popen[bytes]:
        return subprocess.Popen(worker_starter.COMMAND, env=environment(settings))

    first = start()
    second = None
    try:
        wait_until(lambda: release_is(app, JobState.RUNNING), "no worker took the job")
        second = start()
        first.kill()
        first.wait()
        wait_until(lambda: release_is(app, JobState.DONE), "the job was not taken over")
        second.terminate()
        assert second.wait(LONGEST) == 0, "it ends in peace when it is told to"
    finally:
        for process in (first, second):
            if process is not None and process.poll() is None:
                process.kill()
                process.wait()
    assert found_wrong(app, world.own) == []
