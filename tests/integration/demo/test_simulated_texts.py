"""What invented students wrote comes out of the demo's room without a name and without a number."""

from __future__ import annotations

from flask import Flask
from sqlalchemy import select

from survey.database import Base, begin, read
from survey.demo.parameters import STAFF_NAMES, TEXTS
from survey.demo.simulated_texts import read_and_release
from survey.free_text.published_models import ReleasedTexts
from tests.integration.free_text.review_pages import TODAY, close, report, write
from tests.world import World

LEADS_TO_SOMEBODY = (*STAFF_NAMES, "07700", "900461", "@northside", "kyle")


def test_the_demo_releases_texts_that_lead_to_nobody(app: Flask, world: World) -> None:
    side = world.own
    written = [words for voices in TEXTS for words in voices] * 2
    with app.app_context():
        write(side, len(written))
        table = Base.metadata.tables["free_text"]
        with begin() as db:
            for text_id, words in zip(db.scalars(select(table.c.text_id)), written, strict=True):
                db.execute(table.update().where(table.c.text_id == text_id).values(words=words))
        close(side)
        report(side)
        read_and_release(side.school_id, side.wave_id, today=TODAY)
        released = read().get(ReleasedTexts, (side.school_id, side.wave_id))
        assert released is not None
        assert released.document is not None
        assert "bike shed" in released.document
        assert not any(words in released.document for words in LEADS_TO_SOMEBODY)
