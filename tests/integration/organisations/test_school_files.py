"""From a file to schools: seen first, done whole, and the same again changes nothing."""

from __future__ import annotations

import io
import re
from datetime import timedelta

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import event, func, select

from survey.campaigns import operations as campaigns
from survey.campaigns.errors import SchoolClosedError
from survey.database import begin, database, today
from survey.organisations.models import Authority, AuthorityKind, Nation, School, SchoolFile
from survey.organisations.operations import add_authority
from survey.organisations.school_files import operations
from survey.organisations.school_files.commands import import_schools
from survey.permissions import Role
from tests.integration.organisations.pages import try_sign_in, words
from tests.world import TEMPLATE, World, sign_in

HEAD = "URN,LA,EstablishmentName,PhaseOfEducation,EstablishmentStatus,Year 7,Year 8\n"


def rows_of(names: list[str], authority: str = "Newshire") -> str:
    return "".join(
        f"{200000 + at},{authority},{name},Secondary,Open,{100 + at},90\n"
        for at, name in enumerate(names)
    )


def send(client: FlaskClient, content: str | bytes, page: str, nation: str = "england") -> str:
    """Sends a file, and returns the address of the page that shows what it would do."""
    data = content.encode() if isinstance(content, str) else content
    answer = client.post(page, data={"file": (io.BytesIO(data), "s.csv"), "nation": nation})
    assert answer.status_code == 302, words(answer)
    return answer.headers["Location"]


def confirm(client: FlaskClient, where: str, **more: str) -> str:
    page = client.get(where)
    (shown,) = re.findall(r'name="shown"[^>]* value="([^"]+)"', page.text)
    answer = client.post(where, data={"shown": shown, **more})
    return answer.headers.get("Location", words(answer))


def schools(app: Flask, authority: str) -> dict[str, School]:
    with app.app_context():
        query = select(School).join(Authority).where(Authority.name == authority)
        return {one.name: one for one in database.session.scalars(query)}


@pytest.fixture
def operator(client: FlaskClient, world: World) -> FlaskClient:
    try_sign_in(client, world.operator_email)
    return client


PAGE = "/operator/schools/file"


def test_a_hundred_schools_with_rolls_from_one_file(app: Flask, operator: FlaskClient) -> None:
    assert "Schools from a file" in words(operator.get("/operator/"))
    content = HEAD + rows_of([f"School {at}" for at in range(100)])
    where = send(operator, content, PAGE)
    page = words(operator.get(where))
    assert "Schools to add 100" in page
    assert "New authorities Newshire" in page
    assert not schools(app, "Newshire"), "looking changes nothing"
    assert confirm(operator, where) == "/operator/"
    made = schools(app, "Newshire")
    assert len(made) == 100
    assert (made["School 7"].roll, made["School 7"].number) == ({"7": 107, "8": 90}, "200007")
    with app.app_context():
        query = select(func.count()).where(SchoolFile.authority_id.is_(None))
        assert not database.session.scalar(query), "what was taken is not kept"
    assert "Nothing would change" in words(operator.get(send(operator, content, PAGE)))


def test_again_with_changes(app: Flask, operator: FlaskClient) -> None:
    confirm(operator, send(operator, HEAD + rows_of(["A", "B", "C"]), PAGE))
    changed = (
        HEAD
        + "200000,Newshire,A renamed,Secondary,Open,101,90\n"
        + "200001,Newshire,B,Secondary,Closed,101,90\n"
        + "200002,Newshire,C,Middle deemed secondary,Open,102,95\n"
    )
    where = send(operator, changed, PAGE)
    page = words(operator.get(where))
    assert "Name: A → A renamed" in page
    assert "7: 102, 8: 90 → 7: 102, 8: 95" in page
    confirm(operator, where)
    now = schools(app, "Newshire")
    assert set(now) == {"A renamed", "B", "C"}
    assert now["B"].closed_on == today()
    assert "closed" in words(operator.get("/operator/"))
    confirm(operator, send(operator, changed.replace("Closed", "Open"), PAGE))
    assert schools(app, "Newshire")["B"].closed_on is None


def test_a_school_that_is_there_without_a_number_is_found_by_its_name(
    app: Flask, world: World, operator: FlaskClient
) -> None:
    with app.app_context():
        there = database.session.get_one(School, world.own.school_id)
        name, authority = there.name, there.authority.name  # type: ignore[union-attr]
    confirm(operator, send(operator, HEAD + rows_of([name.upper()], authority), PAGE), without="y")
    with app.app_context():
        found = database.session.get_one(School, world.own.school_id)
        assert (found.number, found.name) == ("200000", name.upper())


