"""From every state a survey can be in, the clock leads to an end, and every dated promise is kept.

A machine does at random what people can do to the surveys of two schools and their programme:
launch, make cards, answer, move the last day, undo, close, lose keys, ask, agree, report, withdraw,
publish again, set aside, compare, invite, take back. People leave, policies change, schools close,
move and merge, and a trust reads as well (`rules_of_organisations`). Days pass, and every night the
real housekeeping runs. After each step the promises are checked. At the end everyone has left and
only the clock continues: then nothing may be waiting and no answer may be kept.

The operations are the real ones, on a database in memory. Left out are the web, the sweep of a
database file (it needs a file, and is tested elsewhere) and the audit: a stored report stands for
one that was made.
"""

from __future__ import annotations

import copy
import json
import tempfile
import uuid
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date, timedelta
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from hypothesis import Phase, seed
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from survey.app import create_app
from survey.approvals import operations as approvals
from survey.approvals.models import Approval, ApprovalKind
from survey.approvals.states import ApprovalState
from survey.campaigns import operations, own_question_approval, programme_operations
from survey.campaigns.access_codes import hash_code
from survey.campaigns.ballot_box import key_name
from survey.campaigns.card_allowance import ask_for_more, make_batch
from survey.campaigns.errors import HasAnswersError
from survey.campaigns.lifecycle import declining, undo
from survey.campaigns.lifecycle.school_progress import of_survey
from survey.campaigns.models import Campaign, Programme, VoidDoor, Wave
from survey.campaigns.queries import LONGEST_FIELDWORK, erased_on, latest_wave
from survey.campaigns.readers import invitations
from survey.campaigns.readers.invitations import ANSWER_WITHIN
from survey.campaigns.readers.models import Invitation, InvitationState
from survey.campaigns.states import OVER, REPORTED, UNDECIDED, EndReason, WaveState
from survey.database import Base, begin, database, folder_of
from survey.encryption import keys
from survey.errors import SurveyError
from survey.free_text import operations as free_text
from survey.free_text.models import RoomText
from survey.organisations.models import Authority, Member, Nation, School
from survey.permissions import Role
from survey.releases import operations as releases
from survey.releases.models import StoredComparison, StoredRelease
from survey.reports.comparisons import automatic_comparison
from survey.reports.comparisons import operations as comparisons
from survey.responses import collect
from survey.responses.ballot_box import ending, opening
from survey.retention import operations as retention
from tests.conftest import settings_for
from tests.integration.campaigns.schools import READY
from tests.property.rules_of_organisations import NobodyError, Organisations
from tests.seats import seated

START = date(2026, 9, 1)
CARDS = 30
KEY = bytes(range(32))
ERASE_AFTER = 365
DOCUMENT = json.dumps(
    {"header": {"roll": 0}, "participation": {"rows": [{"group": "all", "base": 50}]}}
)
ENDS = {WaveState.DRAFT, WaveState.RELEASED, WaveState.WITHDRAWN, WaveState.ENDED}
"""States in which, once answers are erased, nothing is kept of a student and no one waits."""


class Report:
    """Stands for a report that was made."""

    def __init__(self, name: str) -> None:
        self.name = name

    def content_hash(self) -> str:
        return self.name.ljust(64, "0")[:64]

    def to_json(self) -> str:
        return DOCUMENT


@cache
def place() -> Flask:
    """An app on a database in memory. One for all runs; each begins with empty tables."""
    folder = Path(tempfile.mkdtemp(prefix="states-"))
    (folder / "keys").mkdir(mode=0o700)
    given = settings_for(
        "sqlite://", key_folder=str(folder / "keys"), ledger=str(folder / "ledger")
    )
    app = create_app(given, testing=True)
    with app.app_context():
        Base.metadata.create_all(database.engine)
    return app


def no_sweep(*_given: object, **_named: object) -> None:
    """The sweep parses a database file; in memory there is none."""


@pytest.fixture(autouse=True)
def _in_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(opening.sweep, "sweep", no_sweep)
    monkeypatch.setattr(retention.box_storage, "sweep", no_sweep)
    monkeypatch.setattr(retention.prerender, "enqueue_missing", lambda _db: 0)


