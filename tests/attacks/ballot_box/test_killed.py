"""`kill -9` around Send and at each step of a close: nothing lost, nothing doubled, and every close
comes to its end."""

from __future__ import annotations

import multiprocessing
import os
import signal
import time
from collections import Counter
from collections.abc import Callable
from multiprocessing.connection import Connection as Pipe
from random import Random

import pytest
from flask import Flask

from survey.app import create_app
from survey.campaigns.operations import find_wave
from survey.campaigns.states import WaveState
from survey.database import database, folder_of, read
from survey.encryption import keys
from survey.responses import collect
from survey.responses.ballot_box import opening, sweep, upkeep
from survey.responses.collect import CollectOutcome
from survey.settings import Settings
from tests.attacks.attackers import ballots
from tests.attacks.attackers.ballots import Sent
from tests.integration.responses.doors import raw_rows, used_codes
from tests.world import Side, World

FORK = multiprocessing.get_context("fork")
LONGEST = 60.0


def in_a_process(
    target: Callable[..., None], *given: object
) -> multiprocessing.process.BaseProcess:
    """Runs in its own process, which opens the database itself."""
    process = FORK.Process(target=target, args=given)
    process.start()
    return process


def send_on(settings: Settings, side: Side, class_: list[Sent], told: Pipe) -> None:
    """A server that takes what students send, until it is killed."""
    app = create_app(settings, testing=True)
    for number, one in enumerate(class_):
        told.send((number, ballots.send(app, side, one).value))
    os._exit(0)


def kill_while_sending(
    app: Flask, settings: Settings, side: Side, class_: list[Sent], random: Random
) -> None:
    """Students send; the server dies at some moment; a student who got no answer sends again."""
    with app.app_context():
        database.engine.dispose()
    ours, theirs = FORK.Pipe()
    process = in_a_process(send_on, settings, side, class_, theirs)
    theirs.close()
    acknowledged: set[int] = set()
    until = random.randrange(len(class_))
    try:
        while ours.poll(LONGEST):
            number, outcome = ours.recv()
            assert outcome == CollectOutcome.STORED
            acknowledged.add(number)
            if number == until:
                time.sleep(random.random() / 100)
                break
    except EOFError:
        pass
    assert process.pid is not None
    os.kill(process.pid, signal.SIGKILL)
    process.join()
    while ours.poll():
        try:
            acknowledged.add(ours.recv()[0])
        except (EOFError, OSError):
            break
    ours.close()
    for number, one in enumerate(class_):
        outcome = ballots.send(app, side, one)
        allowed = (
            {CollectOutcome.ALREADY}
            if number in acknowledged
            else {CollectOutcome.STORED, CollectOutcome.ALREADY}
        )
        assert outcome in allowed, f"student {number}: {outcome}"


def kill_often(app: Flask, settings: Settings, world: World, times: int) -> None:
    random, each = Random(times), 6
    class_ = ballots.prepare(app, world.own, times * each)
    for at in range(0, len(class_), each):
        kill_while_sending(app, settings, world.own, class_[at : at + each], random)
    assert used_codes(app) == len(class_)
    ballots.close(app, world.own)
    stored = Counter(str(row["answers"]) for row in raw_rows(app, "response"))
    assert stored == Counter(one.spelled for one in class_)
    assert sorted(str(row["words"]) for row in raw_rows(app, "free_text")) == sorted(
        one.words for one in class_
    )


def test_kill_9_around_send_loses_and_doubles_nothing(
    app: Flask, settings: Settings, world: World
) -> None:
    kill_often(app, settings, world, times=3)


@pytest.mark.slow
def test_kill_9_around_send_fifty_times(app: Flask, settings: Settings, world: World) -> None:
    kill_often(app, settings, world, times=50)


def die(*_given: object, **_named: object) -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def after(done: Callable[..., object]) -> Callable[..., None]:
    def then_die(*given: object, **named: object) -> None:
        done(*given, **named)
        die()

    return then_die


STEPS: dict[str, tuple[object, str, Callable[..., object]]] = {
    "before the boxes are opened": (opening, "open_boxes", die),
    "when they are opened": (collect, "keep_opened", die),
    "when the answers are written, before they are committed": (
        collect,
        "keep_opened",
        after(collect.keep_opened),
    ),
    "before the sweep": (sweep, "sweep", die),
    "after the sweep": (sweep, "sweep", after(sweep.sweep)),
    "when the key is destroyed, before that is recorded": (keys, "destroy", after(keys.destroy)),
}


def close_and_die(settings: Settings, side: Side, step: str) -> None:
    app = create_app(settings, testing=True)
    place, name, instead = STEPS[step]
    setattr(place, name, instead)
    ballots.close(app, side)
    os._exit(0)


@pytest.mark.parametrize("step", STEPS)
def test_a_close_that_is_killed_is_taken_up_again(
    app: Flask, settings: Settings, world: World, step: str
) -> None:
    class_ = ballots.prepare(app, world.own, 8)
    ballots.send_all(app, world.own, class_[:6])
    with app.app_context():
        database.engine.dispose()
    process = in_a_process(close_and_die, settings, world.own, step)
    process.join(LONGEST)
    assert process.exitcode == -signal.SIGKILL
    # Whatever it left, the lead presses again, or housekeeping comes by; then both again.
    if len(step) % 2:
        ballots.close(app, world.own)
    with app.app_context():
        state = find_wave(read(), world.own.school_id, world.own.wave_id).state
    if state is WaveState.OPEN:  # it died before anything was committed
        ballots.close(app, world.own)
    for _again in range(2):
        with app.app_context():
            assert upkeep.close_overdue(ballots.TODAY)[1] == []
    stored = Counter(str(row["answers"]) for row in raw_rows(app, "response"))
    assert stored == Counter(one.spelled for one in class_[:6])
    assert raw_rows(app, "access_code") == []
    with app.app_context():
        wave = find_wave(read(), world.own.school_id, world.own.wave_id)
        assert (wave.state, wave.box_key) == (WaveState.CLOSED, None)
        assert f"box-{world.own.wave_id}" not in keys.names(folder_of(database.engine))
