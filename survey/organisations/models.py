"""Tables of local authorities, schools, and the members who work for them."""

from __future__ import annotations

import uuid
from datetime import date, datetime
from enum import StrEnum
from typing import Any

from flask_security.core import UserMixin
from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    ForeignKey,
    ForeignKeyConstraint,
    Index,
    LargeBinary,
    String,
    false,
    text,
)
from sqlalchemy.ext.mutable import MutableList
from sqlalchemy.orm import Mapped, mapped_column, relationship
from sqlalchemy.types import JSON

from survey.database import Base, by_value
from survey.permissions import Role


class Nation(StrEnum):
    ENGLAND = "england"
    WALES = "wales"
    SCOTLAND = "scotland"
    NORTHERN_IRELAND = "northern_ireland"


class Phase(StrEnum):
    """The age range a school teaches, as context for a comparison."""

    SECONDARY = "secondary"
    ALL_THROUGH = "all_through"
    MIDDLE = "middle"
    SIXTH_FORM = "sixth_form"
    SPECIAL = "special"
    ALTERNATIVE = "alternative"
    INDEPENDENT = "independent"
    PRIMARY = "primary"


class AuthorityKind(StrEnum):
    """What an organisation that schools answer to is."""

    AUTHORITY = "authority"
    TRUST = "trust"
    PARTNERSHIP = "partnership"


class WithPolicies:
    """What an authority or a school decided (`policies`), as written there; None: not decided."""

    consent: Mapped[str | None]
    gender_question: Mapped[str | None]


class Authority(WithPolicies, Base):
    """An organisation that schools answer to: a local authority, an academy trust or a partnership.
    After it was erased (`erased_on`), only the row is left, without a name, for the events that
    point to it; so for a school and for a member. `merged_into` took over its schools."""

    __tablename__ = "authority"

    authority_id: Mapped[uuid.UUID] = mapped_column(primary_key=True, default=uuid.uuid4)
    name: Mapped[str] = mapped_column(unique=True)
    nation: Mapped[Nation] = mapped_column(by_value(Nation, 24))
    kind: Mapped[AuthorityKind] = mapped_column(
        by_value(AuthorityKind, 24), default=AuthorityKind.AUTHORITY, server_default="authority"
    )
    closed_on: Mapped[date | None]
    merged_into: Mapped[uuid.UUID | None]
    erased_on: Mapped[date | None]

    schools: Mapped[list[School]] = relationship(back_populates="authority")


class School(WithPolicies, Base):
    """`roll` is the number of students on roll by year group ("7": 180). `names_itself`: the school
    agreed to be named in its authority's comparison. `number` is the school's in the register of
    its nation (England: URN), without leading zeros. A school with `closed_on` starts no survey;
    `merged_into` is the school that goes on in its place."""

    __tablename__ = "school"
    __table_args__ = (Index("ix_school_nation_number", "nation", "number", unique=True),)

    school_id: Mapped[uuid.UUID] = mapped_column(primary_key=True, default=uuid.uuid4)
    authority_id: Mapped[uuid.UUID | None] = mapped_column(
        ForeignKey("authority.authority_id"), index=True
    )
    name: Mapped[str]
    nation: Mapped[Nation] = mapped_column(by_value(Nation, 24))
    phase: Mapped[Phase] = mapped_column(by_value(Phase, 24), default=Phase.SECONDARY)
    roll: Mapped[dict[str, Any]] = mapped_column(default=dict)
    names_itself: Mapped[bool] = mapped_column(default=False)
    number: Mapped[str | None]
    closed_on: Mapped[date | None]
    merged_into: Mapped[uuid.UUID | None]
    erased_on: Mapped[date | None]

    authority: Mapped[Authority | None] = relationship(back_populates="schools")


class HelpDesk(Base):
    """Where students of a school ask an adult to get in touch. `word` makes its address, and leads
    to no survey; students read `who` reads what they write there, and in which `hours`.

    `key_number` is the key that requests are sealed to. Without one the desk takes none. 0 is a
    desk that was open before there were keys: it goes on under the operator's seal until a lead has
    set up a key."""

    __tablename__ = "help_desk"

    school_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("school.school_id"), primary_key=True)
    word: Mapped[str] = mapped_column(unique=True)
    is_open: Mapped[bool]
    who: Mapped[str]
    hours: Mapped[str]
    key_number: Mapped[int | None]

    school: Mapped[School] = relationship()


class DeskKey(Base):
    """A key of a school's help desk, to which requests are sealed. The private key is in
    `DeskKeyCopy` only, wrapped. One that replaces another waits until `in_use_from`, in sight."""

    __tablename__ = "desk_key"
    __table_args__ = (CheckConstraint("number >= 1", name="numbered_from_one"),)

    school_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("school.school_id"), primary_key=True)
    number: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    public_key: Mapped[bytes] = mapped_column(LargeBinary)
    made_on: Mapped[date]
    made_by: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("member.id"))
    in_use_from: Mapped[date]


