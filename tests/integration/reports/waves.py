"""More waves of a campaign, and what schools change between them."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta

from flask import Flask

from survey.campaigns.access_codes import draw_door
from survey.campaigns.models import FrozenQuestionnaire, Wave
from survey.campaigns.states import WaveState
from survey.database import begin
from survey.questionnaires.document import canonical, content_hash
from survey.questionnaires.load import load_all
from tests.world import OPENED, TEMPLATE, Side

APART = timedelta(days=180)


def add_wave(app: Flask, side: Side, number: int) -> Side:
    """The same side with another wave, closed and ready for a release."""
    opened = OPENED + (number - 1) * APART
    frozen = content_hash(load_all()[TEMPLATE])
    with app.app_context(), begin() as db:
        if db.get(FrozenQuestionnaire, frozen) is None:
            document = canonical(load_all()[TEMPLATE])
            db.add(FrozenQuestionnaire(content_hash=frozen, document=document))
            db.flush()
        wave = Wave(
            school_id=side.school_id,
            campaign_id=side.campaign_id,
            number=number,
            state=WaveState.CLOSED,
            questionnaire_hash=frozen,
            door=draw_door(db),
            opened_on=opened,
            closes_on=opened + timedelta(days=12),
            closed_on=opened + timedelta(days=12),
            counter=0,
        )
        db.add(wave)
        db.flush()
        return replace(side, wave_id=wave.wave_id)


WITHDRAWN = {"withdrawn_on": date(2026, 12, 22), "notice": "The wrong year group answered."}
