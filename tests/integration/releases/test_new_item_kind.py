"""A new kind of item takes one module, here `Thermometer`, and one template partial."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient
from jinja2 import ChoiceLoader, DictLoader

from survey.campaigns import operations
from survey.campaigns.models import Wave
from survey.disclosure.sources import SourceKind as AuditKind
from survey.questionnaires import load
from survey.questionnaires.document import canonical, from_document
from survey.questionnaires.item_kinds.answer import Answer, Given
from survey.questionnaires.item_kinds.base_kind import BlockLayout, ItemKind, ItemLike, register
from survey.releases.policy import POLICY
from survey.releases.tabulation import count, read_response
from survey.reports.school.question_blocks import read_blocks
from survey.reports.school.report_data import ReportData
from tests.integration.campaigns.schools import CLOSES, KEY, READY, TODAY, start, writing
from tests.integration.responses.doors import Student, rows
from tests.unit.reports.samples import release_of
from tests.world import World

# The module of the kind.


class Thermometer(ItemKind):
    """How warm it is in a room, from 0 to 4; a form may say the degrees in words."""

    has_options = False
    fixed_answers = ("0", "1", "2", "3", "4")
    audited_as = AuditKind.ONE
    block = BlockLayout.BANDS

    def parse(self, item: ItemLike, given: Given) -> Answer:
        words = {"freezing": "0", "hot": "4"}
        return super().parse(item, {"": [words.get(one, one) for one in given[""]]})

    def how(self, item: ItemLike) -> tuple[str, Mapping[str, object]]:
        return "Choose a degree from %(low)s to 4", {"low": 0}


PARTIAL = """<fieldset class="item" id="{{ item.key }}"><legend>{{ say(item.wording) }}</legend>
{% for degree in item.answers %}
<label><input type="radio" name="{{ item.key }}" value="{{ '%02d' % loop.index }}"> {{ degree }}°
</label>
{% endfor %}</fieldset>"""

TEMPLATE = """
key = "warmth"
version = "2026.3"
languages = ["en"]
title = "How warm is it?"
help = "uk"

[[section]]
key = "A"
title = "Your year"

[[section.item]]
key = "A1"
kind = "one"
themes = ["DEMO"]
wording = "Which year are you in?"
core = true
option = [{ key = "y7", label = "Year 7" }, { key = "y8", label = "Year 8" }]

[[section]]
key = "B"
title = "Warmth"

[[section.item]]
key = "B1"
kind = "thermometer"
themes = ["PLACE"]
wording = "How warm is your classroom?"
"""


@pytest.fixture
def kind(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[ItemKind]:
    monkeypatch.setattr(ItemKind, "known", dict(ItemKind.known))
    register("thermometer")(Thermometer)
    templates = tmp_path / "templates"
    shutil.copytree(load.SHIPPED, templates)
    (templates / "warmth-2026.3.toml").write_text(TEMPLATE, encoding="utf-8")
    monkeypatch.setattr(load, "SHIPPED", templates)
    load.load_all.cache_clear()
    yield ItemKind("thermometer")
    load.load_all.cache_clear()


@pytest.fixture
def code(kind: ItemKind, app: Flask, world: World) -> tuple[Wave, str]:
    partial = DictLoader({"responses/items/thermometer.html": PARTIAL})
    assert app.jinja_env.loader is not None
    app.jinja_env.loader = ChoiceLoader([partial, app.jinja_env.loader])
    with writing(app) as db:
        campaign = start(db, world.own.school_id, "warmth")
        operations.save_draft(db, campaign=campaign, adaptation=READY, by=None)
        (wave,) = campaign.waves
        operations.launch(db, wave=wave, closes_on=CLOSES, today=TODAY, by=None)
        _batch, made = operations.make_batch(
            db, wave=wave, year=None, label="All", count=1, key=KEY, today=TODAY, by=None
        )
    return wave, made[0]


def test_it_is_asked_stored_and_printed(
    code: tuple[Wave, str], app: Flask, client: FlaskClient, world: World
) -> None:
    student = Student(client, code[1])
    student.walk_to_send(
        lambda form: {
            name: options[3] if name == "B1" else options[0]
            for name, options in form.choices.items()
        }
    )
    assert student.press("send").status_code == 200
    (kept,) = rows(app, "response")
    assert json.loads(str(kept["answers"]))["B1"] == "3"


def test_its_answers_are_counted_and_reported(kind: ItemKind) -> None:
    warmth = load.load_all()["warmth", "2026.3"]
    assert warmth.by_key["B1"].kind is kind
    assert from_document(json.loads(canonical(warmth))) == warmth
    stored = [f'{{"A1":"y{7 + n % 2}","B1":"{n % 5}"}}' for n in range(50)]
    counted = count(warmth, [read_response(warmth, one) for one in stored])
    (table,) = counted.tables
    assert table.answers == ("0", "1", "2", "3", "4", "skipped")
    each = [sum(row[at] for row in table.counts.values()) for at in range(5)]
    assert each == [10, 10, 10, 10, 10]
    (block,) = read_blocks(ReportData(release_of(warmth, POLICY), warmth, "en"))
    assert [line.of.label for line in block.panels[0].lines] == ["0", "1", "2", "3", "4"]


def test_it_is_printed_in_the_list_of_questions(kind: ItemKind) -> None:
    item = load.load_all()["warmth", "2026.3"].by_key["B1"]
    words, values = item.kind.how(item)
    assert words % values == "Choose a degree from 0 to 4"
