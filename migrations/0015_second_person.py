"""Requests to a second person; the roll that a survey's cards are tied to; batches made once.

Revision: 0015; follows: 0014. A survey that is running or over gets the roll that its school gives
today. New names of events, which need no change of the table: "codes.printed", "approval.asked",
"approval.given", "approval.declined".
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None

KINDS = ("cards", "roll", "release")
STATES = ("waiting", "approved", "declined")


def upgrade() -> None:
    op.create_table(
        "approval",
        sa.Column("school_id", sa.Uuid(), nullable=False),
        sa.Column("approval_id", sa.Uuid(), nullable=False),
        sa.Column("wave_id", sa.Uuid(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column(
            "kind",
            sa.Enum(*KINDS, name="approvalkind", native_enum=False, length=12),
            nullable=False,
        ),
        sa.Column("year", sa.Integer(), nullable=True),
        sa.Column("count", sa.Integer(), nullable=True),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column(
            "state",
            sa.Enum(*STATES, name="approvalstate", native_enum=False, length=12),
            nullable=False,
        ),
        sa.Column("asked_by", sa.Uuid(), nullable=False),
        sa.Column("asked_on", sa.Date(), nullable=False),
        sa.Column("answered_by", sa.Uuid(), nullable=True),
        sa.Column("answered_on", sa.Date(), nullable=True),
        sa.Column("note", sa.Text(), nullable=False),
        sa.CheckConstraint(
            "answered_by IS NULL OR answered_by <> asked_by", name=op.f("ck_approval_two_people")
        ),
        sa.CheckConstraint(
            "(state = 'waiting') = (answered_by IS NULL)"
            " AND (state = 'waiting') = (answered_on IS NULL)",
            name=op.f("ck_approval_answered_whole"),
        ),
        sa.CheckConstraint(
            "(kind = 'release') = (count IS NULL)",
            name=op.f("ck_approval_counts_what_it_asks"),
        ),
        sa.CheckConstraint(
            "count IS NULL OR count BETWEEN 1 AND 2000", name=op.f("ck_approval_count_sane")
        ),
        sa.ForeignKeyConstraint(
            ["school_id", "wave_id"],
            ["wave.school_id", "wave.wave_id"],
            name=op.f("fk_approval_school_id"),
        ),
        sa.ForeignKeyConstraint(["asked_by"], ["member.id"], name=op.f("fk_approval_asked_by")),
        sa.ForeignKeyConstraint(
            ["answered_by"], ["member.id"], name=op.f("fk_approval_answered_by")
        ),
        sa.PrimaryKeyConstraint("school_id", "approval_id", name=op.f("pk_approval")),
    )
    op.create_index("ix_approval_wave", "approval", ["school_id", "wave_id", "number"], unique=True)
    op.add_column("wave", sa.Column("roll", sa.JSON(), nullable=True))
    op.execute(
        "UPDATE wave SET roll = (SELECT school.roll FROM school"
        " WHERE school.school_id = wave.school_id) WHERE state <> 'draft'"
    )
    op.add_column("link_batch", sa.Column("begins_at", sa.Integer(), nullable=True))


def downgrade() -> None:
    op.drop_column("link_batch", "begins_at")
    op.drop_column("wave", "roll")
    op.drop_index("ix_approval_wave", "approval")
    op.drop_table("approval")
