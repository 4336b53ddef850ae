"""Texts of a survey in a database that was restored from before they were published."""

from __future__ import annotations

from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient

from survey.database import begin
from survey.free_text.decisions import TextDecision
from survey.free_text.operations import ReleasedBeforeError
from survey.free_text.publication import withdraw_texts
from survey.permissions import Role
from tests.integration.backups.copies import backed_up, restored
from tests.integration.free_text.review_pages import (
    TODAY,
    decide,
    find_wave,
    ids,
    in_room,
    opened,
)
from tests.integration.free_text.test_operations import release_texts, released
from tests.integration.free_text.test_views import room
from tests.world import Side, World, sign_in

pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


@pytest.fixture
def backup(app: Flask, world: World, tmp_path: Path) -> Path:
    """A copy from before the texts were decided about."""
    with app.app_context():
        opened(world.own, 22)
    file, _manifest = backed_up(app, tmp_path / "backups", today=TODAY)
    return file


def published(app: Flask, side: Side) -> str:
    with app.app_context():
        decide(side, ids(in_room(side)))
        release_texts(side)
        return released(side).texts_hash


def test_the_same_decisions_give_the_same_set_and_another_is_refused(
    app: Flask, world: World, client: FlaskClient, backup: Path
) -> None:
    side = world.own
    before = published(app, side)
    restored(app, backup, today=TODAY)
    with app.app_context():
        texts = ids(in_room(side))
        decide(side, texts[:-1])
        decide(side, texts[-1:], TextDecision.LEFT_OUT, ())
        with pytest.raises(ReleasedBeforeError, match="Decide about each text as it was decided"):
            release_texts(side)
    sign_in(client, side.email[Role.LEAD])
    page = client.get(room(side)).text
    assert "before the database was restored from a backup" in page
    assert published(app, side) == before, "the same decisions"


def test_a_set_that_was_withdrawn_stays_withdrawn(
    app: Flask, world: World, client: FlaskClient, backup: Path
) -> None:
    side = world.own
    before = published(app, side)
    with app.app_context(), begin() as db:
        wave = find_wave(db, side.school_id, side.wave_id)
        withdraw_texts(db, wave=wave, notice="A name.", today=TODAY, by=None)
    restored(app, backup, today=TODAY)
    with app.app_context():
        kept = released(side)
        assert (kept.texts_hash, kept.document) == (before, None)
        assert (kept.withdrawn_on, kept.notice) == (TODAY, "A name.")
    with pytest.raises(ReleasedBeforeError):
        published(app, side)
    sign_in(client, side.email[Role.LEAD])
    assert "There will be no other set for this survey" in client.get(room(side)).text
