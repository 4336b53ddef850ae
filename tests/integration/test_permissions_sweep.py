"""Every endpoint, for everyone, on their own organisation and on another's.

Nothing is listed by hand: the endpoints come from the app, what they ask for from their own
declarations, and the addresses from the small world. A new page is swept from its first day; if its
path names something new, `path_values` says so.
"""

from __future__ import annotations

import uuid
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from flask import Flask, abort, url_for
from flask.testing import FlaskClient
from sqlalchemy import select
from werkzeug.routing import AnyConverter, IntegerConverter, PathConverter, Rule, UnicodeConverter
from werkzeug.test import TestResponse

from survey import app_commands, permissions
from survey.app import create_app
from survey.database import begin, database
from survey.organisations.models import Member, Membership
from survey.permissions import (
    PERMISSIONS,
    Permission,
    Role,
    UndeclaredEndpointError,
    declared_access,
)
from tests.conftest import settings_for
from tests.engines import SQLITE_FIRST
from tests.seats import with_every_seat
from tests.world import Side, World, sign_in

ORGANISATIONS = frozenset({"school_id", "authority_id"})
OWNERS = frozenset(permissions.OWNERS)
"""What a path may name that belongs to some people and not to others."""

WORKS_AT = {
    Role.OPERATOR: frozenset[str](),
    Role.ANALYST: frozenset({"authority_id"}),
    Role.TRUST_ANALYST: frozenset({"authority_id"}),
    Role.PARTNER: frozenset({"authority_id"}),
    Role.HEAD: frozenset({"school_id"}),
    Role.LEAD: frozenset({"school_id"}),
    Role.DEPUTY: frozenset({"school_id"}),
    Role.GOVERNOR: frozenset({"school_id"}),
    Role.COORDINATOR: frozenset({"school_id"}),
}
"""Which organisations on its side of the world a role belongs to."""

LIKE_ANOTHER = {Role.DEPUTY: Role.LEAD, Role.TRUST_ANALYST: Role.ANALYST}
"""Roles that may do nothing that another may not do at the same organisation (`test_links` holds
them to that). They are swept in the long run."""
ROLES = [
    pytest.param(role, marks=[pytest.mark.slow] if role in LIKE_ANOTHER else []) for role in Role
]
METHODS = ("GET", "POST")
TURNED_AWAY = frozenset({Role.OPERATOR, Role.ANALYST, Role.PARTNER, Role.LEAD})
"""One role for each way of belonging to an organisation. Every role goes to every address of the
organisation it belongs to. That other organisations are closed to it is the same check for all
roles of a kind, so the other roles try it in the long run."""
AWAY = [
    pytest.param(role, marks=[] if role in TURNED_AWAY else [pytest.mark.slow]) for role in Role
]
OPENERS = (Role.LEAD, Role.ANALYST, Role.OPERATOR, Role.HEAD)
"""Together they open every page there is. On PostgreSQL each page is opened by the first of them
who may, which is enough to see that it refuses no query; all others run there in the long run."""


@dataclass(frozen=True)
class Visit:
    endpoint: str
    method: str
    address: str
    names: frozenset[str]
    """The parts of the path that are things: school_id, wave_id, ..."""

    def __str__(self) -> str:
        return f"{self.method} {self.endpoint} ({self.address})"


