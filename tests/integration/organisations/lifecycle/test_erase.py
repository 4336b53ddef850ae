"""What is kept of a person, a school or an authority: shown, handed out, and erased permanently."""

from __future__ import annotations

import io
import json
import uuid
import zipfile
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select, update

from survey.actions.models import Action
from survey.database import Base, begin, database, read
from survey.organisations.access_log.chain import first_broken
from survey.organisations.directory import everyone
from survey.organisations.lifecycle import account_data, erase, export
from survey.organisations.models import Authority, Member, School
from survey.organisations.operations import NoSuchOrganisationError, find_organisation
from survey.permissions import Role
from tests.attacks.attackers import ballots
from tests.integration.test_migrations import fill
from tests.world import PASSWORD, World, sign_in


def member_of(world: World, role: Role) -> Member:
    found = read().scalars(select(Member).where(Member.email == world.email(role))).one()
    read().expunge(found)
    read().rollback()
    return found


def files_in(data: bytes) -> tuple[dict[str, list[dict[str, object]]], str]:
    with zipfile.ZipFile(io.BytesIO(data)) as file:
        assert sorted(file.namelist()) == ["data.html", "data.json"]
        return json.loads(file.read("data.json"))["tables"], file.read("data.html").decode()


def test_a_member_sees_and_downloads_what_is_kept(
    app: Flask, client: FlaskClient, world: World
) -> None:
    sign_in(client, world.own.email[Role.LEAD])
    page = client.get("/staff/account/data").text
    assert world.own.email[Role.LEAD] in page
    found, shown = files_in(client.get("/staff/account/data.zip").data)
    assert found["member"][0]["email"] == world.own.email[Role.LEAD]
    assert "signed_in" in {one["name"] for one in found["event"]}
    assert len(found["staff_session"]) == 1
    assert world.own.email[Role.LEAD] in shown
    whole = json.dumps(found)
    with app.app_context():
        account = member_of(world, Role.LEAD)
    assert account.password not in whole
    assert account.fs_uniquifier not in whole
    assert world.own.email[Role.COORDINATOR] not in whole, "no other person"


@pytest.mark.parametrize("role", [Role.LEAD, Role.COORDINATOR, Role.ANALYST])
def test_only_the_operator_reads_and_erases_others(
    app: Flask, client: FlaskClient, world: World, role: Role
) -> None:
    with app.app_context():
        other = member_of(world, Role.LEAD if role is not Role.LEAD else Role.COORDINATOR).id
    sign_in(client, world.own.email[role])
    for path in ("data", "data.zip", "erase"):
        assert client.get(f"/operator/members/{other}/{path}").status_code == 403


def test_a_school_hands_out_everything_but_answers_and_secrets(
    app: Flask, client: FlaskClient, world: World
) -> None:
    sign_in(other := app.test_client(), world.own.email[Role.COORDINATOR])
    assert other.get(f"/schools/{world.own.school_id}/data.zip").status_code == 403
    class_ = ballots.prepare(app, world.own, 4)
    ballots.send_all(app, world.own, class_)
    with app.app_context(), begin() as db:
        fill(db, world.own)
    ballots.close(app, world.own)
    sign_in(client, world.own.email[Role.LEAD])
    data = client.get(f"/schools/{world.own.school_id}/data.zip").data
    found, _shown = files_in(data)
    whole = json.dumps(found)
    assert found["school"][0]["name"] == "Northmoor High School"
    assert found["action"][0]["goal"] == "Nobody avoids the toilets at break"
    assert found["questionnaire"]
    assert found["release"]
    for one in class_:
        assert one.words not in whole
        assert one.code_hash.hex() not in whole
    assert "More light." not in whole, "no words of students"
    assert "Southwold" not in whole, "nothing of another school"
    assert PASSWORD not in whole


def test_an_authority_hands_out_its_own_and_nothing_of_its_schools_surveys(
    app: Flask, client: FlaskClient, world: World
) -> None:
    sign_in(client, world.own.email[Role.ANALYST])
    found, _shown = files_in(client.get(f"/authorities/{world.own.authority_id}/data.zip").data)
    assert found["authority"][0]["name"] == "Northmoor Council"
    assert found["programme"]
    assert found["shared_place"]
    assert {"campaign", "wave", "action", "release"}.isdisjoint(found)
    assert "Southwold" not in json.dumps(found)


def test_every_table_is_in_the_file_or_there_is_a_reason() -> None:
    shown = {
        one.name for column in ("school_id", "authority_id") for one in export.tables_of(column)
    }
    shown |= export.OF_ITS_SCHOOLS | {"authority"}
    assert shown.isdisjoint(export.LEFT_OUT)
    assert shown | set(export.LEFT_OUT) == set(Base.metadata.tables)


# Erasing


def on_disk(app: Flask) -> bytes:
    """Every byte of the database: SQLite's files, or PostgreSQL's tables, indexes and long
    values."""
    url = app.extensions["settings"].database_url
    if url.startswith("sqlite"):
        return ballots.on_disk(url)
    with app.app_context():
        options = {"isolation_level": "AUTOCOMMIT"}
        with database.engine.connect().execution_options(**options) as connection:
            connection.exec_driver_sql("CHECKPOINT")
            query = (
                "SELECT pg_read_binary_file(pg_relation_filepath(oid)) FROM pg_class"
                " WHERE relkind IN ('r', 'i', 't') AND oid >= 16384"
            )
            return b"".join(bytes(one) for one in connection.exec_driver_sql(query).scalars())


