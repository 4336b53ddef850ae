"""The one door of a school's release: protect, audit, coarsen until the audit passes.

Each table starts at the finest rung.  Where the audit finds a count that could be narrowed, the
rows it was narrowed through go one rung down and the audit is run again, on the new figures
alone; when rows have no rung left, the whole table goes down.  Nothing here looks at the truth
except through :func:`protect`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from survey.disclosure.audit import Target, Verdict, audit
from survey.disclosure.certificate import Certificate, TableCertificate, certificate_of
from survey.disclosure.facts import Fact, Sum, facts_of, known_sizes
from survey.disclosure.figures import Reason, ReleasedTable
from survey.disclosure.model import Unknowns
from survey.disclosure.policy import Policy, Rung
from survey.disclosure.protect import protect, withhold
from survey.disclosure.release import Release
from survey.disclosure.tables import Cell, CountTable, Group
from survey.disclosure.targets import (
    Shape,
    group_sizes,
    target_answers,
    values_needed,
)

Progress = Callable[[int, int], None]
"""Called with (tables done, tables in all)."""

ROW_ROUNDS = 6
"""How often rows are coarsened before the whole table is."""


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
    progress: Progress | None = None,
) -> tuple[Release, Certificate]:
    """Protect and audit everything one school's wave publishes.

    ``participation`` counts respondents: one answer, everybody gave it.  Every table must add up
    to it cell by cell, or be empty where it was not asked.

    Raises a :class:`TableError` for tables that cannot be true, :class:`SolverError` when the
    solver is not certain.  Then nothing may be published.
    """
    sizes = participation.sizes()
    for table in tables:
        table.check_sizes(sizes)
    total = sum(sizes.values())
    done: list[CertifiedTable] = []
    for at, table in enumerate(tables):
        done.append(certify_table(table, policy, total))
        if progress is not None:
            progress(at + 1, len(tables))
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


def certify_table(table: CountTable, policy: Policy, respondents: int) -> CertifiedTable:
    """One table at the finest form the audit certifies.

    ``respondents``: how many took part in the survey, whoever was asked this item (rule R11).
    """
    if respondents < policy.nothing_under:
        return CertifiedTable(withhold(table, Reason.SURVEY_TOO_SMALL), None, 0)
    attempts = 0
    if respondents >= policy.whole_school_under:
        for rung in _rungs_from(policy.start):
            found, tries = _by_rows(table, policy, rung)
            attempts += tries
            if found is not None:
                return CertifiedTable(found[0], found[1], attempts)
        reason = Reason.WHOLE_SCHOOL_ONLY
    else:
        reason = Reason.SURVEY_TOO_SMALL
    for rung in _rungs_from(policy.start):
        attempts += 1
        released = protect(table, policy, rung, only_whole=reason)
        verdict, unknowns = audit_table(released, table.sizes(), policy)
        if verdict.passed:
            return CertifiedTable(released, certificate_of(table.key, unknowns, verdict), attempts)
    return CertifiedTable(withhold(table, Reason.AUDIT), None, attempts)


def _rungs_from(start: Rung) -> tuple[Rung, ...]:
    rounding = (Rung.BASE_5, Rung.BASE_10, Rung.BASE_20)
    return rounding[rounding.index(start) :]


def _by_rows(
    table: CountTable, policy: Policy, rung: Rung
) -> tuple[tuple[ReleasedTable, TableCertificate] | None, int]:
    """Try a rung, coarsening the rows a failing count is narrowed through."""
    rows: dict[Group, Rung] = {}
    failing: dict[Target, None] = {}
    sizes = table.sizes()
    for tries in range(1, ROW_ROUNDS + 1):
        released = protect(table, policy, rung, rows)
        verdict, unknowns = audit_table(released, sizes, policy)
        if verdict.passed:
            return (released, certificate_of(table.key, unknowns, verdict)), tries
        failing.update(dict.fromkeys(target for target, _ in verdict.failures))
        repaired = None
        for candidate in repairs(released, rows, rung, tuple(failing)):
            trial = protect(table, policy, rung, candidate)
            if audit_table(trial, sizes, policy, only=tuple(failing))[0].passed:
                repaired = candidate
                break
        if repaired is None:
            return None, tries
        rows = repaired
    return None, ROW_ROUNDS


def repairs(
    released: ReleasedTable, rows: Mapping[Group, Rung], rung: Rung, failing: tuple[Target, ...]
) -> Iterator[dict[Group, Rung]]:
    """Ways to coarsen some rows, cheapest for the reader first.

    A small group is mostly narrowed by taking the others from everyone, and the row of everyone
    loses least by rounding, so that row goes first, then the failing rows, then their siblings.
    """
    whole = Group()
    groups = _roots({target.what.group for target in failing})
    near = {group for group in groups if group != whole}
    near |= {Group(year=g.year) for g in groups if g.year and g.gender}
    near |= {Group(gender=g.gender) for g in groups if g.year and g.gender}
    shown = {row.group for row in released.rows if row.shown}
    by_year = any(group.year for group in near)
    by_gender = any(group.gender for group in near)
    siblings = {
        group
        for group in shown
        if (by_year and group.year is not None) or (by_gender and group.gender is not None)
    }
    for steps in ({whole: 1}, {"near": 1}, {whole: 1, "near": 1}, {whole: 2},
                  {whole: 2, "near": 1}, {whole: 2, "near": 1, "siblings": 1},
                  {whole: 2, "near": 2}, {whole: 2, "near": 2, "siblings": 1},
                  {whole: 2, "near": 3}, {whole: 2, "near": 3, "siblings": 1}):  # fmt: skip
        moved = dict(rows)
        for who, count in steps.items():
            members = {whole} if who == whole else near if who == "near" else siblings
            for group in sorted(members & shown):
                own = max(rung, rows.get(group, rung), key=lambda one: one.depth)
                own = _ROW_STEPS[min(_ROW_STEPS.index(own) + count, len(_ROW_STEPS) - 1)]
                moved[group] = max(own, moved.get(group, own), key=lambda one: one.depth)
        if moved != dict(rows):
            yield moved


_ROW_STEPS = (Rung.BASE_5, Rung.BASE_10, Rung.BASE_20, Rung.NOTHING)


def _roots(groups: set[Group]) -> set[Group]:
    """Without the intersections that fail because a group they lie in fails."""
    return {
        group
        for group in groups
        if not any(other not in (group, Group()) and _within(group, other) for other in groups)
    }


def _within(inner: Group, outer: Group) -> bool:
    return outer.year in (None, inner.year) and outer.gender in (None, inner.gender)


def targets_of(
    released: ReleasedTable, sizes: Mapping[Cell, int], policy: Policy, unit: str = ""
) -> tuple[Target, ...]:
    """Every count of a table that must not be worked out, in a stated order."""
    years = tuple(dict.fromkeys(year for year, _ in sizes))
    genders = tuple(dict.fromkeys(gender for _, gender in sizes))
    groups = [Group(), *(Group(year) for year in years), *(Group(None, g) for g in genders)]
    groups += [Group(year, gender) for year in years for gender in genders]
    shape = Shape(released.answers, released.base, released.boxes)
    return tuple(
        Target(Sum(group, answers, (unit,)), values_needed(size, policy.small))
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
