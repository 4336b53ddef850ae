"""Programmes: the core an authority asks in all its schools, and when it plans each wave.

Revision: 0011; follows: 0010. New events: "core.changed", "wave.planned".
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "programme_core",
        sa.Column("authority_id", sa.Uuid(), nullable=False),
        sa.Column("programme_id", sa.Uuid(), nullable=False),
        sa.Column("adaptation", sa.JSON(), nullable=False),
        sa.ForeignKeyConstraint(
            ["authority_id", "programme_id"],
            ["programme.authority_id", "programme.programme_id"],
            name=op.f("fk_programme_core_authority_id"),
        ),
        sa.PrimaryKeyConstraint("authority_id", "programme_id", name=op.f("pk_programme_core")),
    )
    op.create_table(
        "planned_wave",
        sa.Column("authority_id", sa.Uuid(), nullable=False),
        sa.Column("programme_id", sa.Uuid(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("opens_from", sa.Date(), nullable=False),
        sa.Column("opens_until", sa.Date(), nullable=False),
        sa.Column("closes_by", sa.Date(), nullable=False),
        sa.CheckConstraint(
            "opens_from <= opens_until", name=op.f("ck_planned_wave_opens_in_order")
        ),
        sa.CheckConstraint("opens_until < closes_by", name=op.f("ck_planned_wave_closes_after")),
        sa.CheckConstraint("number >= 1", name=op.f("ck_planned_wave_number_sane")),
        sa.ForeignKeyConstraint(
            ["authority_id", "programme_id"],
            ["programme.authority_id", "programme.programme_id"],
            name=op.f("fk_planned_wave_authority_id"),
        ),
        sa.PrimaryKeyConstraint(
            "authority_id", "programme_id", "number", name=op.f("pk_planned_wave")
        ),
    )


def downgrade() -> None:
    op.drop_table("planned_wave")
    op.drop_table("programme_core")
