"""Operations on a request: a student asks, a reader reads and closes it, and in time it is erased.

`key` is always the key of the boxes, made from the operator's settings; it opens no words. `keys`
are the private keys that a reader has opened, by number.
"""

from __future__ import annotations

import hashlib
import uuid
from collections import Counter
from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from datetime import date, timedelta

from flask_babel import gettext as _
from sqlalchemy import select
from sqlalchemy.orm import Session

from survey.audit_log import EventName, record
from survey.errors import NotNowError, NotThereError, RefusedError
from survey.help_requests import box_storage, encryption, notices
from survey.help_requests.box_format import NOT_SEALED, BoxEntry, Slot
from survey.help_requests.models import HelpBox
from survey.organisations.models import DeskKey
from survey.permissions import MemberLike
from survey.typed_text import length

KEPT_FOR = timedelta(days=90)
"""The time after closing. A request that is never closed goes as long after the day it came."""
LONGEST_NOTE = 500
MANY_ALIKE = 5
"""This many requests with one name, or with the same words, are pointed out together."""
TELLING = 30
"""From this many letters, the same words are not chance: many students write "in form time"."""
MOST_OPENED = 2000
"""Requests that one page of the inbox opens. More come only in a flood."""

Keys = Mapping[int, bytes]


class NoSuchRequestError(NotThereError):
    """The school has no such request; it may have been erased."""


class NotReadYetError(NotNowError):
    """A request is read before it is closed."""


class AlreadyClosedError(NotNowError):
    """It was closed before."""


class NoNoteError(RefusedError):
    """Closing says what was done."""


class NotReadableError(NotNowError):
    """The desk has no key yet that a request could be sealed to."""


class SealedError(NotNowError):
    """Sealed to a key that this member has not opened."""


@dataclass(frozen=True)
class RequestText:
    """What a student wrote."""

    name: str
    form: str
    where: str
    about: str
    urgent: bool


@dataclass(frozen=True)
class Opened:
    """A request as a reader sees it; `asked` is None where it is sealed to a key not at hand.
    `alike` counts requests of the same name or the same words, itself included; `repeated` those of
    the same words alone."""

    request: BoxEntry
    asked: RequestText | None
    note: str | None = None
    alike: int = 1
    repeated: int = 1


@dataclass(frozen=True)
class Waiting:
    """The requests that are not read yet."""

    count: int
    oldest: date | None


def box_key(*totp_keys: str) -> bytes:
    """The key of the boxes, from the operator's settings; behind it those that it replaced."""
    return b"".join(map(encryption.key_from, totp_keys))


def ask(
    db: Session,
    *,
    school_id: uuid.UUID,
    request_id: uuid.UUID,
    asked: RequestText,
    key: bytes,
    today: date,
) -> None:
    """Keeps a request, sealed to the key of the school's readers. `request_id` follows from the
    number of the page (`kept_as`), so sending a page twice is sending it once. It leaves no event:
    an event has a time."""
    desk = box_storage.hold(db, school_id)
    if desk is None or desk.key_number is None:
        raise NotReadableError
    entry = BoxEntry(request_id, today, desk.key_number)
    words = sealed(db, school_id, entry, encryption.padded(asdict(asked)))
    box_storage.add(db, school_id, Slot(entry, words), key=key)
    notices.write(db, school_id, desk.key_number, today)


def kept_as(number: uuid.UUID) -> uuid.UUID:
    """The number under which the request of a page is kept. That of the page cannot be worked out
    from it: a keyed hash of the page's number says for two hours that it was sent, and would tell
    a person with the keys which request came in which hour, and after whose Send."""
    digest = hashlib.sha256(b"request of a page, 1" + number.bytes).digest()
    return uuid.UUID(bytes=digest[:16], version=4)


def sealed(db: Session, school_id: uuid.UUID, entry: BoxEntry, content: bytes) -> bytes:
    """The content as it goes into a slot: sealed to the key that the entry names."""
    if entry.key_number == NOT_SEALED:
        return content
    public_key = db.get_one(DeskKey, (school_id, entry.key_number)).public_key
    return encryption.seal(content, public_key=public_key, place=_place(school_id, entry))


def waiting(db: Session, school_id: uuid.UUID, *, key: bytes) -> Waiting:
    """How many have not been read yet, and since when they wait. How urgent they are is inside."""
    unread = [
        entry for _box, entry in box_storage.entries(db, school_id, key=key) if not entry.read_on
    ]
    return Waiting(len(unread), min((entry.arrived_on for entry in unread), default=None))


