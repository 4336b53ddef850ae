"""A backup and a restore: what comes back, and what must not."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy import select, update

from survey.actions import operations as actions
from survey.audit_log import Event, EventName
from survey.backups.errors import BackupError
from survey.campaigns import access_codes
from survey.campaigns.models import Campaign, LinkBatch, VoidDoor, Wave
from survey.campaigns.operations import find_wave
from survey.campaigns.states import EndReason, WaveState
from survey.command_line.doctor import of_open_surveys
from survey.database import begin, database, folder_of, read
from survey.encryption import keys
from survey.organisations import operations as organisations
from survey.organisations.access_log.chain import first_broken
from survey.organisations.lifecycle import erase
from survey.organisations.models import Member, School, StaffSession
from survey.permissions import Role
from survey.releases.register import publications
from survey.responses.ballot_box import ending, opening, upkeep
from survey.responses.collect import CollectOutcome
from tests.attacks.attackers import ballots
from tests.attacks.attackers.ballots import TODAY
from tests.integration.backups.copies import backed_up, restored
from tests.integration.responses.doors import raw_rows, used_codes
from tests.world import World, sign_in

LATER = TODAY + timedelta(days=1)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "backups"


def wave_of(app: Flask, world: World) -> Wave:
    return find_wave(read(), world.own.school_id, world.own.wave_id)


def test_nothing_sent_since_the_backup_and_the_survey_goes_on_with_its_cards(
    app: Flask, world: World, folder: Path
) -> None:
    class_ = ballots.prepare(app, world.own, 8)
    ballots.send_all(app, world.own, class_[:5])
    file, _said = backed_up(app, folder)
    done = restored(app, file)
    assert done.voided == []
    ballots.send_all(app, world.own, class_[5:])
    assert ballots.send(app, world.own, class_[0]) is CollectOutcome.ALREADY
    ballots.close(app, world.own)
    stored = sorted(str(row["answers"]) for row in raw_rows(app, "response"))
    assert stored == sorted(one.spelled for one in class_)


def test_a_code_that_was_used_after_the_backup_cannot_be_used_again(
    app: Flask, world: World, folder: Path
) -> None:
    class_ = ballots.prepare(app, world.own, 8)
    ballots.send_all(app, world.own, class_[:3])
    file, _said = backed_up(app, folder)
    ballots.send_all(app, world.own, class_[3:5])
    done = restored(app, file)
    assert len(done.voided) == 1
    assert used_codes(app) == 3, "what was sent after the backup is lost"
    key = app.extensions["settings"].code_key
    with app.app_context():
        wave, doors = wave_of(app, world), list(read().scalars(select(VoidDoor.door)))
        assert wave.restored_to == TODAY
        assert wave.state is WaveState.OPEN
        for one in class_:  # the page of a code asks for the survey of its door
            opened = access_codes.read_code(one.code, key=key)
            assert opened is not None
            assert opened.door in doors
            assert opened.door != wave.door
        door = wave_of(app, world).door
    for one in (class_[3], class_[7]):
        page = app.test_client().get(f"/s/{one.code}", follow_redirects=True).text
        assert "This survey has finished" in page
    # New cards work, and what was sent before the backup is counted with what they bring.
    fresh = ballots.prepare(app, replace(world.own, door=door), 2)
    page = app.test_client().get(f"/s/{fresh[0].code}", follow_redirects=True).text
    assert "This survey has finished" not in page
    assert not {one.code for one in fresh} & {one.code for one in class_}
    ballots.send_all(app, world.own, fresh)
    ballots.close(app, world.own)
    stored = sorted(str(row["answers"]) for row in raw_rows(app, "response"))
    assert stored == sorted(one.spelled for one in [*class_[:3], *fresh])


def test_cards_that_were_made_after_the_backup_are_void_as_well(
    app: Flask, world: World, folder: Path
) -> None:
    """The serials of a lost batch are drawn from again, so one of its codes could be made twice."""
    file, _said = backed_up(app, folder)
    lost = ballots.prepare(app, world.own, 5)
    assert len(restored(app, file).voided) == 1
    key = app.extensions["settings"].code_key
    with app.app_context():
        opened = access_codes.read_code(lost[0].code, key=key)
        assert opened is not None
        assert opened.door != wave_of(app, world).door


def test_new_cards_are_held_to_the_roll_less_the_answers_that_are_kept(
    app: Flask, world: World, folder: Path
) -> None:
    class_ = ballots.prepare(app, world.own, 13)
    ballots.send_all(app, world.own, class_[:12])
    file, _said = backed_up(app, folder)
    ballots.send_all(app, world.own, class_[12:])
    restored(app, file)
    with app.app_context():
        batches = list(read().scalars(select(LinkBatch).where(
            LinkBatch.wave_id == world.own.wave_id)))  # fmt: skip
        # 12 answers: not said exactly, and never fewer.
        assert [one.count for one in batches] == [20]


def test_a_draft_that_may_have_been_launched_since_gets_another_door(
    app: Flask, world: World, folder: Path
) -> None:
    with app.app_context(), begin() as db:
        wave = Wave(
            school_id=world.own.school_id,
            campaign_id=world.own.campaign_id,
            number=2,
            door=77,
        )
        db.add(wave)
        db.flush()
        number = wave.wave_id
    file, _said = backed_up(app, folder)
    restored(app, file)
    with app.app_context():
        assert find_wave(read(), world.own.school_id, number).door != 77


def test_a_survey_that_was_closed_since_is_closed_and_takes_nothing(
    app: Flask, world: World, folder: Path
) -> None:
    class_ = ballots.prepare(app, world.own, 6)
    ballots.send_all(app, world.own, class_[:4])
    file, _said = backed_up(app, folder)
    ballots.close(app, world.own)
    restored(app, file, today=LATER)
    assert ballots.send(app, world.own, class_[5]) is CollectOutcome.CLOSED
    with app.app_context():
        wave = wave_of(app, world)
        assert wave.state is WaveState.CLOSING
        with begin() as db:  # the key was destroyed at the close: nothing opens these boxes
            opening.open_boxes(db, wave=wave_of(app, world), by=None)
        assert wave_of(app, world).state is WaveState.LOST
        with begin() as db:
            ending.end(
                db, wave=wave_of(app, world), reason=EndReason.KEY_LOST, today=LATER, by=None
            )
    assert raw_rows(app, "access_code") == []


def test_erased_answers_do_not_come_back(app: Flask, world: World, folder: Path) -> None:
    class_ = ballots.prepare(app, world.own, 6)
    ballots.send_all(app, world.own, class_)
    ballots.close(app, world.own)
    file, _said = backed_up(app, folder)
    with app.app_context(), begin() as db:
        ending.end(db, wave=wave_of(app, world), reason=EndReason.NOT_WANTED, today=TODAY, by=None)
    restored(app, file)
    with app.app_context():
        wave = wave_of(app, world)
        assert (wave.state, wave.end_reason) == (WaveState.ENDED, EndReason.NOT_WANTED)
    assert raw_rows(app, "response") == []
    assert raw_rows(app, "free_text") == []
    if database_is_sqlite(app):
        url = app.extensions["settings"].database_url
        assert ballots.readable(class_, ballots.on_disk(url)) == 0


def test_answers_whose_time_was_up_meanwhile_are_erased_by_the_restore(
    app: Flask, world: World, folder: Path
) -> None:
    """Also if housekeeping did not run between the backup and the restore."""
    ballots.send_all(app, world.own, ballots.prepare(app, world.own, 3))
    ballots.close(app, world.own)
    file, _said = backed_up(app, folder)
    restored(app, file, today=TODAY + timedelta(days=400))
    assert raw_rows(app, "response") == []


def database_is_sqlite(app: Flask) -> bool:
    return str(app.extensions["settings"].database_url).startswith("sqlite")


def test_people_do_not_come_back_and_everybody_is_signed_out(
    app: Flask, world: World, folder: Path
) -> None:
    client = app.test_client()
    sign_in(client, world.own.email[Role.LEAD])
    assert client.get("/staff/account").status_code == 200
    file, _said = backed_up(app, folder)
    with app.app_context(), begin() as db:
        closed, renewed = (
            db.scalars(select(Member).where(Member.email == world.own.email[role])).one()
            for role in (Role.COORDINATOR, Role.ANALYST)
        )
        organisations.close_member(db, member_id=closed.id, by=None)
        organisations.renew_member(db, member_id=renewed.id, password="p" * 20, by=None)
    done = restored(app, file)
    assert done.locked == [world.own.email[Role.ANALYST]]
    with app.app_context():
        people = {one.email: one for one in read().scalars(select(Member))}
        assert not people[world.own.email[Role.COORDINATOR]].active
        assert people[world.own.email[Role.ANALYST]].password is None
        assert list(read().scalars(select(StaffSession))) == []
        read().rollback()
    assert client.get("/staff/account").status_code == 302
    app.config["WTF_CSRF_ENABLED"] = False
    for role in (Role.COORDINATOR, Role.ANALYST):
        data = {"email": world.own.email[role], "password": "a long demo password"}
        assert app.test_client().post("/sign-in", data=data).status_code == 200, "not let in"
    sign_in(app.test_client(), world.own.email[Role.LEAD])


def test_an_erased_account_and_an_erased_school_do_not_come_back(
    app: Flask, world: World, folder: Path
) -> None:
    file, _said = backed_up(app, folder)
    with app.app_context(), begin() as db:
        analyst = select(Member).where(Member.email == world.other.email[Role.ANALYST])
        erase.erase_member(db, member=db.scalars(analyst).one(), by=None, today=TODAY)
        school = db.get_one(School, world.own.school_id)
        erase.erase_organisation(db, organisation=school, by=None, today=TODAY)
    restored(app, file)
    with app.app_context():
        people = set(read().scalars(select(Member.email)))
        assert world.other.email[Role.ANALYST] not in people
        assert world.own.email[Role.LEAD] not in people
        assert world.other.email[Role.LEAD] in people
        assert read().get_one(School, world.own.school_id).name != "Northmoor High School"
    assert {row["school_id"] for row in raw_rows(app, "help_box")} != set()
    if database_is_sqlite(app):
        url = app.extensions["settings"].database_url
        assert b"Northmoor High School" not in ballots.on_disk(url)


def test_pages_that_were_hidden_stay_hidden(app: Flask, world: World, folder: Path) -> None:
    which = (world.own.school_id, world.own.campaign_id)
    with app.app_context(), begin() as db:
        actions.show_students(db, campaign=db.get_one(Campaign, which), by=None, today=TODAY)
    file, _said = backed_up(app, folder)
    with app.app_context(), begin() as db:
        actions.hide_from_students(db, campaign=db.get_one(Campaign, which), by=None)
    restored(app, file)
    assert raw_rows(app, "students_page") == []


def test_the_log_says_that_the_database_was_restored(
    app: Flask, world: World, folder: Path
) -> None:
    file, said = backed_up(app, folder)
    restored(app, file)
    with app.app_context():
        found = read().scalars(select(Event).where(Event.name == EventName.DATABASE_RESTORED)).all()
        assert {one.details["made_on"] for one in found} == {TODAY.isoformat()}
        assert world.own.school_id in {one.school_id for one in found}
        assert first_broken(read(), world.own.school_id) is None
        assert said.backup_id in {one.details["backup"] for one in found}


def test_another_report_of_a_published_survey_is_refused_after_a_restore(
    app: Flask, world: World, folder: Path
) -> None:
    file, _said = backed_up(app, folder)
    name = publications.report_name(world.own.school_id, world.own.wave_id)
    with app.app_context():
        publications.enter(name, "a" * 64, TODAY)
    restored(app, file)
    with app.app_context(), pytest.raises(publications.PublishedOtherwiseError):
        publications.enter(name, "b" * 64, LATER)


def test_without_the_ledger_nothing_is_restored_unless_it_is_said_to_be_lost(
    app: Flask, world: World, folder: Path
) -> None:
    ballots.prepare(app, world.own, 2)
    file, _said = backed_up(app, folder)
    app.extensions["settings"].ledger_file.unlink()
    with pytest.raises(BackupError, match="does not know this backup"):
        restored(app, file)
    done = restored(app, file, without_ledger=True)
    assert len(done.voided) == 2, "every open survey"
    with app.app_context():
        assert len(done.locked) == len(list(read().scalars(select(Member).where(Member.active))))


def test_a_restore_wants_an_empty_place_or_the_word(app: Flask, world: World, folder: Path) -> None:
    file, _said = backed_up(app, folder)
    with pytest.raises(BackupError, match="not empty"):
        restored(app, file, replace=False)
    run = app.test_cli_runner().invoke(args=["restore", str(file), "--replace", "yes"])
    assert run.exit_code == 1
    assert "The word is replace-it" in run.output
    run = app.test_cli_runner().invoke(args=["restore", str(file), "--replace", "replace-it"])
    assert run.exit_code == 0, run.output
    assert "Everyone is signed out" in run.output


def test_a_database_in_use_is_not_replaced(app: Flask, world: World, folder: Path) -> None:
    file, _said = backed_up(app, folder)
    with app.app_context():
        engine = database.engine
    with engine.connect() as connection:
        connection.exec_driver_sql("SELECT count(*) FROM wave")
        other = app.extensions["same_app"](app.extensions["settings"])
        with pytest.raises(BackupError, match="in use"):
            restored(other, file)


def test_a_backup_of_a_newer_version_is_refused_in_words(
    app: Flask, world: World, folder: Path
) -> None:
    with app.app_context(), database.engine.begin() as connection:
        before = connection.exec_driver_sql("SELECT version_num FROM alembic_version").scalar()
        connection.exec_driver_sql("UPDATE alembic_version SET version_num = '9999'")
    file, said = backed_up(app, folder)
    assert said.schema == "9999"
    with app.app_context(), database.engine.begin() as connection:
        connection.exec_driver_sql(f"UPDATE alembic_version SET version_num = '{before}'")
    with pytest.raises(BackupError, match="newer version"):
        restored(app, file)


def test_a_backup_of_an_older_schema_is_brought_up(app: Flask, world: World, folder: Path) -> None:
    with app.app_context():
        app.extensions["alembic"].downgrade("0023")
    file, said = backed_up(app, folder)
    assert said.schema == "0023"
    restored(app, file)
    with app.app_context():
        assert wave_of(app, world).restored_to is None


def test_a_key_folder_that_was_not_brought_back_is_said_before_students_answer(
    app: Flask, world: World, folder: Path
) -> None:
    ballots.prepare(app, world.own, 4)
    file, _said = backed_up(app, folder)
    assert restored(app, file).keyless == []
    with app.app_context():
        keys.destroy(folder_of(database.engine), f"box-{world.own.wave_id}")
        [found] = of_open_surveys(app.extensions["settings"])
    assert found.words.endswith("not in the key folder: 1.")
    assert len(restored(app, file).keyless) == 1


def test_housekeeping_after_a_restore_continues_as_before(
    app: Flask, world: World, folder: Path
) -> None:
    class_ = ballots.prepare(app, world.own, 4)
    ballots.send_all(app, world.own, class_)
    file, _said = backed_up(app, folder)
    restored(app, file)
    with app.app_context():
        with begin() as db:
            db.execute(
                update(Wave).where(Wave.wave_id == world.own.wave_id).values(closes_on=TODAY)
            )
        assert upkeep.close_overdue(LATER) == (1, [])
        assert f"box-{world.own.wave_id}" not in keys.names(folder_of(database.engine))
    assert len(raw_rows(app, "response")) == 4


def test_a_folder_among_keys_or_with_the_ledger_is_refused(
    app: Flask, world: World, tmp_path: Path
) -> None:
    options = app.extensions["settings"]
    for folder in (
        options.keys_at,
        options.keys_at / "deep",
        options.keys_at.parent,
    ):
        with pytest.raises(BackupError, match="key folder"):
            backed_up(app, folder)
    with pytest.raises(BackupError, match="ledger"):
        backed_up(app, options.ledger_file.parent)
