"""A survey that is there while a file of tests runs: small, so that a journey through it is
short."""

from __future__ import annotations

import json
import shutil
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from flask import Flask

from survey.app import create_app
from survey.campaigns.models import FrozenQuestionnaire
from survey.campaigns.queries import find_wave
from survey.database import begin
from survey.questionnaires.document import canonical, content_hash
from survey.questionnaires.load import load
from survey.settings import Settings
from tests.browser.driving import aside
from tests.conftest import settings_for
from tests.integration.responses.doors import make_codes, rows, used_codes
from tests.world import World, build_world

SMALL = Path(__file__).parents[1] / "unit" / "questionnaires" / "small-1.toml"
YEAR = 9


@dataclass(frozen=True)
class Standing:
    app: Flask
    settings: Settings
    world: World
    folder: Path

    def new_code(self) -> str:
        return str(aside(self._new_code))

    def _new_code(self) -> str:
        return make_codes(self.app, self.world.own, year=YEAR, count=1)[0]

    def stored(self) -> Counter[str]:
        """All that is stored: each response, and each free text, as it is kept."""
        found: Counter[str] = aside(self._stored)
        return found

    def _stored(self) -> Counter[str]:
        return Counter(
            [str(row["answers"]) for row in rows(self.app, "response")]
            + [f"{row['item']}: {row['words']}" for row in rows(self.app, "free_text")]
        )

    def codes_left(self) -> int:
        """How many open the survey: a used one stays, but for the count of used ones, as it is."""
        left: int = aside(lambda: len(rows(self.app, "access_code")) - used_codes(self.app))
        return left

    @contextmanager
    def one_more(self, answers: dict[str, object], **texts: str) -> Iterator[None]:
        """Afterwards there is exactly one response more, with these answers, and its code is
        gone."""
        before, codes = self.stored(), self.codes_left()
        yield
        more = self.stored() - before
        spelled = json.dumps(answers, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
        assert dict(more) == Counter(
            [spelled, *(f"{item}: {said}" for item, said in texts.items())]
        )
        assert self.codes_left() == codes - 1

    @contextmanager
    def none_more(self) -> Iterator[None]:
        """Afterwards nothing is stored that was not there before, and every code still works."""
        before = self.stored(), self.codes_left()
        yield
        assert (self.stored(), self.codes_left()) == before


def stand(template: Path, folder: Path) -> Standing:
    """A survey on a copy of the migrated database."""
    shutil.copy(template, folder / "survey.db")
    settings = settings_for(f"sqlite:///{folder / 'survey.db'}")
    app = create_app(settings, testing=True)
    small = load(SMALL)
    with app.app_context():
        world = build_world()
        with begin() as db:
            frozen = FrozenQuestionnaire(
                content_hash=content_hash(small), document=canonical(small)
            )
            db.add(frozen)
            db.flush()  # the wave points to it
            wave = find_wave(db, world.own.school_id, world.own.wave_id)
            wave.questionnaire_hash = frozen.content_hash
    return Standing(app, settings, world, folder)
