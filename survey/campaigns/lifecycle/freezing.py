"""Questionnaires as they are launched, each kept once under its content hash."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from survey.campaigns.models import FrozenQuestionnaire
from survey.questionnaires.document import canonical, content_hash
from survey.questionnaires.model import Questionnaire

INSERTS: Mapping[str, Any] = {"postgresql": postgresql.insert, "sqlite": sqlite.insert}
"""Both can leave what is there alone; SQLAlchemy spells it by dialect."""


def freeze(db: Session, questionnaire: Questionnaire) -> str:
    """Keeps a questionnaire under its hash, once, also if two schools launch it at one moment."""
    key = content_hash(questionnaire)
    insert = INSERTS[db.get_bind().dialect.name]
    db.execute(
        insert(FrozenQuestionnaire)
        .values(content_hash=key, document=canonical(questionnaire))
        .on_conflict_do_nothing()
    )
    return key