@dataclass
class Seen:
    """What all runs together went through."""

    states: set[tuple[Any, ...]] = field(default_factory=set)
    steps: Counter[str] = field(default_factory=Counter)
    refused: int = 0
    ends: Counter[str] = field(default_factory=Counter)


SEEN = Seen()


def when(*states: WaveState | None) -> Any:
    """A rule is worth trying while a school's latest survey is in one of these states; None: while
    a school is not invited."""
    return precondition(lambda self: not self.latest.isdisjoint(states))


class Surveys(Organisations, RuleBasedStateMachine):
    """Two schools of one authority, their people, and the days."""

    def __init__(self) -> None:
        super().__init__()
        self.context = place().app_context()
        self.context.push()
        self.today = START
        self.codes: dict[uuid.UUID, list[str]] = {}
        self.parts: dict[uuid.UUID, bytes] = {}
        self.promised: dict[uuid.UUID, date] = {}
        self.published: dict[uuid.UUID, str] = {}
        self.compared: dict[int, str] = {}
        self.latest: set[WaveState | None] = set()
        self.is_waiting = False

    @initialize()
    def world(self) -> None:
        empty()
        for name in keys.names(folder_of(database.engine)):
            keys.destroy(folder_of(database.engine), name)
        place().extensions["settings"].ledger_file.unlink(missing_ok=True)
        with begin() as db:
            authority = Authority(name="Northmoor", nation=Nation.ENGLAND)
            db.add(authority)
            db.flush()
            self.authority = authority.authority_id
            self.analyst = person(db, Role.ANALYST, authority_id=self.authority)
            self.programme = operations.start_programme(
                db,
                authority_id=self.authority,
                title="Safer",
                template_key="safety",
                template_version="2026.3",
                by=None,
            ).programme_id
            self.schools = []
            for name in ("Aldergate", "Beckfoot"):
                school = School(
                    name=name,
                    nation=Nation.ENGLAND,
                    roll={"9": 100},
                    authority_id=self.authority,
                )
                db.add(school)
                db.flush()
                self.schools.append(school.school_id)
            self.people = {
                school: [
                    person(db, role, school_id=school) for role in (Role.LEAD, Role.COORDINATOR)
                ]
                for school in self.schools
            }
            self.add_trust(db)
            self.heads: list[tuple[uuid.UUID, uuid.UUID]] = []
            self._invite(db, self.schools[0])

    # The clock

    @rule(days=st.sampled_from((1, 1, 2, 7, 30, 130, 250)))
    def days_pass(self, days: int) -> None:
        """Some days later. Of the nights between, only the last had its housekeeping."""
        SEEN.steps["days_pass"] += 1
        self.today += timedelta(days=days)
        self._night()

    def _night(self) -> None:
        done = retention.keep(place().extensions["settings"], today=self.today)
        assert done.problems == []
        self._after_the_night()

    # A school

    @rule(school=st.integers(0, 1), steps=st.integers(2, 8))
    def go_on(self, school: int, steps: int) -> None:
        """The ordinary way of a survey, some steps further: at random alone few walks come far."""
        for _step in range(steps):
            with begin() as db:
                try:
                    wave = self._latest(db, school)
                except NobodyError:
                    return
                waiting = any(one.wave_id == wave.wave_id for one in self._waiting(db))
                agreed = wave.state is WaveState.CLOSED and releases.approval_gate.is_agreed(
                    db, wave
                )
                state, has_cards = wave.state, bool(self.codes.get(wave.wave_id))
            if state is WaveState.DRAFT:
                self.launch(school=school, days=21, split=False)
            elif state is WaveState.OPEN and not has_cards:
                self.make_cards(school=school)
            elif state is WaveState.OPEN and len(self.codes[wave.wave_id]) == CARDS:
                self.answer(school=school, count=25)
            elif state in (WaveState.OPEN, WaveState.CLOSING, WaveState.LOST):
                self.close(school=school, typed=True)
            elif waiting:
                self.second_person(school=school, agrees=True)
            elif state is WaveState.CLOSED and not agreed:
                self.ask(school=school, kind=ApprovalKind.RELEASE)
            elif state is WaveState.CLOSED:
                self.make_report(school=school)
            elif state is WaveState.RELEASED:
                return
            else:
                self.next_wave(school=school)
            self.every_promise_holds()

    @when(WaveState.DRAFT)
    @rule(school=st.integers(0, 1), days=st.integers(1, 120), split=st.booleans())
    def launch(self, school: int, days: int, split: bool) -> None:
        with self._doing("launch") as db:
            wave = self._latest(db, school)
            by = self._someone(db, school, Role.LEAD, Role.COORDINATOR)
            part = operations.launch(
                db,
                wave=wave,
                closes_on=self.today + timedelta(days=days),
                today=self.today,
                by=by,
                split=split,
            )
            self._promise(wave)
            if part is not None:
                self.parts[wave.wave_id] = part

    @when(WaveState.OPEN)
    @rule(school=st.integers(0, 1))
    def make_cards(self, school: int) -> None:
        with self._doing("make_cards") as db:
            wave = self._latest(db, school)
            _batch, made = make_batch(
                db,
                wave=wave,
                year=9,
                label="9B",
                count=CARDS,
                key=KEY,
                today=self.today,
                by=self._someone(db, school, Role.LEAD, Role.COORDINATOR),
            )
            self.codes.setdefault(wave.wave_id, []).extend(made)

    @when(WaveState.OPEN)
    @rule(school=st.integers(0, 1), count=st.sampled_from((1, 21, 25)))
    def answer(self, school: int, count: int) -> None:
        """Students use cards. After the last day nothing is taken."""
        with self._doing("answer") as db:
            wave = self._latest(db, school)
            codes = self.codes.get(wave.wave_id, [])
            if wave.box_key is None:
                return
            for _student in range(min(count, len(codes))):
                code = codes.pop()
                outcome = collect.collect(
                    db,
                    wave=wave,
                    code_hash=hash_code(code, key=KEY),
                    receipt=collect.hash_receipt(code, key=KEY),
                    answers={"A1": "y9", "B1": "safe", "P2": f"The gate, {code}"},
                    today=self.today,
                    key=KEY,
                )
                is_taken = wave.state is WaveState.OPEN and self.today <= wave.closes_on
                assert (outcome is collect.CollectOutcome.STORED) == is_taken, outcome

    @when(WaveState.OPEN)
    @rule(school=st.integers(0, 1), days=st.integers(1, 150))
    def extend(self, school: int, days: int) -> None:
        with self._doing("extend") as db:
            wave = self._latest(db, school)
            by = self._someone(db, school, Role.LEAD, Role.COORDINATOR)
            until = (wave.closes_on or self.today) + timedelta(days=days)
            undo.extend(db, wave=wave, closes_on=until, today=self.today, by=by)
            self._promise(wave)

    @when(WaveState.OPEN)
    @rule(school=st.integers(0, 1))
    def undo_launch(self, school: int) -> None:
        with self._doing("undo_launch") as db:
            wave = self._latest(db, school)
            by = self._someone(db, school, Role.LEAD)
            had_cards, door = bool(wave.batches), wave.door
            try:
                undo.undo_launch(db, wave=wave, key=KEY, today=self.today, by=by)
            except HasAnswersError:
                ending.end(db, wave=wave, reason=EndReason.MISTAKE, today=self.today, by=by)
                return
            assert wave.state is WaveState.DRAFT
            assert wave.batches == []
            assert (db.get(VoidDoor, door) is not None) == had_cards
            self.codes.pop(wave.wave_id, None)
            self.promised.pop(wave.wave_id, None)

    @when(WaveState.OPEN, WaveState.CLOSING, WaveState.LOST)
    @rule(school=st.integers(0, 1), typed=st.booleans())
    def close(self, school: int, typed: bool) -> None:
        """As the page does it: close, open, clear away, and end what too few answered."""
        with self._doing("close") as db:
            wave = self._latest(db, school)
            by = self._someone(db, school, Role.LEAD)
            part = self.parts.get(wave.wave_id) if typed else None
            releases.refuse_unless_closable(wave)
            which = {"school_id": wave.school_id, "wave_id": wave.wave_id}
            if wave.state is WaveState.OPEN:
                operations.close(db, wave=wave, today=self.today, by=by)
            opening.open_boxes(db, wave=wave, by=by, typed=part)
            self._promise(wave)
        if "which" not in locals():
            return
        opening.finish(**which, by=None)
        with begin() as db:
            wave = db.get_one(Wave, tuple(which.values()))
            ending.end_if_too_few(db, wave=wave, today=self.today, by=None)

    @when(WaveState.OPEN, WaveState.CLOSING)
    @rule(school=st.integers(0, 1))
    def lose_key(self, school: int) -> None:
        with self._doing("lose_key") as db:
            wave = self._latest(db, school)
            keys.destroy(folder_of(database.engine), key_name(wave))

    @when(*UNDECIDED)
    @rule(school=st.integers(0, 1), reason=st.sampled_from(tuple(EndReason)))
    def end(self, school: int, reason: EndReason) -> None:
        with self._doing("end") as db:
            wave = self._latest(db, school)
            by = self._someone(db, school, Role.LEAD)
            if wave.state in UNDECIDED:
                ending.end(db, wave=wave, reason=reason, today=self.today, by=by)

    @when(*OVER)
    @rule(school=st.integers(0, 1))
    def next_wave(self, school: int) -> None:
        with self._doing("next_wave") as db:
            wave = self._latest(db, school)
            by = self._someone(db, school, Role.LEAD)
            operations.next_wave(db, campaign=wave.campaign, by=by)

    @when(WaveState.DRAFT)
    @rule(school=st.integers(0, 1))
    def discard(self, school: int) -> None:
        with self._doing("discard") as db:
            wave = self._latest(db, school)
            by = self._someone(db, school, Role.LEAD)
            undo.discard_draft(db, campaign=wave.campaign, by=by)

    # Two people, the report and the texts

    @when(WaveState.OPEN, WaveState.CLOSED, WaveState.WITHDRAWN)
    @rule(school=st.integers(0, 1), kind=st.sampled_from(tuple(ApprovalKind)))
    def ask(self, school: int, kind: ApprovalKind) -> None:
        with self._doing(f"ask_{kind}") as db:
            wave = self._latest(db, school)
            if kind is ApprovalKind.RELEASE:
                by = self._someone(db, school, Role.LEAD)
                opening.refuse_unless_swept(wave)
                releases.ask(db, wave=wave, by=by, today=self.today)
            elif kind is ApprovalKind.RESTORE:
                by = self._someone(db, school, Role.LEAD)
                releases.ask_to_restore(db, wave=wave, by=by, today=self.today)
            elif kind is ApprovalKind.QUESTIONS:
                by = self._someone(db, school, Role.LEAD, Role.COORDINATOR)
                own_question_approval.ask(db, wave=wave, by=by, today=self.today)
            else:
                by = self._someone(db, school, Role.LEAD, Role.COORDINATOR)
                reason = "A box of cards got wet"
                ask_for_more(
                    db,
                    wave=wave,
                    kind=kind,
                    year=9,
                    count=5,
                    reason=reason,
                    by=by,
                    today=self.today,
                )

    @precondition(lambda self: self.is_waiting)
    @rule(school=st.integers(0, 1), agrees=st.booleans())
    def second_person(self, school: int, agrees: bool) -> None:
        """A second person, or the analyst where the school has none, answers what waits."""
        with self._doing("second_person") as db:
            for approval in self._waiting(db):
                if approval.school_id != self.schools[school]:
                    continue
                second = self._second(db, approval)
                if second is None:
                    continue
                if not agrees:
                    approvals.decline(
                        db, approval=approval, by=second, today=self.today, note="I was not there"
                    )
                    continue
                approvals.approve(db, approval=approval, by=second, today=self.today)
                wave = db.get_one(Wave, (approval.school_id, approval.wave_id))
                if approval.kind is ApprovalKind.RESTORE:
                    releases.restore(db, wave=wave, by=second, today=self.today)

    @when(WaveState.CLOSED)
    @rule(school=st.integers(0, 1))
    def make_report(self, school: int) -> None:
        with self._doing("make_report") as db:
            wave = self._latest(db, school)
            self._someone(db, school, Role.LEAD)
            releases.refuse_unless_countable(db, wave=wave)
            report: Any = Report(wave.wave_id.hex)
            stored = releases.keep(
                db, wave=wave, release=report, certificate=report, by=None, today=self.today
            )
            self.published[wave.wave_id] = stored.release_hash

    @when(WaveState.RELEASED)
    @rule(school=st.integers(0, 1))
    def withdraw(self, school: int) -> None:
        with self._doing("withdraw") as db:
            wave = self._latest(db, school)
            by = self._someone(db, school, Role.LEAD)
            releases.withdraw(db, wave=wave, notice="A mistake", by=by, today=self.today)

    @when(WaveState.CLOSED, WaveState.RELEASED)
    @rule(school=st.integers(0, 1))
    def open_texts(self, school: int) -> None:
        with self._doing("open_texts") as db:
            wave = self._latest(db, school)
            by = self._someone(db, school, Role.LEAD)
            free_text.open_room(db, wave=wave, today=self.today, by=by)

    # The authority

    @when(None)
    @rule(school=st.integers(0, 1), adapts=st.booleans())
    def invite(self, school: int, adapts: bool) -> None:
        with self._doing("invite") as db:
            self._analyst(db)
            self._invite(db, self.schools[school], adapts=adapts)

    @when(WaveState.DRAFT)
    @rule(school=st.integers(0, 1), accepts=st.booleans())
    def answer_invitation(self, school: int, accepts: bool) -> None:
        with self._doing("accept" if accepts else "decline") as db:
            found = invitations.find(db, self.schools[school], self.programme)
            by = {"by": self._someone(db, school, Role.LEAD), "today": self.today}
            if accepts:
                invitations.accept(db, invitation=found, **by)
            else:
                declining.decline(db, invitation=found, reason="We move house", **by)

    @when(WaveState.DRAFT)
    @rule(school=st.integers(0, 1))
    def uninvite(self, school: int) -> None:
        with self._doing("uninvite") as db:
            undo.uninvite(
                db,
                programme=self._programme(db),
                school_id=self.schools[school],
                by=self._analyst(db),
            )

    @when(*OVER, WaveState.OPEN)
    @rule(school=st.integers(0, 1), number=st.integers(1, 2), back=st.booleans())
    def set_aside(self, school: int, number: int, back: bool) -> None:
        with self._doing("take_back" if back else "set_aside") as db:
            given = {
                "programme": self._programme(db),
                "number": number,
                "school_id": self.schools[school],
                "by": self._analyst(db),
            }
            if back:
                undo.take_back(db, **given)
            else:
                undo.set_aside(db, **given, reason="Flooded", today=self.today)

    @rule(number=st.integers(1, 2), days=st.integers(2, 200))
    def plan(self, number: int, days: int) -> None:
        with self._doing("plan") as db:
            programme_operations.plan_wave(
                db,
                programme=self._programme(db),
                number=number,
                opens_from=self.today,
                opens_until=self.today,
                closes_by=self.today + timedelta(days=1),
                reports_by=self.today + timedelta(days=days),
                by=self._analyst(db),
            )

    @when(WaveState.RELEASED, WaveState.WITHDRAWN)
    @rule(number=st.sampled_from((1, 2, 101, 102)))
    def compare(self, number: int) -> None:
        """The comparison is made if nothing is in the way, or a second one for who was late; its
        document is not of this test."""
        with self._doing("compare" if number < 100 else "compare_again") as db:
            programme = self._programme(db)
            self._analyst(db)
            ready = comparisons.readiness(db, programme=programme, number=number, today=self.today)
            for reason in ready.in_the_way:
                # Two schools are few enough to walk through many states.
                if not isinstance(
                    reason, comparisons.TooFewSchoolsError | comparisons.SchoolTooLargeError
                ):
                    raise reason
            db.add(
                StoredComparison(
                    authority_id=self.authority,
                    programme_id=self.programme,
                    number=number,
                    release_hash="c" * 64,
                    document="{}",
                    released_on=self.today,
                )
            )
            programme_operations.mark_compared(db, programme=programme, number=number)
            self.compared[number] = "c" * 64
            SEEN.steps["compared"] += 1

    # People

    @rule(school=st.integers(0, 1), who=st.integers(0, 1))
    def somebody_leaves(self, school: int, who: int) -> None:
        with self._doing("somebody_leaves") as db:
            db.get_one(Member, self.people[self.schools[school]][who]).active = False

    @rule(school=st.integers(0, 1), who=st.integers(0, 1))
    def somebody_comes(self, school: int, who: int) -> None:
        with self._doing("somebody_comes") as db:
            role = (Role.LEAD, Role.COORDINATOR)[who]
            found = person(db, role, school_id=self.schools[school])
            self.people[self.schools[school]][who] = found

    @rule(there=st.booleans())
    def analyst_comes_or_leaves(self, there: bool) -> None:
        with self._doing("analyst") as db:
            db.get_one(Member, self.analyst).active = there

    # What is always so

    @invariant()
    def every_promise_holds(self) -> None:
        if not hasattr(self, "people"):
            return
        with begin() as db:
            waves = list(db.scalars(select(Wave)))
            SEEN.states.add(self._state(db, waves))
            self.is_waiting = bool(self._waiting(db))
            self.latest = {
                max(found, key=lambda one: one.number).state if found else None
                for school in self.schools
                for found in [[one for one in waves if one.school_id == school]]
            }
            for wave in waves:
                check(wave, db, self.promised.get(wave.wave_id))
            for approval in self._waiting(db):
                wave = db.get_one(Wave, (approval.school_id, approval.wave_id))
                assert wave.state in POSSIBLE[approval.kind], (approval.kind, wave.state)
            for wave_id, reference in self.published.items():
                stored = db.scalars(select(StoredRelease).filter_by(wave_id=wave_id)).one()
                assert (stored.release_hash, stored.document) == (reference, DOCUMENT)
            self.check_organisations(db, waves)
            programme = self._programme(db)
            for number in (1, 2):
                for one in of_survey(db, programme=programme, number=number, today=self.today):
                    assert not (one.is_waited_for and one.set_aside)
                    if number in self.compared and one.wave is not None:
                        assert one.wave.state is not WaveState.DRAFT, "a draft for what is over"

    def _after_the_night(self) -> None:
        with begin() as db:
            for wave in db.scalars(select(Wave)):
                if wave.state is WaveState.OPEN:
                    assert self.today <= wave.closes_on, "open after its last day"
                due = erased_on(wave, erase_after_days=ERASE_AFTER)
                if due is not None and due <= self.today:
                    assert raw(db, wave) == 0, "kept after its day"
                    assert wave.state not in UNDECIDED
            assert list(invitations.overdue(db, self.today)) == [], "not answered, and not lapsed"
            programme = self._programme(db)
            for planned in automatic_comparison.due(db, self.today):
                for one in of_survey(
                    db, programme=programme, number=planned.number, today=self.today
                ):
                    assert one.set_aside or not one.is_late, "late, and not set aside"
                    SEEN.steps["set_aside_by_clock"] += bool(one.set_aside and one.is_late)

    def teardown(self) -> None:
        """Everyone has left. The clock alone continues, and everything comes to its end."""
        try:
            if hasattr(self, "people"):
                self._clock_alone()
        finally:
            database.session.rollback()
            self.context.pop()

    def _clock_alone(self) -> None:
        with begin() as db:
            for member in db.scalars(select(Member)):
                member.active = False
        # One night after the last day of anything that is open now, one after every erasure.
        for days in (LONGEST_FIELDWORK.days + 1, ERASE_AFTER + 1):
            self.today += timedelta(days=days)
            self._night()
        with begin() as db:
            waves = list(db.scalars(select(Wave)))
            for wave in waves:
                assert wave.state in ENDS, wave.state
                assert raw(db, wave) == 0
                SEEN.ends[wave.state if wave.end_reason is None else wave.end_reason] += 1
            assert self._waiting(db) == []
            answers = {one.state for one in db.scalars(select(Invitation))}
            assert InvitationState.WAITING not in answers
            for programme in db.scalars(select(Programme)):
                for number in {wave.number for wave in waves}:
                    standings = of_survey(db, programme=programme, number=number, today=self.today)
                    assert not any(one.is_waited_for for one in standings)
        boxes = [n for n in keys.names(folder_of(database.engine)) if n.startswith("box-")]
        assert boxes == []

    # Their common parts

    @contextmanager
    def _doing(self, name: str) -> Iterator[Session]:
        """One write. What a page would refuse is refused, and changes nothing."""
        SEEN.steps[name] += 1
        try:
            with begin() as db:
                yield db
        except (SurveyError, NobodyError):
            SEEN.refused += 1

    def _latest(self, db: Session, school: int) -> Wave:
        found = db.scalars(select(Campaign).filter_by(school_id=self.schools[school])).first()
        if found is None:
            raise NobodyError
        return latest_wave(found)

    def _someone(self, db: Session, school: int, *roles: Role) -> Member:
        for member in self._of_school(db, self.schools[school]):
            if member.active and member.role in roles:
                return member
        raise NobodyError

    def _of_school(self, db: Session, school_id: uuid.UUID) -> list[Member]:
        return [db.get_one(Member, one) for one in self.people[school_id]]

    def _second(self, db: Session, approval: Approval) -> Member | None:
        there = [*self._of_school(db, approval.school_id), db.get_one(Member, self.analyst)]
        return next((m for m in there if m.active and approvals.is_second(db, approval, m)), None)

    def _analyst(self, db: Session) -> Member:
        found = db.get_one(Member, self.analyst)
        if not found.active:
            raise NobodyError
        return found

    def _programme(self, db: Session) -> Programme:
        return db.get_one(Programme, (self.authority, self.programme))

    def _waiting(self, db: Session) -> list[Approval]:
        return list(db.scalars(select(Approval).filter_by(state=ApprovalState.WAITING)))

    def _invite(self, db: Session, school_id: uuid.UUID, *, adapts: bool = True) -> None:
        campaign = operations.invite(
            db, programme=self._programme(db), school_id=school_id, by=None
        )
        found = invitations.find(db, school_id, self.programme)
        if found.state is InvitationState.WAITING:  # the operations ask the real clock
            found.invited_on, found.answer_by = self.today, self.today + ANSWER_WITHIN
        if adapts and latest_wave(campaign).state is WaveState.DRAFT:
            operations.save_draft(db, campaign=campaign, adaptation=READY, by=None)

    def _promise(self, wave: Wave) -> None:
        """The day by which the answers are erased, as pages say from now on."""
        day = erased_on(wave, erase_after_days=ERASE_AFTER)
        assert day is not None
        self.promised[wave.wave_id] = day

    def _state(self, db: Session, waves: list[Wave]) -> tuple[Any, ...]:
        """What the machine is in, without names and days."""
        of_school = [
            tuple(
                (wave.state, wave.end_reason, wave.box_split, bool(wave.batches))
                for wave in sorted(waves, key=lambda one: one.number)
                if wave.school_id == school
            )
            for school in self.schools
        ]
        there = tuple(
            db.get_one(Member, one).active
            for one in (*self.people[self.schools[0]], *self.people[self.schools[1]], self.analyst)
        )
        waiting = tuple(sorted(one.kind.value for one in self._waiting(db)))
        return (*of_school, there, waiting, tuple(self._programme(db).compared))


