"""The whole of who may do what, as a table that a school's governors could read."""

from __future__ import annotations

import uuid
from dataclasses import dataclass

import pytest
from flask import Flask

from survey.permissions import (
    Permission,
    Role,
    UndeclaredEndpointError,
    belongs,
    check_every_endpoint,
    may,
    public,
    requires,
)

MATRIX = """
                      operator analyst trust_analyst partner head lead deputy governor coordinator
organisations.manage  yes      -       -             -       -    -    -      -        -
schools.add           yes      yes     yes           -       -    -    -      -        -
own_account           yes      yes     yes           yes     yes  yes  yes    yes      yes
log.read              -        yes     yes           -       yes  yes  yes    -        -
school.see            -        -       -             -       yes  yes  yes    -        yes
school.read           -        -       -             -       yes  yes  yes    yes      -
people.manage         -        -       -             -       yes  yes  -      -        -
people.confirm        yes      yes     yes           -       -    -    -      -        -
school.settings       -        -       -             -       -    yes  yes    -        -
readers.answer        -        -       -             -       yes  yes  yes    -        -
questionnaire.adapt   -        -       -             -       -    yes  yes    -        -
plan.draw             -        -       -             -       -    yes  yes    -        -
questionnaire.preview -        -       -             -       yes  yes  yes    -        yes
wave.launch           -        -       -             -       -    yes  yes    -        yes
codes.print           -        -       -             -       -    yes  yes    -        yes
wave.close            -        -       -             -       -    yes  yes    -        -
wave.undo             -        -       -             -       -    yes  yes    -        -
release.make          -        -       -             -       -    yes  yes    -        -
report.read           -        -       -             -       yes  yes  yes    yes      -
texts.redact          -        -       -             -       -    yes  yes    -        -
help_requests.read    -        -       -             -       -    yes  yes    -        -
assessment.write      -        -       -             -       -    yes  yes    -        -
actions.read          -        -       -             -       yes  yes  yes    yes      -
actions.write         -        -       -             -       -    yes  yes    -        -
authority.see         -        yes     yes           -       -    -    -      -        -
programme.run         -        yes     yes           -       -    -    -      -        -
comparison.read       -        yes     yes           -       -    -    -      -        -
shared_place.see      -        yes     yes           yes     -    -    -      -        -
shared_places.write   -        yes     yes           -       -    -    -      -        -
requests.approve      -        yes     yes           -       yes  yes  yes    -        yes
second_step.require   -        yes     yes           -       -    -    -      -        -
sign_off.give         -        -       -             -       yes  -    -      -        -
programme.sign_off    -        yes     yes           -       -    -    -      -        -
"""

HERE, THERE = uuid.UUID(int=1), uuid.UUID(int=2)


@dataclass(frozen=True)
class Person:
    role: Role
    school_id: uuid.UUID | None = None
    authority_id: uuid.UUID | None = None
    shared_place_id: uuid.UUID | None = None
    id: uuid.UUID = HERE


def drawn() -> dict[tuple[str, str], bool]:
    head, *rows = (line.split() for line in MATRIX.strip().splitlines())
    return {
        (permission, role): cell == "yes"
        for permission, *cells in rows
        for role, cell in zip(head, cells, strict=True)
    }


def test_the_table_names_every_permission_and_every_role() -> None:
    assert set(drawn()) == {(str(p), str(role)) for p in Permission for role in Role}


def test_a_role_may_do_what_the_table_says() -> None:
    does = {
        (str(permission), str(role)): may(Person(role), permission)
        for permission in Permission
        for role in Role
    }
    assert does == drawn()


BELONGING = """
member of     path names      own?
nothing       nothing         yes
nothing       school_here     no
nothing       authority_here  no
school_here   nothing         yes
school_here   school_here     yes
school_here   school_there    no
school_here   authority_here  no
auth_here     nothing         yes
auth_here     authority_here  yes
auth_here     authority_there no
auth_here     school_here     no
"""


@pytest.mark.parametrize("line", BELONGING.strip().splitlines()[1:])
def test_a_member_belongs_only_to_their_own_organisation(line: str) -> None:
    who, what, own = line.split()
    places = {"here": HERE, "there": THERE}
    member = {
        "nothing": Person(Role.OPERATOR),
        "school_here": Person(Role.LEAD, school_id=HERE),
        "auth_here": Person(Role.ANALYST, authority_id=HERE),
    }[who]
    kind, _, place = what.partition("_")
    named = {"school_id": None, "authority_id": None} | (
        {f"{kind}_id": places[place]} if place else {}
    )
    assert belongs(member, **named) is (own == "yes")


def test_a_school_and_an_authority_in_one_path_must_both_be_own() -> None:
    analyst = Person(Role.ANALYST, authority_id=HERE)
    assert not belongs(analyst, school_id=THERE, authority_id=HERE)


def test_a_partner_belongs_to_one_shared_place_alone() -> None:
    partner = Person(Role.PARTNER, authority_id=HERE, shared_place_id=HERE)
    named = {"school_id": None, "authority_id": HERE}
    assert belongs(partner, **named, shared_place_id=HERE)
    assert not belongs(partner, **named, shared_place_id=THERE)
    analyst = Person(Role.ANALYST, authority_id=HERE)
    assert belongs(analyst, **named, shared_place_id=THERE)


def test_an_app_with_a_silent_endpoint_does_not_start() -> None:
    app = Flask(__name__, static_folder=None)
    app.add_url_rule("/open", "open", public(lambda: ""))
    app.add_url_rule("/own", "own", requires(Permission.OWN_ACCOUNT)(lambda: ""))
    check_every_endpoint(app)
    app.add_url_rule("/silent", "silent", lambda: "")
    with pytest.raises(UndeclaredEndpointError, match=r"@public: silent$"):
        check_every_endpoint(app)
