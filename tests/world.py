"""A small world for tests: whose is what, by name."""

from __future__ import annotations

import uuid
from dataclasses import dataclass, field
from datetime import date, datetime
from functools import cache

from flask import current_app
from flask.testing import FlaskClient
from flask_security.utils import hash_password
from sqlalchemy import select

from survey.actions.models import Action, SubjectKind
from survey.actions.shared_places.models import (
    Partner,
    PartnerAction,
    SharedPlace,
    SharedPlaceSchool,
)
from survey.actions.states import ActionState
from survey.approvals.models import Approval, ApprovalKind
from survey.campaigns import ballot_box
from survey.campaigns.models import Campaign, FrozenQuestionnaire, LinkBatch, Programme, Wave
from survey.campaigns.readers.models import (
    Invitation,
    InvitationState,
    ReaderState,
    SchoolReader,
)
from survey.campaigns.states import WaveState
from survey.database import begin
from survey.help_requests import encryption
from survey.help_requests import operations as asking
from survey.help_requests.operations import RequestText
from survey.help_requests.reader_keys import place_of
from survey.jobs.models import Job
from survey.jobs.states import JobState
from survey.organisations.models import (
    Authority,
    CopyKind,
    DeskKey,
    DeskKeyCopy,
    HelpDesk,
    Member,
    Nation,
    Phase,
    School,
)
from survey.organisations.school_files import operations as school_files
from survey.permissions import Role
from survey.questionnaires.document import canonical, content_hash
from survey.questionnaires.load import load_all
from survey.self_assessment.models import Assessment
from tests.seats import seated

PASSWORD = "a long demo password"
READING = "seven quiet otters"
SHEET = "ABCD-EFGH-JKMN-PQRS-TUVW-XYZ3"
"""What opens the requests of either school: its lead's reading password, and its recovery sheet."""
TEMPLATE = ("safety", "2026.3")
OPENED = date(2026, 10, 5)


@dataclass(frozen=True)
class Side:
    """One authority's part of the world."""

    authority_id: uuid.UUID
    programme_id: uuid.UUID
    school_id: uuid.UUID
    campaign_id: uuid.UUID
    wave_id: uuid.UUID
    batch_id: uuid.UUID
    request_id: uuid.UUID
    assessment_id: uuid.UUID
    action_id: uuid.UUID
    shared_place_id: uuid.UUID
    partner_action_id: uuid.UUID
    approval_id: uuid.UUID
    file_id: uuid.UUID
    reader_id: uuid.UUID
    door: int
    word: str
    email: dict[Role, str] = field(default_factory=dict)

    def path_values(self) -> dict[str, object]:
        """A value for each thing that a path of this side may name."""
        return {
            "authority_id": self.authority_id,
            "programme_id": self.programme_id,
            "school_id": self.school_id,
            "campaign_id": self.campaign_id,
            "wave_id": self.wave_id,
            "batch_id": self.batch_id,
            "request_id": self.request_id,
            "assessment_id": self.assessment_id,
            "action_id": self.action_id,
            "shared_place_id": self.shared_place_id,
            "partner_action_id": self.partner_action_id,
            "approval_id": self.approval_id,
            "file_id": self.file_id,
            "token": "a-link-that-was-used",
            "contact_key": "shout",
            "log_kind": "csv",
            "nation": Nation.ENGLAND.value,  # of the template of a list of schools
            "word": self.word,
            "invited": self.school_id,
            "reader_id": self.reader_id,
            "passkey_id": self.batch_id,
            "account_id": self.batch_id,
            "copy_id": self.batch_id,  # no one's: a sweep takes no reader away
            "text_id": self.batch_id,  # no text is there: a room opens after the close
            "number": 1,
            "job_number": 1,
        }


@dataclass(frozen=True)
class World:
    own: Side
    other: Side
    operator_email: str

    def email(self, role: Role) -> str:
        return self.operator_email if role is Role.OPERATOR else self.own.email[role]


@cache
def _hashed() -> str:
    hashed: str = hash_password(PASSWORD)
    return hashed


@cache
def _template() -> tuple[str, str]:
    """(hash, document) of the template: worked out once, as every test with a world needs it."""
    template = load_all()[TEMPLATE]
    return content_hash(template), canonical(template)


def build_world() -> World:
    template_hash, document = _template()
    with begin() as db:
        db.add(FrozenQuestionnaire(content_hash=template_hash, document=document))
        db.flush()  # waves point to it
        sides = [_side(db, name, number) for number, name in enumerate(("Northmoor", "Southwold"))]
        operator = _member(Role.OPERATOR, "operator@survey.test")
        db.add_all([operator, _failed_job()])
    return World(own=sides[0], other=sides[1], operator_email="operator@survey.test")


