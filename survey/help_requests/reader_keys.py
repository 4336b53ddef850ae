"""Readers of the requests of a school: the desk's key, its copies, and how they are handed on.

The private key is never stored. Each reader has a copy wrapped under a reading password, the school
has one wrapped under the code of a recovery sheet, and a person who is let in has one wrapped under
a code that a reader hands over. The operator holds none of these secrets: an account that the
operator opens or renews is let in by a present reader, or by the sheet, or not at all.
"""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date, timedelta

from flask_babel import gettext as _
from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from survey.audit_log import EventName, record
from survey.errors import NotNowError, NotThereError, RefusedError
from survey.help_requests import box_storage, encryption
from survey.help_requests.box_format import NOT_SEALED, Slot
from survey.help_requests.operations import sealed
from survey.help_requests.passwords import check_password
from survey.organisations.help_desk import find_desk
from survey.organisations.models import CopyKind, DeskKey, DeskKeyCopy, Member, Membership
from survey.organisations.seats.operations import with_right
from survey.permissions import MemberLike, Permission

REST = timedelta(days=3)
"""How long a key that replaces another waits: time for readers of the other to stop it."""
INVITED_FOR = timedelta(days=7)


class NoDeskError(NotNowError):
    """The desk must first say who reads, and when."""


class MistypedCodeError(RefusedError):
    """A letter of the code is wrong."""


class NoSuchCopyError(NotThereError):
    """No such reader, invitation or sheet."""


class DeskNotOpenError(NotNowError):
    """For readers who have opened the requests."""


class LastReaderError(NotNowError):
    """Without a reader the desk would be closed."""


@dataclass(frozen=True)
class DeskStatus:
    """The keys of a desk as its page shows them. `used` is the key in use, `coming` one that
    waits; copies are those of both."""

    used: DeskKey | None
    coming: DeskKey | None
    copies: tuple[DeskKeyCopy, ...]
    names: Mapping[uuid.UUID, str]

    def of(self, key: DeskKey, kind: CopyKind) -> list[DeskKeyCopy]:
        return [copy for copy in self.copies if copy.number == key.number and copy.kind == kind]


def standing(db: Session, school_id: uuid.UUID) -> DeskStatus:
    desk = find_desk(db, school_id)
    used = db.get(DeskKey, (school_id, desk.key_number)) if desk and desk.key_number else None
    newest = _newest_key(db, school_id)
    coming = newest if newest is not None and newest is not used else None
    numbers = [key.number for key in (used, coming) if key]
    copies = db.execute(
        select(DeskKeyCopy, Member.name)
        .outerjoin(Member, Member.id == DeskKeyCopy.member_id)
        .where(
            DeskKeyCopy.school_id == school_id,
            DeskKeyCopy.number.in_(numbers),
            DeskKeyCopy.member_id.is_(None) | Member.active,
        )
        .order_by(DeskKeyCopy.since, Member.name)
    ).all()
    names = {copy.member_id: name for copy, name in copies if copy.member_id}
    return DeskStatus(used, coming, tuple(copy for copy, _name in copies), names)


def may_invite(db: Session, school_id: uuid.UUID, now: DeskStatus) -> list[Member]:
    """Leads and deputies of the school who cannot open what is sealed to the key in use."""
    if now.used is None:
        return []
    there = {c.member_id for c in now.of(now.used, CopyKind.READER)}
    seats = with_right(Permission.HELP_REQUESTS_READ).where(Membership.school_id == school_id)
    return [one.member for one in db.scalars(seats) if one.member_id not in there]


def begin_key(
    db: Session, *, school_id: uuid.UUID, password: str, key: bytes, today: date, by: Member
) -> str:
    """Makes a key for the desk, with `by` as its first reader, and returns the code for the
    recovery sheet, which is kept nowhere. The first key counts immediately, and what was unsealed
    is sealed to it. One that replaces another counts after `REST`."""
    desk = box_storage.hold(db, school_id)
    if desk is None:
        raise NoDeskError(_("Say first who reads requests, and when."))
    check_password(password, by)
    before = _newest_key(db, school_id)
    public_key, private_key = encryption.new_pair()
    made = DeskKey(
        school_id=school_id,
        number=before.number + 1 if before else 1,
        public_key=public_key,
        made_on=today,
        made_by=by.id,
        in_use_from=today + REST if before else today,
    )
    db.add(made)
    db.flush()  # its copies point to it
    _give(db, made, CopyKind.READER, private_key, password, member=by, by=by, today=today)
    code = encryption.make_code()
    _give(db, made, CopyKind.SHEET, private_key, code, member=None, by=by, today=today)
    record(
        db, EventName.DESK_KEY_MADE, by=by, school_id=school_id, number=made.number,
        replaces=before is not None,
    )  # fmt: skip
    advance(db, school_id=school_id, key=key, today=today)
    return code


