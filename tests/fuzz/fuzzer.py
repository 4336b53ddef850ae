"""Sends invented requests to every address and every form, as everyone, and looks for failures.

It begins with every address of the app, filled with real ids, and with a real access code. Each
link and each form on a page that comes back becomes a target, with the values it holds: so the
pages of a survey, of a draft and of a report, which cannot be made up, are met as well. Most
requests to an address come from someone who may open it; the others from anyone. What is counted
as a failure: an answer of 500 or more, an exception that reaches the client, and an error with a
traceback in the log.
"""

from __future__ import annotations

import gzip
import logging
import math
import random
import re
import time
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from html import unescape
from pathlib import Path
from urllib.parse import quote, urlencode

import brotli
from flask import Flask, url_for
from flask.testing import FlaskClient
from werkzeug.exceptions import HTTPException
from werkzeug.routing import AnyConverter, IntegerConverter, Rule

from survey.permissions import PERMISSIONS, Permission, declared_access
from tests.fuzz import hostile
from tests.world import Side

ROOT = Path(__file__).parents[2]
FORM = re.compile(r"<form\b([^>]*)>(.*?)</form>", re.DOTALL)
NAMED = re.compile(r"<(?:input|select|textarea|button)\b[^>]*?\bname=\"([^\"]+)\"[^>]*>")
VALUE = re.compile(r"\bvalue=\"([^\"]*)\"")
ACTION = re.compile(r"\baction=\"([^\"]*)\"")
LINK = re.compile(r"\b(?:href|src)=\"(/[^\"#]*)")
IDS = re.compile(r"[0-9a-f]{8}-[0-9a-f-]{27}|\d+")
QUERY = re.compile(r"request\.args(?:\.get(?:list)?\(|\[)\s*\"(\w+)\"|\"(\w+)\" in request\.args")

MOST_OF_A_KIND = 6
"""Targets of one kind that are kept for a person: links or forms to the same endpoint."""
MOST_SIGNED_OUT = 40
"""Answers that lead members to the page of signing in: then the world begins again."""

SENT_AWAY = ("/sign-in", "/staff/account/password")
SLOW_SECONDS, MOST_SLOW = 1.5, 25
"""An endpoint that takes so long is asked so often and no more: the rest would wait for it."""

UNPACK: dict[str, Callable[[bytes], bytes]] = {
    "": bytes,
    "gzip": gzip.decompress,
    "br": brotli.decompress,
}
GUARDED = ("/sign-in", "/staff/account/password", "/staff/seats")
ANSWERED = frozenset({200, 302, 303, 409, 410, 422})
"""Answers that come from the page itself, and not from the guards before it."""
SELDOM = 0.02
"""How often someone signs out, or the other half of the world is asked for."""


@dataclass
class Target:
    """A form of a page: where it leads, and what it holds."""

    endpoint: str
    address: str
    method: str
    fields: list[tuple[str, str]] = field(default_factory=list)


@dataclass
class Failure:
    what: str
    request: str


class Errors(logging.Handler):
    """Errors that the app writes to its log."""

    def __init__(self) -> None:
        super().__init__(logging.ERROR)
        self.seen: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.seen.append(record.getMessage()[:2000])


