"""Operations of operators, leads and members on organisations and accounts."""

from __future__ import annotations

import secrets
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, cast

from flask_babel import gettext as _
from flask_security.utils import hash_password
from sqlalchemy import select
from sqlalchemy.orm import Session

from survey.audit_log import EventName, record
from survey.database import today
from survey.errors import NotThereError, RefusedError
from survey.mail import outbox
from survey.mail.kinds import MailKind
from survey.organisations.accounts import invitations, passkeys, sessions
from survey.organisations.accounts.invitations import record_at_each
from survey.organisations.models import (
    Authority,
    AuthorityKind,
    Member,
    Membership,
    Nation,
    Phase,
    School,
)
from survey.organisations.providers import linking
from survey.organisations.seats import operations as seats
from survey.permissions import MemberLike, Role
from survey.year_groups.values import OLDEST, YOUNGEST

YEARS = tuple(range(YOUNGEST, OLDEST + 1))
LARGEST_YEAR = 1000

CLEAR_LETTERS = "abcdefghjkmnpqrstuvwxyz23456789"
GROUPS_OF_LETTERS = 4


class NoSuchOrganisationError(NotThereError):
    """No school and no authority has this id."""


class NoSuchMemberError(NotThereError):
    """No open account has this id."""


class OrganisationNameTakenError(RefusedError):
    """An authority, or a school of the same authority, has this name."""


class OwnAccountError(RefusedError):
    """Operators cannot close their own account."""


class ImpossibleRollError(RefusedError):
    """A year group or a number of students that no school has."""


def make_password(drawn: bytes | None = None) -> str:
    """A first password that can be read out: about 79 bits, without look-alike letters. `drawn` are
    48 random bytes to make it from, if the caller must make the same one again."""
    value = int.from_bytes(drawn or secrets.token_bytes(48), "big")
    letters = ""
    for _letter in range(4 * GROUPS_OF_LETTERS):
        value, letter = divmod(value, len(CLEAR_LETTERS))
        letters += CLEAR_LETTERS[letter]
    return "-".join(letters[at : at + 4] for at in range(0, len(letters), 4))


FIRST_PASSWORD_DAYS = 7


def _first_password_until() -> datetime:
    return sessions.now() + timedelta(days=FIRST_PASSWORD_DAYS)


def add_authority(
    db: Session,
    *,
    name: str,
    nation: Nation,
    kind: AuthorityKind = AuthorityKind.AUTHORITY,
    by: MemberLike | None,
) -> Authority:
    name = name.strip()
    if db.scalar(select(Authority).where(Authority.name == name)):
        raise OrganisationNameTakenError(_("There is an authority of this name already."))
    authority = Authority(name=name, nation=nation, kind=kind)
    db.add(authority)
    db.flush()  # the event names its id
    record(db, EventName.AUTHORITY_ADDED, by=by, authority_id=authority.authority_id)
    return authority


def add_school(
    db: Session,
    *,
    name: str,
    nation: Nation,
    phase: Phase,
    roll: Mapping[str, int],
    authority_id: uuid.UUID | None,
    by: MemberLike | None,
) -> School:
    name = name.strip()
    refuse_closed(db, authority_id)
    if db.scalar(select(School).where(School.name == name, School.authority_id == authority_id)):
        raise OrganisationNameTakenError(_("There is a school of this name already."))
    school = School(name=name, nation=nation, phase=phase, roll=roll, authority_id=authority_id)
    put_school(db, school, by=by)
    db.flush()
    return school


def put_school(db: Session, school: School, *, by: MemberLike | None) -> None:
    """Adds a school to an authority that is open. The caller knows that no other school there has
    its name, and flushes: once, after many."""
    school.school_id, school.roll = uuid.uuid4(), _checked(school.roll)
    db.add(school)
    record(
        db,
        EventName.SCHOOL_ADDED,
        by=by,
        school_id=school.school_id,
        authority_id=school.authority_id,
    )


def refuse_closed(db: Session, authority_id: uuid.UUID | None) -> None:
    """Raises a `NoSuchOrganisationError` for an authority that takes no school."""
    authority = db.get(Authority, authority_id) if authority_id else None
    if authority_id and (authority is None or authority.closed_on is not None):
        raise NoSuchOrganisationError(_("There is no such authority, or it is closed."))