POSSIBLE = {
    ApprovalKind.CARDS: {WaveState.OPEN},
    ApprovalKind.ROLL: {WaveState.OPEN, *UNDECIDED},
    ApprovalKind.QUESTIONS: {WaveState.DRAFT},
    ApprovalKind.RELEASE: {WaveState.CLOSED},
    ApprovalKind.RESTORE: {WaveState.WITHDRAWN},
}
"""States in which a request can wait for its second person."""


def check(wave: Wave, db: Session, promised: date | None) -> None:
    """What is true of one survey at any moment."""
    if wave.state is not WaveState.DRAFT:
        assert wave.opened_on is not None
        assert wave.closes_on is not None
        assert wave.closes_on <= wave.opened_on + LONGEST_FIELDWORK
        due = erased_on(wave, erase_after_days=ERASE_AFTER)
        assert due is not None
        assert promised is None or due <= promised, "erased later than was said"
    if wave.state in OVER and wave.state not in (WaveState.CLOSING, WaveState.LOST):
        assert wave.counter_on is not None or wave.state is WaveState.ENDED, "not counted"
    if wave.state is WaveState.ENDED:
        assert raw(db, wave) == 0
        assert wave.box_key is None
        assert key_name(wave) not in keys.names(folder_of(database.engine))
    if wave.state in REPORTED:
        stored = db.get_one(StoredRelease, (wave.school_id, wave.wave_id))
        assert (stored.withdrawn_on is not None) == (wave.state is WaveState.WITHDRAWN)


