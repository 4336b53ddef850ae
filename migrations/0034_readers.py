"""Schools answer to several readers, accept or decline invitations, and are set aside by the clock.

Revision: 0034; follows: 0033. New names of events, which need no change of their table:
"reader.asked", "reader.accepted", "reader.declined", "invitation.accepted", "invitation.declined",
"invitation.lapsed".

A school that has a survey of a programme has accepted its invitation. Its own authority goes on to
be its reader without a row.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0034"
down_revision = "0033"
branch_labels = None
depends_on = None

PROGRAMME = (["authority_id", "programme_id"], ["programme.authority_id", "programme.programme_id"])


def upgrade() -> None:
    op.create_table(
        "school_reader",
        sa.Column("school_id", sa.Uuid(), nullable=False),
        sa.Column("authority_id", sa.Uuid(), nullable=False),
        sa.Column("state", sa.String(length=12), nullable=False),
        sa.Column("asked_on", sa.Date(), nullable=False),
        sa.Column("answered_on", sa.Date(), nullable=True),
        sa.CheckConstraint(
            "(state = 'waiting') = (answered_on IS NULL)",
            name=op.f("ck_school_reader_answered_whole"),
        ),
        sa.ForeignKeyConstraint(
            ["school_id"], ["school.school_id"], name=op.f("fk_school_reader_school_id")
        ),
        sa.ForeignKeyConstraint(
            ["authority_id"],
            ["authority.authority_id"],
            name=op.f("fk_school_reader_authority_id"),
        ),
        sa.PrimaryKeyConstraint("school_id", "authority_id", name=op.f("pk_school_reader")),
    )
    op.create_table(
        "invitation",
        sa.Column("authority_id", sa.Uuid(), nullable=False),
        sa.Column("programme_id", sa.Uuid(), nullable=False),
        sa.Column("school_id", sa.Uuid(), nullable=False),
        sa.Column("campaign_id", sa.Uuid(), nullable=True),
        sa.Column("state", sa.String(length=12), nullable=False),
        sa.Column("invited_on", sa.Date(), nullable=False),
        sa.Column("answer_by", sa.Date(), nullable=False),
        sa.Column("answered_on", sa.Date(), nullable=True),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.CheckConstraint(
            "(state = 'waiting') = (answered_on IS NULL)",
            name=op.f("ck_invitation_answered_whole"),
        ),
        sa.ForeignKeyConstraint(*PROGRAMME, name=op.f("fk_invitation_authority_id")),
        sa.ForeignKeyConstraint(
            ["school_id"], ["school.school_id"], name=op.f("fk_invitation_school_id")
        ),
        sa.ForeignKeyConstraint(
            ["campaign_id", "school_id"],
            ["campaign.campaign_id", "campaign.school_id"],
            name=op.f("fk_invitation_campaign_id"),
        ),
        sa.PrimaryKeyConstraint(
            "authority_id", "programme_id", "school_id", name=op.f("pk_invitation")
        ),
    )
    op.create_table(
        "joined_survey",
        sa.Column("authority_id", sa.Uuid(), nullable=False),
        sa.Column("programme_id", sa.Uuid(), nullable=False),
        sa.Column("school_id", sa.Uuid(), nullable=False),
        sa.Column("number", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("wave_id", sa.Uuid(), nullable=False),
        sa.CheckConstraint("number >= 1", name=op.f("ck_joined_survey_number_sane")),
        sa.ForeignKeyConstraint(*PROGRAMME, name=op.f("fk_joined_survey_authority_id")),
        sa.ForeignKeyConstraint(
            ["school_id"], ["school.school_id"], name=op.f("fk_joined_survey_school_id")
        ),
        sa.ForeignKeyConstraint(
            ["wave_id", "school_id"],
            ["wave.wave_id", "wave.school_id"],
            name=op.f("fk_joined_survey_wave_id"),
        ),
        sa.PrimaryKeyConstraint(
            "authority_id", "programme_id", "school_id", "number", name=op.f("pk_joined_survey")
        ),
        sa.UniqueConstraint(
            "authority_id",
            "programme_id",
            "school_id",
            "wave_id",
            name=op.f("uq_joined_survey_authority_id_programme_id_school_id_wave_id"),
        ),
    )
    op.add_column(
        "set_aside",
        sa.Column("by_clock", sa.Boolean(), nullable=False, server_default=sa.false()),
    )
    op.execute(
        "INSERT INTO invitation (authority_id, programme_id, school_id, campaign_id, state,"
        " invited_on, answer_by, answered_on, reason)"
        " SELECT c.authority_id, c.programme_id, c.school_id, c.campaign_id, 'accepted',"
        " p.started_on, p.started_on, p.started_on, ''"
        " FROM campaign c JOIN programme p"
        " ON p.authority_id = c.authority_id AND p.programme_id = c.programme_id"
    )


def downgrade() -> None:
    op.drop_column("set_aside", "by_clock")
    op.drop_table("joined_survey")
    op.drop_table("invitation")
    op.drop_table("school_reader")
