"""Sessions of members on the server; passwords that must be changed; codes that were used.

Revision: 0020; follows: 0017. Everyone has to sign in again. Passwords that members have now
count as their own. Recovery codes that were made before go on working; new ones are kept hashed.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0020"
down_revision = "0019"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("member", sa.Column("first_password_until", sa.DateTime(), nullable=True))
    op.add_column("member", sa.Column("last_code_step", sa.BigInteger(), nullable=True))
    op.create_table(
        "staff_session",
        sa.Column("session_id", sa.Uuid(), nullable=False),
        sa.Column("token_hash", sa.LargeBinary(32), nullable=False),
        sa.Column("member_id", sa.Uuid(), nullable=False),
        sa.Column("began_at", sa.DateTime(), nullable=False),
        sa.Column("seen_at", sa.DateTime(), nullable=False),
        sa.Column("browser", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["member_id"], ["member.id"], name=op.f("fk_staff_session_member_id")
        ),
        sa.PrimaryKeyConstraint("session_id", name=op.f("pk_staff_session")),
        sa.UniqueConstraint("token_hash", name=op.f("uq_staff_session_token_hash")),
    )
    op.create_index("ix_staff_session_member_id", "staff_session", ["member_id"])


def downgrade() -> None:
    op.drop_index("ix_staff_session_member_id", "staff_session")
    op.drop_table("staff_session")
    op.drop_column("member", "last_code_step")
    op.drop_column("member", "first_password_until")
