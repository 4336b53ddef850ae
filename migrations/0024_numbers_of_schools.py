"""The number of a school in its nation's register, the day it closed, and files of schools.

Revision: 0024; follows: 0023. Schools that are there already have no number until a list of schools
is read; such a list finds them by their name. A new name of an event, which needs no change of its
table: "school.closed".
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0024"
down_revision = "0023"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("school", sa.Column("number", sa.Text(), nullable=True))
    op.add_column("school", sa.Column("closed_on", sa.Date(), nullable=True))
    op.create_index("ix_school_nation_number", "school", ["nation", "number"], unique=True)
    op.create_table(
        "school_file",
        sa.Column("file_id", sa.Uuid(), nullable=False),
        sa.Column("authority_id", sa.Uuid(), nullable=True),
        sa.Column("nation", sa.String(24), nullable=False),
        sa.Column("sent_on", sa.Date(), nullable=False),
        sa.Column("content", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(
            ["authority_id"], ["authority.authority_id"], name="fk_school_file_authority_id"
        ),
        sa.PrimaryKeyConstraint("file_id", name="pk_school_file"),
    )


def downgrade() -> None:
    op.drop_table("school_file")
    op.drop_index("ix_school_nation_number", "school")
    op.drop_column("school", "closed_on")
    op.drop_column("school", "number")
