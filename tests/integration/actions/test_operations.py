"""An action is planned, edited and moved on; its page for students is opened and closed."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import date

import pytest
from flask import Flask
from sqlalchemy import select
from sqlalchemy.exc import IntegrityError

from survey.actions import operations
from survey.actions.models import Action, SubjectKind
from survey.actions.operations import (
    ActionWords,
    Measured,
    NoStudentsPageError,
    NothingToShowError,
    Subject,
    actions_of,
    campaign_shown_under,
    find_action,
    hide_from_students,
    move_on,
    plan,
    show_students,
    students_page,
)
from survey.actions.states import ActionState, IllegalActionMoveError
from survey.audit_log import Event, EventName
from survey.campaigns.models import Campaign, Wave
from survey.database import begin, read
from survey.organisations.models import Member
from tests.world import Side, World

DAY, LATER = date(2026, 11, 2), date(2026, 11, 9)
WORDS = ActionWords(
    found="  A third feel unsafe. ",
    goal="Nobody avoids it",
    owner="Site manager",
    steps_taken="An adult stands there",
    due_on=date(2027, 1, 29),
)
TOILETS = Measured("B2.toilets", "feel_unsafe", "all")


@pytest.fixture
def own(app: Flask, world: World) -> Iterator[Side]:
    with app.app_context():
        yield world.own


def planned(own: Side, words: ActionWords = WORDS) -> Action:
    with begin() as db:
        return plan(
            db,
            wave=db.get_one(Wave, (own.school_id, own.wave_id)),
            subject=Subject(SubjectKind.PLACE, "toilets"),
            measured=TOILETS,
            words=words,
            today=DAY,
            by=_lead(own),
        )


def _lead(own: Side) -> Member:
    return read().scalars(select(Member).where(Member.email == f"lead@{_town(own)}.test")).one()


def _town(own: Side) -> str:
    campaign = read().get_one(Campaign, (own.school_id, own.campaign_id))
    return campaign.school.name.split()[0].lower()


def campaign_of(own: Side) -> Campaign:
    return read().get_one(Campaign, (own.school_id, own.campaign_id))


def events(*names: EventName) -> list[tuple[EventName, dict[str, object]]]:
    found = read().scalars(select(Event).where(Event.name.in_(names)).order_by(Event.event_id))
    return [(one.name, one.details) for one in found]


def test_a_planned_action_says_what_it_is_against_and_what_measures_it(own: Side) -> None:
    action_id = planned(own).action_id
    action = find_action(read(), own.school_id, action_id)
    assert (action.kind, action.subject) == (SubjectKind.PLACE, "toilets")
    assert action.measured_table == "B2.toilets"
    assert (action.measured_answer, action.measured_group) == ("feel_unsafe", "all")
    assert (action.state, action.planned_on) == (ActionState.PLANNED, DAY)
    assert action.found == "A third feel unsafe."
    assert action.moves == []


def test_an_event_says_that_it_was_planned_and_not_what_was_written(own: Side) -> None:
    action_id = planned(own).action_id
    told = [details for _name, details in events(EventName.ACTION_PLANNED)]
    assert {"action_id": str(action_id), "wave_id": str(own.wave_id)} in told
    assert all(set(details) == {"action_id", "wave_id"} for details in told)


def test_each_move_is_kept_with_its_day_and_who_made_it(own: Side) -> None:
    action_id = planned(own).action_id
    for to, day, note in (
        (ActionState.UNDER_WAY, DAY, " Locks ordered "),
        (ActionState.DONE, LATER, ""),
        (ActionState.UNDER_WAY, LATER, "No change"),
    ):
        with begin() as db:
            action = find_action(db, own.school_id, action_id)
            move_on(db, action=action, to=to, note=note, today=day, by=_lead(own))
    action = find_action(read(), own.school_id, action_id)
    assert action.state is ActionState.UNDER_WAY
    assert [(one.number, one.state.value, one.moved_on, one.note) for one in action.moves] == [
        (1, "under_way", DAY, "Locks ordered"),
        (2, "done", LATER, ""),
        (3, "under_way", LATER, "No change"),
    ]
    assert {one.member and one.member.name for one in action.moves} == {"Lead Person"}
    assert len(events(EventName.ACTION_MOVED)) == 3


def test_an_illegal_move_changes_nothing(own: Side) -> None:
    action_id = planned(own).action_id
    with begin() as db:
        action = find_action(db, own.school_id, action_id)
        with pytest.raises(IllegalActionMoveError):
            move_on(db, action=action, to=ActionState.DONE, note="", today=DAY, by=None)
    action = find_action(read(), own.school_id, action_id)
    assert (action.state, action.moves) == (ActionState.PLANNED, [])


def test_written_anew_it_is_measured_as_before_unless_that_changes_too(own: Side) -> None:
    action_id = planned(own).action_id
    year_9 = replace(TOILETS, group="year=y9")
    for goal, measured in (("Another goal", None), ("A third", year_9)):
        with begin() as db:
            action = find_action(db, own.school_id, action_id)
            words = replace(WORDS, goal=goal)
            operations.change(db, action=action, words=words, measured=measured, by=None)
        action = find_action(read(), own.school_id, action_id)
        assert action.goal == goal
        assert action.measured_group == ("year=y9" if measured else "all")


def test_what_says_nothing_to_students_is_not_shown_to_them(own: Side) -> None:
    with pytest.raises(NothingToShowError):
        planned(own, replace(WORDS, for_students=True, we_did=" "))
    action_id = planned(own).action_id
    with pytest.raises(IntegrityError), begin() as db:
        find_action(db, own.school_id, action_id).for_students = True


def test_what_goes_on_comes_first_and_what_is_dropped_last(own: Side) -> None:
    with begin() as db:
        db.delete(find_action(db, own.school_id, own.action_id))
    ids = {}
    for name, path, due in (
        ("dropped", (ActionState.DROPPED,), date(2026, 12, 1)),
        ("done", (ActionState.UNDER_WAY, ActionState.DONE), date(2026, 12, 1)),
        ("late", (), date(2027, 3, 1)),
        ("soon", (ActionState.UNDER_WAY,), date(2027, 1, 1)),
    ):
        ids[planned(own, replace(WORDS, due_on=due)).action_id] = name
        for to in path:
            with begin() as db:
                (latest,) = (key for key, value in ids.items() if value == name)
                found = find_action(db, own.school_id, latest)
                move_on(db, action=found, to=to, note="", today=DAY, by=None)
    assert [ids[one.action_id] for one in actions_of(read(), campaign_of(own))] == [
        "soon",
        "late",
        "done",
        "dropped",
    ]


def test_a_students_page_has_a_word_that_never_comes_back(own: Side) -> None:
    words = []
    for _time in range(2):
        with begin() as db:
            page = show_students(db, campaign=campaign_of(own), today=DAY, by=None)
            again = show_students(db, campaign=campaign_of(own), today=LATER, by=None)
            assert again is page
            words.append(page.word)
        assert campaign_shown_under(read(), words[-1]).campaign_id == own.campaign_id
        with begin() as db:
            hide_from_students(db, campaign=campaign_of(own), by=None)
            hide_from_students(db, campaign=campaign_of(own), by=None)
    assert students_page(read(), campaign_of(own)) is None
    assert len({*words}) == 2
    assert all(len(word) == operations.WORD_LENGTH for word in words)
    for word in words:
        with pytest.raises(NoStudentsPageError):
            campaign_shown_under(read(), word)
    assert len(events(EventName.STUDENTS_PAGE_SHOWN)) == 2
    assert len(events(EventName.STUDENTS_PAGE_HIDDEN)) == 2
