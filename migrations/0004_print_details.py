"""What a school writes for its printed sheets.

New names of events, which need no change of the table: "print_details.changed", "items.shown",
"items.hidden".

Revision: 0004; follows: 0003.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "print_details",
        sa.Column("school_id", sa.Uuid(), nullable=False),
        sa.Column("wave_id", sa.Uuid(), nullable=False),
        sa.Column("asked_on", sa.Date(), nullable=True),
        sa.Column("opt_out_by", sa.Date(), nullable=True),
        sa.Column("opt_out_how", sa.Text(), nullable=False),
        sa.Column("signed_by", sa.Text(), nullable=False),
        sa.Column("drop_in", sa.Text(), nullable=False),
        sa.Column("items_word", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(
            ["school_id", "wave_id"],
            ["wave.school_id", "wave.wave_id"],
            name=op.f("fk_print_details_school_id_wave_id"),
        ),
        sa.PrimaryKeyConstraint("school_id", "wave_id", name=op.f("pk_print_details")),
        sa.UniqueConstraint("items_word", name=op.f("uq_print_details_items_word")),
    )


def downgrade() -> None:
    op.drop_table("print_details")
