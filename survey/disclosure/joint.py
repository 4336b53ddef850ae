"""The joint audit of one table over many schools (rule R7), by recombining school witnesses.

Every school comes with alternative tables that give exactly its own release.  One alternative
per school makes a joint table; it counts if the authority's figures hold too.  So the search is
over choices, not over thousands of unknowns, and every joint witness is built from published
facts only.  What recombining cannot show is looked for with the solver, over the school in
question and a few partners; what that cannot show fails.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace

import numpy as np

from survey.disclosure.audit import Target, audit, plainly_large
from survey.disclosure.facts import Fact, Sum
from survey.disclosure.model import FREE, ContradictionError, Floats, Ints, Unknowns, lay_out
from survey.disclosure.solver import Solver

PARTNERS = 3
"""Schools that may give way, beside the one looked at, when the solver is asked."""

MOST_SWAPS = 1
"""How often other schools may change their alternative to make room for one."""

NEVER_EXEMPT = FREE
"""As the small count of a search: with part of the schools held still no target is excused."""

HELPERS = 6
"""How many schools are asked to, so that the search stays small."""


Lacking = list[tuple[Target, tuple[int, ...]]]
Note = Callable[[Ints], None]


@dataclass(frozen=True)
class Member:
    """One school in a joint audit: its own facts, and tables that satisfy all of them.

    ``targets`` are the counts of this school to guard.
    """

    unit: str
    unknowns: Unknowns
    facts: tuple[Fact, ...]
    pool: tuple[Ints, ...]
    targets: tuple[Target, ...]


@dataclass(frozen=True)
class JointVerdict:
    """``base``: one alternative per school; ``changes``: joint witnesses, each as the schools
    that take another alternative; ``extra``: alternatives found here, numbered after the
    school's own; ``failures``: targets that lack values."""

    failures: tuple[tuple[Target, tuple[int, ...]], ...]
    base: tuple[int, ...]
    changes: tuple[Mapping[int, int], ...]
    extra: Mapping[int, tuple[Ints, ...]]

    @property
    def passed(self) -> bool:
        """Whether every target keeps enough values."""
        return not self.failures