def _failed_job() -> Job:
    """The upkeep of a night that did not come to its end."""
    at = datetime(2026, 10, 5, 2, 30)  # noqa: DTZ001  as the column holds it
    return Job(
        kind="upkeep",
        key="upkeep",
        subject={},
        language="en",
        stamp="0",
        state=JobState.FAILED,
        asked_at=at,
        heard_at=at,
        problem="The answers of a survey could not be opened.",
    )


def _side(db, name: str, number: int) -> Side:  # type: ignore[no-untyped-def]
    authority = Authority(name=f"{name} Council", nation=Nation.ENGLAND)
    db.add(authority)
    db.flush()
    school = School(
        name=f"{name} High School",
        nation=Nation.ENGLAND,
        phase=Phase.SECONDARY,
        roll={str(year): 180 for year in range(7, 12)},
        authority_id=authority.authority_id,
    )
    programme = Programme(
        authority_id=authority.authority_id,
        title=f"{name} safety survey",
        template_key=TEMPLATE[0],
        template_version=TEMPLATE[1],
        started_on=OPENED,
    )
    db.add_all([school, programme])
    db.flush()
    campaign = Campaign(
        school_id=school.school_id,
        authority_id=authority.authority_id,
        programme_id=programme.programme_id,
        title="Safety survey",
        template_key=TEMPLATE[0],
        template_version=TEMPLATE[1],
        adaptation={},
    )
    db.add(campaign)
    db.flush()
    wave = Wave(
        school_id=school.school_id,
        campaign_id=campaign.campaign_id,
        number=1,
        state=WaveState.OPEN,
        questionnaire_hash=_template()[0],
        door=1000 + number,
        opened_on=OPENED,
        closes_on=date(2099, 12, 18),  # a test that answers must not fail after some day
        counter=0,
        wave_id=uuid.uuid4(),
    )
    ballot_box.prepare(db, wave=wave, questionnaire=load_all()[TEMPLATE], split=False)
    db.add(wave)
    db.flush()
    batch = LinkBatch(
        school_id=school.school_id,
        wave_id=wave.wave_id,
        year=9,
        label="Year 9",
        count=30,
        made_on=OPENED,
    )
    db.add(batch)
    # Rows made directly: what operations do leaves an event, and the world begins without.
    assessment = Assessment(school_id=school.school_id, started_on=OPENED)
    action = _action(wave)
    place = _shared_place(programme, school)
    partner_action = PartnerAction(
        partner_action_id=uuid.uuid4(),
        partner=Partner.TRANSPORT,
        who="Depot manager",
        steps_taken="A light at the stop",
        due_on=date(2026, 12, 18),
        planned_on=OPENED,
    )
    place.actions.append(partner_action)
    db.add_all([assessment, action, place])
    emails = {}
    for role in (Role.ANALYST, Role.LEAD, Role.COORDINATOR):
        emails[role] = f"{role}@{name.lower()}.test"
        at = (
            {"authority_id": authority.authority_id}
            if role is Role.ANALYST
            else {"school_id": school.school_id}
        )
        db.add(_member(role, emails[role], **at))
    db.flush()
    file_id = school_files.keep(
        db,
        nation=Nation.ENGLAND,
        content=f"Name,Authority\nA new school,{name} Council\n".encode(),
        authority_id=authority.authority_id,
    )
    approval = _approval(db, wave, emails[Role.COORDINATOR])
    desk = HelpDesk(
        school_id=school.school_id,
        word=("kqw7hm", "zt4pxd")[number],
        is_open=True,
        who="Ms Okafor, safeguarding lead",
        hours="on school days, before 4 pm",
        key_number=1,
    )
    db.add(desk)
    _desk_key(db, school.school_id, emails[Role.LEAD])
    request_id = uuid.uuid4()
    asking.ask(
        db,
        school_id=school.school_id,
        request_id=request_id,
        asked=RequestText("Robin Asker", "8B", "In form time", "It is about the bus", urgent=True),
        key=asking.box_key(current_app.extensions["settings"].totp_key),
        today=OPENED,
    )
    return Side(
        authority_id=authority.authority_id,
        programme_id=programme.programme_id,
        school_id=school.school_id,
        campaign_id=campaign.campaign_id,
        wave_id=wave.wave_id,
        batch_id=batch.batch_id,
        request_id=request_id,
        assessment_id=assessment.assessment_id,
        action_id=action.action_id,
        shared_place_id=place.shared_place_id,
        partner_action_id=partner_action.partner_action_id,
        approval_id=approval.approval_id,
        file_id=file_id,
        reader_id=_reader(db, programme, campaign, name),
        door=wave.door,
        word=desk.word,
        email=emails,
    )