def change_school(
    db: Session,
    *,
    school: School,
    roll: Mapping[str, int],
    names_itself: bool,
    by: MemberLike | None,
) -> None:
    """Changes the roll, and whether comparisons name the school. What changes of the roll is
    recorded: the number of cards follows from it, so a second person has to see it."""
    details: dict[str, Any] = {"names_itself": names_itself}
    if changed := roll_changes(school.roll, _checked(roll)):
        details["roll"] = changed
    school.roll = _checked(roll)
    school.names_itself = names_itself
    record(db, EventName.SCHOOL_CHANGED, by=by, school_id=school.school_id, **details)


def roll_changes(before: Mapping[str, int], after: Mapping[str, int]) -> dict[str, list[int]]:
    """By year group, the numbers of students before and after, where they differ."""
    years = sorted({*before, *after}, key=int)
    pairs = {year: [before.get(year, 0), after.get(year, 0)] for year in years}
    return {year: pair for year, pair in pairs.items() if pair[0] != pair[1]}


def add_member(
    db: Session,
    *,
    email: str,
    name: str,
    role: Role,
    password: str | None,
    school_id: uuid.UUID | None = None,
    authority_id: uuid.UUID | None = None,
    shared_place_id: uuid.UUID | None = None,
    member_id: uuid.UUID | None = None,
    by: MemberLike | None,
    through: Membership | None = None,
    is_first_password: bool = False,
) -> Member:
    """Gives a person a seat, and an account if they have none. `by` is None from the command line,
    and `through` is the seat of a colleague who invites them.

    A first password is one that the operator made: it works for some days, and only to choose
    another. Without a password, a person who cannot sign in yet is sent a link to choose one. An
    account that is in use keeps its name and its password, and gets a message about the seat."""
    email = email.strip().lower()
    member = db.scalar(select(Member).where(Member.email == email))
    is_in_use = member is not None and member.active
    if member is None:
        member = Member(id=member_id or uuid.uuid4(), email=email, name=name.strip(), since=today())
        db.add(member)
    elif not member.active:
        _open_again(db, member, name=name)
    if not is_in_use or member.password is None:
        member.password = hash_password(password) if password is not None else None
        member.first_password_until = _first_password_until() if is_first_password else None
    db.flush()  # the seat and the event name its id
    seat = seats.give(
        db,
        member,
        role=role,
        school_id=school_id,
        authority_id=authority_id,
        shared_place_id=shared_place_id,
        by=by,
        through=through,
    )
    if member.password is None:
        if not (is_in_use and invitations.has_link(db, member)):  # one link is enough
            invitations.send_link(db, member, kind=MailKind.INVITATION)
    elif is_in_use and len(member.seats) > 1:
        tell_of_seat(db, seat)
    return member


@dataclass(frozen=True)
class NewPerson:
    """Someone who has no account yet. `seats`: each seat, and the school or else the authority."""

    email: str
    name: str
    seats: tuple[tuple[Role, uuid.UUID | None, uuid.UUID | None], ...]


def add_new_people(db: Session, people: Sequence[NewPerson], *, by: MemberLike | None) -> None:
    """Opens accounts for many people, and sends each a link. The caller knows that no one has an
    account with these addresses, so that nothing is looked up for each."""
    members = []
    with db.no_autoflush:
        for one in people:
            member = Member(id=uuid.uuid4(), email=one.email, name=one.name, since=today())
            db.add(member)
            for role, school_id, authority_id in one.seats:
                seats.give(
                    db, member, role=role, school_id=school_id, authority_id=authority_id, by=by
                )
            members.append(member)
    db.flush()
    invitations.send_first_links(db, members)


def _open_again(db: Session, member: Member, *, name: str) -> None:
    """A closed account gets a new password, and starts without what opened it before."""
    member.active, member.name, member.since = True, name.strip(), today()
    _end_second_step(db, member)
    linking.unlink_all(db, member.id)


def tell_of_seat(db: Session, seat: Membership) -> None:
    """Writes to a person with an account that they have another seat."""
    outbox.put(
        db,
        kind=MailKind.NEW_SEAT,
        member_id=seat.member_id,
        about=str(seat.membership_id),
        path="/staff/places",
    )


def close_member(db: Session, *, member_id: uuid.UUID, by: MemberLike | None) -> Member:
    """Closes an account with all its seats. A person signed in with it is signed out at the next
    page."""
    member = find_member(db, member_id)
    if by is not None and member.id == by.id:
        raise OwnAccountError(_("You cannot close your own account. Another operator can."))
    record_at_each(db, EventName.MEMBER_CLOSED, member, by=by, member=member.id)
    for seat in member.seats:
        seats.end_quietly(db, seat)
    seats.shut(db, member)
    return member


