"""Year groups that a wave's report shows together. Figures of shared places as a share.

Revision: 0017; follows: 0016. Waves that were launched before have no bands: their reports keep a
row for each year group. Figures of shared places were sums of counts, which helped to tell schools
by their letters. They are kept as shares in whole per cent; the sums go.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0017"
down_revision = "0016"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("wave", sa.Column("year_bands", sa.JSON(), nullable=True))
    with op.batch_alter_table("shared_figure") as table:
        table.add_column(sa.Column("percent", sa.Integer(), nullable=True))
        table.drop_constraint(op.f("ck_shared_figure_a_share"), type_="check")
    op.execute("UPDATE shared_figure SET percent = (200 * count + base) / (2 * base)")
    with op.batch_alter_table("shared_figure") as table:
        table.drop_column("count")
        table.drop_column("base")
        table.create_check_constraint(op.f("ck_shared_figure_a_share"), "percent BETWEEN 0 AND 100")


def downgrade() -> None:
    with op.batch_alter_table("shared_figure") as table:
        table.drop_constraint(op.f("ck_shared_figure_a_share"), type_="check")
        for name in ("count", "base"):
            table.add_column(sa.Column(name, sa.Integer(), nullable=False, server_default="100"))
    op.execute("UPDATE shared_figure SET count = coalesce(percent, 0)")
    with op.batch_alter_table("shared_figure") as table:
        for name in ("count", "base"):
            table.alter_column(name, server_default=None)
        table.drop_column("percent")
        table.create_check_constraint(op.f("ck_shared_figure_a_share"), "count <= base")
    op.drop_column("wave", "year_bands")
