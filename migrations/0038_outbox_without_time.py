"""The outbox holds no time of a request for help: neither in what is sealed, nor in the order of
its rows, nor in when a message is tried again.

Revision: 0038; follows: 0037. Paths were sealed as tokens that name in plain the second in which
they were made. A message about a request leads to the start page without one.
New names of events, which need no change of their table: "help_contacts.people_corrected".
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0038"
down_revision = "0037"
branch_labels = None
depends_on = None

UNSAMPLED = {"sealed": "bytea", "next_try": "timestamp"}
"""Columns of which PostgreSQL's planner keeps no samples. Setting the type again, to what it is,
removes the samples that are there."""


def upgrade() -> None:
    op.execute(
        "UPDATE out_mail SET sealed = NULL, next_try = NULL, tries = 0"
        " WHERE kind = 'help_request' AND state <> 'sending'"
    )
    if op.get_bind().dialect.name == "postgresql":
        for column, kind in UNSAMPLED.items():
            op.execute(f"ALTER TABLE out_mail ALTER COLUMN {column} TYPE {kind}")
            op.execute(f"ALTER TABLE out_mail ALTER COLUMN {column} SET STATISTICS 0")
        op.execute("CLUSTER out_mail USING pk_out_mail")
    else:
        _rewrite(sqlite_with_rowid=False)


def downgrade() -> None:
    if op.get_bind().dialect.name == "postgresql":
        op.execute("ALTER TABLE out_mail SET WITHOUT CLUSTER")
        for column in UNSAMPLED:
            op.execute(f"ALTER TABLE out_mail ALTER COLUMN {column} SET STATISTICS -1")
    else:
        _rewrite(sqlite_with_rowid=True)


def _rewrite(*, sqlite_with_rowid: bool) -> None:
    """The table with its rows in the order of their random numbers."""
    op.create_table(
        "new_out_mail",
        sa.Column("mail_id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.String(24), nullable=False),
        sa.Column("member_id", sa.Uuid(), nullable=False),
        sa.Column("about", sa.Text(), nullable=False),
        sa.Column("sealed", sa.LargeBinary(), nullable=True),
        sa.Column("written_on", sa.Date(), nullable=False),
        sa.Column("state", sa.String(12), nullable=False),
        sa.Column("tries", sa.Integer(), nullable=False),
        sa.Column("next_try", sa.DateTime(), nullable=True),
        sa.Column("problem", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(["member_id"], ["member.id"], name="fk_out_mail_member_id"),
        sa.PrimaryKeyConstraint("mail_id", name="pk_out_mail"),
        sa.UniqueConstraint("kind", "member_id", "about", name="uq_out_mail_kind_member_id_about"),
        sqlite_with_rowid=sqlite_with_rowid,
    )
    op.execute("INSERT INTO new_out_mail SELECT * FROM out_mail ORDER BY mail_id")
    op.drop_table("out_mail")
    op.rename_table("new_out_mail", "out_mail")
    op.create_index("ix_out_mail_member_id", "out_mail", ["member_id"])
