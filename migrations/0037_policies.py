"""Consent, and the question about sex or gender, are policies of an authority or a school.

Revision: 0037; follows: 0036. A survey without a policy is one in which
parents could say no, as all were before.
New names of events, which need no change of their table: "policy.changed", "slips.counted".
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0037"
down_revision = "0036"
branch_labels = None
depends_on = None

DECIDED = ("consent", "gender_question")


def upgrade() -> None:
    for table in ("authority", "school"):
        for column in DECIDED:
            op.add_column(table, sa.Column(column, sa.Text(), nullable=True))
    op.add_column("wave", sa.Column("consent", sa.Text(), nullable=True))
    op.add_column("wave", sa.Column("slips", sa.JSON(none_as_null=True), nullable=True))


def downgrade() -> None:
    op.drop_column("wave", "slips")
    op.drop_column("wave", "consent")
    for table in ("school", "authority"):
        for column in reversed(DECIDED):
            op.drop_column(table, column)
