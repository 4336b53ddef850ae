"""What changed from one survey of a programme to the next, over all its schools together. Pure.

It is worked out from what both comparisons show next to their letters, over the schools that are in
both. Each school weighs as the smallest of its later band in both surveys, so other weights make no
change, and so does no school that joined or left. A figure takes in a band as a whole: where a
school of it shows none in one of the surveys, the band is left out.

A change is marked if it is more than rounding and more than chance, as in a school's own report
(`docs/change.md`). More than rounding: it goes the same way whichever way every count was rounded.
More than chance: it holds among all figures, with answers of one class taken to resemble each
other.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from math import ceil, floor, sqrt

from survey.reports.comparisons.all_schools.year_group_claims import third, variance
from survey.reports.comparisons.all_schools.year_group_figures import SchoolPart, effective_base
from survey.reports.comparisons.comparison_document import SchoolFigure
from survey.reports.comparisons.named_figures_and_letters import weigh
from survey.reports.comparisons.statistics.funnel_limits import (
    HAIR,
    NORMAL_95,
    STEP,
    FunnelPosition,
)
from survey.reports.comparisons.view_model import ComparedFigureView, Distribution
from survey.reports.school.group_claims import Contrast, claims_among
from survey.reports.school.report_data import ChangeVerdict, verdict_of

LEAST_SCHOOLS = 5


@dataclass(frozen=True)
class Pair:
    """A school in two surveys: its letter and its band in each."""

    before: str
    now: str
    band_before: int
    band_now: int


@dataclass(frozen=True)
class WholeChange:
    """One figure over `schools` schools in two surveys, in whole per cent. `interval` is of the
    change, in whole points."""

    one: ComparedFigureView
    before: int
    now: int
    interval: tuple[int, int]
    schools: int
    verdict: ChangeVerdict


@dataclass(frozen=True)
class AllSchoolsChanges:
    """Two surveys of a programme side by side. `names` are the months of both, as they are
    printed."""

    names: tuple[str, str]
    schools: int
    found: tuple[WholeChange, ...]

    def those(self, *verdicts: ChangeVerdict) -> tuple[WholeChange, ...]:
        return tuple(one for one in self.found if one.verdict in verdicts)

    def of(self, one: ComparedFigureView) -> WholeChange | None:
        return next((change for change in self.found if change.one.name == one.name), None)


@dataclass(frozen=True)
class _Side:
    """One survey of a figure: its share as it comes, how far rounding may move it, in points, and
    how many answers of one school would make it as certain."""

    share: float
    room: float
    base: int


@dataclass(frozen=True)
class _Move:
    """A figure over `schools` schools in both surveys."""

    one: ComparedFigureView
    schools: int
    before: _Side
    now: _Side

    @property
    def contrast(self) -> Contrast:
        error = sqrt(
            sum(variance(side.share, side.base, self.schools) for side in (self.before, self.now))
        )
        above = (self.now.share - self.before.share) / 100
        third_moment = third(self.now.share, self.now.base) - third(
            self.before.share, self.before.base
        )
        return Contrast(above, error, round(self.before.share), third_moment / error**3)


def read_changes(
    before: Distribution, now: Distribution, letters: Mapping[str, str], names: tuple[str, str]
) -> AllSchoolsChanges:
    """`letters`: by letter of the later comparison, that of the earlier one, for the schools whose
    change is shown. `names` are those of the two surveys."""
    pairs = [
        Pair(earlier, later, before.band_of(earlier).at, now.band_of(later).at)
        for later, earlier in letters.items()
    ]
    responded = {one.code: one.responded for one in now.schools}
    weights = weigh(now.bands, responded)
    moves: dict[tuple[str, str], _Move] = {}
    for one in now.figures:
        earlier = before.find(*one.name) if one.is_lead else None
        held = _whole_bands(pairs, earlier, one) if earlier else []
        if earlier and len(held) >= LEAST_SCHOOLS:
            moves[one.name] = _Move(one, len(held), *_sides(held, weights, earlier, one))
    claims = claims_among({name: move.contrast for name, move in moves.items()})
    return AllSchoolsChanges(
        names, len(pairs), tuple(_change(move, name in claims) for name, move in moves.items())
    )


def _whole_bands(
    pairs: Iterable[Pair], before: ComparedFigureView, now: ComparedFigureView
) -> list[Pair]:
    """The schools of the bands in which all of them show the figure in both surveys."""
    held = list(pairs)
    while True:
        without = [
            one
            for one in pairs
            if one not in held
            or not before.funnel.printed_of(one.before).is_given
            or not now.funnel.printed_of(one.now).is_given
        ]
        earlier, later = {one.band_before for one in without}, {one.band_now for one in without}
        left = [one for one in held if one.band_before not in earlier and one.band_now not in later]
        if len(left) == len(held):
            return held
        held = left


def _sides(
    pairs: Sequence[Pair],
    weights: Mapping[str, int],
    before: ComparedFigureView,
    now: ComparedFigureView,
) -> tuple[_Side, _Side]:
    """The earlier survey and the later one."""
    earlier, later = [one.before for one in pairs], [one.now for one in pairs]
    return _side(pairs, weights, before, earlier), _side(pairs, weights, now, later)


def _side(
    pairs: Sequence[Pair], weights: Mapping[str, int], one: ComparedFigureView, codes: Sequence[str]
) -> _Side:
    bases = _least_bases(one.printed.schools, codes, pairs)
    parts: dict[int, list[int]] = {}
    weight_of: dict[int, int] = {}
    for code, pair in zip(codes, pairs, strict=True):
        parts.setdefault(pair.band_now, []).append(place(one.funnel.printed_of(code)))
        weight_of[pair.band_now] = weights[pair.now]
    held = [
        SchoolPart(band, len(places), weight_of[band], sum(places), bases[band])
        for band, places in parts.items()
    ]
    total = sum(part.schools * part.weight for part in held)
    share = sum(part.weight * part.places for part in held) / total
    rounding = sum(part.schools * part.weight * 50 * STEP / part.base for part in held)
    return _Side(share, 0.5 + rounding / total, effective_base(held))


def _least_bases(
    figures: Sequence[SchoolFigure], codes: Sequence[str], pairs: Sequence[Pair]
) -> dict[int, int]:
    bases = {one.school: one.base or 1 for one in figures}
    found: dict[int, int] = {}
    for code, pair in zip(codes, pairs, strict=True):
        found[pair.band_now] = min(bases[code], found.get(pair.band_now, bases[code]))
    return found


def place(one: FunnelPosition) -> int:
    """Where a letter is shown on an axis from 0 to 100."""
    if one.under is not None:
        return (one.under + 1) // 2
    if one.at_least is not None:
        return (one.at_least + 101) // 2
    return one.percent or 0


def _change(move: _Move, is_claimed: bool) -> WholeChange:
    before, now, contrast = move.before, move.now, move.contrast
    by = 100 * contrast.above
    reach = 100 * NORMAL_95 * contrast.error
    way = 0
    if is_claimed and abs(by) > before.room + now.room:
        way = 1 if by > 0 else -1
    return WholeChange(
        move.one,
        floor(before.share + 0.5),
        floor(now.share + 0.5),
        (max(-100, floor(by - reach + HAIR)), min(100, ceil(by + reach - HAIR))),
        move.schools,
        verdict_of(move.one.measure.tone, way),
    )
