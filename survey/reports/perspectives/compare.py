"""The comparison of what students, staff and parents say about the same places. Pure.

Their questions differ: students are asked how safe a place feels, adults which places they would
name. So the sizes of shares are never compared, only the order of places. Each share is from a
separate release.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from survey.questionnaires.model import Audience, Inside, ItemKind, Place
from survey.releases import sums_of_answers
from survey.releases.tabulation_plan import YES
from survey.reports.school.place_profiles import place_grids, place_keys
from survey.reports.school.report_data import ReportData, Share

VOICES = (Audience.STUDENTS, Audience.STAFF, Audience.PARENTS)
"""The audiences, in the order of the page."""

FIRST = 3
"""The number of places that count as the first of an audience."""


DARKEST = 5
"""The shade of the place that comes first in its column; each place behind it is lighter."""


@dataclass(frozen=True)
class PlaceVoices:
    """One place. `shares`: of those who were asked about it, hidden or not; `steps`: by audience,
    how dark its cell is, by its place in the order of that column; `agreed`: the adults for whom it
    is among the first three of the places that students were asked about too, as for students."""

    key: str
    label: str
    is_inside: bool
    shares: Mapping[Audience, Share]
    steps: Mapping[Audience, int]
    agreed: frozenset[Audience]


@dataclass(frozen=True)
class PerspectiveGap:
    """A place that students put clearly before `others`, and these adults clearly behind them."""

    adults: Audience
    label: str
    others: tuple[str, ...]


@dataclass(frozen=True)
class Gaps:
    """`both`: labels of the places that are among the first for students and for adults; `apart`:
    where the two clearly differ. Only places that both were asked about count."""

    both: tuple[str, ...] = ()
    apart: tuple[PerspectiveGap, ...] = ()


def read_voices(readings: Mapping[Audience, ReportData]) -> tuple[PlaceVoices, ...]:
    """Every place that was asked about, by the students' printed share, ties as asked."""
    shares = {audience: _shares(audience, reading) for audience, reading in readings.items()}
    places: dict[str, tuple[Place, ReportData]] = {}
    for audience in VOICES:
        if audience in readings:
            for place in readings[audience].questionnaire.places:
                places.setdefault(place.key, (place, readings[audience]))
    steps = {audience: _steps(found) for audience, found in shares.items()}
    agreed = _agreed(shares)
    rows = [
        PlaceVoices(
            key,
            reading.words(place.label),
            place.inside is Inside.INSIDE,
            {one: shares[one][key] for one in VOICES if key in shares.get(one, {})},
            {one: found[key] for one, found in steps.items() if key in found},
            frozenset(one for one, keys in agreed.items() if key in keys),
        )
        for key, (place, reading) in places.items()
    ]
    rows = [row for row in rows if row.shares]
    return tuple(sorted(rows, key=_by_students))


def read_gaps(voices: tuple[PlaceVoices, ...]) -> Gaps:
    """The places on which students and adults agree, and those on which they clearly differ."""
    both = tuple(one.label for one in voices if one.agreed)
    return Gaps(both, tuple(_apart(voices)))


def _apart(voices: Sequence[PlaceVoices]) -> Iterator[PerspectiveGap]:
    """Of two places both must clearly be the other way round, by figures that print a share: what
    is hidden, or "fewer than", is no statement that a place was not named."""
    for adults in VOICES[1:]:
        asked = [one for one in voices if _prints(one, Audience.STUDENTS) and _prints(one, adults)]
        for one in asked:
            others = tuple(
                other.label
                for other in asked
                if one.shares[Audience.STUDENTS].is_clearly_above(other.shares[Audience.STUDENTS])
                and other.shares[adults].is_clearly_above(one.shares[adults])
            )
            if others:
                yield PerspectiveGap(adults, one.label, others)


def _prints(one: PlaceVoices, audience: Audience) -> bool:
    share = one.shares.get(audience)
    return share is not None and share.figure.percent is not None


def _agreed(shares: Mapping[Audience, Mapping[str, Share]]) -> dict[Audience, frozenset[str]]:
    """By adult audience: the places that both put among the first three of those both were asked
    about."""
    students = shares.get(Audience.STUDENTS, {})
    found: dict[Audience, frozenset[str]] = {}
    for adults, theirs in shares.items():
        if adults is not Audience.STUDENTS:
            common = students.keys() & theirs.keys()
            sides = ({key: one[key] for key in common} for one in (students, theirs))
            mine, others = (_first(side) for side in sides)
            found[adults] = mine & others
    return found


def _steps(shares: Mapping[str, Share]) -> dict[str, int]:
    """How dark each place of a column is: the first is darkest. None for what prints no share."""
    ranks = {key: share.rank for key, share in shares.items() if share.figure.percent is not None}
    return {
        key: max(0, DARKEST - sum(other > rank for other in ranks.values()))
        for key, rank in ranks.items()
    }


def _by_students(row: PlaceVoices) -> tuple[bool, int]:
    share = row.shares.get(Audience.STUDENTS)
    return share is None, -share.rank if share else 0


def _shares(audience: Audience, reading: ReportData) -> dict[str, Share]:
    """The share of each place, as they were asked."""
    read = _of_students if audience is Audience.STUDENTS else _of_adults
    return dict(read(reading))


def _of_students(reading: ReportData) -> Iterator[tuple[str, Share]]:
    """The figure of those who go there and feel unsafe."""
    for item in place_grids(reading):
        for key in place_keys(reading, item):
            yield key, reading.share(item.row_key(key), sums_of_answers.FEEL_UNSAFE)


def _of_adults(reading: ReportData) -> Iterator[tuple[str, Share]]:
    """The figure of those who name the place."""
    places = {place.key for place in reading.questionnaire.places}
    for item in reading.questionnaire.asked:
        if item.kind is ItemKind.SEVERAL and item.places is not None:
            for option in item.options:
                table = item.option_key(option.key)
                if option.key in places and reading.table(table):
                    yield option.key, reading.share(table, YES)


def _first(shares: Mapping[str, Share]) -> frozenset[str]:
    """The places with fewer than three above them. "Fewer than" is never among the first."""
    ranks = {key: share.rank for key, share in shares.items()}
    return frozenset(
        key
        for key, rank in ranks.items()
        if rank >= 0 and sum(other > rank for other in ranks.values()) < FIRST
    )
