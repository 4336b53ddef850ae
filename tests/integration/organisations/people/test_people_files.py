"""From a file to seats: seen first, done whole, and the same again changes nothing."""

from __future__ import annotations

from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import func, select

from survey.database import begin, database, read
from survey.mail.models import OutMail
from survey.organisations import operations
from survey.organisations.models import AuthorityKind, Member, Membership, Nation, School
from survey.organisations.school_files.commands import import_people
from survey.organisations.school_files.people.rows import people_table, read_people
from survey.organisations.seats.vouching import is_vouched_for
from survey.permissions import Role
from tests.conftest import settings_for
from tests.integration.organisations.pages import words
from tests.integration.organisations.people.team_pages import Team
from tests.integration.organisations.test_school_files import PAGE, confirm, send
from tests.world import World

HEAD = "URN,School,Name,E-mail,Seat\n"


@pytest.fixture
def settings(sqlite_url: str, tmp_path: Path):  # type: ignore[no-untyped-def]
    mail = {"mail_folder": str(tmp_path / "mail"), "mail_from": "surveys@survey.test"}
    return settings_for(sqlite_url, **mail)


@pytest.fixture
def team(app: Flask, world: World) -> Team:
    with app.test_request_context(), begin() as db:
        for number, name in enumerate(("Hill School", "Dale School"), start=300001):
            made = operations.add_school(
                db, name=name, nation=Nation.ENGLAND, phase=db.get_one(
                    School, world.own.school_id).phase, roll={},
                authority_id=world.own.authority_id, by=None,
            )  # fmt: skip
            made.number = str(number)
        operations.add_authority(
            db, name="River Trust", nation=Nation.ENGLAND, kind=AuthorityKind.TRUST, by=None
        )
    return Team(app, world)


@pytest.fixture
def operator(team: Team) -> FlaskClient:
    return team.signed_in(team.world.operator_email)


@pytest.fixture
def analyst(team: Team) -> FlaskClient:
    return team.signed_in(team.world.email(Role.ANALYST))


def seats(app: Flask) -> dict[tuple[str, str], str]:
    """Who has which seat where, of the people of these files."""
    with app.app_context():
        query = select(Membership).join(Member, Member.id == Membership.member_id)
        found = read().scalars(
            query.where(Membership.ended_on.is_(None), Member.email.like("%@file.test"))
        )
        return {(one.member.email, one.place.name): one.role.value for one in found if one.place}


def mails(app: Flask) -> int:
    with app.app_context():
        return database.session.scalar(select(func.count()).select_from(OutMail)) or 0


def test_people_of_several_schools_from_one_file(operator: FlaskClient, team: Team) -> None:
    content = HEAD + (
        "300001,,Ada Okafor,A.Okafor@file.test,Lead\n"
        "300001,,Sam Field,sam@file.test,survey co-ordinator\n"
        "300002,,Ada Okafor,a.okafor@file.test,Governor\n"
        ",River Trust,Tess Trust,tess@file.test,Trust analyst\n"
        ",Northmoor High School,Hugh Head,hugh@file.test,Headteacher\n"
    )
    where = send(operator, content, PAGE)
    page = words(operator.get(where))
    assert "People to invite 5" in page
    assert seats(team.app) == {}, "looking changes nothing"
    assert confirm(operator, where) == "/operator/"
    assert seats(team.app) == {
        ("a.okafor@file.test", "Hill School"): "lead",
        ("sam@file.test", "Hill School"): "coordinator",
        ("a.okafor@file.test", "Dale School"): "governor",
        ("tess@file.test", "River Trust"): "trust_analyst",
        ("hugh@file.test", "Northmoor High School"): "head",
    }
    assert mails(team.app) == 4, "one link a person"
    ada = team.accept("a.okafor@file.test")
    assert ada.get("/staff").headers["Location"] == "/staff/places"
    assert "Nothing would change" in words(operator.get(send(operator, content, PAGE)))
    changed = content.replace("Lead", "Deputy")
    assert confirm(operator, send(operator, changed, PAGE)) == "/operator/"
    assert seats(team.app)["a.okafor@file.test", "Hill School"] == "deputy"
    assert len(seats(team.app)) == 5
    with team.app.app_context():
        found = read().scalars(select(Membership).where(Membership.added_by.is_not(None)))
        assert all(is_vouched_for(one) for one in found), "the operator gave these seats"