class CopyKind(StrEnum):
    """Who opens a copy of a desk's private key, and with what."""

    READER = "reader"  # a member, with a reading password
    INVITATION = "invitation"  # a member who is let in, with a code handed over in person
    SHEET = "sheet"  # the school, with the recovery sheet in its safe


class DeskKeyCopy(Base):
    """A desk's private key, wrapped under a secret that is kept nowhere."""

    __tablename__ = "desk_key_copy"
    __table_args__ = (
        ForeignKeyConstraint(["school_id", "number"], ["desk_key.school_id", "desk_key.number"]),
        CheckConstraint("(kind = 'sheet') = (member_id IS NULL)", name="has_its_holder"),
    )

    school_id: Mapped[uuid.UUID] = mapped_column(primary_key=True)
    number: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    copy_id: Mapped[uuid.UUID] = mapped_column(primary_key=True, default=uuid.uuid4)
    kind: Mapped[CopyKind] = mapped_column(by_value(CopyKind))
    member_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("member.id"))
    since: Mapped[date]
    given_by: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("member.id"))
    wrapped: Mapped[bytes] = mapped_column(LargeBinary)


class SchoolFile(Base):
    """A file of schools or people that waits to be taken, for two days at most. `nation` is meant
    where the file does not say."""

    __tablename__ = "school_file"

    file_id: Mapped[uuid.UUID] = mapped_column(primary_key=True)
    authority_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("authority.authority_id"))
    nation: Mapped[Nation] = mapped_column(by_value(Nation, 24))
    sent_on: Mapped[date]
    content: Mapped[bytes] = mapped_column(LargeBinary)


class Letterhead(Base):
    """The head of a school's printed reports: its name there, if that is not the name of its
    account, and its logo, which we encode again."""

    __tablename__ = "letterhead"
    __table_args__ = (
        CheckConstraint(
            "(logo IS NULL) = (kind IS NULL) AND (logo IS NULL) = (width IS NULL)"
            " AND (logo IS NULL) = (height IS NULL)",
            name="logo_whole",
        ),
    )

    school_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("school.school_id"), primary_key=True)
    name: Mapped[str] = mapped_column(default="")
    logo: Mapped[bytes | None] = mapped_column(LargeBinary)
    kind: Mapped[str | None]
    width: Mapped[int | None]
    height: Mapped[int | None]


class StaffNames(Base):
    """Names of people who work at a school, pointed out only where it blacks out words."""

    __tablename__ = "staff_names"

    school_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("school.school_id"), primary_key=True)
    names: Mapped[list[str]] = mapped_column(JSON)


LIVE = text("ended_on IS NULL")


class Membership(Base):
    """The seat of a person at one organisation, as permissions ask about it. `id` is the person's.
    A partner's seat is at one shared place. A seat that ended stays on record.

    `invited_through` is the seat of the colleague who invited the person; it is empty where the
    operator or the authority gave the seat. For `confirmed_by` see `seats.vouching`."""

    __tablename__ = "membership"
    __table_args__ = (
        CheckConstraint(
            "(role = 'operator' AND school_id IS NULL AND authority_id IS NULL)"
            " OR (role IN ('analyst', 'trust_analyst', 'partner')"
            " AND school_id IS NULL AND authority_id IS NOT NULL)"
            " OR (role IN ('lead', 'deputy', 'head', 'governor', 'coordinator')"
            " AND school_id IS NOT NULL AND authority_id IS NULL)",
            name="one_organisation",
        ),
        CheckConstraint(
            "(role = 'partner') = (shared_place_id IS NOT NULL)", name="partner_has_a_place"
        ),
        CheckConstraint("(confirmed_by IS NULL) = (confirmed_on IS NULL)", name="confirmed_whole"),
        CheckConstraint(
            "confirmed_by IS NULL OR (confirmed_by <> member_id AND confirmed_by <> added_by)",
            name="confirmed_by_another",
        ),
        ForeignKeyConstraint(
            ["authority_id", "shared_place_id"],
            ["shared_place.authority_id", "shared_place.shared_place_id"],
            name="fk_membership_shared_place",
        ),
        Index(
            "ix_membership_live",
            "member_id",
            "school_id",
            unique=True,
            sqlite_where=LIVE,
            postgresql_where=LIVE,
        ),
    )

    membership_id: Mapped[uuid.UUID] = mapped_column(primary_key=True, default=uuid.uuid4)
    member_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("member.id"), index=True)
    role: Mapped[Role] = mapped_column(by_value(Role, 24))
    school_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("school.school_id"), index=True)
    authority_id: Mapped[uuid.UUID | None] = mapped_column(
        ForeignKey("authority.authority_id"), index=True
    )
    shared_place_id: Mapped[uuid.UUID | None]
    since: Mapped[date]
    ended_on: Mapped[date | None]
    added_by: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("member.id"))
    invited_through: Mapped[uuid.UUID | None] = mapped_column(
        ForeignKey("membership.membership_id")
    )
    confirmed_by: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("member.id"))
    confirmed_on: Mapped[date | None]

    member: Mapped[Member] = relationship(foreign_keys=[member_id], back_populates="memberships")
    school: Mapped[School | None] = relationship()
    authority: Mapped[Authority | None] = relationship(foreign_keys=[authority_id])
    inviter: Mapped[Membership | None] = relationship(
        foreign_keys=[invited_through], remote_side=[membership_id]
    )

    @property
    def id(self) -> uuid.UUID:
        return self.member_id

    @property
    def name(self) -> str:
        return self.member.name

    @property
    def place(self) -> School | Authority | None:
        """The organisation; None for the operator."""
        return self.school or self.authority

    @property
    def place_id(self) -> uuid.UUID | None:
        return self.school_id or self.authority_id