def erase_by_page(client: FlaskClient, path: str, typed: str) -> str:
    page = client.post(path, data={"typed": typed}, follow_redirects=True)
    assert page.status_code == 200
    return page.text


def test_an_account_is_erased_to_its_last_byte(
    app: Flask, client: FlaskClient, world: World
) -> None:
    email = world.own.email[Role.LEAD]
    sign_in(client, email)
    client.post("/staff/account", data={"name": "Ottoline Quiverfull", "language": "en"})
    with app.app_context():
        lead = member_of(world, Role.LEAD).id
    needles = [b"Ottoline Quiverfull", email.encode()]
    assert all(one in on_disk(app) for one in needles), "the search finds what is there"
    sign_in(operator := app.test_client(), world.operator_email)
    said = erase_by_page(operator, f"/operator/members/{lead}/erase", "not the address")
    assert "Nothing was erased" in said
    said = erase_by_page(operator, f"/operator/members/{lead}/erase", email.upper())
    assert "The account is erased" in said
    assert "still in" not in said
    data = on_disk(app)
    assert not [one for one in needles if one in data]
    assert client.get("/staff/account").status_code == 302
    with app.app_context():
        member = read().get_one(Member, lead)
        assert (member.name, member.active, member.password) == ("", False, None)
        assert first_broken(read(), world.own.school_id) is None, "the record is whole"
        read().rollback()
    sign_in(colleague := app.test_client(), world.own.email[Role.ANALYST])
    assert "Ottoline" not in colleague.get(f"/authorities/{world.own.authority_id}/log").text


def test_a_school_is_erased_to_its_last_byte(
    app: Flask, client: FlaskClient, world: World, tmp_path: Path
) -> None:
    with app.app_context(), begin() as db:
        fill(db, world.own)
        db.execute(update(Action).where(Action.school_id == world.own.school_id).values(
            goal="A gate that squeaks no more"))  # fmt: skip
    keys_at = app.extensions["settings"].keys_at
    key = keys_at / f"box-{world.own.wave_id}"
    assert key.exists()
    needles = [b"Northmoor High School", b"lead@northmoor.test", b"squeaks no more",
               b"More light."]  # fmt: skip
    before = on_disk(app)
    assert all(one in before for one in needles), "the search finds what is there"
    sign_in(client, world.operator_email)
    own = world.own.school_id
    said = erase_by_page(client, f"/operator/organisations/{own}/erase", "northmoor high  school")
    assert "It is erased" in said
    data = on_disk(app)
    engine = app.extensions["settings"].database_url
    left = [one for one in needles if one in data]
    if engine.startswith("postgresql"):  # pages of answers are left to the ballot box's sweeps
        left = [one for one in left if one != b"More light."]
    assert left == []
    assert not key.exists()
    with app.app_context():
        for table in export.tables_of("school_id"):
            if table.name in erase.STAYS:
                continue
            rows = select(table).where(table.c.school_id == own)
            assert read().execute(rows).first() is None, table.name
        assert first_broken(read(), own) is None
        with pytest.raises(NoSuchOrganisationError):
            find_organisation(read(), own)
        names = {one.organisation.name for group in everyone(read()) for one in group.schools}
        assert names == {"Southwold High School"}
        assert read().get_one(School, world.other.school_id).name == "Southwold High School"
        read().rollback()
    for path in ("/operator/", f"/operator/organisations/{world.own.authority_id}"):
        assert client.get(path).status_code == 200
    sign_in(analyst := app.test_client(), world.own.email[Role.ANALYST])
    for path in ("", f"/programmes/{world.own.programme_id}", "/log"):
        page = analyst.get(f"/authorities/{world.own.authority_id}{path}", follow_redirects=True)
        assert page.status_code == 200, path


def test_an_authority_is_erased_and_its_schools_go_on(
    app: Flask, client: FlaskClient, world: World
) -> None:
    with app.app_context(), begin() as db:
        fill(db, world.own)
    sign_in(client, world.operator_email)
    own = world.own.authority_id
    erase_by_page(client, f"/operator/organisations/{own}/erase", "Northmoor Council")
    assert b"Northmoor Council" not in on_disk(app)
    with app.app_context():
        assert read().get_one(Authority, own).erased_on is not None
        assert read().get_one(School, world.own.school_id).authority_id is None
        read().rollback()
    sign_in(lead := app.test_client(), world.own.email[Role.LEAD])
    home = f"/schools/{world.own.school_id}"
    for path in ("", f"/waves/{world.own.wave_id}", "/people", "/log"):
        assert lead.get(f"{home}{path}", follow_redirects=True).status_code == 200, path


def test_the_last_operator_and_oneself_are_not_erased(
    app: Flask, client: FlaskClient, world: World
) -> None:
    sign_in(client, world.operator_email)
    with app.app_context():
        own = member_of(world, Role.OPERATOR).id
    refused = client.post(f"/operator/members/{own}/erase", data={"typed": world.operator_email})
    assert refused.status_code == 422
    assert client.get(f"/operator/members/{uuid.uuid4()}/erase").status_code == 404


def test_what_is_told_about_an_account_is_what_its_table_has() -> None:
    """A new column of an account has to be thought of."""
    columns = {column.name for column in Base.metadata.tables["member"].columns}
    assert columns - export.SECRET == {
        "id", "email", "name", "language", "since", "active", "tf_primary_method",
        "first_password_until", "erased_on",
    }  # fmt: skip
    assert account_data.ELSEWHERE