class Doors:
    """Goes to addresses as someone, and hears what `access` said about it."""

    def __init__(self, app: Flask, world: World, monkeypatch: pytest.MonkeyPatch) -> None:
        self.app, self.world = app, world
        self.refusals: list[int] = []
        self._cookies: dict[Role, str] = {}
        monkeypatch.setattr(permissions, "abort", self._refuse)
        app.config["WTF_CSRF_ENABLED"] = False
        with app.app_context():
            self._bystander = {
                side.school_id: database.session.scalars(
                    select(Member.id).where(Member.email == side.email[Role.COORDINATOR])
                ).one()
                for side in (world.own, world.other)
            }

            self._seats = {
                school_id: database.session.scalars(
                    select(Membership.membership_id).where(Membership.member_id == member_id)
                ).one()
                for school_id, member_id in self._bystander.items()
            }

    def _refuse(self, status: int) -> None:
        self.refusals.append(status)
        abort(status)

    def client(self, role: Role | None) -> FlaskClient:
        """A separate browser for each visit, so that signing out ends nothing for the next."""
        client = self.app.test_client()
        if role is None:
            return client
        if role not in self._cookies:
            sign_in(client, self.world.email(role))
            cookie = client.get_cookie("session")
            assert cookie
            self._cookies[role] = cookie.value
        client = self.app.test_client()
        client.set_cookie("session", self._cookies[role])
        return client

    def go(self, visit: Visit, role: Role | None) -> TestResponse:
        self.refusals.clear()
        with self.client(role).open(visit.address, method=visit.method) as answer:
            return answer

    def visits(self, organisations: Side, things: Side | None = None) -> Iterator[Visit]:
        """Every address there is, on one side of the world; or with the organisations of one side
        and the things of another."""
        mixed = self.path_values(things or organisations)
        mixed |= {
            name: value
            for name, value in self.path_values(organisations).items()
            if name in ORGANISATIONS
        }
        with self.app.test_request_context():
            for rule in self.app.url_map.iter_rules():
                values = {name: self.value(rule, name, mixed) for name in rule.arguments}
                address = url_for(rule.endpoint, **values)
                for method in METHODS:
                    if method in (rule.methods or ()):
                        yield Visit(rule.endpoint, method, address, frozenset(rule.arguments))

    def path_values(self, side: Side) -> dict[str, object]:
        """A real value for each thing that a path may name."""
        return side.path_values() | {
            "organisation_id": side.school_id,
            "member_id": self._bystander[side.school_id],
            "membership_id": self._seats[side.school_id],
            "filename": "staff.css",
        }

    @staticmethod
    def value(rule: Rule, name: str, known: dict[str, object]) -> object:
        converter = rule._converters[name]
        if isinstance(converter, AnyConverter):  # one name, other choices on each page
            return known[name] if known.get(name) in converter.items else sorted(converter.items)[0]
        if name in known:
            return known[name]
        if isinstance(converter, IntegerConverter):
            return 1
        if isinstance(converter, UnicodeConverter | PathConverter):
            return "x"
        pytest.fail(f"{rule} names {name}: say in path_values which one")


@pytest.fixture
def doors(app: Flask, world: World, monkeypatch: pytest.MonkeyPatch) -> Doors:
    with app.app_context():
        return Doors(app, with_every_seat(world), monkeypatch)


def leads_to_sign_in(answer: TestResponse) -> bool:
    return answer.status_code == 302 and answer.headers["Location"].split("?")[0] == "/sign-in"


@SQLITE_FIRST
def test_strangers_are_led_to_the_sign_in_page(app: Flask, doors: Doors) -> None:
    asked = 0
    for visit in doors.visits(doors.world.own):
        answer = doors.go(visit, None)
        if declared_access(app, visit.endpoint) == "public":
            assert answer.status_code not in (401, 403), visit
        else:
            assert leads_to_sign_in(answer), visit
            asked += 1
    assert asked > 10


@SQLITE_FIRST
@pytest.mark.parametrize("role", ROLES)
def test_members_open_what_the_table_gives_them_and_nothing_else(
    app: Flask, doors: Doors, role: Role
) -> None:
    """On their own side of the world. What is refused comes first: it may change nothing."""
    opened = []
    for visit in doors.visits(doors.world.own):
        asks_for = declared_access(app, visit.endpoint)
        if asks_for == "public":
            continue
        assert isinstance(asks_for, Permission)
        if not visit.names & ORGANISATIONS <= WORKS_AT[role]:
            wanted = 404
        elif role not in PERMISSIONS[asks_for]:
            wanted = 403
        else:
            opened.append(visit)
            continue
        assert doors.go(visit, role).status_code == wanted, visit
        assert doors.refusals == [wanted], visit
    for visit in opened:
        answer = doors.go(visit, role)
        assert doors.refusals == [], visit
        assert answer.status_code not in (401, 403, 500), visit
        assert not leads_to_sign_in(answer) or visit.endpoint == "security.logout", visit


@SQLITE_FIRST
def test_every_page_is_open_to_somebody(app: Flask, doors: Doors) -> None:
    """A path that names a school, behind a right that only operators have, would be a dead door."""
    for visit in doors.visits(doors.world.own):
        asks_for = declared_access(app, visit.endpoint)
        if asks_for != "public":
            roles = PERMISSIONS[Permission(asks_for)]
            opening = {role for role in roles if visit.names & ORGANISATIONS <= WORKS_AT[role]}
            assert opening, visit
            assert opening & set(OPENERS), f"no role of OPENERS opens {visit}"


@pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
def test_postgresql_refuses_no_query_of_a_page(app: Flask, doors: Doors) -> None:
    by_role: dict[Role, list[Visit]] = {role: [] for role in OPENERS}
    for visit in doors.visits(doors.world.own):
        asks_for = declared_access(app, visit.endpoint)
        if asks_for == "public":
            continue
        may = PERMISSIONS[Permission(asks_for)]
        opens = (
            role
            for role in OPENERS
            if role in may and visit.names & ORGANISATIONS <= WORKS_AT[role]
        )
        by_role[next(opens)].append(visit)
    # One role after another: what the operator does to a school is not in the way of its lead.
    for role, visits in by_role.items():
        assert visits, f"{role} is not needed"
        for visit in visits:
            answer = doors.go(visit, role)
            assert doors.refusals == [], visit
            assert answer.status_code not in (401, 403, 500), visit