def inbox(db: Session, school_id: uuid.UUID, *, key: bytes, keys: Keys) -> list[Opened]:
    """Those that wait first, the urgent ones first of them, then the oldest day. Within a day the
    random number orders them, so that the list does not tell which came first."""
    opened = [_opened(school_id, slot, keys) for slot in _newest(db, school_id, key=key)]
    counts = Counter(trait for one in opened for trait in _traits(one.asked))
    marked = (_marked(one, counts) for one in opened)
    return sorted(marked, key=_order)


def find_request(
    db: Session, school_id: uuid.UUID, request_id: uuid.UUID, *, key: bytes, keys: Keys
) -> Opened:
    _box, slot = _find(db, school_id, request_id, key=key)
    return _opened(school_id, slot, keys)


def mark_read(
    db: Session,
    *,
    school_id: uuid.UUID,
    request_id: uuid.UUID,
    key: bytes,
    keys: Keys,
    today: date,
    by: MemberLike,
) -> None:
    """Records who read it first; reading again changes nothing. The reader needs its key."""
    box_storage.hold(db, school_id)
    box, slot = _find(db, school_id, request_id, key=key)
    if slot.entry.read_on is not None:
        return
    if _opened(school_id, slot, keys).asked is None:
        raise SealedError(_("This request is sealed to a key that you have not opened."))
    entry = replace(slot.entry, read_on=today, read_by=by.id)
    box_storage.change(box, replace(slot, entry=entry), key=key)
    record(db, EventName.HELP_REQUEST_READ, by=by, school_id=school_id)


def close_request(
    db: Session,
    *,
    school_id: uuid.UUID,
    request_id: uuid.UUID,
    note: str,
    key: bytes,
    keys: Keys,
    today: date,
    by: MemberLike,
) -> None:
    """Records that it is dealt with, and how. The note is sealed together with the request."""
    box_storage.hold(db, school_id)
    box, slot = _find(db, school_id, request_id, key=key)
    if slot.entry.read_on is None:
        raise NotReadYetError(_("Read the request first."))
    if slot.entry.closed_on is not None:
        raise AlreadyClosedError(_("This request is closed already."))
    content = _content(school_id, slot, keys)
    if content is None:
        raise SealedError(_("This request is sealed to a key that you have not opened."))
    entry = replace(slot.entry, closed_on=today, closed_by=by.id)
    words = _with_note(encryption.unpadded(content), _checked(note))
    box_storage.change(box, Slot(entry, sealed(db, school_id, entry, words)), key=key)
    record(db, EventName.HELP_REQUEST_CLOSED, by=by, school_id=school_id)


def repeats_of(
    db: Session, school_id: uuid.UUID, request_id: uuid.UUID, *, key: bytes, keys: Keys
) -> list[Opened]:
    """Open requests of the same words as one, itself included. A name is not enough: someone may
    flood the desk under the name of a student who needs help."""
    every = inbox(db, school_id, key=key, keys=keys)
    words = next((_words(one.asked) for one in every if one.request.request_id == request_id), "")
    return [
        one
        for one in every
        if words and _words(one.asked) == words and one.request.closed_on is None
    ]


def close_alike(
    db: Session,
    *,
    school_id: uuid.UUID,
    request_id: uuid.UUID,
    note: str,
    key: bytes,
    keys: Keys,
    today: date,
    by: MemberLike,
) -> int:
    """Closes a request and all of the same words, read or not, with one note."""
    box_storage.hold(db, school_id)
    _find(db, school_id, request_id, key=key)
    found = repeats_of(db, school_id, request_id, key=key, keys=keys)
    for each in (one.request.request_id for one in found):
        mark_read(db, school_id=school_id, request_id=each, key=key, keys=keys, today=today, by=by)
        close_request(
            db, school_id=school_id, request_id=each, note=note, key=key, keys=keys,
            today=today, by=by,
        )  # fmt: skip
    return len(found)


def erased_on(request: BoxEntry) -> date:
    """The day from which housekeeping erases it."""
    return (request.closed_on or request.arrived_on) + KEPT_FOR


