"""A mark in a printed table is drawn where its figure says."""

from __future__ import annotations

from flask import Flask
from flask_babel import Babel

from survey.disclosure.figures import Status
from survey.exports.pdf import governors_report, parts
from survey.questionnaires.load import load_all
from survey.reports.school.question_blocks import read_blocks
from survey.reports.school.report_data import ReportData
from tests.unit.disclosure.policies import TENS
from tests.unit.reports.samples import release_of

SAFETY = load_all()["safety", "2026.3"]


def test_a_mark_is_at_the_printed_share_with_its_interval() -> None:
    app = Flask("survey")
    Babel(app)
    blocks = read_blocks(ReportData(release_of(SAFETY, TENS), SAFETY, "en"))
    marked = hatched = 0
    with app.test_request_context():
        for panel in (panel for block in blocks for panel in block.panels):
            printed = parts.panel(panel)
            for line, told in zip(panel.lines, printed["lines"], strict=True):
                for at, (share, cell) in enumerate(zip(line.shares, told["cells"], strict=True)):
                    if at >= panel.drawn:
                        assert not {"at", "hatch"} & set(cell), "it is in words alone"
                    elif share.interval is None:
                        at_end = share.figure.status is Status.ALL_BUT_FEWER
                        assert cell["hatch"] == ("end" if at_end else "start")
                        hatched += 1
                    else:
                        assert cell["at"] == share.figure.percent
                        assert (cell["low"], cell["high"]) == share.interval
                        assert cell["high"] <= printed["most"]
                        marked += 1
    assert marked > 100
    assert hatched


def test_notes_after_the_twenty_sixth_have_two_letters() -> None:
    letters = [governors_report._letter(place) for place in range(60)]
    assert letters[:2] + letters[25:28] + letters[52:53] == ["a", "b", "z", "aa", "ab", "ba"]
    assert len(set(letters)) == 60
