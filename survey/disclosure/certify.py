"""The one door of a school's release: protect, audit, coarsen until the audit passes.

Each table starts at the finest rung.  Where the audit finds a count that could be narrowed, the
rows it was narrowed through go one rung down and the audit is run again, on the new figures
alone; when rows have no rung left, the whole table goes down.  Nothing here looks at the truth
except through :func:`protect`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
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
    for tries in range(1, ROW_ROUNDS + 1):
        released = protect(table, policy, rung, rows)
        verdict, unknowns = audit_table(released, table.sizes(), policy)
        if verdict.passed:
            return (released, certificate_of(table.key, unknowns, verdict)), tries
        if not _coarsen(rows, rung, released, verdict):
            return None, tries
    return None, ROW_ROUNDS


def _coarsen(
    rows: dict[Group, Rung], rung: Rung, released: ReleasedTable, verdict: Verdict
) -> bool:
    """Move the rows nearest to the failing counts one rung down; False when none can move."""
    shown = {row.group: row.rung for row in released.rows if row.shown}
    moving: set[Group] = set()
    for target, _ in verdict.failures:
        group = target.what.group
        if group in shown:
            moving.add(group)
        else:
            around = [other for other in shown if other != Group() and _within(group, other)]
            moving.update(around or ([Group()] if Group() in shown else []))
    moved = False
    for group in sorted(moving):
        step = shown[group].next
        rows[group] = Rung.NOTHING if step is Rung.WHOLE_SCHOOL else step
        moved = True
    return moved and rung is not Rung.NOTHING


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
) -> tuple[Verdict, Unknowns]:
    """Audit one school's table as printed, with any further facts (for instance from a page)."""
    groups = group_sizes(sizes, tuple(row.group for row in released.rows))
    facts = [
        *facts_of(released, policy, groups),
        *known_sizes(sizes, released.answers),
        *more,
    ]
    unknowns = Unknowns(released.answers, {"": sizes})
    verdict = audit(facts, unknowns, targets_of(released, sizes, policy), policy.small)
    return verdict, unknowns
