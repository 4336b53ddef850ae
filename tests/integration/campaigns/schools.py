"""A school that is ready to launch, for tests of this room."""

from __future__ import annotations

import re
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date

from flask import Flask
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from survey.audit_log import Event, EventName
from survey.campaigns import operations
from survey.campaigns.models import Campaign, Wave
from survey.database import begin
from survey.questionnaires.adapt import Adaptation, OwnContact
from survey.questionnaires.load import load_all
from survey.questionnaires.model import Text
from tests.world import Side

KEY = bytes(range(32))
TODAY = date(2026, 11, 24)
CLOSES = date(2026, 12, 11)

READY = Adaptation(
    contacts=(
        OwnContact(
            name=Text.of({"en": "Safeguarding lead"}),
            how=Text.of({"en": "Knock at break"}),
            room=Text.of({"en": "Room 12"}),
            times=Text.of({"en": "Every break"}),
            email="lead@school.example",
        ),
    )
)


@contextmanager
def writing(app: Flask) -> Iterator[Session]:
    with app.test_request_context(), begin() as db:
        yield db


def start(db: Session, school_id: uuid.UUID, template: str = "safety") -> Campaign:
    return operations.start_campaign(
        db,
        school_id=school_id,
        template_key=template,
        template_version=max(version for key, version in load_all() if key == template),
        title="How safe is it here?",
        by=None,
    )


def launch(db: Session, school_id: uuid.UUID) -> Wave:
    campaign = start(db, school_id)
    operations.save_draft(db, campaign=campaign, adaptation=READY, by=None)
    (wave,) = campaign.waves
    operations.launch(db, wave=wave, closes_on=CLOSES, today=TODAY, by=None)
    return wave


def draft_of(app: Flask, side: Side) -> uuid.UUID:
    """A campaign in draft, with nothing changed yet."""
    with writing(app) as db:
        return start(db, side.school_id).campaign_id


def events(db: Session, name: EventName) -> int:
    return db.scalar(select(func.count()).select_from(Event).where(Event.name == name)) or 0


def words(html: str) -> str:
    """The text of a page, as one line."""
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", html)).strip()
