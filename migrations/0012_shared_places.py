"""Shared places of a programme, their schools and figures, and actions with partners there.

Revision: 0012; follows: 0011. New names of events, which need no change of the table:
"shared_place.begun", "shared_place.changed", "shared_figure.made", "partner_action.planned",
"partner_action.changed", "partner_action.moved".
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None

STATES = ("planned", "under_way", "done", "dropped")
PARTNERS = ("police", "transport", "parks", "council", "youth", "business", "other")


def _of_place(table: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint(
        ["authority_id", "shared_place_id"],
        ["shared_place.authority_id", "shared_place.shared_place_id"],
        name=op.f(f"fk_{table}_authority_id"),
    )


def _state() -> sa.Enum:
    return sa.Enum(*STATES, name="actionstate", native_enum=False, length=12)


def upgrade() -> None:
    op.create_table(
        "shared_place",
        sa.Column("authority_id", sa.Uuid(), nullable=False),
        sa.Column("shared_place_id", sa.Uuid(), nullable=False),
        sa.Column("programme_id", sa.Uuid(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("begun_on", sa.Date(), nullable=False),
        sa.ForeignKeyConstraint(
            ["authority_id", "programme_id"],
            ["programme.authority_id", "programme.programme_id"],
            name=op.f("fk_shared_place_authority_id"),
        ),
        sa.PrimaryKeyConstraint("authority_id", "shared_place_id", name=op.f("pk_shared_place")),
    )
    op.create_index("ix_shared_place_programme", "shared_place", ["authority_id", "programme_id"])
    op.create_table(
        "shared_place_school",
        sa.Column("authority_id", sa.Uuid(), nullable=False),
        sa.Column("shared_place_id", sa.Uuid(), nullable=False),
        sa.Column("school_id", sa.Uuid(), nullable=False),
        sa.Column("programme_id", sa.Uuid(), nullable=False),
        sa.Column("place_key", sa.Text(), nullable=False),
        _of_place("shared_place_school"),
        sa.ForeignKeyConstraint(
            ["school_id"], ["school.school_id"], name=op.f("fk_shared_place_school_school_id")
        ),
        sa.PrimaryKeyConstraint(
            "authority_id", "shared_place_id", "school_id", name=op.f("pk_shared_place_school")
        ),
        sa.UniqueConstraint(
            "authority_id",
            "programme_id",
            "school_id",
            "place_key",
            name=op.f("uq_shared_place_school_authority_id_programme_id_school_id_place_key"),
        ),
    )
    op.create_table(
        "shared_figure",
        sa.Column("authority_id", sa.Uuid(), nullable=False),
        sa.Column("shared_place_id", sa.Uuid(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("schools", sa.Integer(), nullable=False),
        sa.Column("count", sa.Integer(), nullable=False),
        sa.Column("base", sa.Integer(), nullable=False),
        sa.Column("made_on", sa.Date(), nullable=False),
        sa.CheckConstraint("schools >= 5", name=op.f("ck_shared_figure_over_five_schools")),
        sa.CheckConstraint("count <= base", name=op.f("ck_shared_figure_a_share")),
        _of_place("shared_figure"),
        sa.PrimaryKeyConstraint(
            "authority_id", "shared_place_id", "number", name=op.f("pk_shared_figure")
        ),
    )
    op.create_table(
        "partner_action",
        sa.Column("authority_id", sa.Uuid(), nullable=False),
        sa.Column("partner_action_id", sa.Uuid(), nullable=False),
        sa.Column("shared_place_id", sa.Uuid(), nullable=False),
        sa.Column(
            "partner",
            sa.Enum(*PARTNERS, name="partner", native_enum=False, length=12),
            nullable=False,
        ),
        sa.Column("who", sa.Text(), nullable=False),
        sa.Column("steps_taken", sa.Text(), nullable=False),
        sa.Column("due_on", sa.Date(), nullable=False),
        sa.Column("state", _state(), nullable=False),
        sa.Column("planned_on", sa.Date(), nullable=False),
        _of_place("partner_action"),
        sa.PrimaryKeyConstraint(
            "authority_id", "partner_action_id", name=op.f("pk_partner_action")
        ),
    )
    op.create_table(
        "partner_move",
        sa.Column("authority_id", sa.Uuid(), nullable=False),
        sa.Column("partner_action_id", sa.Uuid(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("state", _state(), nullable=False),
        sa.Column("moved_on", sa.Date(), nullable=False),
        sa.Column("moved_by", sa.Uuid(), nullable=True),
        sa.Column("note", sa.Text(), nullable=False),
        sa.CheckConstraint("number >= 1", name=op.f("ck_partner_move_numbered_from_one")),
        sa.ForeignKeyConstraint(
            ["authority_id", "partner_action_id"],
            ["partner_action.authority_id", "partner_action.partner_action_id"],
            name=op.f("fk_partner_move_authority_id"),
        ),
        sa.ForeignKeyConstraint(["moved_by"], ["member.id"], name=op.f("fk_partner_move_moved_by")),
        sa.PrimaryKeyConstraint(
            "authority_id", "partner_action_id", "number", name=op.f("pk_partner_move")
        ),
    )


def downgrade() -> None:
    for table in ("partner_move", "partner_action", "shared_figure", "shared_place_school"):
        op.drop_table(table)
    op.drop_index("ix_shared_place_programme", table_name="shared_place")
    op.drop_table("shared_place")
