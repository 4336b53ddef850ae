"""What every app of a run would otherwise make again: compiled SQL, compiled templates, catalogues,
addresses, charts and what is read of a release. Each follows from its source alone, so tests share
it and stay independent: nothing that a test can change is kept here.
"""

from __future__ import annotations

import gettext
import hashlib
import json
import os
import threading
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

from babel import support
from flask import Flask
from jinja2 import FileSystemBytecodeCache
from jinja2.bccache import Bucket
from sqlalchemy import Engine
from sqlalchemy.dialects.postgresql.psycopg import PGDialect_psycopg
from sqlalchemy.dialects.sqlite.pysqlite import SQLiteDialect_pysqlite
from sqlalchemy.util import LRUCache
from werkzeug.routing import BaseConverter, Rule
from werkzeug.routing.rules import RulePart

from survey.disclosure.release import Release
from survey.rendering.renderer import renderer
from survey.reports.school.report_data import ReportData

STATEMENTS = 20_000
RELEASES = 24
"""How many releases, and how many readings of them, are kept: those of a file or two."""


def share_compiled_sql() -> None:
    """Statements are compiled once for each kind of database. SQLAlchemy keeps them with an engine
    and under its dialect, and every test has a new engine: most of the time of a test with a
    database would go into compiling the same statements."""
    for kind in (SQLiteDialect_pysqlite, PGDialect_psycopg):
        kind.__eq__ = lambda self, other: type(self) is type(other)  # type: ignore[method-assign]
        kind.__hash__ = lambda self: hash(type(self))  # type: ignore[method-assign]
    kept: LRUCache[Any, Any] = LRUCache(STATEMENTS)
    Engine._compiled_cache = property(lambda _engine: kept, lambda _engine, _own: None)  # type: ignore[assignment]


class _InMemory(FileSystemBytecodeCache):
    """Compiled templates in memory, and in a folder that the workers of a run share."""

    def __init__(self, folder: Path) -> None:
        super().__init__(str(folder))
        self._kept: dict[tuple[str, str], Any] = {}

    def load_bytecode(self, bucket: Bucket) -> None:
        key = (bucket.key, bucket.checksum)
        if key in self._kept:
            bucket.code = self._kept[key]
            return
        super().load_bytecode(bucket)
        if bucket.code is not None:
            self._kept[key] = bucket.code

    def dump_bytecode(self, bucket: Bucket) -> None:
        self._kept[bucket.key, bucket.checksum] = bucket.code
        super().dump_bytecode(bucket)


def share_templates(folder: Path) -> None:
    Flask.jinja_options = {**Flask.jinja_options, "bytecode_cache": _InMemory(folder)}


def share_catalogues() -> None:
    """A catalogue is read from its file once. Each app merges it into a separate one."""
    load: Any = support.Translations.load.__func__  # type: ignore[attr-defined]
    kept: dict[Any, Any] = {}

    def load_once(cls: Any, dirname: Any = None, locales: Any = None, domain: Any = None) -> Any:
        names = support._locales_to_names(locales)  # type: ignore[attr-defined]
        file = gettext.find(domain or cls.DEFAULT_DOMAIN, dirname, names)
        if not file:
            return load(cls, dirname, locales, domain)
        stat = os.stat(file)
        key = (cls, file, domain, stat.st_mtime_ns, stat.st_size)
        if key not in kept:
            kept[key] = load(cls, dirname, locales, domain)
        return kept[key]

    support.Translations.load = classmethod(load_once)  # type: ignore[method-assign, assignment]


def share_addresses() -> None:
    """The rules of addresses are parsed once. The function that builds an address is compiled when
    one is first asked for, and serves the same rule of every app."""
    parse, compile_builder = Rule._parse_rule, Rule._compile_builder
    parsed: dict[Any, tuple[list[RulePart], list[tuple[bool, str]], dict[str, BaseConverter]]] = {}
    builders: dict[Any, Callable[..., Any]] = {}

    def parse_once(rule: Rule, words: str) -> Iterable[RulePart]:
        assert rule.map is not None
        key = (words, *rule.map.converters.items())
        if key not in parsed:
            blank = Rule(words)
            blank.map = rule.map
            blank._trace, blank._converters, blank.arguments = [], {}, set()
            parsed[key] = (list(parse(blank, words)), blank._trace, blank._converters)
        parts, trace, converters = parsed[key]
        rule._trace += trace
        rule._converters |= converters
        rule.arguments |= set(converters)
        return parts

    def compile_late(rule: Rule, append_unknown: bool = True) -> Callable[..., Any]:
        def build(rule: Rule, **values: Any) -> Any:
            kinds = ((name, type(one)) for name, one in rule._converters.items())
            fixed = sorted((rule.defaults or {}).items())
            key = (rule.rule, *rule._trace, *kinds, repr(fixed), append_unknown)
            if key not in builders:
                builders[key] = compile_builder(rule, append_unknown)
            return builders[key](rule, **values)

        return build

    Rule._parse_rule = parse_once  # type: ignore[method-assign, assignment]
    Rule._compile_builder = compile_late  # type: ignore[method-assign, assignment]


def share_charts(folder: Path) -> None:
    """The same chart is drawn once in a session, whichever test asks. What is drawn follows from
    what is asked alone."""
    ask = renderer._ask

    def ask_once(task: str, given: Any) -> Any:
        spelled = json.dumps([task, given], sort_keys=True)
        kept = folder / hashlib.sha256(spelled.encode()).hexdigest()
        if not kept.exists():
            made = kept.with_suffix(f".{os.getpid()}.{threading.get_ident()}")
            made.write_text(json.dumps(ask(task, given)))
            made.rename(kept)
        return json.loads(kept.read_text())

    renderer._ask = ask_once  # type: ignore[method-assign]


def share_releases() -> None:
    """A release is written, read and looked up once. All three follow from the release alone, which
    nothing changes once it is made, and they are most of the time of a test with a report."""
    written: LRUCache[int, tuple[Release, str]] = LRUCache(RELEASES)
    read: LRUCache[str, Release] = LRUCache(RELEASES)
    looked_up: LRUCache[tuple[int, int, str], tuple[ReportData, dict[str, Any]]] = LRUCache(
        RELEASES
    )
    write, parse, look_up = Release.to_json, Release.from_json, ReportData.__post_init__

    def write_once(self: Release) -> str:
        held = written.get(id(self))  # no other has this number while this one is held
        if held is None:
            held = written[id(self)] = (self, write(self))
        return held[1]

    def read_once(_cls: type[Release], text: str) -> Release:
        held = read.get(text)
        if held is None:
            held = read[text] = parse(text)
        return held

    def look_up_once(self: ReportData) -> None:
        key = (id(self.release), id(self.questionnaire), self.language)
        held = looked_up.get(key)
        if held is None:
            look_up(self)
            looked_up[key] = (self, dict(vars(self)))
        else:
            vars(self).update(held[1])

    Release.to_json = write_once  # type: ignore[method-assign]
    Release.from_json = classmethod(read_once)  # type: ignore[method-assign, assignment]
    ReportData.__post_init__ = look_up_once  # type: ignore[method-assign]
