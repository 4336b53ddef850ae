"""Schools and authorities that close, move and merge.

Revision: 0035; follows: 0034. A report keeps the name that its school had. A survey that is part of
a programme says after which of its numbers the school left. New names of events, which need no
change of their table: "school.moved", "school.merged", "school.reopened", "authority.changed",
"authority.closed", "authority.reopened", "authority.merged".
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0035"
down_revision = "0034"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("authority", sa.Column("closed_on", sa.Date(), nullable=True))
    op.add_column("authority", sa.Column("merged_into", sa.Uuid(), nullable=True))
    op.add_column("school", sa.Column("merged_into", sa.Uuid(), nullable=True))
    op.add_column("campaign", sa.Column("left_after", sa.Integer(), nullable=True))
    op.add_column("release", sa.Column("school_name", sa.Text(), nullable=True))
    op.execute(
        sa.text(
            "UPDATE release SET school_name ="
            " (SELECT school.name FROM school WHERE school.school_id = release.school_id)"
        )
    )


def downgrade() -> None:
    op.drop_column("release", "school_name")
    op.drop_column("campaign", "left_after")
    op.drop_column("school", "merged_into")
    op.drop_column("authority", "merged_into")
    op.drop_column("authority", "closed_on")
