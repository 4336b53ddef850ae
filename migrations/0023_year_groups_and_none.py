"""Year groups by age. Drafts and programmes move to templates that offer "None of these".
Requests to read a school's own questions.

Revision: 0023; follows: 0022. Year groups are stored by age, and Scotland and Northern Ireland get
their own names for them. Their schools gave the roll under the names of England, Year 7 to 13.
Northern Ireland's Year 8 is the age group of number 7, so a roll that follows the labels moves down
by one. A school that filled in Year 7, which no secondary school has there, went by age: its roll
stays. Scotland has six year groups from number 7; a roll without a Year 7 went from 8 to 13 and
moves down too. A launched survey keeps its frozen roll and the names its students read.

Version 2026.2 of the student templates is 2026.1 with "None of these" where it was missing. What
was launched keeps its frozen questionnaire; drafts and later surveys ask the new one.
"""

from __future__ import annotations

import json

import sqlalchemy as sa
from alembic import op

revision = "0023"
down_revision = "0022"
branch_labels = None
depends_on = None

NEWER = ("safety", "safety-core", "easy-read")
OLD, NEW = "2026.1", "2026.2"
FIRST, LAST_OF_SCOTLAND, LAST = 7, 12, 13
OTHER_NAMES = ("scotland", "northern_ireland")


def upgrade() -> None:
    op.add_column("approval", sa.Column("words_hash", sa.Text(), nullable=True))
    _move_templates(OLD, NEW)
    for school_id, nation, roll in _schools():
        given = {int(year): count for year, count in roll.items()}
        if given and FIRST not in given:
            given = {year - 1: count for year, count in given.items()}
        elif nation == "scotland" and LAST in given:
            given[LAST_OF_SCOTLAND] = given.get(LAST_OF_SCOTLAND, 0) + given.pop(LAST)
        _keep(school_id, roll, given)


def downgrade() -> None:
    op.execute("DELETE FROM approval WHERE kind = 'questions'")  # a kind that was not known
    op.drop_column("approval", "words_hash")
    _move_templates(NEW, OLD)
    for school_id, _nation, roll in _schools():
        given = {int(year): count for year, count in roll.items()}
        if given and LAST not in given:
            given = {year + 1: count for year, count in given.items()}
        _keep(school_id, roll, given)


SCHOOL = sa.table(
    "school", sa.column("school_id", sa.Uuid()), sa.column("nation", sa.Text()),
    sa.column("roll", sa.JSON()),
)  # fmt: skip


def _schools() -> list[sa.Row]:
    query = sa.select(SCHOOL.c.school_id, sa.cast(SCHOOL.c.nation, sa.Text()), SCHOOL.c.roll)
    return list(op.get_bind().execute(query.where(SCHOOL.c.nation.in_(OTHER_NAMES))))


def _keep(school_id: object, before: dict[str, int], given: dict[int, int]) -> None:
    roll = {str(year): count for year, count in given.items()}
    if json.dumps(roll, sort_keys=True) != json.dumps(before, sort_keys=True):
        change = sa.update(SCHOOL).where(SCHOOL.c.school_id == school_id).values(roll=roll)
        op.get_bind().execute(change)


def _move_templates(before: str, after: str) -> None:
    for name in ("campaign", "programme"):
        table = sa.table(name, sa.column("template_key"), sa.column("template_version"))
        op.get_bind().execute(
            sa.update(table)
            .where(table.c.template_key.in_(NEWER), table.c.template_version == before)
            .values(template_version=after)
        )
