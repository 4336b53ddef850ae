"""The one door of a school's release: protect, audit, and step down until the audit passes.

Each table begins at the step of the ladder the lot names and goes down it until the audit finds
no count that could be narrowed.  Nothing here looks at the truth except through
:func:`~survey.disclosure.protect.protect`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from threadpoolctl import threadpool_limits

from survey.disclosure.audit import Target, Verdict, audit
from survey.disclosure.certificate import Certificate, TableCertificate, certificate_of
from survey.disclosure.facts import Fact, Sum, facts_of, known_sizes
from survey.disclosure.figures import Reason, ReleasedTable
from survey.disclosure.ladder import Form, begin, ladder_for
from survey.disclosure.model import Unknowns
from survey.disclosure.policy import Policy, Rung
from survey.disclosure.protect import protect, withhold
from survey.disclosure.release import Release
from survey.disclosure.tables import JOIN, Cell, CountTable, Group
from survey.disclosure.targets import (
    Shape,
    group_sizes,
    target_answers,
    values_needed,
)

Progress = Callable[[int, int], None]
"""Called with (tables done, tables in all)."""


@dataclass(frozen=True)
class Task:
    """One table to be certified, by itself: tables of a wave share nothing but group sizes, which
    are known.  ``start``: the step of the ladder that the lot drew."""

    table: CountTable
    policy: Policy
    respondents: int
    start: int

    @property
    def size(self) -> int:
        """How many unknowns it has: the time it takes grows with it."""
        return len(self.table.answers) * sum(map(bool, self.table.sizes().values()))


Each = Callable[[Callable[[Any], Any], Iterable[Any]], Iterable[Any]]
"""Applies a function to every task, in order: ``map``, or one that uses several processes."""


@dataclass(frozen=True)
class CertifiedTable:
    """A table that may be published, and what shows it.  ``attempts`` counts its audits."""

    released: ReleasedTable
    certificate: TableCertificate | None
    attempts: int


def certify(
    tables: Sequence[CountTable],
    participation: CountTable,
    policy: Policy,
    header: Mapping[str, str | int],
    seed: bytes,
    progress: Progress | None = None,
    each: Each = map,
) -> tuple[Release, Certificate]:
    """Protect and audit everything one school's wave publishes.

    ``participation`` counts respondents: one answer, everybody gave it.  Every table must add up
    to it cell by cell, or be empty where it was not asked.  ``seed``: 32 random bytes, new for
    each release, thrown away after it (the same seed gives the same release).  ``each`` may
    share the tables out; the release is the same however it does.

    Raises a :class:`TableError` for tables that cannot be true, :class:`SolverError` when the
    solver is not certain.  Then nothing may be published.
    """
    sizes = participation.sizes()
    for table in tables:
        table.check_sizes(sizes)
    total = sum(sizes.values())
    ladder = ladder_for(total, policy)
    tasks = [Task(table, policy, total, begin(ladder, seed, table.key)) for table in tables]
    done: list[CertifiedTable] = []
    for one in each(certify_task, tasks):
        done.append(one)
        if progress is not None:
            progress(len(done), len(tables))
    release = Release(
        header,
        policy,
        participation.lattice,
        _participation(participation, policy, total),
        tuple(one.released for one in done),
    )
    shown = tuple(one.certificate for one in done if one.certificate is not None)
    return release, Certificate(release.content_hash(), shown)


def _participation(table: CountTable, policy: Policy, total: int) -> ReleasedTable:
    if total < policy.nothing_under:
        return withhold(table, Reason.SURVEY_TOO_SMALL)
    small = total < policy.whole_school_under
    return protect(table, policy, only_whole=Reason.SURVEY_TOO_SMALL if small else None)


def certify_task(task: Task) -> CertifiedTable:
    """A task, done, on one processor: the matrices are small, and threads of the linear algebra
    library would only wait for each other."""
    with threadpool_limits(1, "blas"):
        return certify_table(task.table, task.policy, task.respondents, task.start)


def certify_table(
    table: CountTable, policy: Policy, respondents: int, start: int = 0
) -> CertifiedTable:
    """One table in the first form from ``start`` on that the audit certifies.

    ``respondents``: how many took part in the survey, whoever was asked this item (rule R11).
    """
    if respondents < policy.nothing_under:
        return CertifiedTable(withhold(table, Reason.SURVEY_TOO_SMALL), None, 0)
    by_group = respondents >= policy.whole_school_under
    sizes = table.sizes()
    groups = {
        group: sum(n for cell, n in sizes.items() if group.holds(cell))
        for group in table.lattice.groups
    }
    ladder = ladder_for(respondents, policy)
    for tries, form in enumerate(ladder[start:]):
        released = print_form(table, policy, form, groups, by_group)
        if released.rung is Rung.NOTHING:
            return CertifiedTable(released, None, tries)
        verdict, unknowns = audit_table(released, sizes, policy)
        if verdict.passed:
            certificate = certificate_of(table.key, unknowns, verdict)
            return CertifiedTable(released, certificate, tries + 1)
    return CertifiedTable(withhold(table, Reason.AUDIT), None, len(ladder))


def print_form(
    table: CountTable, policy: Policy, form: Form, groups: Mapping[Group, int], by_group: bool
) -> ReleasedTable:
    """Print a table in one form of the ladder."""
    if form.whole is Rung.NOTHING:
        return withhold(table, Reason.AUDIT)
    only = None
    if not by_group:
        only = Reason.SURVEY_TOO_SMALL
    elif form.small is form.large is Rung.NOTHING:
        only = Reason.WHOLE_SCHOOL_ONLY
    return protect(table, policy, policy.start, form.rows(groups), only)


def targets_of(
    released: ReleasedTable, sizes: Mapping[Cell, int], policy: Policy, unit: str = ""
) -> tuple[Target, ...]:
    """Every count of a table that must not be worked out, in a stated order."""
    shape = Shape(released.answers, released.base, released.boxes)
    years = (row.group.year for row in released.rows)
    joined = {year for year in years if year is not None and JOIN in year}
    return _targets(shape, tuple(sizes.items()), tuple(sorted(joined)), policy.small, unit)


@lru_cache(maxsize=32)
def _targets(
    shape: Shape,
    cells: tuple[tuple[Cell, int], ...],
    joined: tuple[str, ...],
    small: int,
    unit: str,
) -> tuple[Target, ...]:
    sizes = dict(cells)
    years = (*dict.fromkeys(year for year, _ in sizes), *joined)
    genders = tuple(dict.fromkeys(gender for _, gender in sizes))
    groups = [Group(), *(Group(year) for year in years), *(Group(None, g) for g in genders)]
    groups += [Group(year, gender) for year in years for gender in genders]
    return tuple(
        Target(Sum(group, answers, (unit,)), values_needed(size, small))
        for group, size in group_sizes(sizes, tuple(groups)).items()
        for answers in target_answers(shape)
    )


def audit_table(
    released: ReleasedTable,
    sizes: Mapping[Cell, int],
    policy: Policy,
    more: Sequence[Fact] = (),
    only: tuple[Target, ...] | None = None,
) -> tuple[Verdict, Unknowns]:
    """Audit one school's table as printed.

    ``more``: further facts, for instance read from a page; ``only``: judge these targets alone.
    """
    groups = group_sizes(sizes, tuple(row.group for row in released.rows))
    facts = [
        *facts_of(released, policy, groups),
        *known_sizes(sizes, released.answers),
        *more,
    ]
    unknowns = Unknowns(released.answers, {"": sizes})
    targets = targets_of(released, sizes, policy) if only is None else only
    verdict = audit(facts, unknowns, targets, policy.small, stop_at_failure=only is not None)
    return verdict, unknowns
