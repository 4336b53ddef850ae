"""Year groups that a wave's report shows together. Figures of shared places as a share.

Revision: 0017; follows: 0012. Waves that were launched before have no bands: their reports keep a
row for each year group. Figures of shared places were sums of counts, weighed by how many answered
in each school, which helped to tell schools by their letters. They are deleted, and can be put
together again as shares.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0017"
down_revision = "0012"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("wave", sa.Column("year_bands", sa.JSON(), nullable=False, server_default="[]"))
    op.execute("DELETE FROM shared_figure")
    with op.batch_alter_table("shared_figure") as table:
        table.drop_constraint(op.f("ck_shared_figure_a_share"), type_="check")
        table.drop_column("count")
        table.drop_column("base")
        table.add_column(sa.Column("percent", sa.Integer(), nullable=True))
        table.create_check_constraint(op.f("ck_shared_figure_a_share"), "percent BETWEEN 0 AND 100")


def downgrade() -> None:
    op.execute("DELETE FROM shared_figure")
    with op.batch_alter_table("shared_figure") as table:
        table.drop_constraint(op.f("ck_shared_figure_a_share"), type_="check")
        table.drop_column("percent")
        table.add_column(sa.Column("count", sa.Integer(), nullable=False))
        table.add_column(sa.Column("base", sa.Integer(), nullable=False))
        table.create_check_constraint(op.f("ck_shared_figure_a_share"), "count <= base")
    op.drop_column("wave", "year_bands")