def test_people_beside_their_schools_in_the_same_file(operator: FlaskClient, team: Team) -> None:
    content = (
        "URN,LA,EstablishmentName,EstablishmentStatus,Lead name,Lead e-mail,Head name,Head email\n"
        "400001,Northmoor,New School,Open,Ada,ada@file.test,Hugh,hugh@file.test\n"
        "300001,Northmoor,Hill School,Open,Bea,bea@file.test,,\n"
        "400002,Northmoor,Gone School,Closed,Cy,cy@file.test,,\n"
    )
    where = send(operator, content, PAGE)
    page = words(operator.get(where))
    assert "Schools to add 1" in page
    assert "People to invite 3" in page
    assert confirm(operator, where) == "/operator/"
    assert seats(team.app) == {
        ("ada@file.test", "New School"): "lead",
        ("hugh@file.test", "New School"): "head",
        ("bea@file.test", "Hill School"): "lead",
    }
    assert "Nothing would change" in words(operator.get(send(operator, content, PAGE)))


WRONG = [
    ("300001,,Ada,ada at file,Lead", "Row 2, E-mail", "is no e-mail address"),
    ("300001,,Ada,,Lead", "Row 2, E-mail", "The e-mail address is missing"),
    ("300001,,,ada@file.test,Lead", "Row 2, Name", "The name is missing"),
    ("300001,,=HYPERLINK(1),ada@file.test,Lead", "Row 2, Name", "begins like a formula"),
    ("300001,,Ada,=a@file.test,Lead", "Row 2, E-mail", "is no e-mail address"),
    ("300001,,Ada,ada@file.test,Caretaker", "Row 2, Seat", "is no seat here"),
    ("300001,,Ada,ada@file.test,Analyst", "Row 2, Seat", "“Hill School” has no such seat"),
    ("999,,Ada,ada@file.test,Lead", "Row 2, URN", "no school with the number 999"),
    ("abc,,Ada,ada@file.test,Lead", "Row 2, URN", "is not the number of a school"),
    (",,Ada,ada@file.test,Lead", "Row 2, URN", "The school is missing"),
    (",Nowhere,Ada,ada@file.test,Lead", "Row 2, URN", "“Nowhere” is not here"),
    ("300001,,Op,operator@survey.test,Lead", "Row 2, E-mail", "the address of an operator"),
    (",River Trust,Ada,ada@file.test,Lead", "Row 2, Seat", "has no such seat"),
]


@pytest.mark.parametrize(("row", "place", "complaint"), WRONG)
def test_what_is_wrong_is_named_by_row_and_column(
    operator: FlaskClient, team: Team, row: str, place: str, complaint: str
) -> None:
    content = f"{HEAD}{row}\n300002,,Bea,bea@file.test,Lead\n"
    where = send(operator, content, PAGE)
    page = words(operator.get(where))
    assert f"{place} : " in page or f"{place}:" in page, page
    assert complaint in page
    assert "Mend the file and send it again" in confirm(operator, where)
    assert seats(team.app) == {}, "nothing half done"
    assert confirm(operator, where, without="y") == "/operator/"
    assert seats(team.app) == {("bea@file.test", "Dale School"): "lead"}


def test_two_seats_at_one_school_are_both_refused(operator: FlaskClient, team: Team) -> None:
    content = HEAD + "300001,,A,a@file.test,Lead\n300001,,A,A@file.test,Governor\n"
    page = words(operator.get(send(operator, content, PAGE)))
    assert "has two seats at this organisation in the file: in rows 2, 3" in page


def test_a_failure_in_the_middle_leaves_nothing(
    operator: FlaskClient, team: Team, monkeypatch: pytest.MonkeyPatch
) -> None:
    content = HEAD + "".join(f"300001,,P{at},p{at}@file.test,Governor\n" for at in range(20))
    where = send(operator, content, PAGE)
    from survey.organisations.seats import operations as doing

    real, calls = doing.give, []

    def breaks(*args, **given):  # type: ignore[no-untyped-def]
        calls.append(1)
        if len(calls) == 15:
            raise RuntimeError
        return real(*args, **given)

    monkeypatch.setattr(doing, "give", breaks)
    with pytest.raises(RuntimeError):
        confirm(operator, where)
    assert seats(team.app) == {}
    assert mails(team.app) == 0


