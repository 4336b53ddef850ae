"""The steps that a restore repeats, because they were done after the backup was made.

Every permanent withdrawal or erasure has an entry here, under the name of its event. When such an
event is recorded, the ledger gets a line with the identifiers below and the day; after a restore
the function is called with that line. Other changes after the backup are lost, as with any restore.
"""

from __future__ import annotations

import uuid
from collections.abc import Callable, Mapping
from datetime import date
from typing import Any

from sqlalchemy import delete, update
from sqlalchemy.orm import Session

from survey.actions.models import StudentsPage
from survey.audit_log import EventName
from survey.campaigns import operations as campaigns
from survey.campaigns.errors import HasAnswersError
from survey.campaigns.lifecycle import undo
from survey.campaigns.models import PrintDetails, Wave
from survey.campaigns.site_plans.models import SitePlan
from survey.campaigns.states import REPORTED, EndReason, WaveState
from survey.free_text import publication
from survey.ledger.since_backup import LedgerEvent
from survey.organisations import operations as organisations
from survey.organisations.accounts import passkeys
from survey.organisations.accounts.invitations import record_at_each
from survey.organisations.lifecycle import discard, erase
from survey.organisations.models import (
    Authority,
    CopyKind,
    DeskKeyCopy,
    HelpDesk,
    Member,
    School,
    StaffNames,
)
from survey.organisations.providers import linking
from survey.organisations.seats import operations as seats
from survey.responses import collect
from survey.responses.ballot_box import ending
from survey.settings import current_settings

ABOUT = ("wave_id", "campaign_id", "member", "is_open", "number")
"""The details of an event that the ledger keeps. None is a name or a text."""

Redo = Callable[[Session, LedgerEvent], None]


def _id(happened: LedgerEvent, name: str) -> uuid.UUID | None:
    found = happened.about.get(name)
    return uuid.UUID(str(found)) if found else None


def _wave(db: Session, happened: LedgerEvent) -> Wave | None:
    school_id, wave_id = _id(happened, "school_id"), _id(happened, "wave_id")
    return db.get(Wave, (school_id, wave_id)) if school_id and wave_id else None


def _member(db: Session, happened: LedgerEvent) -> Member | None:
    member_id = _id(happened, "member")
    return db.get(Member, member_id) if member_id else None


# Surveys


def _close(db: Session, happened: LedgerEvent) -> None:
    wave = _wave(db, happened)
    if wave is not None and wave.state is WaveState.OPEN:
        campaigns.close(db, wave=wave, today=happened.on, by=None)


def _end(db: Session, happened: LedgerEvent) -> None:
    wave = _wave(db, happened)
    reason = EndReason(happened.about.get("reason", EndReason.NOT_WANTED))
    _end_for(db, wave, reason, happened.on)


def _end_for(db: Session, wave: Wave | None, reason: EndReason, on: date) -> None:
    if wave is not None and wave.state not in (WaveState.DRAFT, WaveState.ENDED, *REPORTED):
        campaigns.close(db, wave=wave, today=on, by=None)
        ending.end(db, wave=wave, reason=reason, today=on, by=None)


def _undo_launch(db: Session, happened: LedgerEvent) -> None:
    wave = _wave(db, happened)
    if wave is None or wave.state is not WaveState.OPEN:
        return
    try:
        undo.undo_launch(db, wave=wave, key=current_settings().code_key, today=happened.on, by=None)
    except HasAnswersError:
        _end_for(db, wave, EndReason.MISTAKE, happened.on)


def _erase_answers(db: Session, happened: LedgerEvent) -> None:
    wave = _wave(db, happened)
    if wave is None or wave.state is WaveState.DRAFT:
        return
    _end_for(db, wave, EndReason.TIME_UP, happened.on)
    collect.erase(db, school_id=wave.school_id, wave_id=wave.wave_id)
    publication.erase(db, wave=wave, today=happened.on)


def _erase_texts(db: Session, happened: LedgerEvent) -> None:
    if (wave := _wave(db, happened)) is not None:
        publication.erase(db, wave=wave, today=happened.on)


def _withdraw_texts(db: Session, happened: LedgerEvent) -> None:
    if (wave := _wave(db, happened)) is not None:
        publication.withdraw_again(
            db, wave=wave, on=happened.on, notice="These texts were withdrawn."
        )


def _hide_items(db: Session, happened: LedgerEvent) -> None:
    db.execute(
        update(PrintDetails)
        .where(
            PrintDetails.school_id == _id(happened, "school_id"),
            PrintDetails.wave_id == _id(happened, "wave_id"),
        )
        .values(items_word=None)
    )


def _hide_students_page(db: Session, happened: LedgerEvent) -> None:
    db.execute(
        delete(StudentsPage).where(
            StudentsPage.school_id == _id(happened, "school_id"),
            StudentsPage.campaign_id == _id(happened, "campaign_id"),
        )
    )


def _of_school(table: Any) -> Redo:
    def remove(db: Session, happened: LedgerEvent) -> None:
        db.execute(delete(table).where(table.school_id == _id(happened, "school_id")))

    return remove


# People