def _reader(db, programme: Programme, campaign: Campaign, name: str) -> uuid.UUID:  # type: ignore[no-untyped-def]
    """The school lets a trust compare it, and accepted the invitation from its authority."""
    trust = Authority(name=f"{name} Trust", nation=Nation.ENGLAND)
    db.add(trust)
    db.flush()
    db.add(
        SchoolReader(
            school_id=campaign.school_id,
            authority_id=trust.authority_id,
            state=ReaderState.ACCEPTED,
            asked_on=OPENED,
            answered_on=OPENED,
        )
    )
    db.add(
        Invitation(
            authority_id=programme.authority_id,
            programme_id=programme.programme_id,
            school_id=campaign.school_id,
            campaign_id=campaign.campaign_id,
            state=InvitationState.ACCEPTED,
            invited_on=OPENED,
            answer_by=date(2099, 12, 18),
            answered_on=OPENED,
        )
    )
    return trust.authority_id


def _approval(db, wave: Wave, asked_by: str) -> Approval:  # type: ignore[no-untyped-def]
    """The coordinator asked for more cards, and no one has answered."""
    asker = db.scalars(select(Member).where(Member.email == asked_by)).one()
    approval = Approval(
        school_id=wave.school_id,
        approval_id=uuid.uuid4(),
        wave_id=wave.wave_id,
        number=1,
        kind=ApprovalKind.CARDS,
        year=11,
        count=5,
        reason="A box of cards got wet",
        asked_by=asker.id,
        asked_on=OPENED,
    )
    db.add(approval)
    db.flush()
    return approval


def _desk_key(db, school_id: uuid.UUID, lead: str) -> None:  # type: ignore[no-untyped-def]
    """A key of the desk that the lead opens with the reading password, and the sheet too."""
    public_key, private_key = encryption.new_pair()
    db.add(
        DeskKey(
            school_id=school_id,
            number=1,
            public_key=public_key,
            made_on=OPENED,
            in_use_from=OPENED,
        )
    )
    db.flush()  # its copies point to it
    reader = db.query(Member).filter_by(email=lead).one().id
    for kind, holder, secret in ((CopyKind.READER, reader, READING), (CopyKind.SHEET, None, SHEET)):
        copy = DeskKeyCopy(
            school_id=school_id,
            number=1,
            copy_id=uuid.uuid4(),
            kind=kind,
            member_id=holder,
            since=OPENED,
        )
        copy.wrapped = encryption.wrap(private_key, secret=secret, place=place_of(copy))
        db.add(copy)
    db.flush()


def _action(wave: Wave) -> Action:
    return Action(
        school_id=wave.school_id,
        action_id=uuid.uuid4(),
        campaign_id=wave.campaign_id,
        wave_id=wave.wave_id,
        kind=SubjectKind.PLACE,
        subject="toilets",
        measured_table="B2.toilets",
        measured_answer="feel_unsafe",
        measured_group="all",
        found="Toilets: about a third feel unsafe.",
        goal="Nobody avoids the toilets at break",
        owner="Site manager",
        steps_taken="An adult stands outside at break",
        due_on=date(2026, 12, 18),
        other_signs="",
        for_students=False,
        we_did="",
        language="en",
        state=ActionState.PLANNED,
        planned_on=OPENED,
    )


def _shared_place(programme: Programme, school: School) -> SharedPlace:
    place = SharedPlace(
        authority_id=programme.authority_id,
        shared_place_id=uuid.uuid4(),
        programme_id=programme.programme_id,
        name="Riverside bus station",
        begun_on=OPENED,
    )
    place.schools.append(
        SharedPlaceSchool(
            school_id=school.school_id, programme_id=programme.programme_id, place_key="stops"
        )
    )
    return place


def _member(role: Role, email: str, **at: uuid.UUID) -> Member:
    return seated(
        role,
        email,
        name=f"{role.capitalize()} Person",
        since=OPENED,
        password=_hashed(),
        **at,
    )


def open_requests(client: FlaskClient, side: Side) -> None:
    """Opens the requests of a school with its lead's reading password."""
    answer = client.post(
        f"/schools/{side.school_id}/help-requests/open", data={"password": READING}
    )
    assert answer.status_code == 302, answer.get_data(as_text=True)


def sign_in(client: FlaskClient, email: str) -> None:
    """Signs a member in through the real page."""
    client.application.config["WTF_CSRF_ENABLED"] = False
    answer = client.post("/sign-in", data={"email": email, "password": PASSWORD})
    assert answer.status_code == 302, answer.get_data(as_text=True)
