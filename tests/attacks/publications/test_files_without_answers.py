"""Every file of a report, made when no answer is left, and with every statement to the database
read: none can say what the release does not. And what a file says of itself holds no exact time."""

from __future__ import annotations

import io
import re
import zipfile

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import delete, event

from survey.database import begin, database
from survey.permissions import Role
from survey.responses.models import FreeText, Response
from tests.attacks.publications.test_everything_published import SECRET
from tests.integration.reports.school.test_views import address, publish
from tests.unit.reports.samples import sample
from tests.world import World, sign_in

FILES = (
    "release.csv", "release.json", "certificate.json", "questionnaire.json", "report.xlsx",
    "charts/participation.svg",
)  # fmt: skip
DRAWN = ("governors.pdf", "report.pdf", "slides.pdf", "slides.pptx", "charts/participation.png")
EXACT = re.compile(rb"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}|D:[0-9]{14}")
"""A time of day, as documents and PDF files write it."""


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
@pytest.mark.parametrize("names", [FILES, pytest.param(DRAWN, marks=pytest.mark.slow)])
def test_no_file_needs_an_answer(
    app: Flask, client: FlaskClient, world: World, names: tuple[str, ...]
) -> None:
    release, questionnaire = sample(("safety", "2026.3"), 0.3, 5, False)
    publish(app, world.own, release, questionnaire)
    with app.app_context(), begin() as db:
        db.execute(delete(Response))
        db.execute(delete(FreeText))
    sign_in(client, world.email(Role.LEAD))
    asked: list[str] = []
    with app.app_context():
        event.listen(
            database.engine, "before_cursor_execute", lambda *given: asked.append(given[2])
        )
    found = {}
    for name in names:
        answer = client.get(address(world.own, name))
        assert answer.status_code in (200, 404 if name == "certificate.json" else 200), name
        found[name] = answer.data
    assert len(asked) > 5
    assert [one for one in asked if SECRET.search(one)] == []
    # Of the day on which a file was made the properties say midnight, or nothing.
    for name, data in found.items():
        for stamp in EXACT.findall(b"\n".join(inside(data))):
            assert stamp.endswith((b"T00:00:00", b"000000")), (name, stamp)


def inside(data: bytes) -> list[bytes]:
    """A file, and what is packed in it."""
    if not data.startswith(b"PK"):
        return [data]
    with zipfile.ZipFile(io.BytesIO(data)) as packed:
        return [packed.read(name) for name in packed.namelist()]
