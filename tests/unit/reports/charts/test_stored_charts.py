"""A drawing has a name made of all that it follows from, and of nothing else."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path

import pytest
from flask import Flask
from flask_babel import Babel, force_locale
from flask_babel import lazy_gettext as _l

from survey.questionnaires.translations import catalogues
from survey.reports.charts import stored_charts as chart_cache
from survey.reports.charts.dot_chart import Chart, ChartLine, Spot
from survey.reports.charts.stored_charts import name_of
from survey.reports.school.report_data import Tone

SPOT = Spot("24%", Tone.ADVERSE, 24, (20, 29))
CHART = Chart("B2", "Places", "Toilets: 24%.", (ChartLine("Toilets", (SPOT,)),), 50)


@pytest.mark.parametrize(
    "other",
    [
        replace(CHART, key="B3"),
        replace(CHART, title="Lleoedd"),
        replace(CHART, description="Toilets: 25%."),
        replace(CHART, most=100),
        replace(CHART, lines=(ChartLine("Toilets", (replace(SPOT, at=25),)),)),
        replace(CHART, lines=(ChartLine("Toilets", (replace(SPOT, tone=Tone.GOOD),)),)),
        replace(CHART, lines=()),
    ],
)
def test_other_figures_or_words_make_another_name(other: Chart):
    assert name_of(other) != name_of(CHART)


def test_the_same_figures_and_words_make_the_same_name():
    assert name_of(replace(CHART)) == name_of(CHART)


def test_a_chart_of_another_kind_has_another_name():
    @dataclass(frozen=True)
    class Funnel(Chart):
        pass

    assert name_of(Funnel(**vars(CHART))) != name_of(CHART)


def test_lazy_words_are_named_as_they_are_said():
    app = Flask(__name__)
    Babel(app, default_translation_directories=str(catalogues.FOLDER))
    names = set()
    with app.test_request_context():
        for language in ("en", "cy"):
            with force_locale(language):
                names.add(name_of(replace(CHART, title=_l("Boys"))))  # type: ignore[arg-type]
    assert len(names) == 2


def test_other_code_makes_another_name(monkeypatch: pytest.MonkeyPatch):
    before = name_of(CHART)
    monkeypatch.setattr(chart_cache, "code", lambda: "0" * 16)
    assert name_of(CHART) != before


def test_all_that_draws_is_in_the_code(monkeypatch: pytest.MonkeyPatch):
    read: list[str] = []
    real = Path.read_bytes

    def noted(path: Path) -> bytes:
        read.append(path.name)
        return real(path)

    monkeypatch.setattr(Path, "read_bytes", noted)
    chart_cache.code.__wrapped__()
    folder = Path(chart_cache.__file__).parent
    elsewhere = {"survey_lanes_chart.py"}
    assert set(read) == {path.name for path in folder.glob("*.py")} | elsewhere