class Fuzzer:
    """`clients` by name of the role; `sides` are the two halves of the small world."""

    def __init__(
        self,
        app: Flask,
        clients: dict[str, FlaskClient],
        sides: tuple[Side, Side],
        *,
        codes: list[str],
        more_values: dict[str, object],
        seed: int,
    ) -> None:
        self.app, self.clients, self.codes = app, clients, codes
        self.rng = random.Random(seed)
        self.values = [side.path_values() | more_values for side in sides]
        self.queries = sorted(_query_names())
        self.targets = list(self._addresses())
        self.own = self.targets[::2]
        self._signed_out = 0
        self.may_open = self._who_may_open()
        self.adapter = app.url_map.bind("localhost")
        self.learnt: dict[str, dict[str, list[Target]]] = {name: {} for name in clients}
        self.answered: set[tuple[str, str]] = set()
        self.sent: Counter[str] = Counter()
        self.statuses: Counter[int] = Counter()
        self.fields: set[tuple[str, str]] = set()
        self.failures: list[Failure] = []
        self._slow: Counter[str] = Counter()
        self.errors = Errors()
        app.logger.addHandler(self.errors)

    def run(
        self, requests: int, *, every: int, renew: Callable[[], None], until: float = math.inf
    ) -> None:
        """Sends so many requests, or those that fit before `until`; after each `every`, the world
        begins again."""
        for number in range(requests):
            if time.monotonic() > until:
                return
            if number % every == 0 or self._signed_out > MOST_SIGNED_OUT:
                renew()
                self._signed_out = 0
                self.learnt = {name: {} for name in self.clients}
                self._enter_codes()
            self._send(*self._next())

    def _addresses(self) -> Iterator[Target]:
        with self.app.test_request_context():
            for rule in self.app.url_map.iter_rules():
                for method in sorted((rule.methods or set()) & {"GET", "POST"}):
                    for values in self.values:
                        filled = {name: _value(rule, name, values) for name in rule.arguments}
                        yield Target(rule.endpoint, url_for(rule.endpoint, **filled), method)

    def _who_may_open(self) -> dict[str, list[str]]:
        """For each endpoint the people whose seats have the right to it."""
        found = {}
        for rule in self.app.url_map.iter_rules():
            access = declared_access(self.app, rule.endpoint)
            roles = PERMISSIONS[access] if isinstance(access, Permission) else ()
            found[rule.endpoint] = [one.value for one in roles if one.value in self.clients]
        return found

    def unanswered(self) -> list[str]:
        """Endpoints and methods that no request came through to."""
        every = {
            (rule.endpoint, method)
            for rule in self.app.url_map.iter_rules()
            for method in (rule.methods or set()) & {"GET", "POST"}
        }
        return sorted(f"{method} {endpoint}" for endpoint, method in every - self.answered)

    def _enter_codes(self) -> None:
        """Real codes lead to pages of a survey, which join the targets."""
        for code in self.codes[:3]:
            self._send(
                "nobody", Target("responses.enter", "/", "POST", [("code", code)]), plain=True
            )

    def _next(self) -> tuple[str, Target]:
        who = self.rng.choice(list(self.clients))
        if self.learnt[who] and self.rng.random() < 0.7:
            return who, self.rng.choice(self.rng.choice(list(self.learnt[who].values())))
        target = self.rng.choice(self.targets if self.rng.random() < SELDOM * 5 else self.own)
        if target.endpoint == "security.logout" and self.rng.random() > SELDOM:
            return self._next()
        if self.may_open[target.endpoint] and self.rng.random() < 0.8:
            who = self.rng.choice(self.may_open[target.endpoint])
        return who, target

    def _send(self, who: str, target: Target, *, plain: bool = False) -> None:
        if self._slow[target.endpoint] >= MOST_SLOW:
            return
        rng = self.rng
        address, fields = target.address, list(target.fields)
        headers: dict[str, str] = {}
        data: bytes | None = None
        if not plain:
            address = self._bent(address)
            fields = self._bent_fields(fields)
            if rng.random() < 0.15:
                headers |= dict([rng.choice(hostile.HEADERS)])
        if target.method == "POST":
            kind = hostile.TYPES[0] if plain or rng.random() < 0.85 else rng.choice(hostile.TYPES)
            headers["Content-Type"] = kind
            data = (
                hostile.body(rng, fields)
                if kind.startswith("multipart")
                else urlencode([(n, v.encode("utf-8", "replace")) for n, v in fields]).encode()
            )
            if kind == "application/json":
                data = rng.choice((b"[1,2]", b'"x"', b"{", b"[" * 5000, b'{"a":null}'))
            self.fields |= {(target.endpoint, name) for name, _value in fields}
        self._open(who, target, address, data, headers)

    def _open(
        self, who: str, target: Target, address: str, data: bytes | None, headers: dict[str, str]
    ) -> None:
        said = f"{who} {target.method} {address[:200]} {(data or b'')[:300]!r} {headers}"
        client = self.clients[who]
        errors = len(self.errors.seen)
        began = time.perf_counter()
        try:
            with client.open(address, method=target.method, data=data, headers=headers) as answer:
                status, location = answer.status_code, answer.headers.get("Location", "")
                content = UNPACK[answer.headers.get("Content-Encoding", "")](answer.get_data())
                page = content.decode() if answer.mimetype == "text/html" else ""
        except UnicodeError as refused:
            if "idna" in str(refused) or "latin-1" in str(refused):
                return  # the client itself cannot send this
            self.failures.append(Failure(repr(refused), said))
            return
        except Exception as broken:
            self.failures.append(Failure(repr(broken), said))
            return
        if time.perf_counter() - began > SLOW_SECONDS:
            self._slow[target.endpoint] += 1
        self.sent[target.endpoint] += 1
        self.statuses[status] += 1
        if status >= 500 and status != 503:
            self.failures.append(Failure(str(status), said))
        if "Traceback (most recent call last)" in page:
            self.failures.append(Failure("a traceback in the page", said))
        self.failures += [Failure(one, said) for one in self.errors.seen[errors:]]
        self._learn(who, target, address, page)
        if who != "nobody" and status in (302, 303) and location.startswith(SENT_AWAY):
            self._signed_out += 1
        if status in ANSWERED and not (status in (302, 303) and location.startswith(GUARDED)):
            self._note_answer(address, target.method)
        if status == 303 and location.startswith("/") and self.rng.random() < 0.7:
            self._open(who, Target(target.endpoint, location, "GET"), location, None, {})

    def _note_answer(self, address: str, method: str) -> None:
        try:
            self.answered.add((self.adapter.match(address.partition("?")[0], method)[0], method))
        except HTTPException:
            return  # an address that leads to another one

    def _learn(self, who: str, target: Target, address: str, page: str) -> None:
        """Links and forms of a page become targets, in place of older ones."""
        for link in LINK.findall(page):
            where = unescape(link)
            self._keep(
                who, Target(f"link to {IDS.sub('*', where.partition('?')[0])}", where, "GET")
            )
        for head, inside in FORM.findall(page):
            action = ACTION.search(head)
            where = unescape(action[1]) if action else address
            if not where.startswith("/"):
                continue
            if where == "/sign-out" and self.rng.random() > SELDOM / 10:
                continue  # on every page
            fields = []
            for tag in NAMED.finditer(inside):
                value = VALUE.search(tag[0])
                fields.append((unescape(tag[1]), unescape(value[1]) if value else ""))
            method = "POST" if 'method="post"' in head else "GET"
            name = target.endpoint.removeprefix("form of ")
            self._keep(who, Target(f"form of {name}", where, method, fields))

    def _keep(self, who: str, found: Target) -> None:
        kind = f"{found.method} {IDS.sub('*', found.address.partition('?')[0])}"
        known = self.learnt[who].setdefault(kind, [])
        if len(known) < MOST_OF_A_KIND:
            known.append(found)
        else:
            known[self.rng.randrange(MOST_OF_A_KIND)] = found

    def _bent(self, address: str) -> str:
        rng = self.rng
        path, _, query = address.partition("?")
        if rng.random() < 0.15:
            parts = path.split("/")
            parts[rng.randrange(1, len(parts))] = quote(hostile.word(rng)[:300], safe="")
            path = "/".join(parts)
        if rng.random() < 0.3:
            pairs = [
                (rng.choice(self.queries), hostile.word(rng)) for _n in range(rng.randint(1, 3))
            ]
            more = urlencode([(n, v.encode("utf-8", "replace")) for n, v in pairs])
            query = f"{query}&{more}" if query else more
        return f"{path}?{query}" if query else path

    def _bent_fields(self, fields: list[tuple[str, str]]) -> list[tuple[str, str]]:
        rng = self.rng
        bent = []
        for name, value in fields:
            chance = rng.random()
            if chance < 0.08:
                continue  # left out
            if chance < 0.45 and name != "number":
                value = hostile.word(rng)
            bent.append((name, value))
            if chance > 0.95:
                bent.append((name, hostile.word(rng)))
        if rng.random() < 0.1:
            bent.append((hostile.word(rng)[:80], hostile.word(rng)))
        return bent


def _value(rule: Rule, name: str, values: dict[str, object]) -> object:
    if name in values:
        return values[name]
    converter = rule._converters[name]
    if isinstance(converter, AnyConverter):
        return sorted(converter.items)[0]
    return 1 if isinstance(converter, IntegerConverter) else "x"


def _query_names() -> set[str]:
    """Every parameter that any page reads from its address."""
    found: set[str] = {"lang", "next"}
    for path in (ROOT / "survey").rglob("*.py"):
        for one, other in QUERY.findall(path.read_text(encoding="utf-8")):
            found.add(one or other)
    return found
