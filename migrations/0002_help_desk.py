"""The help desk of a school, and what students ask there.

New names of events, which need no change of the table: "help_desk.changed", "help_request.read",
"help_request.closed", "help_requests.erased".

Revision: 0002; follows: 0001.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "help_desk",
        sa.Column("school_id", sa.Uuid(), nullable=False),
        sa.Column("word", sa.Text(), nullable=False),
        sa.Column("is_open", sa.Boolean(), nullable=False),
        sa.Column("who", sa.Text(), nullable=False),
        sa.Column("hours", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["school_id"], ["school.school_id"], name=op.f("fk_help_desk_school_id")
        ),
        sa.PrimaryKeyConstraint("school_id", name=op.f("pk_help_desk")),
        sa.UniqueConstraint("word", name=op.f("uq_help_desk_word")),
    )
    op.create_table(
        "help_request",
        sa.Column("school_id", sa.Uuid(), nullable=False),
        sa.Column("request_id", sa.Uuid(), nullable=False),
        sa.Column("arrived_on", sa.Date(), nullable=False),
        sa.Column("urgent", sa.Boolean(), nullable=False),
        sa.Column("sealed", sa.LargeBinary(), nullable=False),
        sa.Column("read_on", sa.Date(), nullable=True),
        sa.Column("read_by", sa.Uuid(), nullable=True),
        sa.Column("closed_on", sa.Date(), nullable=True),
        sa.Column("closed_by", sa.Uuid(), nullable=True),
        sa.Column("sealed_note", sa.LargeBinary(), nullable=True),
        sa.CheckConstraint(
            "(read_on IS NULL) = (read_by IS NULL)", name=op.f("ck_help_request_read_whole")
        ),
        sa.CheckConstraint(
            "(closed_on IS NULL) = (closed_by IS NULL)", name=op.f("ck_help_request_closed_whole")
        ),
        sa.CheckConstraint(
            "(closed_on IS NULL) = (sealed_note IS NULL)",
            name=op.f("ck_help_request_closed_noted"),
        ),
        sa.CheckConstraint(
            "closed_on IS NULL OR read_on IS NOT NULL",
            name=op.f("ck_help_request_closed_after_read"),
        ),
        sa.ForeignKeyConstraint(
            ["school_id"], ["school.school_id"], name=op.f("fk_help_request_school_id")
        ),
        sa.ForeignKeyConstraint(["read_by"], ["member.id"], name=op.f("fk_help_request_read_by")),
        sa.ForeignKeyConstraint(
            ["closed_by"], ["member.id"], name=op.f("fk_help_request_closed_by")
        ),
        sa.PrimaryKeyConstraint("school_id", "request_id", name=op.f("pk_help_request")),
        sqlite_with_rowid=False,
    )


def downgrade() -> None:
    op.drop_table("help_request")
    op.drop_table("help_desk")
