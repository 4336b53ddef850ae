"""Drafts and programmes move to the templates that ask when each unsafe place feels least safe.

Revision: 0025; follows: 0024. Version 2026.3 of the safety templates is 2026.2 with two more
questions, each of which follows up one on places. What was launched keeps its frozen questionnaire;
drafts and later surveys ask the new one.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0025"
down_revision = "0024"
branch_labels = None
depends_on = None

NEWER = ("safety", "safety-core")
OLD, NEW = "2026.2", "2026.3"


def upgrade() -> None:
    _move_templates(OLD, NEW)


def downgrade() -> None:
    _move_templates(NEW, OLD)


def _move_templates(before: str, after: str) -> None:
    for name in ("campaign", "programme"):
        table = sa.table(name, sa.column("template_key"), sa.column("template_version"))
        op.get_bind().execute(
            sa.update(table)
            .where(table.c.template_key.in_(NEWER), table.c.template_version == before)
            .values(template_version=after)
        )
