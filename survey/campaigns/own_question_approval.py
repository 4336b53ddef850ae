"""Questions in a school's or an authority's own words, which a second person reads before launch.

The check of topics (`prohibited_topics`) is a table of patterns: it cannot understand a sentence.
So nothing is asked in words that only one person has read. The second person agrees to exactly the
words on their page: their hash is kept, and other words need another reading.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable
from datetime import date

from flask_babel import gettext as _
from sqlalchemy import select
from sqlalchemy.orm import Session, object_session

from survey.approvals import operations as approvals
from survey.approvals.models import Approval, ApprovalKind
from survey.approvals.states import ApprovalState
from survey.campaigns.errors import SurveyNotOpenError
from survey.campaigns.models import Campaign, Wave
from survey.campaigns.queries import draft_of, latest_wave, shipped_template
from survey.campaigns.states import WaveState
from survey.errors import NotNowError
from survey.permissions import MemberLike
from survey.questionnaires.document import encode
from survey.questionnaires.model import Item, Questionnaire


class WordsChangedError(NotNowError):
    """The questions are not those that the second person read."""


def own_words(campaign: Campaign) -> tuple[Item, ...]:
    """What the draft asks in words that are not the shipped template's."""
    shipped = shipped_template(campaign)
    return tuple(item for item in draft_of(campaign).asked if not _is_shipped(item, shipped))


def _is_shipped(item: Item, shipped: Questionnaire) -> bool:
    known = shipped.by_key.get(item.key)
    if known is None:
        return False
    return item.wording == known.wording or (
        known.older is not None and item.wording == known.older.text
    )


def hash_of(items: Iterable[Item]) -> str:
    """A name for these questions: other words, another name."""
    told = [[encode(one.wording), encode(one.options), encode(one.ends or ())] for one in items]
    return hashlib.sha256(json.dumps(told, sort_keys=True).encode()).hexdigest()


def request_of(db: Session, wave: Wave) -> Approval | None:
    """The last time that a second person was asked to read them."""
    found = approvals.of_wave(db, school_id=wave.school_id, wave_id=wave.wave_id)
    return approvals.latest(found, ApprovalKind.QUESTIONS)


def wait(campaign: Campaign) -> bool:
    """Are there own questions that no second person agreed to, as they are now?"""
    items, db = own_words(campaign), object_session(campaign)
    if not items or db is None:
        return False
    wave = latest_wave(campaign)
    agreed = db.scalars(
        select(Approval.words_hash).where(
            Approval.school_id == wave.school_id,
            Approval.wave_id == wave.wave_id,
            Approval.kind == ApprovalKind.QUESTIONS,
            Approval.state == ApprovalState.APPROVED,
        )
    )
    return hash_of(items) not in set(agreed)


def ask(db: Session, *, wave: Wave, by: MemberLike, today: date) -> Approval:
    """Asks a second person to read the own questions of a draft."""
    items = own_words(wave.campaign)
    if wave.state is not WaveState.DRAFT or not items:
        raise SurveyNotOpenError(_("You have no questions for a second person to read now."))
    return approvals.ask(
        db,
        school_id=wave.school_id,
        wave_id=wave.wave_id,
        kind=ApprovalKind.QUESTIONS,
        by=by,
        today=today,
        count=len(items),
    )


def agree(db: Session, *, approval: Approval, seen: str, by: MemberLike, today: date) -> None:
    """The second person agrees to the questions that their page showed, named by `seen`."""
    wave = db.get_one(Wave, (approval.school_id, approval.wave_id), with_for_update=True)
    if wave.state is not WaveState.DRAFT:
        raise SurveyNotOpenError(_("This survey has started already."))
    if hash_of(own_words(wave.campaign)) != seen:
        raise WordsChangedError(
            _("The questions have changed since you opened the page. Read them again.")
        )
    approvals.approve(db, approval=approval, by=by, today=today)
    approval.words_hash = seen
