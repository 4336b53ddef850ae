"""Events of each organisation form a chain, so that a change of one can be found.

Revision: 0021; follows: 0020. Events that are there already are linked in the order of their time.
New names of events, which need no change of their table: "signed_in", "signed_out",
"sign_in.failed", "sessions.ended", "password.changed", "second_step.on", "second_step.off",
"recovery_codes.made", "access.refused", "report.read", "report.downloaded", "comparison.read",
"comparison.downloaded", "help_requests.opened", "texts.seen", "log.downloaded".
"""

from __future__ import annotations

import hashlib
import json
import uuid

import sqlalchemy as sa
from alembic import op

revision = "0021"
down_revision = "0020"
branch_labels = None
depends_on = None

APPEND_ONLY = {
    "sqlite": (
        "CREATE TRIGGER event_link_no_update BEFORE UPDATE ON event_link "
        "BEGIN SELECT RAISE(ABORT, 'events are append-only'); END",
        "CREATE TRIGGER event_link_no_delete BEFORE DELETE ON event_link "
        "BEGIN SELECT RAISE(ABORT, 'events are append-only'); END",
        "CREATE TRIGGER event_link_no_replace BEFORE INSERT ON event_link "
        "WHEN EXISTS (SELECT 1 FROM event_link WHERE event_id = NEW.event_id) "
        "BEGIN SELECT RAISE(ABORT, 'events are append-only'); END",
    ),
    "postgresql": (
        "CREATE TRIGGER event_link_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON event_link "
        "FOR EACH STATEMENT EXECUTE FUNCTION event_is_append_only()",
    ),
}


def upgrade() -> None:
    link = op.create_table(
        "event_link",
        sa.Column("event_id", sa.Uuid(), nullable=False),
        sa.Column("scope_id", sa.Uuid(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("link_hash", sa.LargeBinary(32), nullable=False),
        sa.ForeignKeyConstraint(
            ["event_id"], ["event.event_id"], name=op.f("fk_event_link_event_id")
        ),
        sa.PrimaryKeyConstraint("event_id", name=op.f("pk_event_link")),
        sa.UniqueConstraint("scope_id", "number", name=op.f("uq_event_link_scope_id_number")),
    )
    chain = op.create_table(
        "event_chain",
        sa.Column("scope_id", sa.Uuid(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("link_hash", sa.LargeBinary(32), nullable=False),
        sa.PrimaryKeyConstraint("scope_id", name=op.f("pk_event_chain")),
    )
    op.create_index("ix_event_member_at", "event", ["member_id", "at"])
    _link_what_is_there(link, chain)
    for statement in APPEND_ONLY[op.get_bind().dialect.name]:
        op.execute(statement)


def _link_what_is_there(link: sa.Table, chain: sa.Table) -> None:
    event = sa.table(
        "event",
        sa.column("event_id", sa.Uuid()),
        sa.column("at", sa.DateTime()),
        sa.column("name", sa.String()),
        sa.column("member_id", sa.Uuid()),
        sa.column("school_id", sa.Uuid()),
        sa.column("authority_id", sa.Uuid()),
        sa.column("details", sa.JSON()),
    )
    connection = op.get_bind()
    ends: dict[uuid.UUID, tuple[int, bytes]] = {}
    links = []
    for row in connection.execute(sa.select(event).order_by(event.c.at, event.c.event_id)).all():
        scope = row.school_id or row.authority_id or uuid.UUID(int=0)
        number, before = ends.get(scope, (0, bytes(32)))
        text = "|".join(
            (
                str(scope),
                str(number + 1),
                row.at.isoformat(),
                row.name,
                str(row.member_id or ""),
                json.dumps(row.details, sort_keys=True, ensure_ascii=False),
            )
        )
        ends[scope] = number + 1, hashlib.sha256(before + text.encode()).digest()
        links.append(
            {
                "event_id": row.event_id,
                "scope_id": scope,
                "number": number + 1,
                "link_hash": ends[scope][1],
            }
        )
    if links:
        connection.execute(link.insert(), links)
        connection.execute(
            chain.insert(),
            [
                {"scope_id": scope, "number": number, "link_hash": end}
                for scope, (number, end) in ends.items()
            ],
        )


def downgrade() -> None:
    op.drop_index("ix_event_member_at", "event")
    op.drop_table("event_link")
    op.drop_table("event_chain")
