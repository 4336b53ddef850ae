"""What happens to the organisations around a survey: policies change, schools close, move and
merge, heads come, seats end, and a trust becomes a second reader. Rules for the machine of
`test_every_state_ends`."""

from __future__ import annotations

from typing import Any

from hypothesis import strategies as st
from hypothesis.stateful import rule
from sqlalchemy import select

from survey.approvals.models import SignOffKind
from survey.campaigns import operations
from survey.campaigns.lifecycle import help_contacts, sign_offs
from survey.campaigns.models import Programme, Wave
from survey.campaigns.queries import latest_wave
from survey.campaigns.readers import invitations, relations
from survey.campaigns.readers.models import Invitation, InvitationState
from survey.campaigns.states import WaveState
from survey.organisations.lifecycle import changes
from survey.organisations.models import Authority, AuthorityKind, Member, Nation, School
from survey.organisations.policies import operations as policies
from survey.organisations.seats import operations as seats
from survey.permissions import Role
from tests.integration.campaigns.schools import READY
from tests.seats import seated

SCHOOLS = st.integers(0, 1)


class NobodyError(Exception):
    """The person or the survey that a step needs is not there."""


class Organisations:
    """Rules, and what they need of the machine."""

    def add_trust(self: Any, db: Any) -> None:
        """A trust with a programme from the same template, and a council next door."""
        trust = Authority(name="Tees Trust", nation=Nation.ENGLAND, kind=AuthorityKind.TRUST)
        council = Authority(name="Southmoor", nation=Nation.ENGLAND)
        db.add_all([trust, council])
        db.flush()
        self.trust, self.next_door = trust.authority_id, council.authority_id
        self.consents: dict[Any, tuple[str | None, str | None]] = {}
        self.trust_programme = operations.start_programme(
            db,
            authority_id=self.trust,
            title="Ours",
            template_key="safety",
            template_version="2026.3",
            by=None,
        ).programme_id

    def check_organisations(self: Any, db: Any, waves: list[Wave]) -> None:
        """What is true of them at any moment."""
        for wave in waves:
            school = wave.campaign.school
            if wave.state is WaveState.DRAFT:
                self.consents.pop(wave.wave_id, None)
                continue
            held = wave.consent, wave.questionnaire_hash
            assert self.consents.setdefault(wave.wave_id, held) == held, "frozen, and changed"
            if school.merged_into is not None:
                assert school.closed_on is not None
        for one in db.scalars(select(Invitation)):
            if one.state is InvitationState.WAITING:
                assert one.answer_by is not None

    # Policies

    @rule(
        school=SCHOOLS,
        of_authority=st.booleans(),
        consent=st.sampled_from((None, "opt_out", "opt_in", "opt_in_under_14")),
        gender=st.sampled_from((None, "sex-2026.1")),
    )
    def change_policy(
        self: Any, school: int, of_authority: bool, consent: str | None, gender: str | None
    ) -> None:
        with self._doing("change_policy") as db:
            found: School | Authority = db.get_one(School, self.schools[school])
            if of_authority:
                found = db.get_one(Authority, self.authority)
            policies.change(
                db, organisation=found, consent=consent, gender_question=gender, by=None
            )

    # Schools

    @rule(school=SCHOOLS, opens=st.booleans())
    def close_or_reopen_school(self: Any, school: int, opens: bool) -> None:
        with self._doing("reopen_school" if opens else "close_school") as db:
            found = db.get_one(School, self.schools[school])
            if opens:
                changes.reopen_school(db, school=found, by=None)
            else:
                changes.close_school(db, school=found, today=self.today, by=None)

    @rule(school=SCHOOLS, where=st.sampled_from(("home", "next door", "nowhere")))
    def move_school(self: Any, school: int, where: str) -> None:
        with self._doing("move_school") as db:
            to = {"home": self.authority, "next door": self.next_door}.get(where)
            changes.move_school(
                db,
                school=db.get_one(School, self.schools[school]),
                authority=None if to is None else db.get_one(Authority, to),
                today=self.today,
                by=None,
            )

    @rule(school=SCHOOLS, often=st.integers(0, 4))
    def merge_schools(self: Any, school: int, often: int) -> None:
        if often:  # a merger has no way back, so most walks go without
            return
        with self._doing("merge_schools") as db:
            changes.merge_schools(
                db,
                school=db.get_one(School, self.schools[school]),
                into=db.get_one(School, self.schools[1 - school]),
                today=self.today,
                by=None,
            )

    # People

    @rule(school=SCHOOLS, who=st.integers(0, 1))
    def seat_ends(self: Any, school: int, who: int) -> None:
        """The seat of a lead or coordinator ends, also the last one of a school."""
        with self._doing("seat_ends") as db:
            member = db.get_one(Member, self.people[self.schools[school]][who])
            for seat in member.seats:
                seats.end(db, seat, by=None)

    @rule(school=SCHOOLS)
    def head_comes(self: Any, school: int) -> None:
        """From now on each launch waits for a head."""
        with self._doing("head_comes") as db:
            at = self.schools[school]
            name = f"head-{len(self.heads)}"
            head = seated(
                Role.HEAD, f"{name}@survey.test", name=name, since=self.today, school_id=at
            )
            db.add(head)
            db.flush()
            self.heads.append((at, head.id))

    @rule(school=SCHOOLS)
    def head_signs_or_leaves(self: Any, school: int) -> None:
        with self._doing("head_signs") as db:
            wave = self._latest(db, school)
            for at, who in self.heads:
                head = db.get_one(Member, who)
                if at != wave.school_id or not head.active or not head.seats:
                    continue
                (seat,) = head.seats
                seen = sign_offs.seen_mark(sign_offs.wording_of(wave.campaign), by=seat, key="k")
                sign_offs.give(
                    db,
                    wave=wave,
                    kind=SignOffKind.HEAD,
                    seen=seen,
                    key="k",
                    by=seat,
                    today=self.today,
                )
                return
            raise NobodyError

    @rule(school=SCHOOLS)
    def correct_people(self: Any, school: int) -> None:
        with self._doing("correct_people") as db:
            campaign = self._latest(db, school).campaign
            help_contacts.correct_people(db, campaign=campaign, adaptation=READY, by=None)

    # A second reader

    @rule(school=SCHOOLS)
    def trust_asks(self: Any, school: int) -> None:
        with self._doing("trust_asks") as db:
            words = db.get_one(School, self.schools[school]).name
            relations.ask(db, authority_id=self.trust, words=words, by=None, today=self.today)

    @rule(school=SCHOOLS, accepts=st.sampled_from((True, True, False)))
    def school_answers_trust(self: Any, school: int, accepts: bool) -> None:
        with self._doing("school_answers_trust") as db:
            relations.answer(
                db,
                school_id=self.schools[school],
                authority_id=self.trust,
                accepts=accepts,
                by=self._someone(db, school, Role.LEAD),
                today=self.today,
            )

    @rule(school=SCHOOLS)
    def trust_invites(self: Any, school: int) -> None:
        with self._doing("trust_invites") as db:
            programme = db.get_one(Programme, (self.trust, self.trust_programme))
            at = self.schools[school]
            operations.invite(db, programme=programme, school_id=at, by=None)
            found = invitations.find(db, at, self.trust_programme)
            if found.state is InvitationState.WAITING:  # the operations ask the real clock
                found.invited_on = self.today
                found.answer_by = self.today + invitations.ANSWER_WITHIN

    @rule(school=SCHOOLS, from_next=st.booleans())
    def school_joins_trust(self: Any, school: int, from_next: bool) -> None:
        with self._doing("school_joins_trust") as db:
            found = invitations.find(db, self.schools[school], self.trust_programme)
            invitations.accept(
                db,
                invitation=found,
                from_next=from_next,
                by=self._someone(db, school, Role.LEAD),
                today=self.today,
            )
            assert latest_wave(found.campaign) is not None