def advance(db: Session, *, school_id: uuid.UUID, key: bytes, today: date) -> None:
    """Takes the newest key into use once its day has come. What was unsealed is sealed to it."""
    desk = box_storage.hold(db, school_id)
    newest = _newest_key(db, school_id)
    if desk is None or newest is None or newest.in_use_from > today:
        return
    if desk.key_number == newest.number:
        return
    was, desk.key_number = desk.key_number, newest.number
    box_storage.ready(db, school_id, key=key)
    if was in (None, NOT_SEALED):
        _seal_all(db, school_id, newest.number, key=key)


def _days_of_invitations(today: date) -> list[date]:
    """The days on which an invitation was made that still holds. A day to come is of a clock that
    was ahead."""
    return [today - timedelta(days=number) for number in range(INVITED_FOR.days)]


def advance_all(db: Session, *, key: bytes, today: date) -> None:
    """Housekeeping: keys whose day has come, and invitations that were not accepted."""
    for school_id in db.scalars(select(DeskKey.school_id).distinct()).all():
        advance(db, school_id=school_id, key=key, today=today)
    db.execute(
        delete(DeskKeyCopy).where(
            DeskKeyCopy.kind == CopyKind.INVITATION,
            DeskKeyCopy.since.not_in(_days_of_invitations(today)),
        )
    )


def cancel_key(
    db: Session,
    *,
    school_id: uuid.UUID,
    number: int,
    keys: Mapping[int, bytes],
    by: MemberLike,
) -> None:
    """A present reader of the key in use stops the one that would replace it."""
    box_storage.hold(db, school_id)
    now = standing(db, school_id)
    coming = now.coming
    if coming is None or coming.number != number or now.used is None:
        raise NoSuchCopyError(_("There is no such key. It may be in use already."))
    if now.used.number not in keys:
        raise DeskNotOpenError(_("Open the requests first."))
    at = DeskKeyCopy.school_id == school_id, DeskKeyCopy.number == number
    db.execute(delete(DeskKeyCopy).where(*at))
    db.delete(coming)
    record(db, EventName.DESK_KEY_CANCELLED, by=by, school_id=school_id, number=number)


def open_copies(
    db: Session, school_id: uuid.UUID, member_id: uuid.UUID, password: str
) -> dict[int, bytes]:
    """The private keys, by number, that a reading password opens; none if it is wrong. Slow by
    intent, so it belongs outside of a write."""
    opened = {}
    for copy in _copies(db, school_id, CopyKind.READER, member_id=member_id):
        try:
            opened[copy.number] = encryption.unwrap(
                copy.wrapped, secret=password, place=place_of(copy)
            )
        except encryption.SealBrokenError:
            continue
    return opened


def record_opening(
    db: Session, *, school_id: uuid.UUID, keys: Mapping[int, bytes], by: MemberLike
) -> None:
    """Records that someone opened the requests of a school, or tried to."""
    name = EventName.DESK_KEY_OPENED if keys else EventName.DESK_KEY_REFUSED
    record(db, name, by=by, school_id=school_id)


def is_reader(db: Session, school_id: uuid.UUID, member_id: uuid.UUID) -> bool:
    return bool(_copies(db, school_id, CopyKind.READER, member_id=member_id))


def readable(
    db: Session, school_id: uuid.UUID, member_id: uuid.UUID, keys: Mapping[int, bytes]
) -> dict[int, bytes]:
    """The keys that a member has opened and still has a copy of."""
    numbers = {c.number for c in _copies(db, school_id, CopyKind.READER, member_id=member_id)}
    return {number: private for number, private in keys.items() if number in numbers}


def take_copy(
    db: Session, *, school_id: uuid.UUID, typed: str, password: str, today: date, by: Member
) -> dict[int, bytes]:
    """Makes `by` a reader, by the code of the recovery sheet or of an invitation."""
    code = encryption.read_code(typed)
    if code is None:
        raise MistypedCodeError(_("A letter of this code is wrong or missing. Compare it again."))
    check_password(password, by)
    copies = [
        *_copies(db, school_id, CopyKind.INVITATION, member_id=by.id),
        *_copies(db, school_id, CopyKind.SHEET, member_id=None),
    ]
    taken = {}
    for copy in copies:
        is_over = copy.since not in _days_of_invitations(today)
        if copy.kind == CopyKind.INVITATION and is_over:
            continue
        try:
            private_key = encryption.unwrap(copy.wrapped, secret=code, place=place_of(copy))
        except encryption.SealBrokenError:
            continue
        made = db.get_one(DeskKey, (school_id, copy.number))
        _give(db, made, CopyKind.READER, private_key, password, member=by, by=by, today=today)
        record(
            db, EventName.DESK_READER_ADDED, by=by, school_id=school_id, number=copy.number,
            kind=copy.kind.value, member=by.id,
        )  # fmt: skip
        if copy.kind == CopyKind.INVITATION:
            db.delete(copy)
        taken[made.number] = private_key
    if not taken:
        record(db, EventName.DESK_KEY_REFUSED, by=by, school_id=school_id)
    return taken


