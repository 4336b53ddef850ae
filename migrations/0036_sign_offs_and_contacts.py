"""Sign-offs before a launch, help contacts that people edit, and an archive of what is over.

Revision: 0036; follows: 0035. New names of events, which need no change of their table:
"sign_off.given", "sign_off.revoked", "sign_offs.asked_for", "help_contacts.changed",
"help_contacts.checked", "campaign.archived", "campaign.unarchived", "programme.archived",
"programme.unarchived".
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0036"
down_revision = "0035"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column(
        "programme",
        sa.Column("asks_sign_off", sa.Boolean(), nullable=False, server_default=sa.false()),
    )
    for table in ("campaign", "programme"):
        op.add_column(table, sa.Column("archived_on", sa.Date(), nullable=True))
    _sign_offs()
    _contacts()


def _sign_offs() -> None:
    op.create_table(
        "sign_off",
        sa.Column("school_id", sa.Uuid(), nullable=False),
        sa.Column("sign_off_id", sa.Uuid(), nullable=False),
        sa.Column("wave_id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.String(24), nullable=False),
        sa.Column("words_hash", sa.Text(), nullable=False),
        sa.Column("given_by", sa.Uuid(), nullable=False),
        sa.Column("given_on", sa.Date(), nullable=False),
        sa.Column("on_paper_by", sa.Text(), nullable=False),
        sa.Column("ended_on", sa.Date(), nullable=True),
        sa.Column("ended_by", sa.Uuid(), nullable=True),
        sa.CheckConstraint(
            "ended_by IS NULL OR ended_on IS NOT NULL", name=op.f("ck_sign_off_ended_whole")
        ),
        sa.ForeignKeyConstraint(
            ["school_id", "wave_id"],
            ["wave.school_id", "wave.wave_id"],
            name="fk_sign_off_school_id",
        ),
        sa.ForeignKeyConstraint(["given_by"], ["member.id"], name="fk_sign_off_given_by"),
        sa.ForeignKeyConstraint(["ended_by"], ["member.id"], name="fk_sign_off_ended_by"),
        sa.PrimaryKeyConstraint("school_id", "sign_off_id", name="pk_sign_off"),
    )
    op.create_index("ix_sign_off_wave", "sign_off", ["school_id", "wave_id"])


def _contacts() -> None:
    op.create_table(
        "help_contact",
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("is_off", sa.Boolean(), nullable=False),
        sa.Column("name", sa.JSON(), nullable=True),
        sa.Column("how", sa.JSON(), nullable=True),
        sa.Column("link", sa.Text(), nullable=True),
        sa.Column("nations", sa.JSON(), nullable=True),
        sa.Column("audiences", sa.JSON(), nullable=True),
        sa.Column("checked_on", sa.Date(), nullable=True),
        sa.Column("checked_by", sa.Uuid(), nullable=True),
        sa.Column("checked_how", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["checked_by"], ["member.id"], name="fk_help_contact_checked_by"),
        sa.PrimaryKeyConstraint("key", name="pk_help_contact"),
    )
    op.create_table(
        "school_contact",
        sa.Column("school_id", sa.Uuid(), nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("is_off", sa.Boolean(), nullable=False),
        sa.Column("name", sa.JSON(), nullable=True),
        sa.Column("how", sa.JSON(), nullable=True),
        sa.Column("link", sa.Text(), nullable=True),
        sa.Column("checked_on", sa.Date(), nullable=True),
        sa.Column("checked_by", sa.Uuid(), nullable=True),
        sa.Column("checked_how", sa.Text(), nullable=False),
        sa.CheckConstraint(
            "is_off OR name IS NOT NULL", name=op.f("ck_school_contact_says_something")
        ),
        sa.ForeignKeyConstraint(
            ["school_id"], ["school.school_id"], name="fk_school_contact_school_id"
        ),
        sa.ForeignKeyConstraint(["checked_by"], ["member.id"], name="fk_school_contact_checked_by"),
        sa.PrimaryKeyConstraint("school_id", "key", name="pk_school_contact"),
    )


def downgrade() -> None:
    op.drop_table("school_contact")
    op.drop_table("help_contact")
    op.drop_table("sign_off")
    for table in ("programme", "campaign"):
        op.drop_column(table, "archived_on")
    op.drop_column("programme", "asks_sign_off")
