"""One table without a family: its task, its certified form and its audit."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from survey.disclosure.audit.attack import AuditVerdict, SensitiveSum, audit
from survey.disclosure.audit.attacker_knowledge import Fact, Sum, facts_of, known_sizes
from survey.disclosure.audit.constraints import Unknowns
from survey.disclosure.audit.sensitive_counts import (
    CountShape,
    group_sizes,
    target_answers,
    values_needed,
)
from survey.disclosure.audit.sensitive_layout import _groups
from survey.disclosure.certify import (
    CertifiedFamily,
    CertifyTask,
    certify_family,
    participation_of,
    tasks_of,
)
from survey.disclosure.figures import ReleasedTable
from survey.disclosure.policy import Policy
from survey.disclosure.release import PARTICIPATION
from survey.disclosure.sources import Question, SourceKind
from survey.disclosure.tables import JOIN, Cell, CountTable


def sums_of(
    shape: CountShape, sizes: Mapping[Cell, int], bands: Sequence[str], small: int
) -> tuple[SensitiveSum, ...]:
    """The sensitive counts of one table, in a fixed order."""
    return tuple(
        SensitiveSum(Sum(group, answers), values_needed(size, small))
        for group, size in _groups(sizes, bands).items()
        for answers in target_answers(shape)
    )


def task_of(table: CountTable, policy: Policy, respondents: int, start: int = 0) -> CertifyTask:
    """The task of a table, which starts at a step of the ladder."""
    people = {cell: (size,) for cell, size in table.sizes().items()}
    one = (PARTICIPATION,)
    participation = CountTable(PARTICIPATION, one, one, (), people, table.lattice)
    took_part = participation_of(participation, policy, respondents)
    by_year: dict[str, int] = {}
    for (year, _gender), size in table.sizes().items():
        by_year[year] = by_year.get(year, 0) + size
    years = tuple(year for year, size in by_year.items() if size)
    questions = {table.key: Question(table.key, SourceKind.ONE, years)}
    alone = replace(table, source=None)
    (task,) = tasks_of([alone], took_part, questions, policy, respondents)
    return replace(task, starts=(start,))


def certify_table(
    table: CountTable, policy: Policy, respondents: int, start: int = 0
) -> CertifiedFamily:
    """The table in the first form from `start` on that the audit certifies."""
    return certify_family(task_of(table, policy, respondents, start))


def targets_of(
    released: ReleasedTable, sizes: Mapping[Cell, int], policy: Policy
) -> tuple[SensitiveSum, ...]:
    """The sensitive counts of the table, in a fixed order."""
    shape = CountShape(released.answers, released.base, released.boxes)
    years = (row.group.year for row in released.rows)
    bands = tuple(dict.fromkeys(year for year in years if year is not None and JOIN in year))
    return tuple(
        replace(target, table=released.key) for target in sums_of(shape, sizes, bands, policy.small)
    )


def audit_table(
    released: ReleasedTable, sizes: Mapping[Cell, int], policy: Policy, more: Sequence[Fact] = ()
) -> tuple[AuditVerdict, Unknowns]:
    """An audit of the table as printed; `more` are further facts, for example read from a page."""
    groups = group_sizes(sizes, tuple(row.group for row in released.rows))
    facts = [*facts_of(released, policy, groups), *known_sizes(sizes, released.answers), *more]
    unknowns = Unknowns(released.answers, {"": sizes})
    targets = targets_of(released, sizes, policy)
    return audit(facts, unknowns, targets, policy.small, stop_at_failure=False), unknowns