def renew_member(
    db: Session, *, member_id: uuid.UUID, password: str | None, by: MemberLike | None
) -> Member:
    """Begins an account again for a person who lost password and second step: ends all sessions,
    turns the second step off, and unlinks accounts elsewhere. With a first password, or without one
    a link by e-mail, so that no one but the person sees a password. Everyone at their schools sees
    a notice of it."""
    member = find_member(db, member_id)
    member.password = hash_password(password) if password is not None else None
    member.first_password_until = _first_password_until() if password is not None else None
    _end_second_step(db, member)
    invitations.end_links(db, member.id)
    linking.unlink_all(db, member.id)
    if password is None:
        invitations.send_link(db, member, kind=MailKind.INVITATION)
    record_at_each(db, EventName.MEMBER_RENEWED, member, by=by, member=member.id)
    return member


def reset_second_step(db: Session, *, member_id: uuid.UUID, by: MemberLike | None) -> Member:
    """Turns the second step off for a person who lost their phone and still knows their password.
    It ends all sessions. Everyone at their schools sees a notice of it."""
    member = find_member(db, member_id)
    if by is not None and member.id == by.id:
        raise OwnAccountError(_("Another operator can turn your second step off."))
    _end_second_step(db, member)
    record_at_each(db, EventName.SECOND_STEP_RESET, member, by=by, member=member.id)
    return member


def _end_second_step(db: Session, member: Member) -> None:
    """Removes phone, passkeys and recovery codes, and ends all sessions."""
    member.fs_uniquifier = uuid.uuid4().hex
    sessions.end_all(db, member.id)
    passkeys.remove_all(db, member.id)
    member.tf_primary_method = member.tf_totp_secret = member.mf_recovery_codes = None


def change_account(db: Session, *, member_id: uuid.UUID, name: str, language: str) -> None:
    member = find_member(db, member_id)
    member.name = name.strip()
    member.language = language


def find_member(db: Session, member_id: uuid.UUID) -> Member:
    member = db.get(Member, member_id)
    if member is None or not member.active:
        raise NoSuchMemberError(_("There is no such account, or it is closed."))
    return member


def operators(db: Session) -> list[Member]:
    """Open accounts of operators, by e-mail address."""
    query = select(Member).join(Membership, Membership.member_id == Member.id)
    query = query.where(Membership.role == Role.OPERATOR, seats.IS_LIVE, Member.active)
    return list(db.scalars(query.order_by(Member.email)))


def find_operator(db: Session, email: str) -> Member:
    found = next((one for one in operators(db) if one.email == email.strip().lower()), None)
    if found is None:
        raise NoSuchMemberError(_("No operator has an open account with this e-mail address."))
    return found


def find_school(db: Session, school_id: uuid.UUID) -> School:
    school = db.get(School, school_id)
    if school is None or school.erased_on is not None:
        raise NoSuchOrganisationError(_("There is no such school."))
    return school


def find_organisation(db: Session, organisation_id: uuid.UUID) -> School | Authority:
    found = db.get(School, organisation_id) or db.get(Authority, organisation_id)
    if found is None or found.erased_on is not None:
        raise NoSuchOrganisationError(_("There is no such school or authority."))
    return found


def merged_into(db: Session, found: School | Authority) -> School | Authority | None:
    """What goes on in the place of a school or authority that was merged."""
    if found.merged_into is None:
        return None
    kind = School if isinstance(found, School) else Authority
    return cast("School | Authority | None", db.get(kind, found.merged_into))


def authorities(db: Session) -> list[Authority]:
    return list(
        db.scalars(select(Authority).where(Authority.erased_on.is_(None)).order_by(Authority.name))
    )


def open_authorities(db: Session) -> list[Authority]:
    """Those that can take a school, by name."""
    return [one for one in authorities(db) if one.closed_on is None]


def closed_members_of(db: Session, organisation: School | Authority) -> list[Member]:
    """Closed accounts of people who had a seat here and are not erased, by name."""
    had = select(Membership.member_id).where(seats.at(organisation))
    query = select(Member).where(
        Member.id.in_(had), Member.active.is_(False), Member.erased_on.is_(None)
    )
    return list(db.scalars(query.order_by(Member.name)))


def _checked(roll: Mapping[str, int]) -> dict[str, int]:
    for year, count in roll.items():
        if year not in {str(y) for y in YEARS} or not 0 < count <= LARGEST_YEAR:
            raise ImpossibleRollError(
                _(
                    "Give the number of students in each year group, from 1 to %(most)s.",
                    most=LARGEST_YEAR,
                )
            )
    return dict(roll)
