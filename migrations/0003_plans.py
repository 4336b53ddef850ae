"""Plans: a school's plan with the areas of its places, and the plan of each launched wave.

Revision: 0003; follows: 0002. New events: "plan.changed", "plan.removed".
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "site_plan",
        sa.Column("school_id", sa.Uuid(), nullable=False),
        sa.Column("picture", sa.LargeBinary(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("width", sa.Integer(), nullable=False),
        sa.Column("height", sa.Integer(), nullable=False),
        sa.Column("areas", sa.JSON(), nullable=False),
        sa.CheckConstraint("height >= 1", name=op.f("ck_site_plan_height_sane")),
        sa.CheckConstraint("width BETWEEN 1 AND 720", name=op.f("ck_site_plan_width_small")),
        sa.ForeignKeyConstraint(
            ["school_id"], ["school.school_id"], name=op.f("fk_site_plan_school_id")
        ),
        sa.PrimaryKeyConstraint("school_id", name=op.f("pk_site_plan")),
    )
    op.create_table(
        "wave_plan",
        sa.Column("school_id", sa.Uuid(), nullable=False),
        sa.Column("wave_id", sa.Uuid(), nullable=False),
        sa.Column("plan_hash", sa.Text(), nullable=False),
        sa.Column("picture", sa.LargeBinary(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("width", sa.Integer(), nullable=False),
        sa.Column("height", sa.Integer(), nullable=False),
        sa.Column("areas", sa.JSON(), nullable=False),
        sa.ForeignKeyConstraint(
            ["school_id", "wave_id"],
            ["wave.school_id", "wave.wave_id"],
            name=op.f("fk_wave_plan_school_id"),
        ),
        sa.PrimaryKeyConstraint("school_id", "wave_id", name=op.f("pk_wave_plan")),
    )


def downgrade() -> None:
    op.drop_table("wave_plan")
    op.drop_table("site_plan")
