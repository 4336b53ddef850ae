"""An authority, a trust and a partnership compare the same schools, each its own set."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta

import pytest
from flask import Flask
from sqlalchemy import delete, event, select

from survey.actions.shared_places import figures as shared_figures
from survey.actions.shared_places import operations as shared_places
from survey.campaigns import operations as campaigns
from survey.campaigns import programme_operations
from survey.campaigns.lifecycle import undo
from survey.campaigns.lifecycle.school_progress import of_survey
from survey.campaigns.models import Campaign, PlannedWave, Programme, SetAside
from survey.campaigns.readers import forecast, invitations, relations
from survey.campaigns.readers.comparison_numbers import second_of
from survey.campaigns.readers.models import JoinedSurvey, SchoolReader
from survey.campaigns.states import WaveState
from survey.database import begin, database, read
from survey.disclosure.verify_comparison import verify_comparison
from survey.disclosure.verify_readers import Rejected, verify_readers
from survey.organisations.models import Authority, Nation, School
from survey.questionnaires.load import load_all
from survey.releases.models import StoredComparison, StoredRelease
from survey.releases.register import publications
from survey.reports.comparisons import automatic_comparison, jobs
from survey.reports.comparisons import operations as comparisons
from survey.reports.comparisons.comparison_document import Comparison
from survey.reports.comparisons.overlapping_comparisons import NotLateError, TogetherError
from survey.reports.comparisons.size_bands import read_bands
from survey.responses.models import FreeText, Response
from tests.attacks.publications.test_everything_published import SECRET
from tests.integration.actions.shared_places.together import put_together
from tests.integration.reports.schools import (
    CLOSED,
    RELEASED,
    TEMPLATE,
    Known,
    add_programme,
    add_school,
    release_uncertified,
)
from tests.unit.reports.schools import with_sections

pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
Key = tuple[uuid.UUID, uuid.UUID]


@dataclass
class Place:
    """The schools of an authority, all with a report, and a second organisation."""

    authority: Key
    schools: list[Known]
    trust: uuid.UUID

    def programme(self, db, key: Key | None = None) -> Programme:  # type: ignore[no-untyped-def]
        return db.get_one(Programme, key or self.authority)


@pytest.fixture
def place(app: Flask) -> Iterator[Place]:
    asked = with_sections(load_all()[TEMPLATE], "A", "D")
    with app.test_request_context():
        with begin() as db:
            programme = add_programme(db)
            key = programme.authority_id, programme.programme_id
            schools = [
                add_school(
                    db,
                    name=f"School {at:02}",
                    students=40 + at,
                    seed=at,
                    programme=programme,
                    questionnaire=asked,
                )
                for at in range(11)
            ]
            trust = Authority(name="Meridian Trust", nation=Nation.ENGLAND)
            db.add(trust)
            db.flush()
            trust_id = trust.authority_id
        for known in schools:
            with begin() as db:
                release_uncertified(db, known)
        yield Place(key, schools, trust_id)
        read().rollback()


def agree(db, school_id: uuid.UUID, reader: uuid.UUID) -> None:  # type: ignore[no-untyped-def]
    """The school lets another organisation invite it."""
    name = db.get_one(School, school_id).name
    relations.ask(db, authority_id=reader, words=name, by=None, today=CLOSED)
    relations.answer(
        db, school_id=school_id, authority_id=reader, accepts=True, by=None, today=CLOSED
    )


def begin_programme(place: Place, chosen: range, reader: uuid.UUID | None = None) -> Key:
    """Another organisation starts a programme, and these schools accept."""
    with begin() as db:
        programme = campaigns.start_programme(
            db,
            authority_id=reader or place.trust,
            title="Meridian listens",
            template_key=TEMPLATE[0],
            template_version=TEMPLATE[1],
            by=None,
        )
        for at in chosen:
            school_id = place.schools[at].school_id
            agree(db, school_id, programme.authority_id)
            campaigns.invite(db, programme=programme, school_id=school_id, by=None)
            found = invitations.find(db, school_id, programme.programme_id)
            invitations.accept(db, invitation=found, by=None, today=CLOSED)
        return programme.authority_id, programme.programme_id


def compare(place: Place, key: Key | None = None, number: int = 1) -> Comparison:
    with begin() as db:
        programme = place.programme(db, key)
        comparisons.make(db, programme=programme, number=number, by=None, today=RELEASED)
    stored = read().get_one(StoredComparison, (*(key or place.authority), number))
    return Comparison.from_json(stored.document)


def releases(of: Comparison) -> list[str]:
    rows = read().scalars(select(StoredRelease).where(StoredRelease.release_hash.in_(of.releases)))
    return [one.document for one in rows]


def test_two_readers_of_one_report_and_no_answer_is_read(place: Place) -> None:
    trust = begin_programme(place, range(5))
    with begin() as db:
        db.execute(delete(Response))
        db.execute(delete(FreeText))
    asked: list[str] = []
    event.listen(database.engine, "before_cursor_execute", lambda *given: asked.append(given[2]))
    whole, part = compare(place), compare(place, trust)
    assert [one for one in asked if SECRET.search(one)] == []
    assert len(read().scalars(select(StoredRelease)).all()) == 11, "one report for each school"
    assert len(read().scalars(select(Campaign)).all()) == 11, "students are asked once"
    assert set(part.releases) < set(whole.releases)
    assert (len(whole.schools), len(part.schools)) == (11, 5)
    for one in (whole, part):
        assert any("certificates cover it" in line for line in verify_comparison(one.to_json(), releases(one)))  # fmt: skip  # noqa: E501
    assert verify_readers([whole.to_json(), part.to_json()])
    seen = publications.letters_seen()
    assert [(one.number, len(one.groups)) for one in seen] == [(1, 11), (1, 5)]
    # The bands of the first leave room for the second.
    for band in read_bands(whole):
        both = len({one for one in seen[0].groups if seen[0].groups[one] == str(band.at)} & seen[1].groups.keys())  # fmt: skip  # noqa: E501
        assert both in (0, len(band.codes)) or 5 <= both <= len(band.codes) - 5


def test_a_set_that_differs_by_one_school_is_refused_and_said_before(place: Place) -> None:
    """The planted leak: the trust has all schools of the authority but one."""
    with begin() as db:
        programme = campaigns.start_programme(
            db,
            authority_id=place.trust,
            title="Meridian listens",
            template_key=TEMPLATE[0],
            template_version=TEMPLATE[1],
            by=None,
        )
        chosen = [db.get_one(School, one.school_id) for one in place.schools]
        (told,) = forecast.in_the_way(db, programme, chosen[:10])
        assert "fewer than five schools" in told
        assert forecast.in_the_way(db, programme, chosen[:5]) == ()
        (too_few,) = forecast.in_the_way(db, programme, chosen[:4])
        assert "at least 5 schools" in too_few
        db.rollback()
    compare(place)
    trust = begin_programme(place, range(10))
    with pytest.raises(TogetherError, match="fewer than five"):
        compare(place, trust)
    assert read().get(StoredComparison, (*trust, 1)) is None
    # Made all the same, the two are rejected by the program that anyone can run.
    with begin() as db:
        prepared = _prepared_unguarded(db, place, trust)
    leak = comparisons.compare(prepared.participants, prepared.template, comparisons.POLICY, {**prepared.header, "bands": "10", "after": 0})  # fmt: skip  # noqa: E501
    whole = Comparison.from_json(read().get_one(StoredComparison, (*place.authority, 1)).document)
    with pytest.raises(Rejected, match="fewer than 5"):
        verify_readers([whole.to_json(), leak.to_json()])


def _prepared_unguarded(db, place: Place, key: Key) -> comparisons.PreparedComparison:  # type: ignore[no-untyped-def]
    """What the leak would be made of, without what refuses it."""
    programme = place.programme(db, key)
    schools = of_survey(db, programme=programme, number=1, today=RELEASED)
    parts = comparisons._parts(db, schools)
    around = comparisons._around(db, programme, 1, parts)
    template = comparisons.programme_template(programme)
    return comparisons.PreparedComparison(
        "", 1, tuple(comparisons._participants(parts)), (), template,
        {"title": "", "wave": 1, "invited": 10, "compared": 10, "template": "x",
         "template_version": "1", "policy": "1", "released_on": "2026-12-21"},
        around, (), (),
    )  # fmt: skip


def test_schools_that_agree_to_be_named_make_it_possible(place: Place) -> None:
    trust = begin_programme(place, range(10))
    with begin() as db:
        for one in place.schools[:10]:
            db.get_one(School, one.school_id).names_itself = True
    found = compare(place, trust)
    assert all(one.name for one in found.schools)
    # Then one school would be without a name in the authority's: it is not compared there.
    with pytest.raises(TogetherError):
        compare(place)


def test_a_ledger_that_knows_more_than_the_database_counts(place: Place) -> None:
    """A restored copy forgot the authority's comparison; the trust's is held against it."""
    compare(place)
    with begin() as db:
        db.execute(delete(StoredComparison))
        place.programme(db).compared = []
    trust = begin_programme(place, range(9))
    with pytest.raises(TogetherError):
        compare(place, trust)


def test_shared_places_of_one_reader_count_for_the_letters_of_another(place: Place) -> None:
    trust = begin_programme(place, range(5))
    compare(place)
    compare(place, trust)
    ids = [one.school_id for one in place.schools]

    def put(key: Key, schools: list[uuid.UUID], kind: str) -> int | None:
        with begin() as db:
            found = shared_places.begin_place(
                db,
                programme=place.programme(db, key),
                name=kind,
                ties=dict.fromkeys(schools, kind),
                today=RELEASED,
                by=None,
            )
            return put_together(db, place=found, number=1, today=RELEASED).percent

    with pytest.raises(shared_figures.CannotPutTogetherError, match="other readers"):
        put(place.authority, ids[:6], "stops")  # one more than the trust has
    put(trust, ids[:5], "stops")
    put(place.authority, ids, "stops")


# Programmes that go on by the clock


def plan(place: Place, reports_by: date) -> None:
    with begin() as db:
        programme_operations.plan_wave(
            db,
            programme=place.programme(db),
            number=1,
            opens_from=date(2026, 10, 1),
            opens_until=date(2026, 10, 20),
            closes_by=CLOSED,
            reports_by=reports_by,
            by=None,
        )


def one_night(place: Place, today: date) -> list[bool]:
    with begin() as db:
        return [
            automatic_comparison.go_on(db, planned=one, today=today)
            for one in automatic_comparison.due(db, today)
        ]


def late(place: Place, count: int) -> list[Known]:
    """Schools of the authority that have closed and have no report."""
    with begin() as db:
        programme = place.programme(db)
        return [
            add_school(db, name=f"Late {at}", students=60, seed=90 + at, programme=programme)
            for at in range(count)
        ]


def test_after_the_last_day_the_comparison_is_made_without_the_late(place: Place) -> None:
    tomorrow = RELEASED + timedelta(days=1)
    slow = late(place, 6)
    plan(place, RELEASED)
    assert one_night(place, RELEASED) == []
    assert one_night(place, tomorrow) == [True]
    assert one_night(place, tomorrow) == [False], "it is on the queue"
    with begin() as db:
        aside = db.scalars(select(SetAside)).all()
        assert {one.school_id for one in aside} == {one.school_id for one in slow}
        assert all(one.by_clock and "21 December 2026" in one.reason for one in aside)
        assert jobs.standing(db, *place.authority, 1) is not None
    compare(place)
    # They finish later. Four are too few for a second comparison, six are not.
    for one in slow[:4]:
        with begin() as db:
            release_uncertified(db, one)
    with pytest.raises(NotLateError, match="a report now: 4"):
        compare(place, number=second_of(1))
    for one in slow[4:]:
        with begin() as db:
            release_uncertified(db, one)
    second = compare(place, number=second_of(1))
    assert len(second.schools) == 17
    assert (second.header["second"], second.header["wave"]) == (1, 1)
    first = Comparison.from_json(read().get_one(StoredComparison, (*place.authority, 1)).document)
    assert verify_comparison(second.to_json(), releases(second))
    assert verify_readers([first.to_json(), second.to_json()])
    with pytest.raises(comparisons.AlreadyComparedError):
        compare(place, number=second_of(1))


def test_a_later_last_day_takes_the_late_back(place: Place) -> None:
    late(place, 1)
    with begin() as db:  # too few for a comparison, so that it waits
        for one in place.schools[3:]:
            undo.set_aside(
                db,
                programme=place.programme(db),
                number=1,
                school_id=one.school_id,
                reason="Flooded",
                today=RELEASED,
                by=None,
            )
    plan(place, RELEASED)
    assert one_night(place, RELEASED + timedelta(days=1)) == [False]
    plan(place, date(2099, 1, 1))
    with begin() as db:
        assert not any(one.by_clock for one in db.scalars(select(SetAside)))
        assert len(db.scalars(select(SetAside)).all()) == 8, "those set aside by a person stay"
        assert db.scalars(select(PlannedWave)).one().reports_by == date(2099, 1, 1)


# Joining


def test_a_joined_survey_goes_on_in_both_programmes(place: Place) -> None:
    """Waves have a number in each programme; a draft whose number was compared moves on in both."""
    trust = begin_programme(place, range(5))
    with begin() as db:
        campaign = place.schools[0].wave(db).campaign
        wave = campaigns.next_wave(db, campaign=campaign, by=None)
        assert wave.number == 2
        assert db.get_one(JoinedSurvey, (*trust, wave.school_id, 2)).wave_id == wave.wave_id
        programme_operations.mark_compared(db, programme=place.programme(db, trust), number=2)
        assert db.get_one(JoinedSurvey, (*trust, wave.school_id, 3)).wave_id == wave.wave_id
        assert wave.number == 2, "its own programme has not compared it"
        undo.discard_draft(db, campaign=campaign, by=None)
        assert [one.number for one in db.scalars(select(JoinedSurvey)) if one.school_id == wave.school_id] == [1]  # fmt: skip  # noqa: E501


def test_a_school_of_no_reader_cannot_be_invited_and_one_that_ended_it_neither(
    place: Place,
) -> None:
    school_id = place.schools[0].school_id
    with begin() as db:
        programme = campaigns.start_programme(
            db, authority_id=place.trust, title="T", template_key=TEMPLATE[0],
            template_version=TEMPLATE[1], by=None,
        )  # fmt: skip
        with pytest.raises(campaigns.NotItsSchoolError):
            campaigns.invite(db, programme=programme, school_id=school_id, by=None)
        agree(db, school_id, place.trust)
        relations.answer(
            db, school_id=school_id, authority_id=place.trust, accepts=False, by=None, today=CLOSED
        )
        assert db.scalars(select(SchoolReader)).one().state == "ended"
        with pytest.raises(campaigns.NotItsSchoolError):
            campaigns.invite(db, programme=programme, school_id=school_id, by=None)


def test_states_of_a_wave_that_is_over_are_not_joined(place: Place) -> None:
    """A survey that ended or was withdrawn cannot take part; the next one does."""
    with begin() as db:
        place.schools[0].wave(db).state = WaveState.WITHDRAWN
    begin_programme(place, range(1))
    with begin() as db:
        assert db.scalars(select(JoinedSurvey)).all() == []
        campaign = place.schools[0].wave(db).campaign
        campaigns.next_wave(db, campaign=campaign, by=None)
        assert [one.number for one in db.scalars(select(JoinedSurvey))] == [1]


def test_a_comparison_is_held_against_what_was_published_meanwhile(place: Place) -> None:
    """Two workers prepare at the same time; the second finds that its surroundings have changed."""
    trust = begin_programme(place, range(5))
    with begin() as db:
        prepared = comparisons.prepare(
            db, programme=place.programme(db, trust), number=1, today=RELEASED
        )
    made = comparisons.compared(prepared)
    compare(place)
    with pytest.raises(comparisons.ComparisonChangedError), begin() as db:
        comparisons.keep(
            db, programme=place.programme(db, trust), number=1, prepared=prepared,
            comparison=made, by=None, today=RELEASED,
        )  # fmt: skip
