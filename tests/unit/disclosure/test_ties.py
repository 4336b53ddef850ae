"""Tables of one question put together."""

from __future__ import annotations

import random
from dataclasses import replace

from survey.disclosure.figures import Figure, ReleasedTable, Status, round_to
from survey.disclosure.policy import STANDARD
from survey.disclosure.protect import protect
from survey.disclosure.tables import CountTable, Lattice
from tests.unit.disclosure.one_table import certify_table
from tests.unit.disclosure.ties import narrowed

LATTICE = Lattice(("7", "8", "9"), ("girl", "boy", "unsaid"), silent=("unsaid",))
SHARES = (0.4, 0.22, 0.08, 0.03)
SIZES = {"girl": 70, "boy": 64, "unsaid": 6}


def question(seed: int) -> list[CountTable]:
    """Four options of one question: a student who gave no answer gave none to all of them."""
    draw = random.Random(seed)
    counts: list[dict[tuple[str, str], tuple[int, ...]]] = [{} for _ in SHARES]
    for year, gender in LATTICE.cells:
        size = SIZES[gender] + draw.randrange(8)
        skipped = sum(draw.random() < 0.05 for _ in range(size))
        for at, share in enumerate(SHARES):
            yes = sum(draw.random() < share for _ in range(size - skipped))
            counts[at][year, gender] = (yes, size - skipped - yes, skipped)
    return [
        CountTable(f"B4:o{at}", ("yes", "no", "skipped"), ("yes", "no"), (), one, LATTICE)
        for at, one in enumerate(counts)
    ]


def test_options_of_a_question_put_together_give_nobody_away() -> None:
    for seed in range(3):
        tables = question(seed)
        released = [
            certify_table(table, STANDARD, sum(table.sizes().values())).released[0]
            for table in tables
        ]
        bad, total = narrowed(tables, released, STANDARD)
        assert total > 100
        assert bad == 0


def test_the_second_attacker_sees_what_is_printed_too_finely() -> None:
    seen = 0
    for seed in range(5):
        tables = question(seed)
        seen += narrowed(tables, [_with_no_beside_yes(t) for t in tables], STANDARD)[0] > 0
    assert seen >= 3


def _with_no_beside_yes(table: CountTable) -> ReleasedTable:
    """As `protect` prints it, but with "no" next to "yes" in every row, as most reports do."""
    printed = protect(table, STANDARD)
    rows = []
    for row in printed.rows:
        if row.cells[0].status is Status.SHOWN:
            count = round_to(table.count(row.group, ("no",)), 5)
            no = Figure(Status.SHOWN, count=count, percent=0)
            rows.append(replace(row, cells=(row.cells[0], no, row.cells[2])))
        else:
            rows.append(row)
    return replace(printed, rows=tuple(rows))
