"""What students, staff and parents say of the same places, laid side by side. Pure.

They are asked different things: students how safe a place feels, adults which places they name. So
the sizes of their shares are never compared, only which places come first for whom; and each share
is of a release of its own.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from survey.questionnaires.model import Audience, Inside, ItemKind, Place
from survey.releases import nets
from survey.releases.tabulation_plan import YES
from survey.reports.school.place_profiles import place_grids, place_keys
from survey.reports.school.report_data import Reading, Share

VOICES = (Audience.STUDENTS, Audience.STAFF, Audience.PARENTS)
"""In the order they stand in."""

FIRST = 3
"""How many places count as those an audience puts first."""


@dataclass(frozen=True)
class PlaceVoices:
    """One place. `shares`: of those who were asked about it, hidden or not; `first_for`: for whom
    it is among the first, by printed shares."""

    key: str
    label: str
    is_inside: bool
    shares: Mapping[Audience, Share]
    first_for: frozenset[Audience]


@dataclass(frozen=True)
class Gaps:
    """Labels of the places that are among the first for students and for adults, for students
    alone, and for adults alone; a place counts only where both were asked about it."""

    both: tuple[str, ...]
    students_only: tuple[str, ...]
    adults_only: tuple[str, ...]


def read_voices(readings: Mapping[Audience, Reading]) -> tuple[PlaceVoices, ...]:
    """Every place that anybody was asked about, by the students' printed share, ties as asked."""
    shares = {audience: _shares(audience, reading) for audience, reading in readings.items()}
    places: dict[str, tuple[Place, Reading]] = {}
    for audience in VOICES:
        if audience in readings:
            for place in readings[audience].questionnaire.places:
                places.setdefault(place.key, (place, readings[audience]))
    first = {audience: _first(found) for audience, found in shares.items()}
    rows = [
        PlaceVoices(
            key,
            reading.words(place.label),
            place.inside is Inside.INSIDE,
            {one: shares[one][key] for one in VOICES if key in shares.get(one, {})},
            frozenset(one for one, keys in first.items() if key in keys),
        )
        for key, (place, reading) in places.items()
    ]
    rows = [row for row in rows if row.shares]
    return tuple(sorted(rows, key=_by_students))


def read_gaps(voices: tuple[PlaceVoices, ...]) -> Gaps:
    both: list[str] = []
    students_only: list[str] = []
    adults_only: list[str] = []
    for one in voices:
        adults = set(one.shares) - {Audience.STUDENTS}
        if Audience.STUDENTS not in one.shares or not adults:
            continue
        if Audience.STUDENTS in one.first_for:
            (both if one.first_for & adults else students_only).append(one.label)
        elif one.first_for & adults:
            adults_only.append(one.label)
    return Gaps(tuple(both), tuple(students_only), tuple(adults_only))


def _by_students(row: PlaceVoices) -> tuple[bool, int]:
    share = row.shares.get(Audience.STUDENTS)
    return share is None, -share.rank if share else 0


def _shares(audience: Audience, reading: Reading) -> dict[str, Share]:
    """The share of each place, as they were asked."""
    read = _of_students if audience is Audience.STUDENTS else _of_adults
    return dict(read(reading))


def _of_students(reading: Reading) -> Iterator[tuple[str, Share]]:
    """How many of those who go there feel unsafe."""
    for item in place_grids(reading):
        for key in place_keys(reading, item):
            yield key, reading.share(item.row_key(key), nets.FEEL_UNSAFE)


def _of_adults(reading: Reading) -> Iterator[tuple[str, Share]]:
    """How many name the place."""
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
