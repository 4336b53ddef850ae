"""Texts: the room where a lead reads what students wrote, and the set that leaves it.

Revision: 0009; follows: 0008. New events: "texts.opened", "texts.read", "text.passed_on",
"texts.released", "texts.withdrawn", "texts.erased", "staff_names.changed".
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None

MARKS = ("unread", "read", "fit", "left_out", "worry")
PASSED_TO = ("safeguarding", "head", "site", "social_care", "police", "other")


def upgrade() -> None:
    op.create_table(
        "staff_names",
        sa.Column("school_id", sa.Uuid(), nullable=False),
        sa.Column("names", sa.JSON(), nullable=False),
        sa.ForeignKeyConstraint(
            ["school_id"], ["school.school_id"], name=op.f("fk_staff_names_school_id")
        ),
        sa.PrimaryKeyConstraint("school_id", name=op.f("pk_staff_names")),
    )
    op.create_table(
        "text_room",
        sa.Column("school_id", sa.Uuid(), nullable=False),
        sa.Column("wave_id", sa.Uuid(), nullable=False),
        sa.Column("opened_on", sa.Date(), nullable=False),
        sa.Column("read_by", sa.Date(), nullable=False),
        sa.Column("erased_on", sa.Date(), nullable=True),
        sa.ForeignKeyConstraint(
            ["school_id", "wave_id"],
            ["wave.school_id", "wave.wave_id"],
            name=op.f("fk_text_room_school_id"),
        ),
        sa.PrimaryKeyConstraint("school_id", "wave_id", name=op.f("pk_text_room")),
    )
    op.create_table(
        "room_text",
        sa.Column("school_id", sa.Uuid(), nullable=False),
        sa.Column("wave_id", sa.Uuid(), nullable=False),
        sa.Column("text_id", sa.Uuid(), nullable=False),
        sa.Column("item", sa.Text(), nullable=False),
        sa.Column("words", sa.Text(), nullable=False),
        sa.Column("out", sa.JSON(), nullable=False),
        sa.Column(
            "mark", sa.Enum(*MARKS, name="mark", native_enum=False, length=12), nullable=False
        ),
        sa.Column(
            "passed_to",
            sa.Enum(*PASSED_TO, name="passedto", native_enum=False, length=20),
            nullable=True,
        ),
        sa.Column("passed_on", sa.Date(), nullable=True),
        sa.Column("note", sa.Text(), nullable=True),
        sa.CheckConstraint(
            "(mark = 'worry') = (passed_to IS NOT NULL)"
            " AND (mark = 'worry') = (passed_on IS NOT NULL)"
            " AND (mark = 'worry') = (note IS NOT NULL)",
            name=op.f("ck_room_text_worry_whole"),
        ),
        sa.ForeignKeyConstraint(
            ["school_id", "wave_id"],
            ["text_room.school_id", "text_room.wave_id"],
            name=op.f("fk_room_text_school_id"),
        ),
        sa.PrimaryKeyConstraint("school_id", "wave_id", "text_id", name=op.f("pk_room_text")),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "released_texts",
        sa.Column("school_id", sa.Uuid(), nullable=False),
        sa.Column("wave_id", sa.Uuid(), nullable=False),
        sa.Column("texts_hash", sa.Text(), nullable=False),
        sa.Column("document", sa.Text(), nullable=True),
        sa.Column("released_on", sa.Date(), nullable=False),
        sa.Column("withdrawn_on", sa.Date(), nullable=True),
        sa.Column("notice", sa.Text(), nullable=True),
        sa.CheckConstraint(
            "(withdrawn_on IS NULL) = (notice IS NULL)"
            " AND (withdrawn_on IS NULL) = (document IS NOT NULL)",
            name=op.f("ck_released_texts_withdrawn_whole"),
        ),
        sa.ForeignKeyConstraint(
            ["school_id", "wave_id"],
            ["wave.school_id", "wave.wave_id"],
            name=op.f("fk_released_texts_school_id"),
        ),
        sa.PrimaryKeyConstraint("school_id", "wave_id", name=op.f("pk_released_texts")),
    )


def downgrade() -> None:
    op.drop_table("released_texts")
    op.drop_table("room_text")
    op.drop_table("text_room")
    op.drop_table("staff_names")
