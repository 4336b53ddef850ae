"""When housekeeping last ran.

Revision: 0029; follows: 0028. Purely new: code of before does not look at the table.
"""

import sqlalchemy as sa
from alembic import op

revision = "0029"
down_revision = "0028"
branch_labels = None
depends_on = None


def upgrade():
    op.create_table(
        "service_run",
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("ran_at", sa.DateTime(), nullable=False),
        sa.Column("problems", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("name", name="pk_service_run"),
    )


def downgrade():
    op.drop_table("service_run")