class OfSeat:
    """An attribute of the seat that a member acts in. A query has to ask `Membership`."""

    def __set_name__(self, owner: type, name: str) -> None:
        self.name = name

    def __get__(self, member: Member | None, owner: type) -> Any:
        if member is None:
            raise TypeError(f"Member.{self.name} is an attribute of a seat: ask Membership")
        return getattr(member.seat, self.name)


class Member(Base, UserMixin):
    """A person who signs in. What they may do, and where, is in their seats (`Membership`).

    Flask-Security signs members in; its columns for addresses and times of sign-in are left out on
    purpose. `seat` is the one in which the person acts: `current_seat` sets it for each request.

    `first_password_until` is set while the password is one that the operator made: it opens nothing
    but the page to choose another, and nothing at all after that time. `last_code_step` is the time
    step of the newest code from the member's phone that was accepted: no code is accepted twice."""

    __tablename__ = "member"

    id: Mapped[uuid.UUID] = mapped_column(  # type: ignore[assignment]  # its mixin says int
        primary_key=True, default=uuid.uuid4
    )
    email: Mapped[str] = mapped_column(unique=True)
    name: Mapped[str]
    language: Mapped[str] = mapped_column(default="en")
    since: Mapped[date]

    password: Mapped[str | None]
    active: Mapped[bool] = mapped_column(default=True)
    fs_uniquifier: Mapped[str] = mapped_column(unique=True, default=lambda: uuid.uuid4().hex)
    tf_primary_method: Mapped[str | None]
    tf_totp_secret: Mapped[str | None]
    mf_recovery_codes: Mapped[list[str] | None] = mapped_column(MutableList.as_mutable(JSON))
    first_password_until: Mapped[datetime | None]
    last_code_step: Mapped[int | None] = mapped_column(BigInteger)
    erased_on: Mapped[date | None]

    memberships: Mapped[list[Membership]] = relationship(
        foreign_keys=[Membership.member_id],
        back_populates="member",
        order_by=(Membership.since, Membership.membership_id),
    )

    role = OfSeat()
    school_id = OfSeat()
    authority_id = OfSeat()
    shared_place_id = OfSeat()

    @property
    def seats(self) -> list[Membership]:
        """The seats that the person has now, the oldest first."""
        return [one for one in self.memberships if one.ended_on is None]

    @property
    def seat(self) -> Membership:
        """The seat of this request, else the oldest. Of a closed account, the last it had."""
        chosen: Membership | None = getattr(self, "_seat", None)
        return chosen or (self.seats or self.memberships[-1:])[0]

    def act_in(self, seat: Membership) -> None:
        self._seat = seat


class StaffSession(Base):
    """A browser in which a member is signed in. The cookie holds a random token; here is its hash,
    so that no one can sign in with a copy of the database. `browser` is the kind of browser and
    of device, for the member to recognise it by; no network address is kept. `way` is how the
    member signed in; `has_second_step`: with a second step, here or at a provider."""

    __tablename__ = "staff_session"

    session_id: Mapped[uuid.UUID] = mapped_column(primary_key=True, default=uuid.uuid4)
    token_hash: Mapped[bytes] = mapped_column(LargeBinary(32), unique=True)
    member_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("member.id"), index=True)
    began_at: Mapped[datetime]
    seen_at: Mapped[datetime]
    browser: Mapped[str]
    way: Mapped[str] = mapped_column(String(16), default="password", server_default="password")
    has_second_step: Mapped[bool] = mapped_column(default=False, server_default=false())