def _close_account(db: Session, happened: LedgerEvent) -> None:
    member = _member(db, happened)
    if member is not None and member.active:
        organisations.close_member(db, member_id=member.id, by=None)


def _end_seat(db: Session, happened: LedgerEvent) -> None:
    """A person was removed from an organisation."""
    member = _member(db, happened)
    place_id = _id(happened, "school_id") or _id(happened, "authority_id")
    for seat in member.seats if member is not None else ():
        if seat.place_id == place_id:
            seats.end(db, seat, by=None)


def _lock_account(db: Session, happened: LedgerEvent) -> None:
    """A password or second step of this account was changed later, perhaps because it had
    leaked."""
    member = _member(db, happened)
    if member is not None and member.active:
        lock(db, member)


def lock(db: Session, member: Member) -> None:
    """Blocks sign-in until the operator renews the account."""
    member.password = member.tf_primary_method = member.tf_totp_secret = None
    member.mf_recovery_codes = None
    passkeys.remove_all(db, member.id)
    linking.unlink_all(db, member.id)
    record_at_each(db, EventName.MEMBER_LOCKED, member, by=None, member=member.id)


def _remove_reader(db: Session, happened: LedgerEvent) -> None:
    db.execute(
        delete(DeskKeyCopy).where(
            DeskKeyCopy.school_id == _id(happened, "school_id"),
            DeskKeyCopy.member_id == _id(happened, "member"),
        )
    )


def _remove_sheet(db: Session, happened: LedgerEvent) -> None:
    db.execute(
        delete(DeskKeyCopy).where(
            DeskKeyCopy.school_id == _id(happened, "school_id"), DeskKeyCopy.kind == CopyKind.SHEET
        )
    )


def _change_desk(db: Session, happened: LedgerEvent) -> None:
    desk = db.get(HelpDesk, _id(happened, "school_id"))
    if desk is not None and not happened.about.get("is_open", True):
        desk.is_open = False


def _erase_account(db: Session, happened: LedgerEvent) -> None:
    if (member := _member(db, happened)) is not None:
        erase.erase_member(db, member=member, by=None, today=happened.on)


def _organisation(db: Session, happened: LedgerEvent) -> School | Authority | None:
    school_id, authority_id = _id(happened, "school_id"), _id(happened, "authority_id")
    if school_id is not None:
        return db.get(School, school_id)
    return db.get(Authority, authority_id) if authority_id is not None else None


def _erase_organisation(db: Session, happened: LedgerEvent) -> None:
    if (found := _organisation(db, happened)) is not None:
        erase.erase_organisation(db, organisation=found, by=None, today=happened.on)


def _discard(db: Session, happened: LedgerEvent) -> None:
    found = _organisation(db, happened)
    if found is not None and not discard.is_used(db, found):
        discard.discard(db, organisation=found, by=None)


def _close_school(db: Session, happened: LedgerEvent) -> None:
    found = _organisation(db, happened)
    if isinstance(found, School) and found.closed_on is None:
        found.closed_on = happened.on


REDO: Mapping[EventName, Redo] = {
    EventName.WAVE_CLOSED: _close,
    EventName.WAVE_ENDED: _end,
    EventName.LAUNCH_UNDONE: _undo_launch,
    EventName.RESPONSES_ERASED: _erase_answers,
    EventName.TEXTS_ERASED: _erase_texts,
    EventName.TEXTS_WITHDRAWN: _withdraw_texts,
    EventName.ITEMS_HIDDEN: _hide_items,
    EventName.STUDENTS_PAGE_HIDDEN: _hide_students_page,
    EventName.PLAN_REMOVED: _of_school(SitePlan),
    EventName.STAFF_NAMES_CHANGED: _of_school(StaffNames),
    EventName.MEMBER_CLOSED: _close_account,
    EventName.MEMBER_REMOVED: _end_seat,
    EventName.MEMBER_ERASED: _erase_account,
    EventName.MEMBER_RENEWED: _lock_account,
    EventName.PASSWORD_CHANGED: _lock_account,
    EventName.SECOND_STEP_ON: _lock_account,
    EventName.SECOND_STEP_OFF: _lock_account,
    EventName.SECOND_STEP_RESET: _lock_account,
    EventName.RECOVERY_CODES_MADE: _lock_account,
    EventName.PASSKEY_REMOVED: _lock_account,
    EventName.PROVIDER_UNLINKED: _lock_account,
    EventName.DESK_READER_REMOVED: _remove_reader,
    EventName.DESK_SHEET_MADE: _remove_sheet,
    EventName.HELP_DESK_CHANGED: _change_desk,
    EventName.SCHOOL_CLOSED: _close_school,
    EventName.SCHOOL_DISCARDED: _discard,
    EventName.SCHOOL_ERASED: _erase_organisation,
    EventName.AUTHORITY_ERASED: _erase_organisation,
}

OWN_DOING = frozenset(
    {
        EventName.PASSWORD_CHANGED, EventName.SECOND_STEP_ON, EventName.SECOND_STEP_OFF,
        EventName.RECOVERY_CODES_MADE, EventName.PASSKEY_REMOVED, EventName.PROVIDER_UNLINKED,
    }
)  # fmt: skip
"""Events whose subject is the member who caused them."""
