"""The sign-offs that a survey needs before its launch, and the wording that they count for.

The head signs, if the school has a person in that seat; otherwise a lead records the head's
signature on paper, and nothing waits for it. The authority signs if its programme asks for that.
A sign-off names the wording by its hash: another wording is not signed off.

The authority sees no school's places and no optional questions before it signs: from those it could
tell later which letter of its comparison is which school. Its page shows what is the same in every
school, and that the school's own checks are done.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import uuid
from dataclasses import dataclass, replace
from datetime import date

from flask_babel import gettext as _
from sqlalchemy.orm import Session, object_session

from survey.approvals import sign_offs
from survey.approvals.models import SignOff, SignOffKind
from survey.approvals.sign_offs import NoSuchSignOffError
from survey.audit_log import EventName, record
from survey.campaigns.errors import SurveyNotOpenError
from survey.campaigns.models import Campaign, Programme, Wave
from survey.campaigns.own_question_approval import WordsChangedError
from survey.campaigns.queries import draft_of, latest_wave, lock_wave
from survey.campaigns.states import WaveState
from survey.errors import RefusedError
from survey.organisations.models import School
from survey.organisations.seats.operations import seats_at
from survey.organisations.seats.vouching import is_vouched_for
from survey.permissions import MemberLike, Permission, may
from survey.questionnaires.document import canonical


class HeadSignsError(RefusedError):
    """Only a head whose seat is confirmed signs in person, and no one else for them."""


@dataclass(frozen=True)
class SignOffStatus:
    """One sign-off of a draft. `given` counts for the wording as it is now; `before` is an earlier
    one that does not, because the survey changed or it was taken back."""

    kind: SignOffKind
    is_needed: bool
    given: SignOff | None
    before: SignOff | None

    @property
    def is_missing(self) -> bool:
        return self.is_needed and self.given is None


def wording_of(campaign: Campaign) -> str:
    """A name for everything that students would read: title, questions, the people to turn to. Help
    lines are left out: a number that is corrected needs no new sign-off."""
    draft = draft_of(campaign)
    own = tuple(one for one in draft.help if one.own)
    said = json.dumps([campaign.title, canonical(replace(draft, help=own))])
    return hashlib.sha256(said.encode()).hexdigest()


def seen_mark(wording: str, *, by: MemberLike, key: str) -> str:
    """What a form carries to say which wording its page showed. Without the key no wording can be
    guessed from it."""
    said = f"sign-off {by.id} {wording}".encode()
    return hmac.digest(key.encode(), said, "sha256").hex()


def standings(db: Session, wave: Wave) -> tuple[SignOffStatus, ...]:
    """The sign-offs of a draft: of the head, and of the authority if its programme asks for it."""
    campaign, programme = wave.campaign, wave.campaign.programme_ahead
    needed = {SignOffKind.HEAD: has_head(db, campaign.school)}
    if programme is not None and programme.asks_sign_off:
        needed[SignOffKind.AUTHORITY] = True
    wording = wording_of(campaign)
    every = sign_offs.of_wave(db, school_id=wave.school_id, wave_id=wave.wave_id)
    return tuple(_standing(kind, is_needed, wording, every) for kind, is_needed in needed.items())


def _standing(
    kind: SignOffKind, is_needed: bool, wording: str, every: list[SignOff]
) -> SignOffStatus:
    own = [one for one in every if one.kind is kind]
    given = next((one for one in own if one.ended_on is None and one.words_hash == wording), None)
    before = next((one for one in own if one is not given), None)
    return SignOffStatus(kind, is_needed, given, before if given is None else None)


def heads_of(db: Session, school: School) -> frozenset[uuid.UUID]:
    """Who at the school can sign off in person. A head whom only a colleague brought in, and no one
    has confirmed, is none: a lead could have invited themselves."""
    return frozenset(
        one.id
        for one in seats_at(db, school)
        if may(one, Permission.SIGN_OFF_GIVE) and is_vouched_for(one)
    )


def has_head(db: Session, school: School) -> bool:
    return bool(heads_of(db, school))


def missing(campaign: Campaign) -> tuple[str, ...]:
    """What a launch waits for, one sentence each."""
    db, wave = object_session(campaign), latest_wave(campaign)
    if db is None or wave.state is not WaveState.DRAFT:
        return ()
    says = {
        SignOffKind.HEAD: _("The head has to sign the survey off as it is now."),
        SignOffKind.AUTHORITY: _("Your authority has to sign the survey off as it is now."),
    }
    return tuple(says[one.kind] for one in standings(db, wave) if one.is_missing)


def give(
    db: Session,
    *,
    wave: Wave,
    kind: SignOffKind,
    seen: str,
    key: str,
    by: MemberLike,
    today: date,
) -> SignOff:
    """Signs off the wording that the page showed."""
    wording = _wording_to_sign(db, wave)
    if not hmac.compare_digest(seen, seen_mark(wording, by=by, key=key)):
        raise WordsChangedError(
            _("The survey has changed since you opened the page. Look at it again.")
        )
    if kind is SignOffKind.HEAD and by.id not in heads_of(db, wave.campaign.school):
        raise HeadSignsError(
            _("Your seat is not confirmed yet. The operator or your authority can confirm it.")
        )
    return sign_offs.give(
        db,
        school_id=wave.school_id,
        wave_id=wave.wave_id,
        kind=kind,
        words_hash=wording,
        by=by,
        today=today,
    )


def record_paper(db: Session, *, wave: Wave, name: str, by: MemberLike, today: date) -> SignOff:
    """A lead records that the head signed on paper. Not where the head has an account."""
    wording = _wording_to_sign(db, wave)
    if has_head(db, wave.campaign.school):
        raise HeadSignsError(_("The head has an account here, and signs the survey off there."))
    return sign_offs.give(
        db,
        school_id=wave.school_id,
        wave_id=wave.wave_id,
        kind=SignOffKind.HEAD,
        words_hash=wording,
        by=by,
        today=today,
        on_paper_by=sign_offs.name_on_paper(name),
    )


def revoke(db: Session, *, wave: Wave, kind: SignOffKind, by: MemberLike, today: date) -> None:
    """Takes the sign-off that counts back, until the launch."""
    wording = _wording_to_sign(db, wave)
    where = {"school_id": wave.school_id, "wave_id": wave.wave_id}
    given = sign_offs.in_force(db, **where, kind=kind, words_hash=wording)
    if given is None:
        raise NoSuchSignOffError(_("There is no sign-off to take back."))
    sign_offs.revoke(db, sign_off=given, by=by, today=today)


def _wording_to_sign(db: Session, wave: Wave) -> str:
    lock_wave(db, wave)
    if wave.state is not WaveState.DRAFT:
        raise SurveyNotOpenError(_("This survey has started already."))
    return wording_of(wave.campaign)


def find_draft(db: Session, programme: Programme, school_id: uuid.UUID) -> Wave:
    """The draft of an invited school. Any other is as if it did not exist."""
    for wave in drafts_of(db, programme):
        if wave.school_id == school_id:
            return wave
    raise NoSuchSignOffError(_("This school has no survey to sign off now."))


def drafts_of(db: Session, programme: Programme) -> list[Wave]:
    """The drafts that the authority is asked to sign, by name of the school."""
    if not programme.asks_sign_off:
        return []
    found = db.query(Campaign).filter_by(
        authority_id=programme.authority_id,
        programme_id=programme.programme_id,
        left_after=None,
    )
    waves = [latest_wave(one) for one in found]
    drafts = [one for one in waves if one.state is WaveState.DRAFT]
    return sorted(drafts, key=lambda one: (one.campaign.school.name, one.wave_id))


def ask_for_sign_offs(
    db: Session, *, programme: Programme, asks: bool, by: MemberLike | None
) -> None:
    """Sets whether schools of the programme wait for the authority before they launch."""
    if programme.asks_sign_off == asks:
        return
    programme.asks_sign_off = asks
    record(
        db,
        EventName.SIGN_OFFS_ASKED_FOR,
        by=by,
        authority_id=programme.authority_id,
        programme_id=programme.programme_id,
        asks=asks,
    )
