"""Sessions of students that are over: their addresses open no more.

Revision: 0014; follows: 0013.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "ended_session",
        sa.Column("hour", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("session_hash", sa.LargeBinary(32), nullable=False),
        sa.PrimaryKeyConstraint("hour", "session_hash", name=op.f("pk_ended_session")),
        sqlite_with_rowid=False,
    )


def downgrade() -> None:
    op.drop_table("ended_session")