@dataclass
class _Choices:
    """All alternatives of all schools, stacked: what each adds to the authority's figures."""

    members: Sequence[Member]
    links: Sequence[Fact]
    tables: list[list[Ints]] = field(init=False)
    masks: list[Ints] = field(init=False)
    low: Ints = field(init=False)
    high: Ints = field(init=False)
    owner: Ints = field(init=False)
    index: Ints = field(init=False)
    adds: Ints = field(init=False)
    start: Ints = field(init=False)
    helpers: Ints = field(init=False)
    _stale: bool = field(init=False, default=False)

    def __post_init__(self) -> None:
        self.tables = [list(member.pool) for member in self.members]
        self.masks = []
        for member in self.members:
            mask = np.zeros((len(self.links), member.unknowns.count), dtype=np.int64)
            for at, fact in enumerate(self.links):
                for weight, what in fact.terms:
                    if member.unit in what.units:
                        mask[at, member.unknowns.indices(replace(what, units=(member.unit,)))] += (
                            weight
                        )
            self.masks.append(mask)
        self.low = np.array([-FREE if f.low is None else f.low for f in self.links])
        self.high = np.array([FREE if f.high is None else f.high for f in self.links])
        self.stack()

    def stack(self) -> None:
        """Lay all alternatives out again, after some were added."""
        self.owner = np.repeat(np.arange(len(self.tables)), [len(t) for t in self.tables])
        self.index = np.concatenate([np.arange(len(t)) for t in self.tables])
        self.adds = np.concatenate(
            [
                np.array(tables) @ mask.T
                for tables, mask in zip(self.tables, self.masks, strict=True)
            ]
        )
        self.start = np.concatenate([[0], np.cumsum([len(t) for t in self.tables])[:-1]])
        self._stale = False
        sizes = np.array([len(mask[0]) for mask in self.masks])
        self.helpers = np.argsort(-sizes, kind="stable")[:HELPERS]

    def off(self, sums: Ints, margin: int = 0) -> Ints:
        """How far the authority's figures are missed, added up; ``margin`` asks for more room."""
        room = np.minimum(margin, (self.high - self.low) // 2)
        below = np.maximum(self.low + room - sums, 0)
        above = np.maximum(sums - self.high + room, 0)
        return np.asarray((below + above).sum(axis=-1))

    def settle(
        self, chosen: Ints, fixed: frozenset[int], swaps: int, margin: int = 0
    ) -> Ints | None:
        """Change alternatives of schools that are not fixed until the figures hold."""
        if self._stale:
            self.stack()
        among = np.ones(len(self.members), dtype=bool)
        if margin == 0 and fixed:
            among[:] = False
            among[self.helpers] = True
        chosen = chosen.copy()
        sums = self.adds[self.start + chosen].sum(axis=0)
        missed = int(self.off(sums, margin))
        if missed == 0:
            return chosen
        movable = np.flatnonzero(~np.isin(self.owner, list(fixed)) & among[self.owner])
        for _ in range(swaps):
            if missed == 0:
                return chosen
            without = sums - self.adds[self.start + chosen]
            scores = self.off(without[self.owner[movable]] + self.adds[movable], margin)
            least = int(scores.argmin())
            if scores[least] >= missed:
                break
            missed = int(scores[least])
            best = int(movable[least])
            school = int(self.owner[best])
            sums = without[school] + self.adds[best]
            chosen[school] = self.index[best]
        return chosen if int(self.off(sums)) == 0 else None

    def block(
        self, free: Sequence[int], chosen: Ints, margin: int = 0
    ) -> tuple[Unknowns, list[Fact]]:
        """The facts about a few schools, the others held at their chosen alternatives.

        ``margin`` draws the authority's figures in, for a table with room to move.
        """
        members = [self.members[at] for at in free]
        sizes = {m.unit: m.unknowns.sizes[m.unit] for m in members}
        unknowns = Unknowns(members[0].unknowns.answers, sizes)
        if self._stale:
            self.stack()
        held = np.ones(len(self.members), dtype=bool)
        held[list(free)] = False
        rest = self.adds[self.start + chosen][held].sum(axis=0)
        facts = [fact for member in members for fact in member.facts]
        units = tuple(member.unit for member in members)
        for fact, offset in zip(self.links, rest.tolist(), strict=True):
            terms = tuple((w, _among(what, units)) for w, what in fact.terms)
            low, high = _drawn_in(fact, margin)
            low = None if low is None else low - offset
            high = None if high is None else high - offset
            facts.append(Fact(terms, low, high, fact.source))
        return unknowns, facts

    def search(
        self, free: Sequence[int], chosen: Ints, targets: Sequence[Target], small: int
    ) -> tuple[list[Target], list[Ints]]:
        """Audit targets with only a few schools free: those still lacking, and what was found."""
        unknowns, facts = self.block(free, chosen)
        units = tuple(self.members[at].unit for at in free)
        inner = tuple(replace(t, what=_among(t.what, units)) for t in targets)
        here = np.concatenate([self.tables[at][int(chosen[at])] for at in free])
        verdict = audit(facts, unknowns, inner, small, start=(here,), quick=len(free) == 1)
        failed = {target for target, _ in verdict.failures}
        lacking = [t for t, within in zip(targets, inner, strict=True) if within in failed]
        return lacking, [self.take(free, table, chosen) for table in verdict.witnesses]

    def take(self, free: Sequence[int], table: Ints, chosen: Ints) -> Ints:
        """Add a solver's joint table as new alternatives of its schools, and choose them."""
        chosen = chosen.copy()
        at = 0
        for school in free:
            width = self.members[school].unknowns.count
            self.tables[school].append(table[at : at + width])
            chosen[school] = len(self.tables[school]) - 1
            at += width
        self._stale = True
        return chosen


def joint_audit(
    members: Sequence[Member], links: Sequence[Fact], targets: Sequence[Target], small: int = 5
) -> JointVerdict:
    """Judge every school's targets, and the authority's own, against everything published.

    ``links``: the authority's facts, this release's and earlier ones over the same schools.
    Raises :class:`ContradictionError` or :class:`SolverError`; then nothing may be published.
    """
    choices = _Choices(members, links)
    base = _common_ground(choices)
    changes: list[dict[int, int]] = []
    used: list[set[int]] = [{int(base[at])} for at in range(len(members))]

    def note(chosen: Ints) -> None:
        moved = {int(at): int(chosen[at]) for at in np.flatnonzero(chosen != base)}
        if moved:
            changes.append(moved)
            for school, index in moved.items():
                used[school].add(index)

    failures: list[tuple[Target, tuple[int, ...]]] = []
    for school in range(len(members)):
        values = _values(choices, school, members[school].targets)
        needed = _needed(members[school], small)
        for index in range(len(members[school].pool)):
            if index in used[school] or not _helps(values, needed, used[school], index):
                continue
            chosen = base.copy()
            chosen[school] = index
            settled = choices.settle(chosen, frozenset((school,)), MOST_SWAPS)
            if settled is not None:
                note(settled)
        failures += _lacking(choices, school, base, used[school], needed, note)
    failures += _lacking_over_all(choices, base, changes, targets, small, note)
    extra = {
        at: tuple(choices.tables[at][len(member.pool) :])
        for at, member in enumerate(members)
        if len(choices.tables[at]) > len(member.pool)
    }
    return JointVerdict(tuple(failures), tuple(int(i) for i in base), tuple(changes), extra)


def _common_ground(choices: _Choices) -> Ints:
    """One alternative per school that together give the authority's figures, with room left."""
    start = np.zeros(len(choices.members), dtype=np.int64)
    for margin in (5, 2, 0):
        settled = choices.settle(start, frozenset(), 6 * len(choices.members), margin)
        if settled is not None:
            return settled
    order = _by_size(choices)
    for many, margin in ((8, 4), (8, 2), (8, 0), (len(order), 2), (len(order), 0)):
        free = sorted(order[:many])
        try:
            unknowns, facts = choices.block(free, start, margin)
            solver = Solver(lay_out(facts, unknowns), unknowns.upper())
        except ContradictionError:
            continue
        costs: Floats = np.zeros(unknowns.count)
        found = solver.minimise(costs)
        table = None if found is None else solver.as_whole(found, costs)
        if table is not None:
            return choices.take(free, table, start)
    raise ContradictionError("the authority's figures contradict its schools'")


def _lacking(
    choices: _Choices, school: int, base: Ints, used: set[int], needed: Ints, note: Note
) -> Lacking:
    """This school's targets that joint witnesses leave with too few values."""
    member = choices.members[school]
    values = _values(choices, school, member.targets)
    own = [set(row.tolist()) for row in values[:, : len(member.pool)]]
    seen = [set(row.tolist()) for row in values[:, sorted(used)]]
    # What the school's own certificate shows no five values of, it proves never to be small.
    short = [at for at in range(len(member.targets)) if len(own[at]) >= needed[at] > len(seen[at])]
    if not short:
        return []
    targets = [member.targets[at] for at in short]
    lacking = targets
    for many in (0, PARTNERS, 2 * PARTNERS + 2):
        free = _partners(choices, school, many)
        if lacking:
            lacking, found = choices.search(free, base, lacking, NEVER_EXEMPT)
            for chosen in found:
                note(chosen)
    return [(t, tuple(sorted(seen[member.targets.index(t)]))) for t in lacking]


def _drawn_in(fact: Fact, margin: int) -> tuple[int | None, int | None]:
    """The ends of a fact, each drawn in by a margin, or to the middle if that is nearer."""
    if fact.low is not None and fact.high is not None:
        margin = min(margin, (fact.high - fact.low) // 2)
    return (
        None if fact.low is None else fact.low + margin,
        None if fact.high is None else fact.high - margin,
    )


def _needed(member: Member, small: int) -> Ints:
    """Values each target of a school needs; none where its own figures keep it large."""
    matrix = np.zeros((len(member.targets), member.unknowns.count), dtype=np.int64)
    for at, target in enumerate(member.targets):
        matrix[at, member.unknowns.indices(target.what)] = 1
    large = plainly_large(lay_out(member.facts, member.unknowns), matrix, small)
    needed = np.array([target.needed for target in member.targets], dtype=np.int64)
    return np.where(large, 0, needed)


def _helps(values: Ints, needed: Ints, used: set[int], index: int) -> bool:
    """Whether an alternative shows a target that lacks values a new one."""
    shown = np.sort(values[:, sorted(used)], axis=1)
    distinct = 1 + (np.diff(shown, axis=1) != 0).sum(axis=1)
    new = (shown != values[:, index][:, None]).all(axis=1)
    return bool(((distinct < needed) & new).any())


def _values(choices: _Choices, school: int, targets: Sequence[Target]) -> Ints:
    """Targets by alternatives: the value each alternative of a school gives each target."""
    unknowns = choices.members[school].unknowns
    matrix = np.zeros((len(targets), unknowns.count))
    for at, target in enumerate(targets):
        matrix[at, unknowns.indices(_among(target.what, (choices.members[school].unit,)))] = 1
    return np.asarray((matrix @ np.array(choices.tables[school]).T).astype(np.int64))


def _by_size(choices: _Choices) -> list[int]:
    people = [int(member.unknowns.upper().sum()) for member in choices.members]
    return sorted(range(len(people)), key=lambda at: -people[at])


def _partners(choices: _Choices, school: int, many: int) -> list[int]:
    others = [at for at in _by_size(choices) if at != school]
    return sorted([school, *others[:many]])


def _lacking_over_all(
    choices: _Choices,
    base: Ints,
    changes: Sequence[Mapping[int, int]],
    targets: Sequence[Target],
    small: int,
    note: Note,
) -> Lacking:
    """The authority's own targets that joint witnesses leave with too few values."""
    values = [_values(choices, school, targets) for school in range(len(choices.members))]
    start = np.array([v[:, i] for v, i in zip(values, base, strict=True)]).sum(axis=0)
    shown = [start]
    for moved in changes:
        value = np.array(start)
        for school, index in moved.items():
            value += values[school][:, index] - values[school][:, base[school]]
        shown.append(value)
    seen = np.array(shown)
    short = [
        target
        for at, target in enumerate(targets)
        if len(set(seen[:, at].tolist())) < target.needed and _least(choices, target, small) < small
    ]
    if not short:
        return []
    free = sorted(_by_size(choices)[: PARTNERS + 1])
    lacking, found = choices.search(free, base, short, NEVER_EXEMPT)
    for chosen in found:
        note(chosen)
    places = {target: at for at, target in enumerate(targets)}
    return [(t, tuple(sorted(set(seen[:, places[t]].tolist())))) for t in lacking]


def _among(what: Sum, units: tuple[str, ...]) -> Sum:
    """The part of a sum that some units contribute."""
    return replace(what, units=tuple(unit for unit in units if unit in what.units))


def _least(choices: _Choices, target: Target, small: int) -> int:
    """A bound from below: what single figures say of the count, over all or school by school."""
    bound = _least_of(choices.links, target.what, None)
    for member in choices.members:
        if bound >= small:
            break
        bound += _least_of(member.facts, _among(target.what, (member.unit,)), member.unknowns)
    return bound


def _least_of(facts: Sequence[Fact], what: Sum, unknowns: Unknowns | None) -> int:
    best = 0
    for fact in facts:
        other = fact.plain
        if other is None or not set(other.units) <= set(what.units):
            continue
        inside = other.group.meet(what.group) == other.group
        if inside and other.answers <= what.answers and fact.low is not None:
            best = max(best, fact.low)
        around = other.group.meet(what.group) == what.group
        if unknowns is not None and around and fact.high is not None:
            rest = frozenset(unknowns.answers) - what.answers
            if rest <= other.answers:
                every = replace(what, answers=frozenset(unknowns.answers))
                cells = unknowns.indices(every)[:: len(unknowns.answers)]
                best = max(best, int(unknowns.upper()[cells].sum()) - fact.high)
    return best
