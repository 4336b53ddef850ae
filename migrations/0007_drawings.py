"""Charts that were drawn: a report opens as fast after a restart as before it.

Revision: 0007; follows: 0006.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "drawing",
        sa.Column("document_hash", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("made_by", sa.Text(), nullable=False),
        sa.Column("svg", sa.LargeBinary(), nullable=False),
        sa.Column("specification", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("document_hash", "name", name=op.f("pk_drawing")),
    )


def downgrade() -> None:
    op.drop_table("drawing")