def test_refused_rows_stop_it_until_somebody_says_so(app: Flask, operator: FlaskClient) -> None:
    content = HEAD + rows_of(["Fine"]) + "x1,Newshire,Bad number,Secondary,Open,1,1\n"
    where = send(operator, content, PAGE)
    page = words(operator.get(where))
    assert "Row 3, URN : “x1” is not the number of a school." in page
    assert "Mend the file" in confirm(operator, where)
    assert not schools(app, "Newshire")
    assert confirm(operator, where, without="y") == "/operator/"
    assert set(schools(app, "Newshire")) == {"Fine"}


def test_a_school_that_moved_is_named_and_not_moved(app: Flask, operator: FlaskClient) -> None:
    confirm(operator, send(operator, HEAD + rows_of(["A"]), PAGE))
    where = send(operator, HEAD + rows_of(["A"], "Elsewhere"), PAGE)
    assert "“A” is with Newshire here, and the file says Elsewhere" in words(operator.get(where))
    assert "Nothing would change." in words(operator.get(where))
    confirm_all = operator.post(where, data={"shown": "", "without": "y"})
    assert confirm_all.status_code == 409
    assert set(schools(app, "Newshire")) == {"A"}
    assert not schools(app, "Elsewhere")


def test_what_was_shown_is_what_is_done(app: Flask, operator: FlaskClient) -> None:
    """Someone else adds one of the schools between the look and the press."""
    where = send(operator, HEAD + rows_of(["A", "B"]), PAGE)
    (shown,) = re.findall(r'name="shown"[^>]* value="([^"]+)"', operator.get(where).text)
    confirm(operator, send(operator, HEAD + rows_of(["A"]), PAGE))
    answer = operator.post(where, data={"shown": shown})
    assert answer.status_code == 409
    assert set(schools(app, "Newshire")) == {"A"}


def test_an_analyst_takes_only_schools_of_their_authority(app: Flask, world: World) -> None:
    client, other = app.test_client(), app.test_client()
    sign_in(client, world.own.email[Role.ANALYST])
    sign_in(other, world.other.email[Role.ANALYST])
    own = f"/authorities/{world.own.authority_id}"
    assert f"{own}/schools/file" in client.get(own + "/").text
    with app.app_context():
        authority = database.session.get_one(Authority, world.own.authority_id).name
    content = HEAD + rows_of(["A new one"], authority) + "300000,Foreign,B,Secondary,Open,1,1\n"
    where = send(client, content, f"{own}/schools/file")
    page = words(client.get(where))
    assert "Schools to add 1" in page
    assert "1 row is of another authority." in page
    confirm(client, where)
    assert "A new one" in schools(app, authority)
    assert not schools(app, "Foreign")
    assert other.get(where).status_code == 404
    assert client.get(f"{PAGE}/{where.split('/')[-1]}").status_code in (403, 404)


def test_a_file_is_kept_for_two_days_at_most(app: Flask, operator: FlaskClient) -> None:
    where = send(operator, HEAD + rows_of(["A"]), PAGE)
    with app.app_context(), begin() as db:
        operations.forget_old(db, today=today() + timedelta(days=2))
    assert operator.get(where).status_code == 404


def test_a_file_that_is_no_list_is_refused_on_the_page(operator: FlaskClient) -> None:
    data = {"file": (io.BytesIO(b"PK\x03\x04"), "s.xlsx"), "nation": "wales"}
    answer = operator.post(PAGE, data=data)
    assert "save it as CSV" in words(answer)
    assert 'value="wales" selected' in answer.text.replace(
        'selected value="wales"', 'value="wales" selected'
    )
    assert "Choose a file." in words(operator.post(PAGE, data={"nation": "wales"}))


def test_a_closed_school_starts_no_survey(app: Flask, world: World) -> None:
    with app.app_context(), begin() as db:
        db.get_one(School, world.own.school_id).closed_on = today()
        db.flush()
        with pytest.raises(SchoolClosedError):
            campaigns.start_campaign(
                db,
                school_id=world.own.school_id,
                template_key=TEMPLATE[0],
                template_version=TEMPLATE[1],
                title="Safe?",
                by=None,
            )


