"""The first schema.

Revision: 0001; follows: None.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = ("default",)
depends_on = None

APPEND_ONLY = {
    "sqlite": (
        "CREATE TRIGGER event_no_update BEFORE UPDATE ON event "
        "BEGIN SELECT RAISE(ABORT, 'events are append-only'); END",
        "CREATE TRIGGER event_no_delete BEFORE DELETE ON event "
        "BEGIN SELECT RAISE(ABORT, 'events are append-only'); END",
        # INSERT OR REPLACE deletes without asking the trigger above.
        "CREATE TRIGGER event_no_replace BEFORE INSERT ON event "
        "WHEN EXISTS (SELECT 1 FROM event WHERE event_id = NEW.event_id) "
        "BEGIN SELECT RAISE(ABORT, 'events are append-only'); END",
    ),
    "postgresql": (
        "CREATE FUNCTION event_is_append_only() RETURNS trigger LANGUAGE plpgsql AS "
        "$$ BEGIN RAISE EXCEPTION 'events are append-only'; END $$",
        "CREATE TRIGGER event_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON event "
        "FOR EACH STATEMENT EXECUTE FUNCTION event_is_append_only()",
    ),
}


def upgrade() -> None:
    op.create_table(
        "authority",
        sa.Column("authority_id", sa.Uuid(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column(
            "nation",
            sa.Enum(
                "england",
                "wales",
                "scotland",
                "northern_ireland",
                name="nation",
                native_enum=False,
                length=24,
            ),
            nullable=False,
        ),
        sa.PrimaryKeyConstraint("authority_id", name=op.f("pk_authority")),
        sa.UniqueConstraint("name", name=op.f("uq_authority_name")),
    )
    op.create_table(
        "frozen_questionnaire",
        sa.Column("content_hash", sa.Text(), nullable=False),
        sa.Column("document", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("content_hash", name=op.f("pk_frozen_questionnaire")),
    )
    op.create_table(
        "programme",
        sa.Column("authority_id", sa.Uuid(), nullable=False),
        sa.Column("programme_id", sa.Uuid(), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("template_key", sa.Text(), nullable=False),
        sa.Column("template_version", sa.Text(), nullable=False),
        sa.Column("started_on", sa.Date(), nullable=False),
        sa.ForeignKeyConstraint(
            ["authority_id"], ["authority.authority_id"], name=op.f("fk_programme_authority_id")
        ),
        sa.PrimaryKeyConstraint("authority_id", "programme_id", name=op.f("pk_programme")),
    )
    op.create_table(
        "school",
        sa.Column("school_id", sa.Uuid(), nullable=False),
        sa.Column("authority_id", sa.Uuid(), nullable=True),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column(
            "nation",
            sa.Enum(
                "england",
                "wales",
                "scotland",
                "northern_ireland",
                name="nation",
                native_enum=False,
                length=24,
            ),
            nullable=False,
        ),
        sa.Column(
            "phase",
            sa.Enum(
                "secondary", "all_through", "special", name="phase", native_enum=False, length=24
            ),
            nullable=False,
        ),
        sa.Column("roll", sa.JSON(), nullable=False),
        sa.Column("names_itself", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(
            ["authority_id"], ["authority.authority_id"], name=op.f("fk_school_authority_id")
        ),
        sa.PrimaryKeyConstraint("school_id", name=op.f("pk_school")),
    )
    with op.batch_alter_table("school", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_school_authority_id"), ["authority_id"], unique=False)

    op.create_table(
        "campaign",
        sa.Column("school_id", sa.Uuid(), nullable=False),
        sa.Column("campaign_id", sa.Uuid(), nullable=False),
        sa.Column("authority_id", sa.Uuid(), nullable=True),
        sa.Column("programme_id", sa.Uuid(), nullable=True),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("template_key", sa.Text(), nullable=False),
        sa.Column("template_version", sa.Text(), nullable=False),
        sa.Column("adaptation", sa.JSON(), nullable=False),
        sa.CheckConstraint(
            "(authority_id IS NULL) = (programme_id IS NULL)",
            name=op.f("ck_campaign_programme_whole"),
        ),
        sa.ForeignKeyConstraint(
            ["authority_id", "programme_id"],
            ["programme.authority_id", "programme.programme_id"],
            name=op.f("fk_campaign_authority_id"),
        ),
        sa.ForeignKeyConstraint(
            ["school_id"], ["school.school_id"], name=op.f("fk_campaign_school_id")
        ),
        sa.PrimaryKeyConstraint("school_id", "campaign_id", name=op.f("pk_campaign")),
    )
    op.create_table(
        "comparison",
        sa.Column("authority_id", sa.Uuid(), nullable=False),
        sa.Column("programme_id", sa.Uuid(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("release_hash", sa.Text(), nullable=False),
        sa.Column("document", sa.Text(), nullable=False),
        sa.Column("certificate", sa.Text(), nullable=True),
        sa.Column("released_on", sa.Date(), nullable=False),
        sa.ForeignKeyConstraint(
            ["authority_id", "programme_id"],
            ["programme.authority_id", "programme.programme_id"],
            name=op.f("fk_comparison_authority_id"),
        ),
        sa.PrimaryKeyConstraint(
            "authority_id", "programme_id", "number", name=op.f("pk_comparison")
        ),
    )
    op.create_table(
        "member",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("email", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column(
            "role",
            sa.Enum(
                "operator",
                "analyst",
                "lead",
                "coordinator",
                name="role",
                native_enum=False,
                length=24,
            ),
            nullable=False,
        ),
        sa.Column("school_id", sa.Uuid(), nullable=True),
        sa.Column("authority_id", sa.Uuid(), nullable=True),
        sa.Column("language", sa.Text(), nullable=False),
        sa.Column("since", sa.Date(), nullable=False),
        sa.Column("password", sa.Text(), nullable=True),
        sa.Column("active", sa.Boolean(), nullable=False),
        sa.Column("fs_uniquifier", sa.Text(), nullable=False),
        sa.Column("tf_primary_method", sa.Text(), nullable=True),
        sa.Column("tf_totp_secret", sa.Text(), nullable=True),
        sa.Column("mf_recovery_codes", sa.JSON(), nullable=True),
        sa.CheckConstraint(
            "(role = 'operator' AND school_id IS NULL AND authority_id IS NULL)"
            " OR (role = 'analyst' AND school_id IS NULL AND authority_id IS NOT NULL)"
            " OR (role IN ('lead', 'coordinator')"
            " AND school_id IS NOT NULL AND authority_id IS NULL)",
            name=op.f("ck_member_one_organisation"),
        ),
        sa.ForeignKeyConstraint(
            ["authority_id"], ["authority.authority_id"], name=op.f("fk_member_authority_id")
        ),
        sa.ForeignKeyConstraint(
            ["school_id"], ["school.school_id"], name=op.f("fk_member_school_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_member")),
        sa.UniqueConstraint("email", name=op.f("uq_member_email")),
        sa.UniqueConstraint("fs_uniquifier", name=op.f("uq_member_fs_uniquifier")),
    )
    with op.batch_alter_table("member", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_member_authority_id"), ["authority_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_member_school_id"), ["school_id"], unique=False)

    op.create_table(
        "event",
        sa.Column("event_id", sa.Uuid(), nullable=False),
        sa.Column("at", sa.DateTime(), nullable=False),
        sa.Column(
            "name",
            sa.Enum(
                "authority.added",
                "school.added",
                "school.changed",
                "member.added",
                "member.closed",
                "member.renewed",
                "programme.started",
                "school.invited",
                "campaign.started",
                "draft.changed",
                "wave.started",
                "wave.launched",
                "codes.made",
                "wave.closed",
                "wave.released",
                "release.withdrawn",
                "comparison.released",
                "responses.erased",
                name="eventname",
                native_enum=False,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column("member_id", sa.Uuid(), nullable=True),
        sa.Column("school_id", sa.Uuid(), nullable=True),
        sa.Column("authority_id", sa.Uuid(), nullable=True),
        sa.Column("details", sa.JSON(), nullable=False),
        sa.ForeignKeyConstraint(["member_id"], ["member.id"], name=op.f("fk_event_member_id")),
        sa.PrimaryKeyConstraint("event_id", name=op.f("pk_event")),
    )
    with op.batch_alter_table("event", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_event_authority_id"), ["authority_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_event_school_id"), ["school_id"], unique=False)

    op.create_table(
        "wave",
        sa.Column("school_id", sa.Uuid(), nullable=False),
        sa.Column("wave_id", sa.Uuid(), nullable=False),
        sa.Column("campaign_id", sa.Uuid(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column(
            "state",
            sa.Enum(
                "draft",
                "open",
                "closed",
                "released",
                name="wavestate",
                native_enum=False,
                length=12,
            ),
            nullable=False,
        ),
        sa.Column("questionnaire_hash", sa.Text(), nullable=True),
        sa.Column("door", sa.Integer(), nullable=False),
        sa.Column("opened_on", sa.Date(), nullable=True),
        sa.Column("closes_on", sa.Date(), nullable=True),
        sa.Column("closed_on", sa.Date(), nullable=True),
        sa.Column("counter", sa.Integer(), nullable=False),
        sa.Column("counter_on", sa.Date(), nullable=True),
        sa.CheckConstraint(
            "(state = 'draft') = (opened_on IS NULL)", name=op.f("ck_wave_launched_dated")
        ),
        sa.CheckConstraint(
            "(state = 'draft') = (questionnaire_hash IS NULL)", name=op.f("ck_wave_launched_frozen")
        ),
        sa.CheckConstraint("counter % 10 = 0", name=op.f("ck_wave_counter_coarse")),
        sa.ForeignKeyConstraint(
            ["questionnaire_hash"],
            ["frozen_questionnaire.content_hash"],
            name=op.f("fk_wave_questionnaire_hash"),
        ),
        sa.ForeignKeyConstraint(
            ["school_id", "campaign_id"],
            ["campaign.school_id", "campaign.campaign_id"],
            name=op.f("fk_wave_school_id"),
        ),
        sa.PrimaryKeyConstraint("school_id", "wave_id", name=op.f("pk_wave")),
        sa.UniqueConstraint("door", name=op.f("uq_wave_door")),
    )
    with op.batch_alter_table("wave", schema=None) as batch_op:
        batch_op.create_index(
            "ix_wave_campaign", ["school_id", "campaign_id", "number"], unique=True
        )

    op.create_table(
        "access_code",
        sa.Column("school_id", sa.Uuid(), nullable=False),
        sa.Column("wave_id", sa.Uuid(), nullable=False),
        sa.Column("code_hash", sa.LargeBinary(length=32), nullable=False),
        sa.ForeignKeyConstraint(
            ["school_id", "wave_id"],
            ["wave.school_id", "wave.wave_id"],
            name=op.f("fk_access_code_school_id"),
        ),
        sa.PrimaryKeyConstraint("school_id", "wave_id", "code_hash", name=op.f("pk_access_code")),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "free_text",
        sa.Column("school_id", sa.Uuid(), nullable=False),
        sa.Column("wave_id", sa.Uuid(), nullable=False),
        sa.Column("text_id", sa.Uuid(), nullable=False),
        sa.Column("item", sa.Text(), nullable=False),
        sa.Column("words", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["school_id", "wave_id"],
            ["wave.school_id", "wave.wave_id"],
            name=op.f("fk_free_text_school_id"),
        ),
        sa.PrimaryKeyConstraint("school_id", "wave_id", "text_id", name=op.f("pk_free_text")),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "link_batch",
        sa.Column("school_id", sa.Uuid(), nullable=False),
        sa.Column("wave_id", sa.Uuid(), nullable=False),
        sa.Column("batch_id", sa.Uuid(), nullable=False),
        sa.Column("year", sa.Integer(), nullable=True),
        sa.Column("label", sa.Text(), nullable=False),
        sa.Column("count", sa.Integer(), nullable=False),
        sa.Column("made_on", sa.Date(), nullable=False),
        sa.CheckConstraint("count BETWEEN 1 AND 2000", name=op.f("ck_link_batch_count_sane")),
        sa.ForeignKeyConstraint(
            ["school_id", "wave_id"],
            ["wave.school_id", "wave.wave_id"],
            name=op.f("fk_link_batch_school_id"),
        ),
        sa.PrimaryKeyConstraint("school_id", "wave_id", "batch_id", name=op.f("pk_link_batch")),
    )
    op.create_table(
        "receipt",
        sa.Column("school_id", sa.Uuid(), nullable=False),
        sa.Column("wave_id", sa.Uuid(), nullable=False),
        sa.Column("receipt_hash", sa.LargeBinary(length=32), nullable=False),
        sa.ForeignKeyConstraint(
            ["school_id", "wave_id"],
            ["wave.school_id", "wave.wave_id"],
            name=op.f("fk_receipt_school_id"),
        ),
        sa.PrimaryKeyConstraint("school_id", "wave_id", "receipt_hash", name=op.f("pk_receipt")),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "release",
        sa.Column("school_id", sa.Uuid(), nullable=False),
        sa.Column("wave_id", sa.Uuid(), nullable=False),
        sa.Column("release_hash", sa.Text(), nullable=False),
        sa.Column("document", sa.Text(), nullable=False),
        sa.Column("certificate", sa.Text(), nullable=True),
        sa.Column("released_on", sa.Date(), nullable=False),
        sa.Column("withdrawn_on", sa.Date(), nullable=True),
        sa.Column("notice", sa.Text(), nullable=True),
        sa.CheckConstraint(
            "(withdrawn_on IS NULL) = (notice IS NULL)", name=op.f("ck_release_withdrawn_whole")
        ),
        sa.ForeignKeyConstraint(
            ["school_id", "wave_id"],
            ["wave.school_id", "wave.wave_id"],
            name=op.f("fk_release_school_id"),
        ),
        sa.PrimaryKeyConstraint("school_id", "wave_id", name=op.f("pk_release")),
    )
    op.create_table(
        "response",
        sa.Column("school_id", sa.Uuid(), nullable=False),
        sa.Column("wave_id", sa.Uuid(), nullable=False),
        sa.Column("response_id", sa.Uuid(), nullable=False),
        sa.Column("answers", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["school_id", "wave_id"],
            ["wave.school_id", "wave.wave_id"],
            name=op.f("fk_response_school_id"),
        ),
        sa.PrimaryKeyConstraint("school_id", "wave_id", "response_id", name=op.f("pk_response")),
        sqlite_with_rowid=False,
    )
    for statement in APPEND_ONLY[op.get_bind().dialect.name]:
        op.execute(sa.text(statement))


def downgrade() -> None:
    op.drop_table("response")
    op.drop_table("release")
    op.drop_table("receipt")
    op.drop_table("link_batch")
    op.drop_table("free_text")
    op.drop_table("access_code")
    with op.batch_alter_table("wave", schema=None) as batch_op:
        batch_op.drop_index("ix_wave_campaign")

    op.drop_table("wave")
    with op.batch_alter_table("event", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_event_school_id"))
        batch_op.drop_index(batch_op.f("ix_event_authority_id"))

    op.drop_table("event")
    if op.get_bind().dialect.name == "postgresql":
        op.execute("DROP FUNCTION event_is_append_only()")
    with op.batch_alter_table("member", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_member_school_id"))
        batch_op.drop_index(batch_op.f("ix_member_authority_id"))

    op.drop_table("member")
    op.drop_table("comparison")
    op.drop_table("campaign")
    with op.batch_alter_table("school", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_school_authority_id"))

    op.drop_table("school")
    op.drop_table("programme")
    op.drop_table("frozen_questionnaire")
    op.drop_table("authority")