def test_an_authority_lets_itself_into_no_school(
    analyst: FlaskClient, operator: FlaskClient, team: Team
) -> None:
    """A governor of the analyst's own making would read a school's report. Where someone at the
    school has signed in who can invite, the file's rows are refused, and say whom to ask."""
    own = team.world.own
    page = f"/authorities/{own.authority_id}/schools/file"
    content = HEAD + (
        ",Northmoor High School,Puppet,puppet@file.test,Governor\n"
        ",Hill School,Ada,ada@file.test,Lead\n"
        ",Southwold High School,Elsewhere,else@file.test,Lead\n"
        ",Northmoor Council,Friend,friend@file.test,Analyst\n"
    )
    where = send(analyst, content, page)
    said = words(analyst.get(where))
    assert "invites its own people now. Ask Lead Person there" in said
    assert "“Southwold High School” is not here" in said
    assert "Only the operator adds people to an authority or a trust" in said
    confirm(analyst, where, without="y")
    assert seats(team.app) == {("ada@file.test", "Hill School"): "lead"}
    more = HEAD + ",Hill School,Bea,bea@file.test,Coordinator\n"
    confirm(analyst, send(analyst, more, page))
    assert ("bea@file.test", "Hill School") in seats(team.app), "no one has signed in yet"
    team.accept("ada@file.test")
    late = HEAD + ",Hill School,Cy,cy@file.test,Governor\n"
    assert "Ask Ada there" in words(analyst.get(send(analyst, late, page)))


def test_the_operator_renames_only_who_has_not_signed_in(operator: FlaskClient, team: Team) -> None:
    content = HEAD + "300001,,Ada,ada@file.test,Lead\n"
    confirm(operator, send(operator, content, PAGE))
    renamed = content.replace("Ada", "Ada Okafor")
    confirm(operator, send(operator, renamed, PAGE))

    def name() -> str:
        with team.app.app_context():
            return read().scalars(select(Member.name).where(Member.email == "ada@file.test")).one()

    assert name() == "Ada Okafor"
    team.accept("ada@file.test")
    assert "Nothing would change" in words(
        operator.get(send(operator, content.replace("Ada", "Eve"), PAGE))
    )
    assert name() == "Ada Okafor"


def test_from_the_command_line(team: Team, tmp_path: Path) -> None:
    file = tmp_path / "people.csv"
    file.write_text(HEAD + "300001,,Ada,ada@file.test,Lead\n9,,B,b@file.test,Lead\n")
    run = team.app.test_cli_runner().invoke
    said = run(import_people, [str(file)])
    assert "row 2: invited: ada@file.test, lead at Hill School" in said.output
    assert "Row 3, URN" in said.output + said.stderr
    assert seats(team.app) == {}
    assert run(import_people, [str(file), "--apply"]).exit_code == 1
    assert run(import_people, [str(file), "--apply", "--without-refused"]).exit_code == 0
    assert seats(team.app) == {("ada@file.test", "Hill School"): "lead"}


def test_two_hundred_people_at_a_hundred_schools_at_once(operator: FlaskClient, team: Team) -> None:
    rows = "".join(
        f"{500000 + at},Northmoor,School {at},Open,Lead {at},lead{at}@file.test,Co {at},"
        f"co{at}@file.test\n"
        for at in range(100)
    )
    head = (
        "URN,LA,EstablishmentName,EstablishmentStatus,Lead name,Lead e-mail,"
        "Coordinator name,Coordinator e-mail\n"
    )
    assert confirm(operator, send(operator, head + rows, PAGE)) == "/operator/"
    assert len(seats(team.app)) == 200
    assert mails(team.app) == 200


@pytest.mark.parametrize("encoding", ["utf-8-sig", "cp1252", "utf-16"])
def test_the_letters_and_separators_of_office_programs(encoding: str, app: Flask) -> None:
    content = "List of people;;;;\n\nURN;School;Name;E-mail;Seat\n300001;;Siân;s@file.test;DSL\n"
    with app.test_request_context():
        (row,) = read_people(people_table(content.encode(encoding)), nation=Nation.ENGLAND).rows
    assert (row.line, row.name, row.role) == (4, "Siân", Role.LEAD)


def test_a_refused_school_is_said_once_and_not_of_each_of_its_people(
    operator: FlaskClient,
) -> None:
    head = "Number,Name,Authority,Kind,Lead name,Lead e-mail,Deputy name,Deputy e-mail\n"
    row = "400001,=A,Newshire,Secondary,L,l@file.test,D,d at file\n"
    page = words(operator.get(send(operator, head + row, PAGE)))
    assert "Rows refused 1" in page
    assert "begins like a formula" in page
    assert "“d at file” is no e-mail address" in page
    assert "There is no school" not in page
