"""Forms that create something are remembered for two days, so that a second press creates nothing.

Revision: 0019; follows: 0018.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0019"
down_revision = "0018"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "sent_form",
        sa.Column("form_hash", sa.LargeBinary(32), nullable=False),
        sa.Column("sent_on", sa.Date(), nullable=False),
        sa.Column("led_to", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("form_hash", name=op.f("pk_sent_form")),
    )


def downgrade() -> None:
    op.drop_table("sent_form")
