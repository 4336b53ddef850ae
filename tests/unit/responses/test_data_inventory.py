"""What is kept of a student is a closed list, and each column of it is told to them."""

from __future__ import annotations

from pathlib import Path

import pytest

from survey.campaigns.models import AccessCode
from survey.database import Base
from survey.device.ended_sessions import EndedSession
from survey.questionnaires.item_kinds.answer import CORRECTABLE
from survey.questionnaires.model import ItemKind
from survey.responses.data_inventory import KEPT
from survey.responses.models import FreeText, Response
from survey.responses.page_rendering import HINTS, REASONS
from survey.responses.personal_data_hints import PersonalDataHint

CLOSED_LIST = {
    Response: {"school_id", "wave_id", "response_id", "answers"},
    FreeText: {"school_id", "wave_id", "text_id", "item", "words"},
    AccessCode: {"school_id", "wave_id", "code_hash", "tag", "receipt", "box"},
    EndedSession: {"hour", "session_hash"},
}


@pytest.mark.parametrize("model", CLOSED_LIST, ids=lambda model: str(model.__tablename__))
def test_no_column_more(model: type[Base]) -> None:
    assert {column.name for column in model.__table__.columns} == CLOSED_LIST[model]


def test_every_column_kept_of_a_student_has_words() -> None:
    kept = {
        column.name
        for model in (Response, FreeText, AccessCode)
        for column in model.__table__.columns
    }
    assert kept == set(KEPT)


@pytest.mark.parametrize("model", CLOSED_LIST, ids=lambda model: str(model.__tablename__))
def test_sqlite_stores_by_the_random_key(model: type[Base]) -> None:
    assert model.__table__.dialect_options["sqlite"]["with_rowid"] is False


@pytest.mark.parametrize("kind", ItemKind.known.values())
def test_every_kind_of_item_has_its_partial(kind: ItemKind) -> None:
    partials = Path(__file__).parents[3] / "survey/responses/templates/responses/items"
    assert (partials / f"{kind.value}.html").is_file()


def test_everything_that_can_be_put_right_has_words() -> None:
    assert set(REASONS) == CORRECTABLE
    assert set(HINTS) == set(PersonalDataHint)