@SQLITE_FIRST
@pytest.mark.parametrize("role", AWAY)
def test_another_organisation_is_as_if_it_did_not_exist(
    app: Flask, doors: Doors, role: Role
) -> None:
    for visit in doors.visits(doors.world.other):
        if declared_access(app, visit.endpoint) == "public" or not visit.names & ORGANISATIONS:
            continue
        assert doors.go(visit, role).status_code == 404, visit
        assert doors.refusals == [404], visit


@SQLITE_FIRST
@pytest.mark.parametrize("role", AWAY)
def test_another_organisations_things_are_not_found_through_ones_own_address(
    app: Flask, doors: Doors, role: Role
) -> None:
    """The guard lets these pass, for the organisation is right: each query must see to it."""
    theirs = {
        name
        for name, value in doors.world.other.path_values().items()
        if isinstance(value, uuid.UUID)
    } - ORGANISATIONS | {"membership_id"}
    for visit in doors.visits(doors.world.own, things=doors.world.other):
        asks_for = declared_access(app, visit.endpoint)
        own = bool(visit.names & ORGANISATIONS) and visit.names & ORGANISATIONS <= WORKS_AT[role]
        if not own or not visit.names & theirs or role not in PERMISSIONS[Permission(asks_for)]:
            continue
        assert doors.go(visit, role).status_code == 404, visit
        is_guarded = role is Role.PARTNER and "shared_place_id" in visit.names
        assert doors.refusals == ([404] if is_guarded else []), visit


@SQLITE_FIRST
def test_in_two_organisations_each_seat_opens_what_is_its_own(app: Flask, doors: Doors) -> None:
    """A coordinator of one school who is a governor of another and a partner of a third place has
    at each what the seat there gives, and never the sum: without switching, whichever of them was
    used last, and with the switch as well."""
    own, other = doors.world.own, doors.world.other
    email = own.email[Role.COORDINATOR]
    roles = {
        (own.school_id, "school_id"): Role.COORDINATOR,
        (other.school_id, "school_id"): Role.GOVERNOR,
        (other.authority_id, "authority_id"): Role.PARTNER,
    }
    with app.app_context(), begin() as db:
        person = db.scalars(select(Member).where(Member.email == email)).one()
        since = person.since
        at = {"authority_id": other.authority_id, "shared_place_id": other.shared_place_id}
        person.memberships += [
            Membership(role=Role.GOVERNOR, since=since, school_id=other.school_id),
            Membership(role=Role.PARTNER, since=since, **at),
        ]
        db.flush()
        seats = [str(one.membership_id) for one in person.seats]
    client = app.test_client()
    sign_in(client, email)
    tried: Counter[int] = Counter()
    visits = [(side, visit) for side in (own, other) for visit in doors.visits(side)]
    for number, (side, visit) in enumerate(visits):
        asks_for = declared_access(app, visit.endpoint)
        organisations = visit.names & ORGANISATIONS
        if asks_for == "public" or len(organisations) != 1:
            continue
        (named,) = organisations
        role = roles.get((getattr(side, named), named))
        wanted = 404 if role is None else 403 if role not in PERMISSIONS[asks_for] else 200
        if wanted == 200 and visit.method == "POST":
            continue  # what a seat opens is swept for each role alone
        if number % 5 == 0:
            assert client.post(f"/staff/places/{seats[number % 3]}").status_code == 303
        doors.refusals.clear()
        answer = client.open(visit.address, method=visit.method)
        answer.close()
        assert doors.refusals == ([] if wanted == 200 else [wanted]), (visit, role)
        tried[wanted] += 1
    assert min(tried[200], tried[403], tried[404]) > 10, tried


@SQLITE_FIRST
def test_nothing_is_posted_without_the_forms_own_token(app: Flask, doors: Doors) -> None:
    client = doors.client(Role.LEAD)  # the token is asked for before anything else
    app.config["WTF_CSRF_ENABLED"] = True
    for visit in doors.visits(doors.world.own):
        if visit.method == "POST" and isinstance(declared_access(app, visit.endpoint), Permission):
            assert client.post(visit.address).status_code == 400, visit


def test_an_app_with_an_undeclared_endpoint_does_not_start(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    def add_silent_page(app: Flask) -> None:
        app.add_url_rule("/silent", "silent", lambda: "anybody?")

    monkeypatch.setattr(app_commands, "init_app", add_silent_page)
    with pytest.raises(UndeclaredEndpointError, match=r": silent$"):
        create_app(settings_for(f"sqlite:///{tmp_path / 'unused.db'}"), testing=True)
