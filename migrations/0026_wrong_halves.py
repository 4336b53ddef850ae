"""Wrong codes are counted by all processes together.

Revision: 0026; follows: 0025. Holds counts of the last two hours only.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0026"
down_revision = "0025"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "wrong_half",
        sa.Column("hour", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("half_hash", sa.LargeBinary(length=32), nullable=False),
        sa.Column("wrong", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("hour", "half_hash", name=op.f("pk_wrong_half")),
        sqlite_with_rowid=False,
    )


def downgrade() -> None:
    op.drop_table("wrong_half")
