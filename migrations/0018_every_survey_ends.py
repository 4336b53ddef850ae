"""Every state of a survey has an end, and what was made by mistake can be undone.

Revision: 0018; follows: 0017. A survey can end without a report, with a reason. A report that was
withdrawn has its own state. An authority can set a school aside from a comparison, and give a
day after which it no longer waits for reports. Cards of a launch that was undone are remembered, so
that a student who uses one gets a clear page. A request to a second person can lapse.

New names of events, which need no change of the table: "school.discarded", "programme.discarded",
"school.uninvited", "school.set_aside", "school.taken_back", "campaign.discarded",
"draft.discarded", "launch.undone", "wave.extended", "approval.lapsed", "wave.ended",
"release.restored", "assessment.discarded". New states of a wave, likewise: "withdrawn", "ended".
"""

from __future__ import annotations

import json

import sqlalchemy as sa
from alembic import op

revision = "0018"
down_revision = "0017"
branch_labels = None
depends_on = None

ENDED = (
    "(state = 'ended') = (end_reason IS NOT NULL) AND (state = 'ended') = (ended_on IS NOT NULL)"
)
ANSWERED = (
    "(state {waiting}) = (answered_by IS NULL) AND (state = 'waiting') = (answered_on IS NULL)"
)
CHECKS = {
    "answered_whole": (
        ANSWERED.format(waiting="= 'waiting'"),
        ANSWERED.format(waiting="IN ('waiting', 'lapsed')"),
    ),
    "counts_what_it_asks": (
        "(kind = 'release') = (count IS NULL)",
        "(kind IN ('release', 'restore')) = (count IS NULL)",
    ),
}
"""Of approvals: before and after."""


def upgrade() -> None:
    _add_end()
    op.execute(
        "UPDATE wave SET state = 'withdrawn' WHERE state = 'released' AND EXISTS (SELECT 1 FROM"
        " release WHERE release.school_id = wave.school_id AND release.wave_id = wave.wave_id"
        " AND release.withdrawn_on IS NOT NULL)"
    )
    with op.batch_alter_table("approval") as table:
        for name, (_before, after) in CHECKS.items():
            table.drop_constraint(op.f(f"ck_approval_{name}"), type_="check")
            table.create_check_constraint(op.f(f"ck_approval_{name}"), after)
    with op.batch_alter_table("planned_wave") as table:
        table.add_column(sa.Column("reports_by", sa.Date(), nullable=True))
        table.create_check_constraint(
            op.f("ck_planned_wave_reports_after"), "reports_by IS NULL OR closes_by <= reports_by"
        )
    _add_compared()
    op.create_table(
        "set_aside",
        sa.Column("authority_id", sa.Uuid(), nullable=False),
        sa.Column("programme_id", sa.Uuid(), nullable=False),
        sa.Column("number", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("school_id", sa.Uuid(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("set_aside_on", sa.Date(), nullable=False),
        sa.CheckConstraint("number >= 1", name=op.f("ck_set_aside_number_sane")),
        sa.ForeignKeyConstraint(
            ["authority_id", "programme_id"],
            ["programme.authority_id", "programme.programme_id"],
            name=op.f("fk_set_aside_authority_id"),
        ),
        sa.ForeignKeyConstraint(
            ["school_id"], ["school.school_id"], name=op.f("fk_set_aside_school_id")
        ),
        sa.PrimaryKeyConstraint(
            "authority_id", "programme_id", "number", "school_id", name=op.f("pk_set_aside")
        ),
    )
    op.create_table(
        "void_door",
        sa.Column("door", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("school_id", sa.Uuid(), nullable=False),
        sa.Column("questionnaire_hash", sa.Text(), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("voided_on", sa.Date(), nullable=False),
        sa.ForeignKeyConstraint(
            ["school_id"], ["school.school_id"], name=op.f("fk_void_door_school_id")
        ),
        sa.ForeignKeyConstraint(
            ["questionnaire_hash"],
            ["frozen_questionnaire.content_hash"],
            name=op.f("fk_void_door_questionnaire_hash"),
        ),
        sa.PrimaryKeyConstraint("door", name=op.f("pk_void_door")),
    )


def _add_end() -> None:
    """SQLite takes a rule only with a column that it adds: the table, which others point to, is not
    made again."""
    on_sqlite = op.get_bind().dialect.name == "sqlite"
    rule = f"CONSTRAINT ck_wave_ended_whole CHECK ({ENDED})"
    op.add_column("wave", sa.Column("end_reason", sa.String(12), nullable=True))
    op.execute(f"ALTER TABLE wave ADD COLUMN ended_on DATE {rule if on_sqlite else ''}")
    if not on_sqlite:
        op.execute(f"ALTER TABLE wave ADD {rule}")


def _add_compared() -> None:
    """The numbers of the surveys that were compared, from the comparisons that there are."""
    op.add_column("programme", sa.Column("compared", sa.JSON(), nullable=True))
    connection = op.get_bind()
    made: dict[tuple[object, object], list[int]] = {}
    for authority_id, programme_id, number in connection.execute(
        sa.text("SELECT authority_id, programme_id, number FROM comparison ORDER BY number")
    ):
        made.setdefault((authority_id, programme_id), []).append(number)
    for (authority_id, programme_id), numbers in made.items():
        connection.execute(
            sa.text(
                "UPDATE programme SET compared = :numbers"
                " WHERE authority_id = :authority AND programme_id = :programme"
            ),
            {
                "numbers": json.dumps(numbers),
                "authority": authority_id,
                "programme": programme_id,
            },
        )


def downgrade() -> None:
    op.drop_table("void_door")
    op.drop_table("set_aside")
    op.drop_column("programme", "compared")
    with op.batch_alter_table("planned_wave") as table:
        table.drop_constraint(op.f("ck_planned_wave_reports_after"), type_="check")
        table.drop_column("reports_by")
    op.execute("DELETE FROM approval WHERE state = 'lapsed' OR kind = 'restore'")
    with op.batch_alter_table("approval") as table:
        for name, (before, _after) in CHECKS.items():
            table.drop_constraint(op.f(f"ck_approval_{name}"), type_="check")
            table.create_check_constraint(op.f(f"ck_approval_{name}"), before)
    op.execute("UPDATE wave SET state = 'released' WHERE state = 'withdrawn'")
    op.execute("UPDATE wave SET state = 'closed' WHERE state = 'ended'")
    if op.get_bind().dialect.name == "postgresql":
        op.execute("ALTER TABLE wave DROP CONSTRAINT ck_wave_ended_whole")
    for column in ("ended_on", "end_reason"):
        op.drop_column("wave", column)