def test_the_command_says_first_and_does_when_told(app: Flask, world: World, tmp_path) -> None:  # type: ignore[no-untyped-def]
    file = tmp_path / "schools.csv"
    file.write_text("School Number,School Name,Local Authority\n6604025,Ysgol Uwchradd,Gwynedd\n")
    run = app.test_cli_runner().invoke
    said = run(import_schools, [str(file)])
    assert "1 added" in said.output
    assert "Nothing is changed" in said.output
    assert not schools(app, "Gwynedd")
    assert run(import_schools, [str(file), "--apply"]).exit_code == 0
    (school,) = schools(app, "Gwynedd").values()
    assert school.nation is Nation.WALES
    file.write_text("School Number,School Name,Local Authority\nx,Ysgol,Gwynedd\n")
    refused = run(import_schools, [str(file), "--apply"])
    assert refused.exit_code == 1
    assert "Row 2, School Number" in refused.output + refused.stderr


def test_the_template_comes_in_the_years_of_the_nation(app: Flask, operator: FlaskClient) -> None:
    answer = operator.get("/staff/schools-template/scotland.csv")
    assert answer.headers["Content-Disposition"].endswith("schools-scotland.csv")
    assert answer.text.splitlines()[0].endswith("S1,S2,S3,S4,S5,S6")
    assert operator.get("/staff/schools-template/france.csv").status_code == 404


def test_numbers_in_all_and_trusts_are_shown_by_row(app: Flask, operator: FlaskClient) -> None:
    """Neither changes a row: a list is a year old at times, and a trust asks its schools itself."""
    with app.app_context(), begin() as db:
        add_authority(
            db, name="River Trust", nation=Nation.ENGLAND, kind=AuthorityKind.TRUST, by=None
        )
    content = (
        "URN,LA,EstablishmentName,PhaseOfEducation,StatutoryLowAge,NumberOfPupils,Trusts,Year 7\n"
        "1,Newshire,None by year,Secondary,11,900,RIVER TRUST,\n"
        "2,Newshire,Too few,Secondary,11,900,Hill Trust,100\n"
        "3,Newshire,Too many,Secondary,3,100,,180\n"
        "4,Newshire,Has younger,Secondary,3,900,River Trust,180\n"
        '5,Newshire,Fits,Secondary,11,"1,000.0",,900\n'
        "6,Newshire,Words,Secondary,11,many,,180\n"
        "7,Newshire,Not shown,Secondary,11,*,,180\n"
        "8,Newshire,Formula,Secondary,11,180,=1+1,180\n"
    )
    where = send(operator, content, PAGE)
    page = words(operator.get(where))
    assert "Row 2, NumberOfPupils : None by year has 900 students and no numbers" in page
    assert "Row 3, NumberOfPupils : Too few has 900 students in the file, and 100 if" in page
    assert "Row 4, NumberOfPupils : Too many has 100 students in the file, and 180 if" in page
    assert "Row 7, NumberOfPupils : “many” is not a number of students" in page
    assert "4 rows to look at" in page
    assert "Row 9, Trusts : “=1+1” begins like a formula" in page
    assert "RIVER TRUST · 2 schools 1 4 None by year, Has younger" in page
    assert "Hill Trust · 1 school · not in this service 2 Too few" in page
    assert "not read" not in page
    assert confirm(operator, where, without="y") == "/operator/"
    assert schools(app, "Newshire")["Too few"].roll == {"7": 100}
    again = words(operator.get(send(operator, content, PAGE)))
    assert "Nothing would change" in again
    assert "Too few has 900 students" in again
    assert "Trusts in the list" in again


def test_the_database_is_asked_little_for_each_school(app: Flask, operator: FlaskClient) -> None:
    """A write holds the lock that students wait for: what is asked grows with the file in steps of
    hundreds, not with each school and person."""
    head = HEAD.strip() + ",Lead name,Lead e-mail\n"
    asked: dict[int, int] = {}
    for count in (20, 120):
        content = head + "".join(
            f"{count * 1000 + at},Shire {count},School {at},Secondary,Open,100,90,Lead {at},"
            f"lead{at}@s{count}.test\n"
            for at in range(count)
        )
        where = send(operator, content, PAGE)
        with app.app_context():
            engine = database.engine
        seen: list[str] = []

        def note(_connection, _cursor, statement, *_rest) -> None:  # type: ignore[no-untyped-def]
            seen.append(statement)  # noqa: B023

        listens = (engine, "before_cursor_execute", note)
        event.listen(*listens)
        assert confirm(operator, where) == "/operator/"
        event.remove(*listens)
        asked[count] = len(seen)
        assert len(schools(app, f"Shire {count}")) == count
    assert asked[120] < asked[20] + 20, asked
