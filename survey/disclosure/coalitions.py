"""What several readers who put their comparisons together could find out about letters. Pure.

A school may answer to an authority, a trust and a partnership. Each compares its own schools, under
its own letters. The figures of a school come from one release, so they are the same numbers in
every comparison, and readers who put two comparisons together see which letter of one is which
letter of the other. They also know, by name, which schools are in which comparison and about how
many answered in each. So what they know of a letter is its *cell*: its group in one comparison
together with its group, or its absence, in all others.

Together they may name no letter better than one of them alone. So a cell is a whole group that one
of them sees already, or it has at least `ALIKE` schools without a name. A group is cut into few
enough cells that the best guess is right at most 10 points more often, on average.

A school that is named in one comparison is known in all of them.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

ALIKE = 5
"""Schools without a name that a cell has at least, unless it is a whole group."""
PER_CUT = 10
"""Schools without a name that a group has at least for each time it is cut."""
NAMED = "named"

S = TypeVar("S", bound=Hashable)


@dataclass(frozen=True)
class SeenComparison(Generic[S]):
    """One comparison as its reader sees it: by school, the group that its letter is in, or
    `NAMED`. `programme` and `number` say which it is."""

    programme: str
    number: int
    groups: Mapping[S, str]


@dataclass(frozen=True)
class Tied(Generic[S]):
    """A figure over named schools: those it takes in, each with what tells it from others of them,
    `among` all schools of its comparison."""

    among: frozenset[S]
    ties: Mapping[S, str]


@dataclass(frozen=True)
class Split(Generic[S]):
    """A group of schools without a name that readers together could take apart, and its parts."""

    parts: tuple[frozenset[S], ...]

    @property
    def small(self) -> tuple[frozenset[S], ...]:
        return tuple(part for part in self.parts if len(part) < ALIKE)


def cell_of(school: S, comparisons: Sequence[SeenComparison[S]]) -> tuple[str | None, ...]:
    """What readers know of the letters of a school: its group in each comparison."""
    return tuple(one.groups.get(school) for one in comparisons)


def is_named(school: S, comparisons: Iterable[SeenComparison[S]]) -> bool:
    return any(one.groups.get(school) == NAMED for one in comparisons)


def splits(
    earlier: Sequence[SeenComparison[S]],
    new: SeenComparison[S],
    figures: Sequence[Mapping[S, str]] = (),
) -> tuple[Split[S], ...]:
    """The groups that a new comparison would take apart, together with the earlier ones of other
    readers, or that they would take apart of it. `figures` are those over named schools: each says
    which schools it takes in. Empty if the new comparison may be published."""
    everything = (*earlier, new)
    known: dict[S, Hashable] = {}  # by school, its cell in what was published before
    for school in _schools(earlier):
        ties = tuple(one.get(school) for one in figures)
        known[school] = cell_of(school, earlier), ties
    for school in new.groups:
        ties = tuple(one.get(school) for one in figures)
        known.setdefault(school, (cell_of(school, earlier), ties))
    before: dict[Hashable, list[S]] = {}
    for school in _schools(earlier):
        if not is_named(school, earlier):
            before.setdefault(known[school], []).append(school)
    after: dict[str, list[S]] = {}
    for school, group in new.groups.items():
        if group != NAMED:
            after.setdefault(group, []).append(school)
    found = [_parted(one, new.groups, everything) for one in before.values()]
    found += [_parted(one, known, everything) for one in after.values()]
    return tuple(one for one in found if one is not None)


def keeps_figures(
    comparisons: Sequence[SeenComparison[S]], figures: Sequence[Tied[S]], new: Tied[S]
) -> bool:
    """May one more figure over named schools be seen together with all these comparisons and other
    figures? It may take apart no group, neither alone nor together with any of the other figures
    that have schools in common. Each is asked of the schools of the comparison that it was made
    with: a school that joined later is none that an earlier figure leaves out."""
    held = [one for one in figures if not new.among.isdisjoint(one.among)]
    shared = {new.among}
    for one in held:
        shared |= {one.among & among for among in shared}
    return not any(
        cut_by(comparisons, [one for one in held if among <= one.among], new.ties, among)
        for among in shared
    )


def cut_by(
    comparisons: Sequence[SeenComparison[S]],
    figures: Sequence[Tied[S]],
    new: Mapping[S, str],
    within: frozenset[S] | None = None,
) -> frozenset[S]:
    """The schools of the groups that one more figure over named schools would cut into parts that
    are too small. Of the schools without a name that readers cannot tell apart, in one comparison
    or in all of them, it takes in all in one way, or it makes parts of at least `ALIKE`,
    also together with other figures. That last is asked of schools that were in the comparisons of
    all of these figures: one that was not is no school of theirs, and not one that they leave out.
    With `within`, all is asked of those schools only."""
    among = frozenset.intersection(*(one.among for one in figures)) if figures else frozenset()
    alone: dict[Hashable, list[S]] = {}
    joint: dict[Hashable, list[S]] = {}
    for school in _schools(comparisons):
        if is_named(school, comparisons) or (within is not None and school not in within):
            continue
        ties = tuple(one.ties.get(school) for one in figures)
        for group in _groups_of(school, comparisons):
            alone.setdefault(group, []).append(school)
            if school in among:
                joint.setdefault((group, ties), []).append(school)
    return _cut((*alone.values(), *joint.values()), new)


def _groups_of(school: S, comparisons: Sequence[SeenComparison[S]]) -> Iterator[Hashable]:
    """Its cell in all comparisons together, and its group in each."""
    yield cell_of(school, comparisons)
    for at, one in enumerate(comparisons):
        if (group := one.groups.get(school)) is not None:
            yield at, group


def _cut(groups: Iterable[Sequence[S]], by: Mapping[S, str]) -> frozenset[S]:
    found: set[S] = set()
    for held in groups:
        parts = _parts(held, by)
        if len(parts) > 1 and min(map(len, parts.values())) < ALIKE:
            found.update(held)
    return frozenset(found)


def _schools(comparisons: Iterable[SeenComparison[S]]) -> list[S]:
    return list(dict.fromkeys(school for one in comparisons for school in one.groups))


def may_part(
    group: Sequence[S], by: Mapping[S, Hashable], seen: Iterable[frozenset[S]] = ()
) -> bool:
    """May readers see these schools without a name in these parts? `seen` are the groups that one
    of them sees already."""
    parts = _parts(group, by).values()
    if len(parts) <= 1:
        return True
    known = set(seen)
    fresh = [one for one in parts if frozenset(one) not in known]
    is_rare = (len(fresh) - (len(fresh) == len(parts))) * PER_CUT <= len(group)
    return is_rare and all(len(one) >= ALIKE for one in fresh)


def _parted(
    group: Sequence[S], by: Mapping[S, Hashable], comparisons: Sequence[SeenComparison[S]]
) -> Split[S] | None:
    left = [school for school in group if not is_named(school, comparisons)]
    is_whole = len(left) == len(group) or len(left) >= ALIKE or not left
    if is_whole and may_part(left, by, _groups(comparisons)):
        return None
    return Split(tuple(frozenset(one) for one in _parts(left, by).values()))


def _groups(comparisons: Iterable[SeenComparison[S]]) -> Iterator[frozenset[S]]:
    """The groups without a name that each reader sees alone."""
    for one in comparisons:
        by_group: dict[str, set[S]] = {}
        for school, group in one.groups.items():
            by_group.setdefault(group, set()).add(school)
        yield from (frozenset(held) for group, held in by_group.items() if group != NAMED)


def _parts(group: Iterable[S], by: Mapping[S, Hashable]) -> dict[Hashable, list[S]]:
    found: dict[Hashable, list[S]] = {}
    for school in group:
        found.setdefault(by.get(school), []).append(school)
    return found
