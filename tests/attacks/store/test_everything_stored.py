"""Everything that is stored, compared before and after each Send of a class, on both engines: every
table and file, without a list. See `attackers.linkage`."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from random import Random

import pytest
from flask import Flask
from sqlalchemy import Engine, text

from survey.campaigns.access_codes import hash_code
from survey.database import database, folder_of
from survey.help_requests.rate_limit import FloodLimit
from survey.help_requests.student_views import LIMIT
from survey.settings import Settings
from tests.attacks.attackers import ballots, linkage
from tests.attacks.attackers.linkage import Snapshot
from tests.attacks.test_help_requests import send as ask
from tests.conftest import settings_for
from tests.integration.responses.doors import Fields, Student, make_codes, raw_rows, rows
from tests.world import World

STUDENTS, ASKING = 16, 4
BY_CHANCE = 0.8
"""Kendall's measure for 16 students: chance reaches it once in two million times."""


@pytest.fixture
def settings(database_url: str, tmp_path: Path):  # type: ignore[no-untyped-def]
    (tmp_path / "mail").mkdir()
    return settings_for(database_url, mail_folder=str(tmp_path / "mail"), mail_from="a@survey.test")


@dataclass
class Class:
    """A class that sends, by HTTP, half of it with the first answers and many words and half with
    the last and few, and what a thief saw of it."""

    app: Flask
    world: World
    folders: list[Path]
    codes: list[str] = field(default_factory=list)
    needles: list[str] = field(default_factory=list)
    answers: list[str] = field(default_factory=list)
    kinds: list[bool] = field(default_factory=list)
    acts: list[tuple[Snapshot, Snapshot]] = field(default_factory=list)
    requests: list[tuple[Snapshot, Snapshot]] = field(default_factory=list)

    @property
    def engine(self) -> Engine:
        return ballots.engine_of(self.app)

    def look(self) -> Snapshot:
        return linkage.snapshot(self.engine, self.folders)

    def send_all(self, plant: Callable[[int], None] | None = None) -> None:
        self.codes = make_codes(self.app, self.world.own, year=9, count=STUDENTS)
        random = Random(secrets.randbits(64))
        random.shuffle(self.codes)
        self.kinds = [number % 2 == 0 for number in range(STUDENTS)]
        random.shuffle(self.kinds)
        asking = set(random.sample(range(STUDENTS), ASKING))
        for number, code in enumerate(self.codes):
            student = self._at_send(code, self.kinds[number])
            before = self.look()
            assert student.press("send").status_code == 200
            assert student.heading == "Thank you"
            self.answers += self._new_answers()
            if plant:
                plant(number)
            self.acts.append((before, after := self.look()))
            if number in asking:
                # Requests so close together may have to wait for a minute.
                self.app.extensions[LIMIT] = FloodLimit()
                sent = ask(self.app.test_client(), self.world.own, f"Robin {self.needles[number]}")
                assert "Your message has arrived" in sent.text
                self.requests.append((after, self.look()))

    def _new_answers(self) -> list[str]:
        found = {str(row["answers"]) for row in rows(self.app, "response")}
        (own,) = found.difference(self.answers)
        return [own]

    def _at_send(self, code: str, kind: bool) -> Student:
        needle = f"needle{secrets.token_hex(8)}"
        self.needles.append(needle)

        random = Random(needle)

        def answer(form: object) -> Fields:
            return answered(form, random, kind, needle)

        student = Student(self.app.test_client(), code)
        student.walk_to_send(answer)
        return student

    @property
    def marks(self) -> list[set[object]]:
        """What a thief knows of each student before they look for answers."""
        key = self.app.extensions["settings"].code_key
        changed = linkage.marks_of([linkage.changes(*one) for one in self.acts])
        return [
            found | {code, code.replace("-", ""), hash_code(code, key=key)}
            for found, code in zip(changed, self.codes, strict=True)
        ]

    @property
    def spelled(self) -> list[bytes]:
        """Every code as it might be written."""
        key = self.app.extensions["settings"].code_key
        hashes = [hash_code(code, key=key) for code in self.codes]
        words = [one for code in self.codes for one in (code, code.replace("-", ""))]
        return [one.encode() for one in words] + hashes + [one.hex().encode() for one in hashes]


def answered(form: object, random: Random, kind: bool, needle: str) -> Fields:
    """One of the first two answers and many words, or one of the last two and few."""
    choices: Mapping[str, list[str]] = form.choices  # type: ignore[attr-defined]
    answers: Fields = {
        name: random.choice(options[:2] if kind else options[-2:])
        for name, options in choices.items()
    }
    boxes = [name for name in ("P1", "P2") if name in form.fields and name not in choices]  # type: ignore[attr-defined]
    return answers | dict.fromkeys(boxes, f"{needle} {'and more ' * 30 if kind else ''}")


@pytest.fixture
def class_(app: Flask, world: World, settings: Settings, tmp_path: Path) -> Class:
    with app.app_context():
        folder = folder_of(database.engine)
    return Class(app, world, [folder, tmp_path / "mail", settings.ledger_file])


def test_no_figure_follows_the_answers_and_no_order_the_sending(class_: Class) -> None:
    class_.send_all()
    acts = [linkage.figures(*one) for one in class_.acts]
    assert {name for name in acts[0] if "access_code" in name}, "Sends are seen"
    assert linkage.telling(acts) == {}, "each Send is as the next"
    # The first request of a day has a message to staff written.
    later = [linkage.figures(*one) for one in class_.requests[1:]]
    assert linkage.telling(later) == {}, "and each request for help"
    while_open = class_.look()
    said = [one.encode() for one in class_.needles]
    assert linkage.holding(while_open, said) == []
    assert linkage.holding(while_open, class_.spelled[: 2 * STUDENTS]) == [], "no code"
    ballots.close(class_.app, class_.world.own)
    closed = class_.look()
    assert len(raw_rows(class_.app, "response")) == STUDENTS
    for theirs in (class_.needles, class_.answers):
        orders = linkage.orders(closed, theirs)
        assert len(orders) >= 2, "they are found"
        assert {name: by for name, by in orders.items() if abs(by) >= BY_CHANCE} == {}
        assert linkage.joined(closed, class_.marks, theirs) == []
    assert linkage.holding(closed, class_.spelled) == []


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_the_attack_finds_what_is_planted(class_: Class) -> None:
    """In tables that nothing here knows of: a counter, a length, and a value that two share."""
    with class_.engine.begin() as connection:
        connection.execute(text("CREATE TABLE planted (place INTEGER, size INTEGER, mark TEXT)"))
        connection.execute(text("CREATE TABLE said (mark TEXT, words TEXT, place INTEGER)"))

    def plant(number: int) -> None:
        words = class_.needles[number] * (3 if class_.kinds[number] else 1)
        given = {"n": number, "l": len(words), "m": f"mark {secrets.token_hex(4)}", "w": words}
        with class_.engine.begin() as connection:
            connection.execute(text("INSERT INTO planted VALUES (:n, :l, :m)"), given)
            connection.execute(text("INSERT INTO said VALUES (:m, :w, :n)"), given)

    class_.send_all(plant)
    found = linkage.telling([linkage.figures(*one) for one in class_.acts])
    assert any(name.endswith("planted.size come") for name in found)
    closed = class_.look()
    orders = linkage.orders(closed, class_.needles)
    assert [by for name, by in orders.items() if name.endswith("said.place")] == [1.0]
    links = linkage.joined(closed, class_.marks, class_.needles)
    assert {(one, other) for one, other, _table in links} == {(n, n) for n in range(STUDENTS)}
