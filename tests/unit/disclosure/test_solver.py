"""The solver: fails closed, and whole-number answers where linear ones are broken."""

from __future__ import annotations

import random
import subprocess
import sys
from dataclasses import replace

import highspy
import numpy as np
import pytest

from survey.disclosure.audit.attack import SensitiveSum, audit
from survey.disclosure.audit.attacker_knowledge import (
    Fact,
    Sum,
    between,
    exactly,
    facts_of,
    known_sizes,
)
from survey.disclosure.audit.constraints import ContradictionError, Unknowns, lay_out
from survey.disclosure.audit.sensitive_counts import group_sizes
from survey.disclosure.audit.solver import Solver, SolverError
from survey.disclosure.certificate import Certificate
from survey.disclosure.certify import certify
from survey.disclosure.policy import STANDARD, RoundingLevel
from survey.disclosure.protect import protect
from survey.disclosure.protection_levels import BY_GROUP, forms
from survey.disclosure.release import PARTICIPATION, Release
from survey.disclosure.sources import Question, Source, SourceKind
from survey.disclosure.tables import Box, CountTable, Group, Lattice
from survey.disclosure.verify import verify
from tests.unit.disclosure.one_table import certify_table, targets_of
from tests.unit.disclosure.schools import school

UNKNOWNS = Unknowns(("a", "b"), {"": {("7", "g"): 9}})


def solver_of(*facts: object) -> Solver:
    return Solver(lay_out(facts, UNKNOWNS), UNKNOWNS.upper())  # type: ignore[arg-type]


def test_contradictions_are_not_bounds() -> None:
    both = Sum(Group(), frozenset("ab"))
    solver = solver_of(exactly(both, 3), exactly(Sum(Group(), frozenset("a")), 4))
    assert solver.minimise(np.zeros(2)) is None
    with pytest.raises(ContradictionError):
        solver.bound(np.ones(2))


def test_every_unknown_is_bounded_by_its_cell() -> None:
    """A model with totals hidden was unbounded once; here it cannot be."""
    assert solver_of().bound(-np.ones(2)) == -18


