"""Passkeys, accounts at Microsoft and Google, roles that need a second step, and shared counts.

Revision: 0033; follows: 0032. New names of events: "passkey.added", "passkey.removed",
"provider.linked", "provider.unlinked", "provider.refused", "second_step.required",
"second_step.reset". Sessions that are open count as begun with a password.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0033"
down_revision = "0032"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "rate_count",
        sa.Column("name_hash", sa.LargeBinary(length=32), nullable=False),
        sa.Column("until", sa.Integer(), nullable=False),
        sa.Column("hits", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("name_hash", name="pk_rate_count"),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "passkey",
        sa.Column("passkey_id", sa.Uuid(), nullable=False),
        sa.Column("member_id", sa.Uuid(), nullable=False),
        sa.Column("credential_id", sa.LargeBinary(length=1023), nullable=False),
        sa.Column("public_key", sa.LargeBinary(), nullable=False),
        sa.Column("sign_count", sa.BigInteger(), nullable=False),
        sa.Column("transports", sa.JSON(), nullable=False),
        sa.Column("works_alone", sa.Boolean(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("added_on", sa.Date(), nullable=False),
        sa.Column("used_on", sa.Date(), nullable=True),
        sa.ForeignKeyConstraint(["member_id"], ["member.id"], name="fk_passkey_member_id"),
        sa.PrimaryKeyConstraint("passkey_id", name="pk_passkey"),
        sa.UniqueConstraint("credential_id", name="uq_passkey_credential_id"),
    )
    op.create_index("ix_passkey_member_id", "passkey", ["member_id"])
    op.create_table(
        "provider_account",
        sa.Column("account_id", sa.Uuid(), nullable=False),
        sa.Column("member_id", sa.Uuid(), nullable=False),
        sa.Column("provider", sa.String(length=12), nullable=False),
        sa.Column("issuer", sa.Text(), nullable=False),
        sa.Column("subject", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("linked_on", sa.Date(), nullable=False),
        sa.Column("unlinked_on", sa.Date(), nullable=True),
        sa.ForeignKeyConstraint(["member_id"], ["member.id"], name="fk_provider_account_member_id"),
        sa.PrimaryKeyConstraint("account_id", name="pk_provider_account"),
        sa.UniqueConstraint("issuer", "subject", name="uq_provider_account_issuer_subject"),
    )
    op.create_index("ix_provider_account_member_id", "provider_account", ["member_id"])
    op.create_table(
        "second_step_rule",
        sa.Column("rule_id", sa.Uuid(), nullable=False),
        sa.Column("authority_id", sa.Uuid(), nullable=True),
        sa.Column("role", sa.String(length=24), nullable=False),
        sa.Column("since", sa.Date(), nullable=False),
        sa.ForeignKeyConstraint(
            ["authority_id"],
            ["authority.authority_id"],
            name="fk_second_step_rule_authority_id",
        ),
        sa.PrimaryKeyConstraint("rule_id", name="pk_second_step_rule"),
        sa.UniqueConstraint("authority_id", "role", name="uq_second_step_rule_authority_id_role"),
    )
    with op.batch_alter_table("staff_session") as table:
        table.add_column(
            sa.Column("way", sa.String(length=16), nullable=False, server_default="password")
        )
        table.add_column(
            sa.Column("has_second_step", sa.Boolean(), nullable=False, server_default=sa.false())
        )


def downgrade() -> None:
    with op.batch_alter_table("staff_session") as table:
        table.drop_column("has_second_step")
        table.drop_column("way")
    op.drop_table("second_step_rule")
    op.drop_table("provider_account")
    op.drop_table("passkey")
    op.drop_table("rate_count")
