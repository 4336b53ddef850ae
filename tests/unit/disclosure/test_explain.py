"""Every reason has a sentence, and every sentence can be filled in."""

from __future__ import annotations

import re

from survey.disclosure.explain import SENTENCES, explain_figure, explain_row, explain_table
from survey.disclosure.figures import Reason, ReleasedTable
from survey.disclosure.policy import STANDARD, TEN_EVERYWHERE, Rung
from survey.disclosure.protect import protect, withhold
from survey.disclosure.tables import Group
from tests.unit.disclosure.schools import school

TABLE = school(1)


def every_kind() -> list[ReleasedTable]:
    kinds = [protect(TABLE, STANDARD, rung) for rung in Rung]
    kinds += [protect(TABLE, STANDARD, only_whole=reason) for reason in Reason if reason != "none"]
    kinds += [withhold(TABLE, reason) for reason in Reason if reason != "none"]
    kinds.append(protect(TABLE, STANDARD, rows={Group(): Rung.BASE_10}))
    kinds.append(protect(TABLE, STANDARD, rows={Group("13"): Rung.NOTHING}))
    kinds.append(protect(TABLE, TEN_EVERYWHERE))
    return kinds


def test_every_table_row_and_figure_is_explained() -> None:
    for table in every_kind():
        assert explain_table(table, STANDARD)
        for said in explain_table(table, STANDARD):
            assert "%(" not in said.in_english()
        for row in table.rows:
            said_of_row = explain_row(row, STANDARD)
            assert (said_of_row is None) == row.shown
            if said_of_row is not None:
                assert said_of_row.in_english()
            for figure in row.cells:
                said_of_figure = explain_figure(figure)
                assert (said_of_figure is None) == (figure.count is not None)


def test_no_sentence_blames_or_hints() -> None:
    for sentence in SENTENCES.values():
        assert not re.search(r"\bonly (one|two|three)\b|suspicious|leak", sentence)
