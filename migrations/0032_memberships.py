"""A person has seats at several organisations, and organisations that schools answer to are of a
kind.

Revision: 0032; follows: 0031. Each member becomes a person with one seat, which the operator gave.
New names of events, which need no change of their table: "member.confirmed", "member.removed". The
new roles and the kind of message "new_seat" need none either.
"""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0032"
down_revision = "0031"
branch_labels = None
depends_on = None
needs_stop = True

ONE_ORGANISATION = (
    "(role = 'operator' AND school_id IS NULL AND authority_id IS NULL)"
    " OR (role IN ('analyst', 'trust_analyst', 'partner')"
    " AND school_id IS NULL AND authority_id IS NOT NULL)"
    " OR (role IN ('lead', 'deputy', 'head', 'governor', 'coordinator')"
    " AND school_id IS NOT NULL AND authority_id IS NULL)"
)
BEFORE = (
    "(role = 'operator' AND school_id IS NULL AND authority_id IS NULL)"
    " OR (role = 'analyst' AND school_id IS NULL AND authority_id IS NOT NULL)"
    " OR (role IN ('lead', 'coordinator')"
    " AND school_id IS NOT NULL AND authority_id IS NULL)"
)
ROLES_BEFORE = {
    "trust_analyst": "analyst",
    "head": "lead",
    "deputy": "lead",
    "governor": "coordinator",
}
LIVE = sa.text("ended_on IS NULL")

PERSON: Sequence[tuple[str, Any, bool]] = (
    ("id", sa.Uuid(), False),
    ("email", sa.Text(), False),
    ("name", sa.Text(), False),
    ("language", sa.Text(), False),
    ("since", sa.Date(), False),
    ("password", sa.Text(), True),
    ("active", sa.Boolean(), False),
    ("fs_uniquifier", sa.Text(), False),
    ("tf_primary_method", sa.Text(), True),
    ("tf_totp_secret", sa.Text(), True),
    ("mf_recovery_codes", sa.JSON(), True),
    ("first_password_until", sa.DateTime(), True),
    ("last_code_step", sa.BigInteger(), True),
    ("erased_on", sa.Date(), True),
)
SEAT_BEFORE: Sequence[tuple[str, Any, bool]] = (
    ("role", sa.String(24), False),
    ("school_id", sa.Uuid(), True),
    ("authority_id", sa.Uuid(), True),
)


def upgrade() -> None:
    op.add_column(
        "authority",
        sa.Column("kind", sa.String(24), nullable=False, server_default="authority"),
    )
    _make_membership()
    op.execute(
        "INSERT INTO membership (membership_id, member_id, role, school_id, authority_id, since,"
        " ended_on) SELECT id, id, role, school_id, authority_id, since,"
        " CASE WHEN erased_on IS NOT NULL THEN erased_on WHEN active THEN NULL ELSE since END"
        " FROM member"
    )
    if op.get_bind().dialect.name == "sqlite":
        _make_member_again(*PERSON)
        return
    op.drop_index("ix_member_school_id", "member")
    op.drop_index("ix_member_authority_id", "member")
    op.drop_constraint(op.f("ck_member_one_organisation"), "member", type_="check")
    for name, _kind, _null in SEAT_BEFORE:
        op.drop_column("member", name)


def _make_membership() -> None:
    op.create_table(
        "membership",
        sa.Column("membership_id", sa.Uuid(), nullable=False),
        sa.Column("member_id", sa.Uuid(), nullable=False),
        sa.Column("role", sa.String(24), nullable=False),
        sa.Column("school_id", sa.Uuid(), nullable=True),
        sa.Column("authority_id", sa.Uuid(), nullable=True),
        sa.Column("shared_place_id", sa.Uuid(), nullable=True),
        sa.Column("since", sa.Date(), nullable=False),
        sa.Column("ended_on", sa.Date(), nullable=True),
        sa.Column("added_by", sa.Uuid(), nullable=True),
        sa.Column("invited_through", sa.Uuid(), nullable=True),
        sa.Column("confirmed_by", sa.Uuid(), nullable=True),
        sa.Column("confirmed_on", sa.Date(), nullable=True),
        sa.CheckConstraint(ONE_ORGANISATION, name=op.f("ck_membership_one_organisation")),
        sa.CheckConstraint(
            "(role = 'partner') = (shared_place_id IS NOT NULL)",
            name=op.f("ck_membership_partner_has_a_place"),
        ),
        sa.CheckConstraint(
            "(confirmed_by IS NULL) = (confirmed_on IS NULL)",
            name=op.f("ck_membership_confirmed_whole"),
        ),
        sa.CheckConstraint(
            "confirmed_by IS NULL OR (confirmed_by <> member_id AND confirmed_by <> added_by)",
            name=op.f("ck_membership_confirmed_by_another"),
        ),
        *(
            sa.ForeignKeyConstraint([column], ["member.id"], name=op.f(f"fk_membership_{column}"))
            for column in ("member_id", "added_by", "confirmed_by")
        ),
        sa.ForeignKeyConstraint(
            ["invited_through"],
            ["membership.membership_id"],
            name=op.f("fk_membership_invited_through"),
        ),
        sa.ForeignKeyConstraint(
            ["school_id"], ["school.school_id"], name=op.f("fk_membership_school_id")
        ),
        sa.ForeignKeyConstraint(
            ["authority_id"],
            ["authority.authority_id"],
            name=op.f("fk_membership_authority_id"),
        ),
        sa.ForeignKeyConstraint(
            ["authority_id", "shared_place_id"],
            ["shared_place.authority_id", "shared_place.shared_place_id"],
            name=op.f("fk_membership_shared_place"),
        ),
        sa.PrimaryKeyConstraint("membership_id", name=op.f("pk_membership")),
    )
    for column in ("member_id", "school_id", "authority_id"):
        op.create_index(f"ix_membership_{column}", "membership", [column])
    op.create_index(
        "ix_membership_live",
        "membership",
        ["member_id", "school_id"],
        unique=True,
        sqlite_where=LIVE,
        postgresql_where=LIVE,
    )


