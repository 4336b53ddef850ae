"""One release a wave: from stored answers to a stored document, and the end of the answers."""

from __future__ import annotations

import uuid
from datetime import timedelta

import pytest
from flask import Flask
from sqlalchemy import func, select
from sqlalchemy.exc import IntegrityError

from survey.audit_log import Event, EventName
from survey.campaigns.states import EndReason, IllegalWaveMoveError, WaveState
from survey.database import begin, read
from survey.disclosure.release import Release
from survey.disclosure.tables import Group
from survey.disclosure.verify import verify
from survey.exports.csv import release_csv, release_json
from survey.releases import certified_figures as release_gate
from survey.releases import operations as release_operations
from survey.releases.models import StoredRelease
from survey.releases.register import publications
from survey.releases.register.stamp import code_hash, code_version
from survey.releases.tabulation import count, count_responses, tabulate
from survey.responses.models import FreeText, Response
from survey.retention import operations as retention
from tests.integration.reports.schools import (
    CLOSED,
    CORE,
    RELEASED,
    Known,
    add_school,
    release_uncertified,
)
from tests.two_people import agree


@pytest.fixture
def here(app: Flask):
    with app.test_request_context():
        yield app


def closed_school(students: int = 60, **how: object) -> Known:
    with begin() as db:
        return add_school(db, name="Westbrook School", students=students, **how)  # type: ignore[arg-type]


def find(known: Known) -> StoredRelease:
    return release_operations.find_release(read(), school_id=known.school_id, wave_id=known.wave_id)


def certified_release(known: Known) -> StoredRelease:
    """Audited and verified, as the product makes it."""
    with begin() as db:
        agree(db, known.wave(db))
        release_operations.make(db, wave=known.wave(db), by=None, today=RELEASED)
    return find(known)


def make_release(known: Known) -> StoredRelease:
    with begin() as db:
        release_uncertified(db, known)
    return find(known)


def events(name: EventName, school_id: uuid.UUID) -> int:
    return read().scalar(
        select(func.count())
        .select_from(Event)
        .where(Event.name == name, Event.school_id == school_id)
    )


def test_the_counts_are_those_of_the_stored_answers_of_this_wave_alone(here: Flask):
    known = closed_school()
    with begin() as db:
        add_school(db, name="Another School", students=40, seed=2)
    counted = tabulate(read(), school_id=known.school_id, wave_id=known.wave_id, questionnaire=CORE)
    assert counted == count(CORE, known.answers)
    assert counted.respondents == 60


def test_a_release_is_stored_under_its_hash_and_the_wave_is_released(here: Flask):
    known = closed_school()
    stored = certified_release(known)
    document = Release.from_json(stored.document)
    assert stored.release_hash == document.content_hash()
    assert stored.certificate is not None
    assert verify(stored.document, stored.certificate)
    assert stored.released_on == RELEASED
    assert known.wave(read()).state is WaveState.RELEASED
    assert events(EventName.WAVE_RELEASED, known.school_id) == 1


def test_every_figure_of_the_release_is_what_the_engine_makes_of_the_counts(
    here: Flask,
):
    known = closed_school(students=40)
    with begin() as db:
        agree(db, known.wave(db))
    seed = release_operations.prepare(read(), wave=known.wave(read())).seed
    stored = Release.from_json(certified_release(known).document)
    expected, _ = release_gate.publish(count(CORE, known.answers), stored.header, seed)
    assert stored.tables == expected.tables
    assert stored.participation == expected.participation


def test_the_header_names_wave_questionnaire_policy_and_code_and_counts_no_answer(here: Flask):
    known = closed_school()
    header = Release.from_json(make_release(known).document).header
    wave = known.wave(read())
    assert header == {
        "school": str(known.school_id),
        "wave": 1,
        "title": "Westbrook School survey",
        "template": "safety-core",
        "template_version": "2026.3",
        "questionnaire": wave.questionnaire_hash,
        "opened_on": "2026-10-05",
        "closed_on": "2026-12-18",
        "policy_version": release_operations.POLICY.version,
        "code_version": code_version(),
        "code_hash": code_hash(),
        "roll": 750,
        "roll_y7": 150,
        "roll_y8": 150,
        "roll_y9": 150,
        "roll_y10": 150,
        "roll_y11": 150,
        "cards": 0,
    }


@pytest.mark.parametrize("state", [WaveState.DRAFT, WaveState.OPEN])
def test_nothing_is_counted_before_close(here: Flask, state: WaveState):
    known = closed_school(state=state)
    with pytest.raises(release_operations.NotClosedError):
        certified_release(known)
    assert read().get(StoredRelease, (known.school_id, known.wave_id)) is None


def test_a_second_release_is_refused_in_words(here: Flask):
    known = closed_school()
    first = make_release(known).release_hash
    with pytest.raises(release_operations.AlreadyReleasedError):
        certified_release(known)
    assert make_hash(known) == first


def make_hash(known: Known) -> str:
    return release_operations.find_release(
        read(), school_id=known.school_id, wave_id=known.wave_id
    ).release_hash


def test_a_second_release_is_refused_by_the_database_even_if_the_state_is_wrong(here: Flask):
    known = closed_school()
    first = make_release(known).release_hash
    with begin() as db:
        known.wave(db).state = WaveState.CLOSED
    with pytest.raises(release_operations.AlreadyReleasedError) as refused:
        make_release(known)
    assert isinstance(refused.value.__cause__, IntegrityError)
    assert make_hash(known) == first
    assert events(EventName.WAVE_RELEASED, known.school_id) == 1