def invite(
    db: Session,
    *,
    school_id: uuid.UUID,
    member_id: uuid.UUID,
    keys: Mapping[int, bytes],
    today: date,
    by: MemberLike,
) -> str:
    """A code with which another lead becomes a reader. It is kept nowhere, and counts for that
    account alone."""
    now = standing(db, school_id)
    invited = next((m for m in may_invite(db, school_id, now) if m.id == member_id), None)
    if now.used is None or now.used.number not in keys or invited is None:
        raise NoSuchCopyError(_("There is no such lead, or they read requests already."))
    code = encryption.make_code()
    _give(
        db, now.used, CopyKind.INVITATION, keys[now.used.number], code,
        member=invited, by=by, today=today,
    )  # fmt: skip
    record(db, EventName.DESK_READER_INVITED, by=by, school_id=school_id, member=member_id)
    return code


def new_sheet(
    db: Session, *, school_id: uuid.UUID, keys: Mapping[int, bytes], today: date, by: MemberLike
) -> str:
    """A recovery sheet in place of the last one, which opens nothing from now on."""
    used = standing(db, school_id).used
    if used is None or used.number not in keys:
        raise DeskNotOpenError(_("Open the requests first."))
    code = encryption.make_code()
    _give(db, used, CopyKind.SHEET, keys[used.number], code, member=None, by=by, today=today)
    record(db, EventName.DESK_SHEET_MADE, by=by, school_id=school_id, number=used.number)
    return code


def remove_copy(
    db: Session,
    *,
    school_id: uuid.UUID,
    copy_id: uuid.UUID,
    keys: Mapping[int, bytes],
    by: MemberLike,
) -> None:
    """A present reader removes a reader or an invitation. The last reader stays."""
    box_storage.hold(db, school_id)
    now = standing(db, school_id)
    copy = next((c for c in now.copies if c.copy_id == copy_id and c.member_id), None)
    if copy is None:
        raise NoSuchCopyError(_("There is no such reader or invitation."))
    if now.used is None or now.used.number not in keys:
        raise DeskNotOpenError(_("Open the requests first."))
    readers = [c for c in now.copies if c.number == copy.number and c.kind == CopyKind.READER]
    if copy.kind == CopyKind.READER and len(readers) == 1:
        raise LastReaderError(_("This is the last reader. Let somebody else in first."))
    every = delete(DeskKeyCopy).where(
        DeskKeyCopy.school_id == school_id,
        DeskKeyCopy.member_id == copy.member_id,
        DeskKeyCopy.kind == copy.kind,
    )
    db.execute(every)
    record(db, EventName.DESK_READER_REMOVED, by=by, school_id=school_id, member=copy.member_id)


def _newest_key(db: Session, school_id: uuid.UUID) -> DeskKey | None:
    keys = select(DeskKey).where(DeskKey.school_id == school_id)
    return db.scalar(keys.order_by(DeskKey.number.desc()).limit(1))


def _copies(
    db: Session, school_id: uuid.UUID, kind: CopyKind, *, member_id: uuid.UUID | None
) -> list[DeskKeyCopy]:
    query = select(DeskKeyCopy).where(
        DeskKeyCopy.school_id == school_id,
        DeskKeyCopy.kind == kind,
        DeskKeyCopy.member_id == member_id if member_id else DeskKeyCopy.member_id.is_(None),
    )
    return list(db.scalars(query.order_by(DeskKeyCopy.number)))


def _give(
    db: Session,
    made: DeskKey,
    kind: CopyKind,
    private_key: bytes,
    secret: str,
    *,
    member: Member | None,
    by: MemberLike,
    today: date,
) -> None:
    """A copy, in place of one of the same kind that its holder had."""
    for copy in _copies(db, made.school_id, kind, member_id=member.id if member else None):
        if copy.number == made.number:
            db.delete(copy)
    copy = DeskKeyCopy(
        school_id=made.school_id,
        number=made.number,
        copy_id=uuid.uuid4(),
        kind=kind,
        member_id=member.id if member else None,
        since=today,
        given_by=by.id,
    )
    copy.wrapped = encryption.wrap(private_key, secret=secret, place=place_of(copy))
    db.add(copy)
    db.flush()  # found by what follows in the same transaction


def _seal_all(db: Session, school_id: uuid.UUID, number: int, *, key: bytes) -> None:
    """Seals what the operator's settings opened until now."""
    for box in box_storage.whole(db, school_id, key=key):
        slots = tuple(
            _sealed_slot(db, school_id, slot, number) if slot else None
            for slot in box_storage.slots_of(box, key=key)
        )
        box_storage.rewrite(db, box, slots, key=key)


def _sealed_slot(db: Session, school_id: uuid.UUID, slot: Slot, number: int) -> Slot:
    if slot.entry.key_number != NOT_SEALED:
        return slot
    entry = replace(slot.entry, key_number=number)
    content = slot.words[: encryption.PLAIN_BYTES]
    return Slot(entry, sealed(db, school_id, entry, content))


def place_of(copy: DeskKeyCopy) -> bytes:
    holder = copy.member_id.bytes if copy.member_id else b""
    return copy.school_id.bytes + copy.number.to_bytes(2, "big") + copy.kind.encode() + holder
