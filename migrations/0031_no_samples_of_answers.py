"""PostgreSQL keeps no samples of answers, texts, codes and requests for its planner.

Revision: 0031; follows: 0030. `ANALYZE` and autovacuum copy values of each column into
`pg_statistic`, where they stay readable after the rows are erased. No query is planned by the
values of these columns. Setting the type again, to what it is, removes the samples that are there.
"""

from __future__ import annotations

from alembic import op

revision = "0031"
down_revision = "0030"
branch_labels = None
depends_on = None

COLUMNS = {
    "access_code": {"code_hash": "bytea", "tag": "bytea", "receipt": "bytea", "box": "bytea"},
    "response": {"answers": "text"},
    "free_text": {"words": "text"},
    "room_text": {"words": "text", "note": "text"},
    "help_box": {"stored_index": "bytea", "stored_words": "bytea"},
    "ended_session": {"session_hash": "bytea"},
    "wrong_half": {"half_hash": "bytea"},
}


def upgrade() -> None:
    _set(0, forget=True)


def downgrade() -> None:
    _set(-1, forget=False)


def _set(samples: int, *, forget: bool) -> None:
    if op.get_bind().dialect.name != "postgresql":
        return
    for table, columns in COLUMNS.items():
        for column, kind in columns.items():
            if forget:
                op.execute(f"ALTER TABLE {table} ALTER COLUMN {column} TYPE {kind}")
            op.execute(f"ALTER TABLE {table} ALTER COLUMN {column} SET STATISTICS {samples}")