def test_of_fewer_than_twenty_there_is_no_release(here: Flask):
    known = closed_school(students=19)
    with pytest.raises(release_operations.TooFewAnswersError):
        certified_release(known)
    with pytest.raises(release_operations.TooFewAnswersError):
        release_operations.refuse_unless_countable(read(), wave=known.wave(read()))
    assert known.wave(read()).state is WaveState.CLOSED
    assert (
        release_operations.preview(read(), wave=known.wave(read())).outlook
        is release_operations.Outlook.NOTHING
    )


def test_of_fewer_than_fifty_the_whole_school_only(here: Flask):
    known = closed_school(students=40)
    outlook = release_operations.preview(read(), wave=known.wave(read())).outlook
    assert outlook is release_operations.Outlook.WHOLE_SCHOOL_ONLY
    document = Release.from_json(certified_release(known).document)
    assert {row.group for table in document.tables for row in table.rows if row.shown} == {Group()}


def test_close_ends_the_wave(here: Flask):
    known = closed_school(state=WaveState.OPEN)
    with begin() as db:
        release_operations.close(db, wave=known.wave(db), today=CLOSED, by=None)
    wave = known.wave(read())
    assert (wave.state, wave.closed_on) == (WaveState.CLOSED, CLOSED)
    assert stored_rows(known, Response) == 60


def test_a_released_wave_cannot_be_closed_again(here: Flask):
    known = closed_school()
    make_release(known)
    with pytest.raises(IllegalWaveMoveError), begin() as db:
        release_operations.close(db, wave=known.wave(db), today=CLOSED, by=None)


def stored_rows(known: Known, model: type) -> int:
    return read().scalar(
        select(func.count())
        .select_from(model)
        .where(model.school_id == known.school_id, model.wave_id == known.wave_id)
    )


def test_raw_answers_are_erased_when_their_time_is_up_and_the_release_stays_as_it_is(here: Flask):
    known = closed_school()
    before = make_release(known)
    files = release_csv(before, CORE, "en"), release_json(before)

    assert erase(days=364) == 0
    assert stored_rows(known, Response) == 60
    assert erase(days=365) == 1
    for model in (Response, FreeText):
        assert stored_rows(known, model) == 0
    assert erase(days=366) == 0

    after = release_operations.find_release(
        read(), school_id=known.school_id, wave_id=known.wave_id
    )
    assert (release_csv(after, CORE, "en"), release_json(after)) == files
    assert events(EventName.RESPONSES_ERASED, known.school_id) == 1


def erase(*, days: int) -> int:
    with begin() as db:
        today = CLOSED + timedelta(days=days)
        return retention.erase_due(db, today=today, erase_after_days=365)


def test_a_closed_wave_without_a_release_keeps_its_answers_no_longer(here: Flask):
    never = closed_school(students=12)
    with begin() as db:
        still_open = add_school(db, name="Open School", students=12, state=WaveState.OPEN)
    assert erase(days=364) == 0
    assert erase(days=365) == 1
    wave = never.wave(read())
    assert (wave.state, wave.end_reason) == (WaveState.ENDED, EndReason.TIME_UP)
    read().rollback()
    assert count_responses(read(), school_id=never.school_id, wave_id=never.wave_id) == 0
    assert stored_rows(still_open, Response) == 12


def test_a_withdrawn_report_is_published_again_as_it_was(here: Flask):
    known = closed_school()
    document = make_release(known).document
    with begin() as db:
        wave = known.wave(db)
        with pytest.raises(release_operations.NotWithdrawnError):
            release_operations.restore(db, wave=wave, by=None, today=RELEASED)
    with begin() as db:
        wave = known.wave(db)
        release_operations.withdraw(db, wave=wave, notice="Wrong class", by=None, today=RELEASED)
        assert wave.state is WaveState.WITHDRAWN
    with begin() as db:
        wave = known.wave(db)
        again = release_operations.restore(db, wave=wave, by=None, today=RELEASED)
        assert wave.state is WaveState.RELEASED
        assert (again.document, again.withdrawn_on, again.notice) == (document, None, None)
    with begin() as db:
        publications.settle(db)
    assert known.wave(read()).state is WaveState.RELEASED
    read().rollback()


def test_a_withdrawn_release_leaves_a_notice_and_is_never_made_again(here: Flask):
    known = closed_school()
    document = make_release(known).document
    with begin() as db:
        release_operations.withdraw(
            db, wave=known.wave(db), notice=" Two classes were missing. ", by=None, today=RELEASED
        )
    stored = release_operations.find_release(
        read(), school_id=known.school_id, wave_id=known.wave_id
    )
    assert (stored.notice, stored.withdrawn_on) == ("Two classes were missing.", RELEASED)
    assert stored.document == document
    assert events(EventName.RELEASE_WITHDRAWN, known.school_id) == 1
    with pytest.raises(release_operations.AlreadyReleasedError):
        make_release(known)
    with pytest.raises(release_operations.AlreadyWithdrawnError), begin() as db:
        release_operations.withdraw(
            db, wave=known.wave(db), notice="Again", by=None, today=RELEASED
        )


@pytest.mark.parametrize("notice", ["", "   ", "x" * 1001])
def test_a_withdrawal_needs_words(here: Flask, notice: str):
    known = closed_school()
    make_release(known)
    with pytest.raises(release_operations.WithdrawalNoticeError), begin() as db:
        release_operations.withdraw(db, wave=known.wave(db), notice=notice, by=None, today=RELEASED)


def test_there_is_nothing_to_withdraw_before_a_release(here: Flask):
    known = closed_school()
    with pytest.raises(release_operations.NoReleaseError), begin() as db:
        release_operations.withdraw(
            db, wave=known.wave(db), notice="Mistake", by=None, today=RELEASED
        )
