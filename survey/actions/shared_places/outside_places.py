"""Places outside school as an authority may see them, and names that several schools give to one.

What it may see is what adds no disclosure: of each school with a report, the types of place that
the template has, whether the school has them or not. A school that agreed to be named shows its own
names for them and the places it added too; of any other school an added place is not mentioned.
"""

from __future__ import annotations

import json
import uuid
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session

from survey.actions.shared_places.names import alike
from survey.campaigns.models import Programme, Wave
from survey.campaigns.queries import programme_template, questionnaire_of
from survey.campaigns.readers.joining import taking_part
from survey.organisations.models import School
from survey.questionnaires.model import Inside, Questionnaire
from survey.releases.models import StoredRelease
from survey.reports.cached_page_parts import kept

Labels = Sequence[tuple[str, str]]
"""Keys of places, and what they are called."""


@dataclass(frozen=True)
class OutsidePlace:
    """A place that a school asks about. `is_named`: by the school itself, not by the template."""

    key: str
    label: str
    is_named: bool


@dataclass(frozen=True)
class SchoolPlaces:
    """A school with a report, and the places outside that its authority may see."""

    school: School
    places: tuple[OutsidePlace, ...]

    def label(self, key: str) -> str | None:
        return next((one.label for one in self.places if one.key == key), None)


@dataclass(frozen=True)
class SharedPlaceSuggestion:
    """Places of several schools with the same name, or nearly."""

    name: str
    ties: Mapping[uuid.UUID, str]
    schools: tuple[str, ...]


def outside_places(db: Session, programme: Programme, language: str) -> tuple[SchoolPlaces, ...]:
    """Of every school with a report, by name."""
    template = programme_template(programme)
    taking = taking_part(db, programme)
    # The reports themselves are not read: they are long, and a place is in the questionnaire.
    rows = db.execute(
        select(StoredRelease.school_id, StoredRelease.wave_id, StoredRelease.release_hash).where(
            StoredRelease.withdrawn_on.is_(None),
            StoredRelease.school_id.in_([one.campaign.school_id for one in taking]),
        )
    )
    released = {(one.school_id, one.wave_id): one.release_hash for one in rows}
    found = []
    for part in taking:
        held = [
            number for number, one in part.waves.items() if (one.school_id, one.wave_id) in released
        ]
        if held:
            wave, school = part.waves[max(held)], part.campaign.school
            release_hash = released[wave.school_id, wave.wave_id]
            asked = _asked(wave, release_hash, language) if school.names_itself else None
            found.append(SchoolPlaces(school, tuple(_seen(asked, template, language))))
    return tuple(sorted(found, key=lambda one: (one.school.name.casefold(), one.school.school_id)))


def _asked(wave: Wave, release_hash: str, language: str) -> Labels:
    """The places outside that a wave asked about. They are kept with its report: the questionnaires
    of a whole authority take seconds to read."""

    def make() -> str:
        return json.dumps(_outside(questionnaire_of(wave), language))

    part = ("places outside", str(wave.wave_id), language)
    found: list[tuple[str, str]] = json.loads(
        kept(release_hash, part, wave.questionnaire_hash, make)
    )
    return found


def _outside(asked: Questionnaire, language: str) -> Labels:
    return [
        (place.key, place.label.in_language(language))
        for place in asked.places
        if place.inside is Inside.OUTSIDE and place.present
    ]


def _seen(asked: Labels | None, template: Questionnaire, language: str) -> Iterable[OutsidePlace]:
    """Of a school that is not named, all of the template's, also one that it does not have: the
    letter that shows no figure of it would be that school's."""
    for key, label in _outside(template, language) if asked is None else asked:
        known = template.place(key)
        is_own_name = known is None or label != known.label.in_language(language)
        yield OutsidePlace(key, label, is_own_name)


def suggestions(
    schools: Sequence[SchoolPlaces], taken: Iterable[tuple[uuid.UUID, str]]
) -> tuple[SharedPlaceSuggestion, ...]:
    """Names that at least two schools gave to a place, the most schools first."""
    used = set(taken)
    free = [
        (one.school, place)
        for one in schools
        for place in one.places
        if place.is_named and (one.school.school_id, place.key) not in used
    ]
    groups: list[list[tuple[School, OutsidePlace]]] = []
    for school, place in free:
        near = next((group for group in groups if alike(group[0][1].label, place.label)), None)
        if near is None:
            groups.append([(school, place)])
        elif all(other.school_id != school.school_id for other, _place in near):
            near.append((school, place))
    found = (
        SharedPlaceSuggestion(
            group[0][1].label,
            {school.school_id: place.key for school, place in group},
            tuple(school.name for school, _place in group),
        )
        for group in groups
        if len(group) > 1
    )
    return tuple(sorted(found, key=lambda one: (-len(one.ties), one.name)))