def erase_due(db: Session, *, key: bytes, today: date) -> int:
    """Erases what was kept long enough, and records that, and whether one had not been read. How
    many they were is recorded nowhere. Every box is written again, its slots mixed, so that the
    last transaction of a box is not that of its last request."""
    due: Counter[uuid.UUID] = Counter()
    unread: Counter[uuid.UUID] = Counter()
    for school_id in db.scalars(select(HelpBox.school_id).distinct()).all():
        box_storage.hold(db, school_id)
        for box in box_storage.whole(db, school_id, key=key):
            slots = box_storage.slots_of(box, key=key)
            gone = {s.entry for s in slots if s and erased_on(s.entry) <= today}
            due[school_id] += len(gone)
            unread[school_id] += sum(entry.read_on is None for entry in gone)
            left = tuple(None if slot and slot.entry in gone else slot for slot in slots)
            box_storage.rewrite(db, box, left, key=key)
    for school_id, count in sorted(due.items()):
        if count:
            record(
                db,
                EventName.HELP_REQUESTS_ERASED,
                by=None,
                school_id=school_id,
                some_unread=unread[school_id] > 0,
            )
    return sum(due.values())


def _newest(db: Session, school_id: uuid.UUID, *, key: bytes) -> list[Slot]:
    """The slots of a school; in a flood, those that wait and the newest of them first."""
    slots = list(box_storage.all_slots(db, school_id, key=key))
    if len(slots) <= MOST_OPENED:
        return slots
    slots.sort(key=lambda s: (s.entry.closed_on is None, s.entry.arrived_on), reverse=True)
    return slots[:MOST_OPENED]


def _find(
    db: Session, school_id: uuid.UUID, request_id: uuid.UUID, *, key: bytes
) -> tuple[HelpBox, Slot]:
    found = box_storage.find(db, school_id, request_id, key=key)
    if found is None:
        raise NoSuchRequestError(_("There is no such request. It may have been erased."))
    return found


def _content(school_id: uuid.UUID, slot: Slot, keys: Keys) -> bytes | None:
    number = slot.entry.key_number
    if number == NOT_SEALED:
        return slot.words
    if number not in keys:
        return None
    try:
        return encryption.unseal(
            slot.words, private_key=keys[number], place=_place(school_id, slot.entry)
        )
    except encryption.SealBrokenError:
        return None


def _opened(school_id: uuid.UUID, slot: Slot, keys: Keys) -> Opened:
    content = _content(school_id, slot, keys)
    if content is None:
        return Opened(slot.entry, None)
    words = encryption.unpadded(content)
    note = words.pop("note", None)
    return Opened(slot.entry, RequestText(**words), str(note) if note is not None else None)  # type: ignore[arg-type]


def _order(one: Opened) -> tuple[object, ...]:
    request, urgent = one.request, one.asked is not None and one.asked.urgent
    return (
        request.closed_on is not None,
        request.read_on is not None,
        one.alike >= MANY_ALIKE,
        not urgent,
        request.arrived_on,
        request.request_id,
    )


def _marked(one: Opened, counts: Counter[tuple[str, str]]) -> Opened:
    traits = _traits(one.asked)
    return replace(
        one,
        alike=max((counts[trait] for trait in traits), default=1),
        repeated=max((counts[trait] for trait in traits if trait[0] == "words"), default=1),
    )


def _traits(asked: RequestText | None) -> tuple[tuple[str, str], ...]:
    """What two requests of one flood share: who asks, or what is written."""
    traits = ("who", plain(asked.name) if asked else ""), ("words", _words(asked))
    return tuple((kind, letters) for kind, letters in traits if letters)


def _words(asked: RequestText | None) -> str:
    """The letters that distinguish one message from another; empty if it is too short for that."""
    letters = plain(asked.where + asked.about) if asked else ""
    return letters if len(letters) >= TELLING else ""


def plain(words: str) -> str:
    """The letters alone, without case, digits and signs, which a script varies first."""
    return "".join(letter for letter in words.casefold() if letter.isalpha())


def _with_note(words: Mapping[str, object], note: str) -> bytes:
    try:
        return encryption.padded({**words, "note": note})
    except encryption.TooLongError:
        most = max(1, length(note) // 2)
        raise NoNoteError(
            _("Write what was done, in at most %(most)s characters.", most=most)
        ) from None


def _checked(note: str) -> str:
    words = note.strip()
    if not 1 <= length(words) <= LONGEST_NOTE:
        raise NoNoteError(
            _("Write what was done, in at most %(most)s characters.", most=LONGEST_NOTE)
        )
    return words


def _place(school_id: uuid.UUID, entry: BoxEntry) -> bytes:
    return school_id.bytes + entry.request_id.bytes + entry.key_number.to_bytes(2, "big")
