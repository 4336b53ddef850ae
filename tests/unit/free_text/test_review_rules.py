"""What is kept of a text, until when it is to be read, and the set that leaves the room."""

from __future__ import annotations

from datetime import date

import pytest

from survey.database import Base
from survey.free_text.decisions import PassedTo, TextDecision, read_by
from survey.free_text.document import FEWEST, ItemTexts, TextSet, hash_of
from survey.free_text.models import RoomText, TextRoom
from survey.free_text.name_hints import NameHint
from survey.free_text.published_models import ReleasedTexts
from survey.free_text.report_views import OWN_WORDS
from survey.free_text.wording import HINTS, MARKS, PASSED_TO
from survey.questionnaires.model import Audience

CLOSED_LIST = {
    TextRoom: {"school_id", "wave_id", "opened_on", "read_by", "erased_on"},
    RoomText: {
        "school_id",
        "wave_id",
        "text_id",
        "item",
        "words",
        "out",
        "mark",
        "passed_to",
        "passed_on",
        "note",
    },
    ReleasedTexts: {
        "school_id",
        "wave_id",
        "texts_hash",
        "document",
        "released_on",
        "withdrawn_on",
        "notice",
    },
}


@pytest.mark.parametrize("model", CLOSED_LIST, ids=lambda model: str(model.__tablename__))
def test_no_column_more(model: type[Base]) -> None:
    assert {column.name for column in model.__table__.columns} == CLOSED_LIST[model]


def test_sqlite_stores_texts_by_the_random_key() -> None:
    assert RoomText.__table__.dialect_options["sqlite"]["with_rowid"] is False  # type: ignore[attr-defined]


DAYS = """
closed      read by
2026-11-23  2026-11-25
2026-11-26  2026-11-30
2026-11-27  2026-12-01
2026-11-28  2026-12-01
2026-11-29  2026-12-01
2026-12-31  2027-01-04
"""


@pytest.mark.parametrize("line", DAYS.strip().splitlines()[1:])
def test_texts_are_read_within_two_school_days(line: str) -> None:
    closed, until = map(date.fromisoformat, line.split())
    assert read_by(closed) == until


def test_everything_has_its_words() -> None:
    assert set(HINTS) == set(NameHint)
    assert set(MARKS) == set(TextDecision)
    assert set(PASSED_TO) == set(PassedTo)
    assert set(OWN_WORDS) == set(Audience)


def item(number: int) -> ItemTexts:
    return ItemTexts("P2", tuple((f"text {n} by ", None, " ü") for n in range(number)))


def test_a_set_reads_back_as_it_was_written() -> None:
    made = TextSet("hash", (item(FEWEST), item(FEWEST + 1)))
    assert TextSet.from_json(made.to_json()) == made
    assert len(hash_of(made.to_json())) == 64


def test_a_set_of_fewer_cannot_be_built() -> None:
    with pytest.raises(ValueError, match="fewer than 20"):
        item(FEWEST - 1)


def test_a_set_of_another_format_is_refused() -> None:
    document = TextSet("hash", (item(FEWEST),)).to_json().replace('"format":1', '"format":2')
    with pytest.raises(ValueError, match="another format"):
        TextSet.from_json(document)
