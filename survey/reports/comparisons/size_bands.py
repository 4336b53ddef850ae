"""Size bands: the number of answers of each school, in bands that do not identify a school. Pure.

A person who knows how many answered at a school could find its letter by that number. So an
authority sees only the band of a letter, and every band has at least `ALIKE` schools that are not
named. Limits and intervals of a school use the smallest base of its band, so they are no more exact
than the band, and never too narrow.

A school can be followed from one survey to the next by its figures, whatever its letter. So bands
are fixed when a comparison is made, and later bands of a programme only join earlier ones:
otherwise schools that changed band between two surveys would be identified by it.
"""

from __future__ import annotations

from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass
from itertools import accumulate, pairwise
from math import inf, log

from survey.disclosure.coalitions import may_part
from survey.reports.comparisons.comparison_document import ComparedSchool, Comparison

ALIKE = 3
"""Schools without a name that a band, or a kind of school in it, holds at least."""
MOST_BANDS = 5


@dataclass(frozen=True)
class Band:
    """Schools of which a like number answered: at least `least`, if there is a smaller band, and
    fewer than `below`, if there is a larger one. `codes` are in the order of the letters; `phase`
    is their kind, where saying it picks none of them out."""

    at: int
    least: int | None
    below: int | None
    codes: tuple[str, ...]
    phases: tuple[str | None, ...]

    def phase_of(self, code: str) -> str | None:
        return self.phases[self.codes.index(code)]


Before = Mapping[str, tuple[Hashable, ...]]
"""By letter, the group a school had in each earlier comparison, of this reader or another, None
where it was not in it. Without an earlier one it is empty."""


Elsewhere = Mapping[str, Hashable]
"""By letter, the surveys of other readers that a school takes part in; without any it is empty."""


def read_bands(comparison: Comparison) -> tuple[Band, ...]:
    """The bands of a comparison as they were settled when it was made. The kind of a school is
    shown in the first comparison of a programme alone, because later bands are larger, and not
    where other readers compare some of its schools."""
    written, after = comparison.header.get("bands"), comparison.header.get("after", 0)
    if written is None:
        return bands_of(comparison.schools)
    sizes = [int(size) for size in str(written).split(",")]
    with_phases = not after and comparison.header.get("kinds", 1) == 1
    return _bands(comparison.schools, list(accumulate(sizes))[:-1], with_phases=with_phases)


def bands_of(
    schools: Sequence[ComparedSchool],
    before: Before | None = None,
    elsewhere: Elsewhere | None = None,
) -> tuple[Band, ...]:
    """The bands, smallest first. They are cut where neighbours differ most, as far as each keeps
    enough schools; one that prints no number is in the smallest. Schools that were in one band in
    all earlier comparisons stay in one, and so do those that are new.

    A band leaves room for the comparisons that other readers will make: of the schools that take
    part in the same surveys of others, it has all of its schools, none, or enough of them. Where no
    bands do, the other comparison could not be made anyway, and these take no account of it."""
    ordered = _by_size(schools)
    cuts = _cuts(ordered, before or {}, elsewhere or {})
    if cuts is None:
        cuts = _cuts(ordered, before or {}, {}) or []
    return _bands(schools, cuts, with_phases=not before and not elsewhere)


def written(bands: Sequence[Band]) -> str:
    """The number of schools in each band, for the header of a comparison."""
    return ",".join(str(len(band.codes)) for band in bands)


def _by_size(schools: Sequence[ComparedSchool]) -> list[ComparedSchool]:
    return sorted(schools, key=lambda one: one.responded or 0)


def _bands(
    schools: Sequence[ComparedSchool], cuts: Sequence[int], *, with_phases: bool
) -> tuple[Band, ...]:
    ordered = _by_size(schools)
    edges = [_edge(ordered[at - 1], ordered[at]) for at in cuts]
    ends = [0, *cuts, len(ordered)]
    bands = []
    for at, (start, end) in enumerate(pairwise(ends)):
        held = {one.code for one in ordered[start:end]}
        inside = [one for one in schools if one.code in held]
        bands.append(
            Band(
                at=at,
                least=edges[at - 1] if at else None,
                below=edges[at] if at < len(edges) else None,
                codes=tuple(one.code for one in inside),
                phases=_phases(inside) if with_phases else (None,) * len(inside),
            )
        )
    return tuple(bands)


def _cuts(
    ordered: Sequence[ComparedSchool], before: Before, elsewhere: Elsewhere
) -> list[int] | None:
    """Where to cut, so that schools are least unlike the smallest of their band. None if there is
    no such way."""
    size = len(ordered)
    best: dict[int, tuple[float, list[int]]] = {0: (0.0, [])}
    done = best
    for bands in range(1, MOST_BANDS + 1):
        following: dict[int, tuple[float, list[int]]] = {}
        for start, (cost, cuts) in best.items():
            for end in range(start + 1, size + 1):
                if not _is_enough(ordered[start:end]) or _is_tie(ordered, end):
                    continue
                if _parts_alike(ordered, end, before):
                    continue
                if elsewhere and not _leaves_room(ordered[start:end], elsewhere):
                    continue
                total = cost + _unlike(ordered[start:end])
                if total < following.get(end, (inf, []))[0]:
                    following[end] = total, [*cuts, start] if start else cuts
        if size in following and (bands == 1 or following[size][0] < done[size][0]):
            done = {size: following[size]}
        best = following
    return done[size][1] if size in done else None


def _is_tie(ordered: Sequence[ComparedSchool], at: int) -> bool:
    """Whether a cut here would separate schools with the same number."""
    return at < len(ordered) and ordered[at - 1].responded == ordered[at].responded


def _parts_alike(ordered: Sequence[ComparedSchool], at: int, before: Before) -> bool:
    """Whether a cut here would separate schools that no earlier comparison separated."""
    below, above = ({before.get(one.code) for one in part} for part in (ordered[:at], ordered[at:]))
    return bool(before) and not below.isdisjoint(above)


def _is_enough(schools: Sequence[ComparedSchool]) -> bool:
    return sum(one.name is None and one.responded is not None for one in schools) >= ALIKE


def _leaves_room(schools: Sequence[ComparedSchool], elsewhere: Elsewhere) -> bool:
    return may_part([one.code for one in schools if one.name is None], elsewhere)


def _unlike(schools: Sequence[ComparedSchool]) -> float:
    given = [one.responded for one in schools if one.responded]
    return sum(log(one / given[0]) for one in given)


def _edge(low: ComparedSchool, high: ComparedSchool) -> int:
    """The roundest number above one school and not above the next."""
    above = high.responded or 0
    for step in (500, 200, 100, 50, 20, 10):
        edge = above - above % step
        if edge > (low.responded or 0):
            return edge
    return above


def _phases(schools: Sequence[ComparedSchool]) -> tuple[str | None, ...]:
    """The kind of each school, if there are enough of every kind. Otherwise of none, because a
    school left blank would stand out."""
    unnamed = [one.phase for one in schools if one.name is None]
    safe = all(unnamed.count(phase) >= ALIKE for phase in unnamed)
    return tuple(one.phase if safe or one.name is not None else None for one in schools)
