"""Codes for the open wave of the small world, and a student who walks its pages."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from html.parser import HTMLParser

from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select, text
from werkzeug.test import TestResponse

from survey.campaigns import access_codes, ballot_box, operations
from survey.campaigns.models import AccessCode, Wave
from survey.campaigns.operations import find_wave
from survey.database import begin, database, folder_of, read
from survey.questionnaires.codecs.answer_codec import numbered
from survey.questionnaires.codecs.fixed_size_codec import DecodedAnswers
from survey.questionnaires.load import load_all
from survey.responses import collect
from survey.responses.posted_form import NO_ANSWER, number_of
from survey.settings import Settings
from tests.world import TEMPLATE, Side

Fields = dict[str, str | list[str]]


def make_codes(app: Flask, side: Side, *, year: int | None = None, count: int = 3) -> list[str]:
    """Live codes of the side's wave."""
    settings: Settings = app.extensions["settings"]
    with app.app_context(), begin() as db:
        wave = find_wave(db, side.school_id, side.wave_id)
        made = access_codes.make_codes(
            door=side.door,
            year=year,
            count=count,
            key=settings.code_key,
            before=_already_made(app, count),
        )
        access_codes.store(db, wave=wave, codes=made, key=settings.code_key)
    return list(made)


def _already_made(app: Flask, count: int) -> int:
    made: int = app.config.get("CODES_MADE", 0)
    app.config["CODES_MADE"] = made + max(100, count)
    return made


def rows(app: Flask, table: str) -> list[Mapping[str, object]]:
    """All rows of a table; of answers and texts also those that are still sealed, opened here with
    the key of the test's key folder."""
    sealed = {"response": _sealed_answers, "free_text": _sealed_texts}.get(table)
    return raw_rows(app, table) + (sealed(app) if sealed else [])


def _sealed_answers(app: Flask) -> list[Mapping[str, object]]:
    return [
        {**where, "answers": collect.canonical(one.answers)}
        for where, one in _contents(app)
        if one.answers is not None
    ]


def _sealed_texts(app: Flask) -> list[Mapping[str, object]]:
    return [
        {**where, "item": item, "words": words}
        for where, one in _contents(app)
        for item, words in one.texts.items()
    ]


def _contents(app: Flask) -> list[tuple[dict[str, object], DecodedAnswers]]:
    with app.app_context():
        waves = {wave.wave_id: wave for wave in read().scalars(select(Wave))}
        found = []
        for code in read().scalars(select(AccessCode)):
            wave = waves[code.wave_id]
            key = ballot_box.find_key(folder_of(database.engine), wave)
            opened = ballot_box.BallotBox.of(wave).open(
                key, operations.questionnaire_of(wave), code.box
            )
            found.append(({"school_id": wave.school_id, "wave_id": wave.wave_id}, opened))
        return found


def used_codes(app: Flask) -> int:
    """How many codes of all waves were used."""
    with app.app_context():
        key = app.extensions["settings"].code_key
        waves = read().scalars(select(Wave)).all()
        return sum(access_codes.used(read(), wave=wave, key=key) for wave in waves)


def raw_rows(app: Flask, table: str) -> list[Mapping[str, object]]:
    """All rows of a table, as the database holds them."""
    with app.app_context(), database.engine.connect() as connection:
        found = connection.execute(text(f"SELECT * FROM {table}"))
        return [dict(row) for row in found.mappings()]


VOID = frozenset({"input", "br", "img", "meta", "link", "hr", "wbr"})


class _Fields(HTMLParser):
    """The fields of the form a student would send, as they are filled in."""

    def __init__(self) -> None:
        super().__init__()
        self.fields: Fields = {}
        self.choices: dict[str, list[str]] = {}
        self.buttons: list[tuple[str, str]] = []
        self.box: str | None = None
        self.within: list[str] = []
        """Elements that are open in one that is hidden: no one sees a choice in it, and a browser
        sends what it holds."""

    @property
    def names(self) -> set[str]:
        """Of everything that can be answered."""
        return {*self.fields, *self.choices}

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        if (self.within or ("hidden" in given)) and tag not in VOID:
            self.within.append(tag)
        name, value, kind = given.get("name") or "", given.get("value") or "", given.get("type")
        if tag == "textarea":
            self.box, self.fields[name] = name, ""
        elif tag == "button" and name:
            self.buttons.append((name, value))
        elif tag == "input" and kind in ("radio", "checkbox"):
            if not self.within:
                self.choices.setdefault(name, []).append(value)
            if "checked" in given:
                before = self.fields.setdefault(name, [])
                assert isinstance(before, list)
                before.append(value)
        elif tag == "input" and name and kind != "image":
            # A page outside the walk carries every tick of a list in a separate field.
            there = self.fields.get(name, [])
            ticks = [there] if isinstance(there, str) else there
            self.fields[name] = [*ticks, value] if ticks else value

    def handle_endtag(self, tag: str) -> None:
        if tag == "textarea":
            self.box = None
        if self.within and self.within[-1] == tag:
            self.within.pop()

    def handle_data(self, data: str) -> None:
        if self.box is not None:
            self.fields[self.box] = f"{self.fields[self.box]}{data.removeprefix(chr(10))}"


