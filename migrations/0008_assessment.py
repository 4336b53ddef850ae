"""Self-assessments: versions of a school's view of itself, a light for each statement.

Revision: 0008; follows: 0007. New events: "assessment.started", "assessment.changed",
"assessment.finished".
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "assessment",
        sa.Column("school_id", sa.Uuid(), nullable=False),
        sa.Column("assessment_id", sa.Uuid(), nullable=False),
        sa.Column("started_on", sa.Date(), nullable=False),
        sa.Column("finished_on", sa.Date(), nullable=True),
        sa.ForeignKeyConstraint(
            ["school_id"], ["school.school_id"], name=op.f("fk_assessment_school_id")
        ),
        sa.PrimaryKeyConstraint("school_id", "assessment_id", name=op.f("pk_assessment")),
    )
    op.create_index(
        "ix_assessment_open",
        "assessment",
        ["school_id"],
        unique=True,
        sqlite_where=sa.text("finished_on IS NULL"),
        postgresql_where=sa.text("finished_on IS NULL"),
    )
    op.create_table(
        "assessment_mark",
        sa.Column("school_id", sa.Uuid(), nullable=False),
        sa.Column("assessment_id", sa.Uuid(), nullable=False),
        sa.Column("statement", sa.Text(), nullable=False),
        sa.Column("light", sa.String(length=12), nullable=True),
        sa.Column("evidence", sa.Text(), nullable=False),
        sa.Column("owner", sa.Text(), nullable=False),
        sa.Column("due", sa.Date(), nullable=True),
        sa.CheckConstraint(
            "light IN ('red', 'amber', 'green')", name=op.f("ck_assessment_mark_light_known")
        ),
        sa.ForeignKeyConstraint(
            ["school_id", "assessment_id"],
            ["assessment.school_id", "assessment.assessment_id"],
            name=op.f("fk_assessment_mark_school_id"),
        ),
        sa.PrimaryKeyConstraint(
            "school_id", "assessment_id", "statement", name=op.f("pk_assessment_mark")
        ),
    )


def downgrade() -> None:
    op.drop_table("assessment_mark")
    op.drop_index("ix_assessment_open", table_name="assessment")
    op.drop_table("assessment")
