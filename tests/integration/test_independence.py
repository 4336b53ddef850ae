"""Tests share what is costly to make, and stay independent of each other."""

from __future__ import annotations

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select

from survey.database import begin, database, folder_of, read
from survey.encryption import keys
from survey.organisations.models import School
from survey.permissions import Role
from tests import conftest
from tests.world import World, sign_in

LEFT, TRIES = "left behind by a test", 30


@pytest.mark.parametrize("turn", [1, 2])
def test_nothing_that_a_test_leaves_is_there_in_the_next(
    app: Flask, client: FlaskClient, world: World, turn: int
) -> None:
    """Rows, keys, settings of the app, counted tries and what the process keeps. Twice the same, so
    the second finds what the first left."""
    with app.app_context():
        names = set(read().scalars(select(School.name)))
        found = keys.names(folder_of(database.engine))
    assert LEFT not in names
    assert sum(name.startswith("box-") for name in found) == 2, "a key for each open survey"
    assert LEFT.replace(" ", "-") not in found
    assert LEFT not in app.config
    assert app.config.get("WTF_CSRF_ENABLED", True)
    assert len(conftest._kept) > 5
    assert not any(one._values for one in conftest._kept)
    sign_in(client, world.email(Role.LEAD))  # is not slowed down
    stranger = app.test_client()
    wrong = {"email": world.email(Role.LEAD), "password": "a wrong long password"}
    answers = [stranger.post("/sign-in", data=wrong).status_code for _try in range(TRIES)]
    assert answers[-1] == 429
    with app.app_context():
        with begin() as db:
            for school in db.scalars(select(School)):
                school.name = LEFT
        keys.write(folder_of(database.engine), LEFT.replace(" ", "-"), bytes(range(32)))
    app.config[LEFT] = True
    for one in conftest._kept:
        one.get((LEFT, turn), lambda: LEFT)


def test_a_copied_world_is_opened_by_its_own_keys(app: Flask, world: World) -> None:
    with app.app_context():
        folder = folder_of(database.engine)
        assert folder.stat().st_mode & 0o077 == 0
        for side in (world.own, world.other):
            assert keys.read(folder, f"box-{side.wave_id}")