def parse_form(html: str) -> _Fields:
    """The form of a page, as it is filled in."""
    parser = _Fields()
    parser.feed(html)
    return parser


@dataclass
class Student:
    """A phone with a page open."""

    client: FlaskClient
    code: str
    page: TestResponse = field(init=False)

    def __post_init__(self) -> None:
        self.page = self.client.get(f"/s/{self.code}", follow_redirects=True)

    @property
    def address(self) -> str:
        """Of the page that is open."""
        return self.page.request.full_path.removesuffix("?")

    def send(self, fields: Mapping[str, str | list[str]]) -> TestResponse:
        """What a browser does with a form: it sends it, and opens the address it gets."""
        told = self.client.post(self.address, data=fields)
        assert told.status_code == 303, told
        assert told.headers["Cache-Control"] == "no-store", "no browser keeps where it led"
        self.page = self.client.get(told.headers["Location"], follow_redirects=True)
        return self.page

    def reload(self) -> TestResponse:
        self.page = self.client.get(self.address)
        return self.page

    def field(self, name: str, key: str) -> str:
        """An answer as the forms of this survey name it."""
        answers = numbered(load_all()[TEMPLATE])[name]
        return number_of(answers.index(key) + 1)

    def ticked(self, name: str) -> list[str]:
        """The keys of what is ticked in a field."""
        answers = numbered(load_all()[TEMPLATE])[name]
        given = self.form.fields.get(name, [])
        values = [given] if isinstance(given, str) else given
        return [answers[int(value) - 1] for value in values if value != NO_ANSWER]

    @property
    def html(self) -> str:
        return self.page.get_data(as_text=True)

    @property
    def form(self) -> _Fields:
        return parse_form(self.html)

    @property
    def at(self) -> str:
        return str(self.form.fields.get("at", ""))

    @property
    def heading(self) -> str:
        found = re.search(r"<h1>(.*?)</h1>", self.html, re.DOTALL)
        assert found, self.html
        return found[1]

    def press(self, go: str, **given: str | list[str]) -> TestResponse:
        return self.send(self.form.fields | self._named(given) | {"go": go})

    def speak(self, language: str, **given: str | list[str]) -> TestResponse:
        return self.send(self.form.fields | self._named(given) | {"to_lang": language})

    def _named(self, given: Mapping[str, str | list[str]]) -> Fields:
        """Answers given by their keys, as the form names them; what is a number stays one."""
        known = numbered(load_all()[TEMPLATE])
        named: Fields = {}
        for name, value in given.items():
            answers = known.get(name, ())
            values = [value] if isinstance(value, str) else value
            found = [number_of(answers.index(v) + 1) if v in answers else v for v in values]
            named[name] = found[0] if isinstance(value, str) else found
        return named

    def pages(
        self, answer: Callable[[_Fields], Fields] = lambda _form: {}
    ) -> Iterator[TestResponse]:
        """Every page from here to Send, answered by `answer`."""
        yield self.page
        while self.at != "send":
            self.press("next", **answer(self.form))
            assert self.page.status_code == 200, self.html
            yield self.page

    def walk_to_send(self, answer: Callable[[_Fields], Fields] = lambda _form: {}) -> None:
        for _page in self.pages(answer):
            pass


def first_of_each(form: _Fields) -> Fields:
    """Answers every item with its first option."""
    answers: Fields = {name: options[0] for name, options in form.choices.items()}
    boxes = [name for name in form.fields if re.fullmatch(r"[A-Z]\d+[a-z]?", name)]
    return answers | {name: "More lights by the gate" for name in boxes if name not in answers}
