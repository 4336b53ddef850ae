"""Letterhead: the name and the logo at the head of a school's printed reports.

Revision: 0006; follows: 0005. New event: "letterhead.changed".
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "letterhead",
        sa.Column("school_id", sa.Uuid(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("logo", sa.LargeBinary(), nullable=True),
        sa.Column("kind", sa.Text(), nullable=True),
        sa.Column("width", sa.Integer(), nullable=True),
        sa.Column("height", sa.Integer(), nullable=True),
        sa.CheckConstraint(
            "(logo IS NULL) = (kind IS NULL) AND (logo IS NULL) = (width IS NULL)"
            " AND (logo IS NULL) = (height IS NULL)",
            name=op.f("ck_letterhead_logo_whole"),
        ),
        sa.ForeignKeyConstraint(
            ["school_id"], ["school.school_id"], name=op.f("fk_letterhead_school_id")
        ),
        sa.PrimaryKeyConstraint("school_id", name=op.f("pk_letterhead")),
    )


def downgrade() -> None:
    op.drop_table("letterhead")
