"""`kill -9` at every step of a release: one report, or none and begun again by itself."""

from __future__ import annotations

from random import Random

import pytest
from flask import Flask

from survey.campaigns.models import Wave
from survey.database import begin
from survey.releases import operations as release_operations
from survey.responses.ballot_box import opening
from tests.engines import SQLITE_FIRST
from tests.integration.releases.test_views import answer
from tests.killing import STEPS, ask_for_release, done_by_itself, found_wrong, killed_at
from tests.two_people import agree
from tests.world import Side, World

FEW = ("some tables checked", "in the ledger", "committed")


@pytest.fixture
def side(app: Flask, world: World) -> Side:
    """A closed survey whose report two people want."""
    close_and_agree(app, world.own)
    return world.own


def close_and_agree(app: Flask, side: Side, students: int = 60) -> None:
    answer(app, side, students)
    with app.test_request_context():
        with begin() as db:
            wave = db.get_one(Wave, (side.school_id, side.wave_id))
            release_operations.close(db, wave=wave, today=wave.opened_on, by=None)
        opening.finish(school_id=side.school_id, wave_id=side.wave_id, by=None)
        with begin() as db:
            agree(db, db.get_one(Wave, (side.school_id, side.wave_id)))


@SQLITE_FIRST  # `tests/attacks/ballot_box/test_killed.py` kills on both
def test_a_release_is_made_once_however_often_its_worker_is_killed(app: Flask, side: Side) -> None:
    """On PostgreSQL, where each waits for the silence of the one before, at a few of the steps."""
    is_file = app.extensions["settings"].database_url.startswith("sqlite")
    ask_for_release(app, side)
    missed = [step for step in (STEPS if is_file else FEW) if not killed_at(app, step)]
    assert missed == [], "a step at which no worker was killed proves nothing"
    assert done_by_itself(app)
    assert found_wrong(app, side) == []


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(10))
def test_kills_in_any_order(app: Flask, side: Side, seed: int) -> None:
    ask_for_release(app, side)
    steps = [step for step in STEPS if step != "committed"]
    for step in Random(seed).choices(steps, k=20):
        assert killed_at(app, step), step
    assert done_by_itself(app)
    assert found_wrong(app, side) == []