@pytest.mark.parametrize("name", ["kUnbounded", "kTimeLimit", "kUnknown", "kSolveError"])
def test_any_status_but_optimal_fails_closed(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    status = getattr(highspy.HighsModelStatus, name)
    solver = solver_of()
    monkeypatch.setattr(solver._lp, "getModelStatus", lambda: status)
    with pytest.raises(SolverError):
        solver.minimise(np.zeros(2))


def compare_with_whole_numbers(number: int, many: int) -> None:
    table = school(number)
    sizes = table.sizes()
    released = protect(table, STANDARD)
    groups = group_sizes(sizes, table.lattice.groups)
    facts = [*facts_of(released, STANDARD, groups), *known_sizes(sizes, table.answers)]
    unknowns = Unknowns(table.answers, {"": sizes})
    solver = Solver(lay_out(facts, unknowns), unknowns.upper())
    targets = targets_of(released, sizes, STANDARD)
    for target in random.Random(number).sample(targets, many):
        columns = unknowns.indices(target.what)
        aim = np.zeros(unknowns.count)
        aim[columns] = 1
        for sign in (1, -1):
            whole = solver.whole_minimum(sign * aim)
            assert whole is not None
            assert whole[columns].sum() == sign * np.ceil(solver.bound(sign * aim) - 1e-6)


def test_linear_bounds_rounded_inwards_are_whole_number_bounds() -> None:
    compare_with_whole_numbers(1, 6)


@pytest.mark.slow
@pytest.mark.parametrize("number", range(2, 12))
def test_linear_bounds_are_whole_number_bounds_on_many_schools(number: int) -> None:
    compare_with_whole_numbers(number, 40)


@pytest.mark.parametrize("count", [25, 26])
def test_figures_that_leave_no_count_small_are_still_shown_to_be_possible(count: int) -> None:
    """With nothing to guard, one table is the whole audit; it once looked for it for ever."""
    unknowns = Unknowns(("a", "b"), {"": {("7", "g"): 51}})
    a, b = (Sum(Group(), frozenset(answer)) for answer in "ab")
    facts = [*known_sizes(unknowns.sizes[""], ("a", "b")), exactly(a, count)]
    facts += [between(a, 5, None), between(b, 5, None)]
    verdict = audit(facts, unknowns, (SensitiveSum(a, 5), SensitiveSum(b, 5)))
    assert verdict.passed
    assert [table.tolist() for table in verdict.witnesses] == [[count, 51 - count]]


def test_a_family_that_leaves_no_count_small_has_a_certificate() -> None:
    """Sixty students of one year, in one group, spread evenly over the answers of a grid: the parts
    of the family had nothing to look for, and the release ended with an error."""
    answers = ("to_me", "saw", "both", "no", "skipped")
    lattice = Lattice(("unsaid",), ("unsaid",), silent=("unsaid",))
    cell = ("unsaid", "unsaid")
    rows = {"names": (12, 12, 12, 12, 12), "hurt": (13, 12, 12, 12, 11)}
    tables = [
        CountTable(
            f"F1.{row}", answers, answers[:4], (), {cell: counts}, lattice, Source("F1", row)
        )
        for row, counts in rows.items()
    ]
    of_any = Source("F1", None, yes=("to_me", "both"), no=("saw", "no"))
    either = {cell: (25, 24, 11)}
    tables.append(
        CountTable("@any", ("yes", "no", "skipped"), ("yes", "no"), (), either, lattice, of_any)
    )
    release, certificate = certify(
        tables, took_part(60, lattice), STANDARD, {"id": "wave-1"}, bytes(32),
        questions=(Question("F1", SourceKind.GRID),),
    )  # fmt: skip
    assert any(table.rung is not RoundingLevel.NOTHING for table in release.tables)
    (family,) = certificate.families
    assert family.alternatives == 1
    assert verify(release.to_json(), certificate.to_json())


@pytest.mark.parametrize("start", range(len(forms(STANDARD, BY_GROUP))))
def test_what_the_simplex_gives_up_on_is_asked_again(start: int) -> None:
    """The agreement of 74 members of staff, in one group: the simplex lost its way and said
    neither optimal nor infeasible."""
    lattice = Lattice(("unsaid",), ("unsaid",), silent=("unsaid",))
    answers = ("agree_lot", "agree", "not_sure", "disagree", "disagree_lot", "skipped")
    boxes = (Box("agreed", answers[:2]), Box("disagreed", answers[3:5]))
    counts = {("unsaid", "unsaid"): (9, 18, 23, 14, 8, 2)}
    table = CountTable("S6", answers, answers[:5], boxes, counts, lattice)
    done = certify_table(table, STANDARD, 74, start)
    release = Release({}, STANDARD, lattice, protect(took_part(74, lattice), STANDARD),
                      done.released, (Question("S6", SourceKind.ONE, ("unsaid",)),))  # fmt: skip
    held = (done.certificate,) if done.certificate else ()
    assert verify(release.to_json(), Certificate(release.content_hash(), held).to_json())


@pytest.mark.parametrize("seed", range(41, 46))
def test_a_proof_names_the_figure_that_it_rests_on(seed: int) -> None:
    """All 60 students are in one year group, so its figures and those of the whole school are about
    the same students. A proof took an end from one and named the other, and was refused."""
    lattice = Lattice(("y8", "y9"), ("unsaid",), silent=("unsaid",))
    feelings = ("very_safe", "safe", "middle", "unsafe", "very_unsafe")
    answers = (*feelings, "away", "skipped")
    boxes = (Box("feel_safe", feelings[:2], feelings), Box("feel_unsafe", feelings[3:], feelings))
    one, nobody = (PARTICIPATION,), ("y8", "unsaid")
    everyone = CountTable(
        PARTICIPATION, one, one, (), {("y9", "unsaid"): (60,), nobody: (0,)}, lattice
    )
    for counts in ((12, 12, 7, 7, 7, 8, 7), (12, 12, 8, 7, 7, 7, 7)):
        by_cell = {("y9", "unsaid"): counts, nobody: (0,) * 7}
        table = CountTable("B2", answers, answers[:-1], boxes, by_cell, lattice)
        draw = random.Random(seed).randbytes(32)
        release, certificate = certify([table], everyone, STANDARD, {"id": "wave-1"}, draw)
        assert verify(release.to_json(), certificate.to_json())


def took_part(people: int, lattice: Lattice) -> CountTable:
    one = (PARTICIPATION,)
    return CountTable(PARTICIPATION, one, one, (), {("unsaid", "unsaid"): (people,)}, lattice)


def test_figures_that_only_fractions_of_students_satisfy_are_refused() -> None:
    """Of two students one each gave a or b, b or c, and a or c: so half a student gave each.  The
    linear programme is satisfied and no table is; the audit once looked for one for ever."""
    unknowns = Unknowns(("a", "b", "c", "d"), {"": {("7", "g"): 2}})
    pairs = [Sum(Group(), frozenset(pair)) for pair in ("ab", "bc", "ac")]
    facts = [*known_sizes(unknowns.sizes[""], "abcd"), *(exactly(pair, 1) for pair in pairs)]
    solver = Solver(lay_out(facts, unknowns), unknowns.upper())
    assert solver.minimise(np.zeros(4)) is not None
    for more in ([], [between(pairs[0], 0, 2, "a tie with room")]):
        told = [*facts, *(replace(fact, room=1) for fact in more)]
        with pytest.raises(ContradictionError, match="no whole numbers"):
            audit(told, unknowns, (SensitiveSum(pairs[0], 2),))


def test_a_search_that_reaches_its_limit_shows_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    """Weighted sums that hardly any whole numbers satisfy take far more than one step."""
    monkeypatch.setattr("survey.disclosure.audit.solver.MOST_NODES", 1)
    names = tuple("abcdefghijklmnopqrstuvwxyz")
    unknowns = Unknowns(names, {"": {("7", "g"): 30}})
    draw = random.Random(4)
    facts = []
    for _ in range(4):
        terms = tuple((draw.randrange(1, 100), Sum(Group(), frozenset(name))) for name in names)
        total = sum(weight for weight, _ in terms) // 2
        facts.append(Fact(terms, total, total))
    solver = Solver(lay_out(facts, unknowns), unknowns.upper())
    with pytest.raises(SolverError, match="limit"):
        solver.whole_minimum(np.zeros(26))
    assert solver.with_value(np.array([0]), 1) == (None, True)


def test_a_mending_search_that_fails_shows_nothing_and_spoils_nothing(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A vertex that is not mended is searched in other ways, so a failure is no reason to publish
    nothing at all."""
    solver = solver_of(exactly(Sum(Group(), frozenset("ab")), 3))
    broken = np.array([1.5, 1.5])
    table = solver.mended(broken)
    assert table is not None
    assert sorted(table) == [1, 2]
    monkeypatch.setattr(solver._mender, "run", lambda: highspy.HighsStatus.kError)
    assert solver.mended(broken) is None
    mended = solver.mended(broken)
    assert mended is not None
    assert sorted(mended) == [1, 2]


def test_the_solver_prints_nothing() -> None:
    made = "import numpy as np; from survey.disclosure.audit.constraints import *;" + (
        "from survey.disclosure.audit.solver import Solver;"
        "rows = lay_out([], Unknowns(('a',), {'': {('7', 'g'): 2}}));"
        "Solver(rows, np.array([2])).whole_minimum(np.zeros(1))"
    )
    done = subprocess.run([sys.executable, "-c", made], capture_output=True, check=True)
    assert (done.stdout, done.stderr) == (b"", b"")
