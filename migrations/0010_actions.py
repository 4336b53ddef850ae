"""Actions of a school, how each moved on, and the page on which its students read of them.

Revision: 0010; follows: 0009. New names of events, which need no change of the table:
"action.planned", "action.changed", "action.moved", "students_page.shown", "students_page.hidden".
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None

STATES = ("planned", "under_way", "done", "dropped")


def upgrade() -> None:
    op.create_table(
        "action",
        sa.Column("school_id", sa.Uuid(), nullable=False),
        sa.Column("action_id", sa.Uuid(), nullable=False),
        sa.Column("campaign_id", sa.Uuid(), nullable=False),
        sa.Column("wave_id", sa.Uuid(), nullable=False),
        sa.Column(
            "kind",
            sa.Enum("place", "theme", name="subjectkind", native_enum=False, length=12),
            nullable=False,
        ),
        sa.Column("subject", sa.Text(), nullable=False),
        sa.Column("measured_table", sa.Text(), nullable=False),
        sa.Column("measured_answer", sa.Text(), nullable=False),
        sa.Column("measured_group", sa.Text(), nullable=False),
        sa.Column("found", sa.Text(), nullable=False),
        sa.Column("goal", sa.Text(), nullable=False),
        sa.Column("owner", sa.Text(), nullable=False),
        sa.Column("steps_taken", sa.Text(), nullable=False),
        sa.Column("due_on", sa.Date(), nullable=False),
        sa.Column("other_signs", sa.Text(), nullable=False),
        sa.Column("for_students", sa.Boolean(), nullable=False),
        sa.Column("we_did", sa.Text(), nullable=False),
        sa.Column("language", sa.Text(), nullable=False),
        sa.Column(
            "state",
            sa.Enum(*STATES, name="actionstate", native_enum=False, length=12),
            nullable=False,
        ),
        sa.Column("planned_on", sa.Date(), nullable=False),
        sa.CheckConstraint(
            "NOT for_students OR we_did <> ''", name=op.f("ck_action_told_in_words")
        ),
        sa.ForeignKeyConstraint(
            ["school_id", "campaign_id"],
            ["campaign.school_id", "campaign.campaign_id"],
            name=op.f("fk_action_school_id"),
        ),
        sa.ForeignKeyConstraint(
            ["school_id", "wave_id"],
            ["wave.school_id", "wave.wave_id"],
            name=op.f("fk_action_wave_id"),
        ),
        sa.PrimaryKeyConstraint("school_id", "action_id", name=op.f("pk_action")),
    )
    op.create_index("ix_action_campaign", "action", ["school_id", "campaign_id"])
    op.create_table(
        "action_move",
        sa.Column("school_id", sa.Uuid(), nullable=False),
        sa.Column("action_id", sa.Uuid(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column(
            "state",
            sa.Enum(*STATES, name="actionstate", native_enum=False, length=12),
            nullable=False,
        ),
        sa.Column("moved_on", sa.Date(), nullable=False),
        sa.Column("moved_by", sa.Uuid(), nullable=True),
        sa.Column("note", sa.Text(), nullable=False),
        sa.CheckConstraint("number >= 1", name=op.f("ck_action_move_numbered_from_one")),
        sa.ForeignKeyConstraint(
            ["school_id", "action_id"],
            ["action.school_id", "action.action_id"],
            name=op.f("fk_action_move_school_id"),
        ),
        sa.ForeignKeyConstraint(["moved_by"], ["member.id"], name=op.f("fk_action_move_moved_by")),
        sa.PrimaryKeyConstraint("school_id", "action_id", "number", name=op.f("pk_action_move")),
    )
    op.create_table(
        "students_page",
        sa.Column("school_id", sa.Uuid(), nullable=False),
        sa.Column("campaign_id", sa.Uuid(), nullable=False),
        sa.Column("word", sa.Text(), nullable=False),
        sa.Column("opened_on", sa.Date(), nullable=False),
        sa.ForeignKeyConstraint(
            ["school_id", "campaign_id"],
            ["campaign.school_id", "campaign.campaign_id"],
            name=op.f("fk_students_page_school_id"),
        ),
        sa.PrimaryKeyConstraint("school_id", "campaign_id", name=op.f("pk_students_page")),
        sa.UniqueConstraint("word", name=op.f("uq_students_page_word")),
    )


def downgrade() -> None:
    op.drop_table("students_page")
    op.drop_table("action_move")
    op.drop_index("ix_action_campaign", table_name="action")
    op.drop_table("action")
