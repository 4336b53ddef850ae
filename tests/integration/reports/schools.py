"""Schools with a programme and stored answers, written straight to the database: what comes before
a release is for other tests."""

from __future__ import annotations

import json
import uuid
from dataclasses import dataclass
from datetime import date

from sqlalchemy.orm import Session

from survey.campaigns.access_codes import draw_door
from survey.campaigns.models import Campaign, FrozenQuestionnaire, Programme, Wave
from survey.campaigns.states import WaveState
from survey.disclosure.certificate import Certificate
from survey.organisations.models import Authority, Nation, School
from survey.questionnaires.check_answers import Answers
from survey.questionnaires.document import canonical, content_hash
from survey.questionnaires.load import load_all
from survey.questionnaires.model import Questionnaire
from survey.releases import operations as release_operations
from survey.releases.models import StoredRelease
from survey.releases.policy import POLICY
from survey.responses.models import FreeText, Response
from tests.two_people import agree
from tests.unit.reports.schools import print_release, with_sections
from tests.unit.reports.students import make_students

TEMPLATE = ("safety-core", "2026.3")
CORE = with_sections(load_all()[TEMPLATE], "A", "B", "F")
"""Three sections of it, so that a release is quickly certified."""
YEARS = ("y7", "y8", "y9", "y10", "y11")
CLOSED = date(2026, 12, 18)
RELEASED = date(2026, 12, 21)


@dataclass(frozen=True)
class Known:
    """Where a school's wave is, and the answers it holds."""

    school_id: uuid.UUID
    wave_id: uuid.UUID
    answers: tuple[Answers, ...]

    def wave(self, db: Session) -> Wave:
        found = db.get(Wave, (self.school_id, self.wave_id))
        assert found is not None
        return found


def add_programme(db: Session) -> Programme:
    authority = Authority(name="Eastfold Council", nation=Nation.ENGLAND)
    db.add(authority)
    db.flush()
    programme = Programme(
        authority_id=authority.authority_id,
        title="Eastfold safety survey",
        template_key=TEMPLATE[0],
        template_version=TEMPLATE[1],
        started_on=date(2026, 10, 1),
    )
    db.add(programme)
    db.flush()
    return programme


def add_school(
    db: Session,
    *,
    name: str,
    students: int,
    seed: int = 1,
    state: WaveState = WaveState.CLOSED,
    programme: Programme | None = None,
    questionnaire: Questionnaire = CORE,
    names_itself: bool = False,
) -> Known:
    school = School(
        name=name,
        nation=Nation.ENGLAND,
        authority_id=programme.authority_id if programme else None,
        roll={str(year): 150 for year in range(7, 12)},
        names_itself=names_itself,
    )
    db.add(school)
    db.flush()
    campaign = Campaign(
        school_id=school.school_id,
        authority_id=programme.authority_id if programme else None,
        programme_id=programme.programme_id if programme else None,
        title=f"{name} survey",
        template_key=TEMPLATE[0],
        template_version=TEMPLATE[1],
        adaptation={},
    )
    db.add(campaign)
    db.flush()
    is_draft = state is WaveState.DRAFT
    frozen = content_hash(questionnaire)
    if db.get(FrozenQuestionnaire, frozen) is None:
        db.add(FrozenQuestionnaire(content_hash=frozen, document=canonical(questionnaire)))
        db.flush()
    wave = Wave(
        school_id=school.school_id,
        campaign_id=campaign.campaign_id,
        number=1,
        state=state,
        questionnaire_hash=None if is_draft else frozen,
        door=draw_door(db),
        opened_on=None if is_draft else date(2026, 10, 5),
        closes_on=None if is_draft else CLOSED,
        closed_on=CLOSED if state in (WaveState.CLOSED, WaveState.RELEASED) else None,
        counter=0,
    )
    db.add(wave)
    db.flush()
    answers = tuple(make_students(questionnaire, students, seed, YEARS))
    which = {"school_id": school.school_id, "wave_id": wave.wave_id}
    db.add_all(Response(**which, answers=json.dumps(one)) for one in answers)
    db.add(FreeText(**which, item="P2", words="A light by the gate"))
    db.flush()
    return Known(school.school_id, wave.wave_id, answers)


def release_uncertified(db: Session, known: Known) -> StoredRelease:
    """A release counted, printed and stored as always, but not audited, which takes its time: for
    tests of what comes after. Nothing in the product makes one."""
    wave = known.wave(db)
    agree(db, wave)
    prepared = release_operations.prepare(db, wave=wave)
    printed = print_release(prepared.counted, prepared.header, POLICY)
    certificate = Certificate(printed.content_hash(), ())
    return release_operations.keep(
        db, wave=wave, release=printed, certificate=certificate, by=None, today=RELEASED
    )