def raw(db: Session, wave: Wave) -> int:
    """Rows that are kept of single students, sealed ones and texts that are being read too."""
    kept = collect.has_raw(db, school_id=wave.school_id, wave_id=wave.wave_id)
    texts = select(func.count()).select_from(RoomText).where(RoomText.wave_id == wave.wave_id)
    return int(kept) + (db.scalar(texts) or 0)


def person(db: Session, role: Role, **at: uuid.UUID) -> uuid.UUID:
    name = f"{role}-{uuid.uuid4().hex[:8]}"
    member = seated(role, f"{name}@survey.test", name=name, since=START, **at)
    db.add(member)
    db.flush()
    return member.id


def empty() -> None:
    with begin() as db:
        for table in reversed(Base.metadata.sorted_tables):
            db.execute(table.delete())


def walk(
    capsys: pytest.CaptureFixture[str], *, runs: int, steps: int, part: int | None = None
) -> None:
    """So many walks. A `part` takes others, and each time the same; without one they are fixed."""
    SEEN.__init__()  # type: ignore[misc]
    # The seed is kept at the class, so each part has its own.
    machine = Surveys if part is None else seed(part)(type("Part", (Surveys,), {}))
    run_state_machine_as_test(
        machine,
        settings=hypothesis_settings(
            max_examples=runs,
            stateful_step_count=steps,
            derandomize=part is None,
            deadline=None,
            database=None,
            phases=(Phase.generate,),
        ),
    )
    with capsys.disabled():
        print(
            f"\n{len(SEEN.states)} states, {sum(SEEN.steps.values())} steps"
            f" ({SEEN.refused} refused) of {len(SEEN.steps)} kinds; ends: {dict(SEEN.ends)}"
        )


