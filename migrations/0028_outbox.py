"""The outbox of e-mail to staff, its switches, and links to choose a password.

Revision: 0028; follows: 0027.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0028"
down_revision = "0027"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "out_mail",
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
    )
    op.create_index("ix_out_mail_member_id", "out_mail", ["member_id"])
    op.create_table(
        "mail_switched_off",
        sa.Column("member_id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.String(24), nullable=False),
        sa.ForeignKeyConstraint(
            ["member_id"], ["member.id"], name="fk_mail_switched_off_member_id"
        ),
        sa.PrimaryKeyConstraint("member_id", "kind", name="pk_mail_switched_off"),
    )
    op.create_table(
        "password_link",
        sa.Column("token_hash", sa.LargeBinary(32), nullable=False),
        sa.Column("member_id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("until", sa.DateTime(), nullable=False),
        sa.ForeignKeyConstraint(["member_id"], ["member.id"], name="fk_password_link_member_id"),
        sa.PrimaryKeyConstraint("token_hash", name="pk_password_link"),
    )
    op.create_index("ix_password_link_member_id", "password_link", ["member_id"])


def downgrade() -> None:
    op.drop_table("password_link")
    op.drop_table("mail_switched_off")
    op.drop_table("out_mail")
