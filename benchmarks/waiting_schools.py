"""Closed surveys whose reports two people want, for benchmarks of the queue."""

from __future__ import annotations

import hashlib
import os
import tempfile
import uuid
from collections.abc import Iterator
from contextlib import contextmanager

from flask import Flask
from sqlalchemy import create_engine, func, select, text

from survey.app import alembic, create_app
from survey.campaigns.models import Wave
from survey.database import begin, database, read
from survey.jobs import operations as job_operations
from survey.jobs.models import Job
from survey.jobs.operations import UNFINISHED
from survey.jobs.states import JobState
from survey.releases.job_subjects import DRAWING, RELEASE, subject_of
from survey.releases.models import StoredRelease
from survey.settings import Settings
from tests.conftest import settings_for
from tests.integration.reports.schools import Known, add_school
from tests.two_people import agree


def build(settings: Settings, schools: int, students: int) -> tuple[Flask, list[Known]]:
    """A migrated database with so many schools."""
    app = create_app(settings, testing=True)
    with app.test_request_context():
        alembic.upgrade()
        known = []
        for number in range(schools):
            with begin() as db:
                one = add_school(db, name=f"School {number:02}", students=students, seed=number)
                agree(db, db.get_one(Wave, (one.school_id, one.wave_id)))
                known.append(one)
        with begin() as db:  # nothing but the reports is to be done
            job_operations.enqueue(db, "upkeep", {}, by=None, deliver=False)
            db.scalars(select(Job)).one().state = JobState.DONE
        database.engine.dispose()
    return app, known


def ask_for_all(app: Flask, known: list[Known]) -> None:
    with app.test_request_context():
        for one in known:
            with begin() as db:
                subject = subject_of(one.school_id, one.wave_id)
                job_operations.enqueue(db, RELEASE, subject, by=None)


def left(app: Flask, kind: str = RELEASE) -> int:
    """How many jobs of a kind are not done."""
    with app.app_context():
        unfinished = select(func.count()).where(Job.kind == kind, Job.state.in_(UNFINISHED))
        count = read().scalar(unfinished) or 0
        read().rollback()
        return count


def begun_again(app: Flask, kind: str = RELEASE) -> int:
    """How many attempts there were beyond the first of each job."""
    with app.app_context():
        tries = read().scalars(select(Job.tries).where(Job.kind == kind)).all()
        read().rollback()
        return sum(each - 1 for each in tries)


def cancel_drawings(app: Flask) -> None:
    """Charts are not what is measured."""
    with app.app_context(), begin() as db:
        for job in db.scalars(select(Job).where(Job.kind == DRAWING, Job.state.in_(UNFINISHED))):
            job.state = JobState.CANCELLED


def fingerprint(app: Flask) -> tuple[int, str]:
    """How many reports there are, and a hash over the bytes of all of them."""
    with app.app_context():
        found = read().execute(
            select(StoredRelease.document, StoredRelease.certificate).order_by(
                StoredRelease.school_id
            )
        )
        digest, count = hashlib.sha256(), 0
        for document, certificate in found:
            digest.update(document.encode() + (certificate or "").encode())
            count += 1
        read().rollback()
        return count, digest.hexdigest()[:16]


def command(statement: str) -> None:
    server = os.environ["SURVEY_TEST_POSTGRES"]
    engine = create_engine(f"{server}/postgres", isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        connection.execute(text(statement))
    engine.dispose()


@contextmanager
def postgres_database(template: str | None = None) -> Iterator[str]:
    """The name of a database that is dropped at the end."""
    name = f"bench_{uuid.uuid4().hex[:12]}"
    command(f"CREATE DATABASE {name}" + (f" TEMPLATE {template}" if template else ""))
    try:
        yield name
    finally:
        command(f"DROP DATABASE {name} WITH (FORCE)")


def postgres_settings(name: str, keys: str) -> Settings:
    ledger = tempfile.mktemp(prefix="bench-ledger-")
    address = f"{os.environ['SURVEY_TEST_POSTGRES']}/{name}"
    return settings_for(address, ledger=ledger, key_folder=keys)
