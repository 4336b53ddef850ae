"""A reader of PostgreSQL with the operator's keys, who comes after the full hour. The codes that
were used in it were written again together. Does the place of a row, or the number of its long
value, still say in what order they were used?"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

import pytest
from flask import Flask
from sqlalchemy import text

from survey.jobs import periodic
from tests.attacks.attackers import ballots
from tests.attacks.attackers.linkage import LIES, _sortable, snapshot
from tests.world import World

pytestmark = pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
STUDENTS, CARDS = 32, 128
BY_CHANCE = 8
"""Of 31 who sent one after the other, more than so many follow each other in a table that is in
another order once in a million times."""


def neighbours(app: Flask, sent: Sequence[bytes]) -> dict[str, int]:
    """How many of those who sent one after the other follow each other in the table too: by the
    place of their rows, and by the numbers of their long values."""
    engine = ballots.engine_of(app)
    rows = {bytes(row["code_hash"]): row for row in map(dict, snapshot(engine).tables[CODES])}  # type: ignore[call-overload]
    with engine.connect() as connection:
        long = connection.scalar(
            text("SELECT reltoastrelid::regclass::text FROM pg_class WHERE relname = 'access_code'")
        )
        first = text(f"SELECT chunk_data, chunk_id::bigint FROM {long} WHERE chunk_seq = 0")
        values = {bytes(data): number for data, number in connection.execute(first)}
    [size] = {len(data) for data in values}
    by = {
        "place": {code: _sortable(rows[code][LIES]) for code in sent},
        "long value": {code: (values[bytes(rows[code]["box"])[:size]],) for code in sent},  # type: ignore[arg-type]
    }
    found = {}
    for name, order in by.items():
        at = {code: place for place, code in enumerate(sorted(sent, key=order.__getitem__))}
        found[name] = sum(at[later] == at[earlier] + 1 for earlier, later in pairwise(sent))
    return found


CODES = "public.access_code"


def test_no_order_is_left_once_the_hour_is_over(app: Flask, world: World) -> None:
    class_ = ballots.prepare(app, world.own, CARDS)[:: CARDS // STUDENTS]
    ballots.send_all(app, world.own, class_)
    sent = [one.code_hash for one in class_]
    assert neighbours(app, sent)["long value"] == STUDENTS - 1, "until then it works"
    assert periodic.tell_hour(app, since=0) > 0
    assert max(neighbours(app, sent).values()) <= BY_CHANCE
