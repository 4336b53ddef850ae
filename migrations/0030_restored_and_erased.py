"""A survey knows that the database was restored while it was open, and what was erased has a day.

Revision: 0030; follows: 0029. New names of events, which need no change of their table:
"school.erased", "authority.erased", "data.exported", "database.restored", "member.erased",
"member.locked", "cards.voided".
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0030"
down_revision = "0029"
branch_labels = None
depends_on = None

ERASED = ("authority", "school", "member")


def upgrade() -> None:
    op.add_column("wave", sa.Column("restored_to", sa.Date(), nullable=True))
    for table in ERASED:
        op.add_column(table, sa.Column("erased_on", sa.Date(), nullable=True))


def downgrade() -> None:
    for table in ERASED:
        op.drop_column(table, "erased_on")
    op.drop_column("wave", "restored_to")