def _make_member_again(*columns: tuple[str, Any, bool], rules: Sequence[Any] = ()) -> None:
    """SQLite alters no table that has a check, so the table is made again. References to it are
    checked at the end of the transaction, when every row is back."""
    names = ", ".join(name for name, _kind, _null in columns)
    op.execute("PRAGMA defer_foreign_keys = ON")
    op.execute("CREATE TABLE member_before AS SELECT * FROM member")
    op.drop_table("member")
    op.create_table(
        "member",
        *(sa.Column(name, kind, nullable=null) for name, kind, null in columns),
        *rules,
        sa.PrimaryKeyConstraint("id", name=op.f("pk_member")),
        sa.UniqueConstraint("email", name=op.f("uq_member_email")),
        sa.UniqueConstraint("fs_uniquifier", name=op.f("uq_member_fs_uniquifier")),
    )
    op.execute(f"INSERT INTO member ({names}) SELECT {names} FROM member_before")  # noqa: S608
    op.drop_table("member_before")


def downgrade() -> None:
    """Each person keeps their oldest seat that the schema of before knows; partners lose theirs,
    and stay as closed accounts of the operator's."""
    for name, kind, _null in SEAT_BEFORE:
        op.add_column("member", sa.Column(name, kind, nullable=True))
    _bring_seats_back()
    if op.get_bind().dialect.name == "sqlite":
        _make_member_again(
            *PERSON,
            *SEAT_BEFORE,
            rules=(
                sa.CheckConstraint(BEFORE, name=op.f("ck_member_one_organisation")),
                sa.ForeignKeyConstraint(
                    ["authority_id"], ["authority.authority_id"], name="fk_member_authority_id"
                ),
                sa.ForeignKeyConstraint(
                    ["school_id"], ["school.school_id"], name="fk_member_school_id"
                ),
            ),
        )
    else:
        op.alter_column("member", "role", nullable=False)
        op.create_check_constraint(op.f("ck_member_one_organisation"), "member", BEFORE)
        for place in ("authority", "school"):
            op.create_foreign_key(
                f"fk_member_{place}_id", "member", place, [f"{place}_id"], [f"{place}_id"]
            )
    for place in ("authority", "school"):
        op.create_index(f"ix_member_{place}_id", "member", [f"{place}_id"])
    op.drop_table("membership")
    op.drop_column("authority", "kind")


def _bring_seats_back() -> None:
    member = sa.table(
        "member",
        sa.column("id", sa.Uuid()),
        sa.column("active", sa.Boolean()),
        *(sa.column(name, kind) for name, kind, _null in SEAT_BEFORE),
    )
    seat = sa.table(
        "membership",
        sa.column("membership_id", sa.Uuid()),
        sa.column("member_id", sa.Uuid()),
        sa.column("since", sa.Date()),
        sa.column("ended_on", sa.Date()),
        *(sa.column(name, kind) for name, kind, _null in SEAT_BEFORE),
    )
    bind = op.get_bind()
    kept: dict[uuid.UUID, Any] = {}
    order = (seat.c.ended_on.is_not(None), seat.c.since, seat.c.membership_id)
    for row in bind.execute(sa.select(seat).order_by(*order)):
        if row.role != "partner":
            kept.setdefault(row.member_id, row)
    bind.execute(sa.update(member).values(role="operator"))
    left_out = sa.update(member).where(member.c.id.not_in(list(kept))).values(active=False)
    bind.execute(left_out)
    for member_id, row in kept.items():
        bind.execute(
            sa.update(member)
            .where(member.c.id == member_id)
            .values(
                role=ROLES_BEFORE.get(row.role, row.role),
                school_id=row.school_id,
                authority_id=row.authority_id,
            )
        )
