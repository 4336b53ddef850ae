"""A lead who makes the cards, keeps all but one of them, and reads the report.

The lead answers so that every count is just below an edge of its rounding. The one answer that is
not the lead's then tips a count over, and the printed figures say which."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from flask import Flask
from flask.testing import FlaskClient

from survey.demo.fieldwork import OpenWave, collect_with
from survey.disclosure.figures import Figure, Status, round_to
from survey.disclosure.release import Release
from survey.disclosure.tables import Group
from survey.questionnaires.model import ItemKind, Questionnaire
from tests.jobs import run_jobs
from tests.world import OPENED, Side

CODE = re.compile(r"<li>([2-9A-Z]{4}-[2-9A-Z]{4})</li>")
EDGES_FROM, STEP = 7, 5
"""7, 12, 17 …: one more is printed as the next multiple of 5."""
GROUPING = ("A1", "A2")


@dataclass(frozen=True)
class Insider:
    """Someone signed in at the real pages, and how many of the answers are theirs."""

    app: Flask
    client: FlaskClient
    side: Side

    def at(self, what: str) -> str:
        return f"/schools/{self.side.school_id}/waves/{self.side.wave_id}/{what}"

    def make_cards(self, count: int, year: int | str = 9) -> list[str]:
        """The codes on the page of new cards; none if the page refuses."""
        given = {"year": str(year), "label": "9B", "count": str(count)}
        return CODE.findall(self.client.post(self.at("batches"), data=given).text)

    def answer(self, codes: Sequence[str], raws: Sequence[dict[str, str | list[str]]]) -> None:
        key = self.app.extensions["settings"].code_key
        wave = OpenWave(self.side.school_id, self.side.wave_id, key)
        with self.app.app_context():
            for _ in collect_with(wave, codes, raws, today=OPENED):
                pass

    def close(self) -> None:
        assert self.client.post(self.at("close")).status_code == 302

    def press_release(self) -> None:
        self.client.post(self.at("release"))
        run_jobs(self.app)

    def read(self) -> Release | None:
        """The release, if the page gives it."""
        page = self.client.get(self.at("report/release.json"))
        return Release.from_json(page.text) if page.status_code == 200 else None


def fields_of(questionnaire: Questionnaire) -> Iterator[tuple[str, tuple[str, ...]]]:
    """What is asked with one answer each: the name of its field, which is the key of its table."""
    for item in questionnaire.asked:
        if item.key in GROUPING or item.show_if is not None or item.from_year > 9:
            continue
        if item.kind in (ItemKind.ONE, ItemKind.SCALE):
            yield item.key, item.answers
        elif item.kind is ItemKind.GRID:
            yield from ((f"{item.key}.{row.key}", item.answers) for row in item.rows)


def make_own(
    questionnaire: Questionnaire, number: int, year: str = "y9"
) -> list[dict[str, str | list[str]]]:
    """Answers of the insider: each count but one just below an edge."""
    raws: list[dict[str, str | list[str]]] = [{"A1": year} for _ in range(number)]
    for key, answers in fields_of(questionnaire):
        for raw, answer in zip(raws, _spread(answers, number), strict=True):
            raw[key] = answer
    return raws


def _spread(answers: tuple[str, ...], number: int) -> list[str]:
    """As many just below an edge as there is room for; the last answer takes the rest."""
    *tipping, rest = answers
    counts = [EDGES_FROM] * len(tipping)
    while sum(counts) + STEP + EDGES_FROM <= number:
        counts[counts.index(min(counts))] += STEP
    counts.append(number - sum(counts))
    return [
        answer for answer, count in zip((*tipping, rest), counts, strict=True) for _ in range(count)
    ]


@dataclass(frozen=True)
class Learned:
    """What the insider says of the other one's answers, and how much of it is true."""

    asked: int
    said: int
    right: int


def read_the_other(
    release: Release,
    questionnaire: Questionnaire,
    own: Sequence[Mapping[str, str | list[str]]],
    truth: Mapping[str, str | list[str]],
) -> Learned:
    """The answer that fits what is printed in every row of a table; said only if just one does."""
    asked = said = right = 0
    for key, answers in fields_of(questionnaire):
        asked += 1
        table = release.table(key)
        counts = {answer: sum(raw.get(key) == answer for raw in own) for answer in answers}
        fit = [
            candidate
            for candidate in answers
            if all(
                _fits(figure, counts.get(answer, 0) + (answer == candidate), row.rung.rounding)
                for row in table.rows
                if row.shown and row.group in (Group(), Group(year="y9"))
                for answer, figure in zip(table.answers, row.cells, strict=True)
            )
        ]
        if len(fit) == 1:
            said += 1
            right += fit[0] == truth.get(key)
    return Learned(asked, said, right)


def _fits(figure: Figure, count: int, rounding: int) -> bool:
    if figure.status is Status.SHOWN:
        return round_to(count, rounding) == figure.count
    if figure.status is Status.FEWER_THAN:
        return count < (figure.limit or 0)
    return True