def test_every_state_has_an_end_that_the_clock_reaches(
    capsys: pytest.CaptureFixture[str],
) -> None:
    """A short walk, always the same one."""
    walk(capsys, runs=6, steps=25)
    assert len(SEEN.states) >= 15


PARTS = 16
"""Of the long walks. Each ends in minutes, and a failure names its part."""


SEEN_BY_PART: dict[int, Seen] = {}


@pytest.mark.slow
@pytest.mark.parametrize("part", range(PARTS))
def test_every_state_has_an_end_on_long_walks(
    capsys: pytest.CaptureFixture[str], part: int
) -> None:
    walk(capsys, runs=25, steps=70, part=part)
    SEEN_BY_PART[part] = copy.deepcopy(SEEN)
    assert len(SEEN.states) > 10  # Hypothesis leaves rules out of a run, so a part can stay small


@pytest.mark.slow
def test_the_long_walks_together_go_everywhere() -> None:
    """What single parts may miss by chance, all of them together do not."""
    if len(SEEN_BY_PART) < PARTS:
        pytest.skip(f"{len(SEEN_BY_PART)} of {PARTS} parts of the long walks ended before this")
    parts = SEEN_BY_PART.values()
    assert len(set().union(*(one.states for one in parts))) > 40
    assert len(set().union(*(one.ends for one in parts))) > 2
    rules = {name for one in parts for name in one.steps}
    assert rules >= {"launch", "answer", "close", "lose_key", "undo_launch", "extend", "compared"}
