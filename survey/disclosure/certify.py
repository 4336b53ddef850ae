"""The only way to make a school's release: protect, audit, and step down until the audit passes.

Tables that share answers are a family and are audited as one.  Each table begins at its random
start level, a step of the ladder; those with a sensitive count whose feasible interval is too
narrow go down it.  Nothing here reads true counts except through
:func:`~survey.disclosure.protect.protect`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from threadpoolctl import threadpool_limits

from survey.disclosure.audit.attack import AuditVerdict, Before, audit
from survey.disclosure.audit.attacker_knowledge import Fact, facts_of
from survey.disclosure.audit.constraints import Unknowns
from survey.disclosure.audit.families import Family, FamilyMember
from survey.disclosure.audit.sensitive_counts import CountShape, group_sizes
from survey.disclosure.audit.sensitive_layout import guard_family
from survey.disclosure.audit.walk_steps import moves_of, parts_of
from survey.disclosure.certificate import Certificate, FamilyCertificate, certificate_of
from survey.disclosure.figures import HiddenReason, ReleasedTable
from survey.disclosure.merged_groups import join, parts
from survey.disclosure.policy import Policy, RoundingLevel
from survey.disclosure.protect import protect, withhold
from survey.disclosure.protection_levels import (
    ProtectionLevel,
    begin,
    ladder_for,
    ladder_of_whole,
    print_form,
)
from survey.disclosure.release import Release
from survey.disclosure.sources import (
    Question,
    Source,
    SourceKind,
    check_sources,
    families,
    years_asked,
)
from survey.disclosure.tables import JOIN, Cell, CountTable

FEW_TABLES = 3
"""Tables of a family that is audited as a whole at once: it mostly passes, and then each of its
tables would have passed by itself. The same forms are found either way."""

Progress = Callable[[int, int], None]
"""Called with (tables done, tables in all)."""


@dataclass(frozen=True)
class CertifyTask:
    """Tables to be certified together.  Families share nothing but group sizes, which are known.

    ``sizes``: those of the joined cells; ``starts``: the random start level of each table, as a
    step of the ladder; ``respondents``: how many took part, asked this question or not."""

    tables: tuple[CountTable, ...]
    family: Family
    sizes: Mapping[Cell, int]
    policy: Policy
    respondents: int
    starts: tuple[int, ...]

    @property
    def size(self) -> int:
        """How many unknowns it has: the time it takes grows with it."""
        return len(self.family.columns) * len(self.sizes)


Each = Callable[[Callable[[Any], Any], Iterable[Any]], Iterable[Any]]
"""Applies a function to every task, in order: ``map``, or one that uses several processes."""


@dataclass(frozen=True)
class CertifiedFamily:
    """Tables that may be published, and the proof of it.  ``attempts`` counts their audits."""

    released: tuple[ReleasedTable, ...]
    certificate: FamilyCertificate | None
    attempts: int


def certify(
    tables: Sequence[CountTable],
    participation: CountTable,
    policy: Policy,
    header: Mapping[str, str | int],
    seed: bytes,
    progress: Progress | None = None,
    each: Each = map,
    questions: Sequence[Question] = (),
) -> tuple[Release, Certificate]:
    """Protect and audit everything one school's wave publishes.

    ``participation`` counts respondents: one answer, everyone gave it.  Every table must add up
    to it cell by cell, or be empty where it was not asked.  ``questions``: those the tables are
    made of; a table that names none is a separate question.  ``seed`` draws the random start levels
    (the same seed gives the same release).  ``each`` may distribute the tables over processes; the
    release is the same however it does.

    Raises a :class:`TableError` for tables that cannot be true, :class:`SolverError` when the
    solver is not certain.  Then nothing may be published.
    """
    sizes = participation.sizes()
    for table in tables:
        table.check_sizes(sizes)
    total = sum(sizes.values())
    took_part = participation_of(participation, policy, total)
    told = _questions(tables, questions, sizes)
    tasks = [
        replace(
            task,
            starts=tuple(
                begin(ladder, seed, table.key)
                for ladder, table in zip(_ladders(task), task.tables, strict=True)
            ),
        )
        for task in tasks_of(tables, took_part, told, policy, total)
    ]
    done: dict[str, ReleasedTable] = {}
    shown: list[FamilyCertificate] = []
    for one in each(certify_task, tasks):
        done.update((table.key, table) for table in one.released)
        shown += [] if one.certificate is None else [one.certificate]
        if progress is not None:
            progress(len(done), len(tables))
    release = Release(
        header,
        policy,
        participation.lattice,
        took_part,
        tuple(done[table.key] for table in tables),
        tuple(told.values()),
    )
    return release, Certificate(release.content_hash(), tuple(shown))


def _questions(
    tables: Sequence[CountTable], given: Sequence[Question], people: Mapping[Cell, int]
) -> dict[str, Question]:
    """The questions of all tables by key, each with the years that were asked: as it says, or else
    those that are counted."""
    by_year: dict[str, int] = {}
    for (year, _gender), size in people.items():
        by_year[year] = by_year.get(year, 0) + size
    known = {question.key: question for question in given}
    found: dict[str, Question] = {}
    for table in tables:
        key = source_of(table).question
        if key not in found:
            question = known.get(key, Question(key, SourceKind.ONE))
            years = years_asked([(cell[0], n) for cell, n in table.sizes().items()], by_year)
            found[key] = question if question.years else replace(question, years=years)
    return found


def source_of(table: CountTable) -> Source:
    """What a table is made of: a separate question, unless it says otherwise."""
    return table.source or Source(table.key)


def tasks_of(
    tables: Sequence[CountTable],
    took_part: ReleasedTable,
    questions: Mapping[str, Question],
    policy: Policy,
    respondents: int,
) -> list[CertifyTask]:
    """The families to certify, in the order of their first tables; every table begins at the top
    of the ladder.  Raises :class:`UntoldTieError`."""
    sources = {table.key: source_of(table) for table in tables}
    check_sources(sources, questions)
    by_key = {table.key: replace(table, source=sources[table.key]) for table in tables}
    found = []
    for keys in families(sources, questions):
        members = tuple(by_key[key] for key in keys)
        own = {sources[key].question: questions[sources[key].question] for key in keys}
        family = Family(
            tuple(FamilyMember(one.key, one.answers, sources[one.key]) for one in members), own
        )
        sizes: dict[Cell, int] = {}
        for one in members:
            for cell, size in one.sizes().items():
                sizes[cell] = max(size, sizes.get(cell, 0))
        joined = join(sizes, *parts(members[0].lattice, took_part, own.values()))
        found.append(CertifyTask(members, family, joined, policy, respondents, (0,) * len(members)))
    return found


def participation_of(table: CountTable, policy: Policy, total: int) -> ReleasedTable:
    """How many took part, as printed."""
    if total < policy.nothing_under:
        return withhold(table, HiddenReason.SURVEY_TOO_SMALL)
    small = total < policy.whole_school_under
    return protect(table, policy, only_whole=HiddenReason.SURVEY_TOO_SMALL if small else None)


def certify_task(task: CertifyTask) -> CertifiedFamily:
    """Do a task on one processor: the matrices are small, and threads of the linear algebra
    library would only wait for each other."""
    with threadpool_limits(1, "blas"):
        return certify_family(task)


def certify_family(task: CertifyTask) -> CertifiedFamily:
    """The tables of a family in forms that the audit certifies together.

    Tables with a count that could be narrowed step down; if none of them prints anything any more,
    all the others do."""
    policy = task.policy
    if task.respondents < policy.nothing_under:
        hidden = tuple(withhold(table, HiddenReason.SURVEY_TOO_SMALL) for table in task.tables)
        return CertifiedFamily(hidden, None, 0)
    ladders = _ladders(task)
    by_group = task.respondents >= policy.whole_school_under
    steps = list(task.starts)
    tried_alone = len(task.tables) > FEW_TABLES
    if tried_alone:
        steps = _all_passing_alone(task, ladders, by_group)
    attempts = 0
    before: Before | None = None
    while True:
        released = tuple(
            _print(table, policy, ladder, step, by_group)
            for table, ladder, step in zip(task.tables, ladders, steps, strict=True)
        )
        printing = {one.key for one in released if one.rung is not RoundingLevel.NOTHING}
        if not printing:
            return CertifiedFamily(released, None, attempts)
        attempts += 1
        verdict, unknowns = audit_family(released, task.family, task.sizes, policy, before=before)
        before = verdict.before
        if verdict.passed:
            certificate = certificate_of(task.family, unknowns, verdict)
            return CertifiedFamily(released, certificate, attempts)
        if not tried_alone:
            tried_alone = True
            steps = _all_passing_alone(task, ladders, by_group)
            if steps != list(task.starts):
                continue
        down = verdict.failed & printing or printing
        steps = [step + (table.key in down) for table, step in zip(task.tables, steps, strict=True)]


def _ladders(task: CertifyTask) -> tuple[tuple[ProtectionLevel, ...], ...]:
    """The ladder of each table. One that waits row by row is of the few who gave certain answers to
    a row: it is printed for the whole school only, so that it takes nothing from that row. So is
    one whose question says so."""
    usual = ladder_for(task.respondents, task.policy)
    whole = ladder_of_whole(task.policy)
    questions = task.family.questions
    asked = [questions[member.source.question] for member in task.family.members]
    return tuple(
        whole if one.whole_only or (one.gate is not None and one.gate.by_row) else usual
        for one in asked
    )


def _all_passing_alone(
    task: CertifyTask, ladders: Sequence[tuple[ProtectionLevel, ...]], by_group: bool
) -> list[int]:
    """For each table of a family the first step from its start on at which it passes by itself."""
    return [
        _passing_alone(task, ladders[at], at, step, by_group) for at, step in enumerate(task.starts)
    ]


def _passing_alone(
    task: CertifyTask, ladder: tuple[ProtectionLevel, ...], at: int, step: int, by_group: bool
) -> int:
    """The first step from ``step`` on at which a table passes by itself.  A table that does not
    cannot pass with others, which add information; and auditing it by itself is far quicker.
    Options are left out: they give little information by themselves."""
    member, table = task.family.members[at], task.tables[at]
    question = task.family.questions[member.source.question]
    if len(task.tables) == 1 or question.kind is SourceKind.SEVERAL or member.source.is_any:
        return step
    alone = Family((member,), {question.key: replace(question, gate=None)})
    own = {cell: size for cell, size in task.sizes.items() if task.family.asked(member, cell)}
    before: Before | None = None
    while step < len(ladder):
        released = _print(table, task.policy, ladder, step, by_group)
        if released.rung is RoundingLevel.NOTHING:
            break
        verdict, _ = audit_family(
            (released,), alone, own, task.policy, before=before, judge_only=True
        )
        if verdict.passed:
            break
        before = verdict.before
        step += 1
    return step


def _print(
    table: CountTable,
    policy: Policy,
    ladder: tuple[ProtectionLevel, ...],
    step: int,
    by_group: bool,
) -> ReleasedTable:
    if step >= len(ladder):
        return withhold(table, HiddenReason.AUDIT)
    sizes = table.sizes()
    groups = {
        group: sum(n for cell, n in sizes.items() if group.holds(cell))
        for group in table.lattice.groups
    }
    return print_form(table, policy, ladder[step], groups, by_group)


def _shape(released: ReleasedTable) -> CountShape:
    return CountShape(released.answers, released.base, released.boxes)


def _bands(released: ReleasedTable) -> tuple[str, ...]:
    """The years joined of others that a table has rows for."""
    years = (row.group.year for row in released.rows)
    return tuple(dict.fromkeys(year for year in years if year is not None and JOIN in year))


def audit_family(
    released: Sequence[ReleasedTable],
    family: Family,
    sizes: Mapping[Cell, int],
    policy: Policy,
    stop_at_failure: bool = True,
    before: Before | None = None,
    judge_only: bool = False,
) -> tuple[AuditVerdict, Unknowns]:
    """Audit the tables of one family as printed, put together.

    ``before``: what an audit of the same tables in other forms found; ``judge_only``: alternatives
    and proofs are not wanted."""
    facts: list[Fact] = list(family.sizes_and_ties(sizes))
    guarded = []
    absent: set[tuple[Cell, str]] = set()
    for table, member in zip(released, family.members, strict=True):
        own = {cell: size for cell, size in sizes.items() if family.asked(member, cell)}
        columns = family.columns_of(member)
        absent |= {(cell, column) for cell in sizes if cell not in own for column in columns}
        groups = group_sizes(own, tuple(row.group for row in table.rows))
        facts += [family.translate(member, fact) for fact in facts_of(table, policy, groups)]
        guarded.append((member, _shape(table), own, _bands(table)))
    unknowns = Unknowns(family.columns, {"": sizes}, frozenset(absent))
    targets = guard_family(family, guarded, unknowns, policy.small)
    steps = moves_of(family), parts_of(family)
    verdict = audit(
        facts, unknowns, targets, policy.small, stop_at_failure, *steps, before, judge_only
    )
    return verdict, unknowns
