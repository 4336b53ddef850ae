"""The differences between a school's questionnaire and its template, as data for a page."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum

from survey.questionnaires.adaptation import Adaptation
from survey.questionnaires.model import Questionnaire, Text


class ChangeKind(StrEnum):
    ITEM_ON = "item_on"
    ITEM_OFF = "item_off"
    GATE_RAISED = "gate_raised"
    REWORDED = "reworded"
    PLACE_RENAMED = "place_renamed"
    PLACE_ABSENT = "place_absent"
    PLACE_ADDED = "place_added"
    ITEM_ADDED = "item_added"
    SECTIONS_REORDERED = "sections_reordered"
    LANGUAGES_CHOSEN = "languages_chosen"
    CONTACT_ADDED = "contact_added"
    GROUPS_CROSSED = "groups_crossed"


@dataclass(frozen=True)
class AdaptationChange:
    """One difference: what kind, of what (an item's, place's or section's key), and how it was and
    is. Words are texts, years are numbers, orders are keys or language tags."""

    kind: ChangeKind
    key: str
    before: Text | int | tuple[str, ...] | None = None
    after: Text | int | tuple[str, ...] | None = None


def changes(template: Questionnaire, adaptation: Adaptation) -> tuple[AdaptationChange, ...]:
    """All differences, items in the template's order first."""
    return (*_of_items(template, adaptation), *_of_places(template, adaptation),
            *_of_the_whole(template, adaptation))  # fmt: skip


def _of_items(template: Questionnaire, adaptation: Adaptation) -> Iterator[AdaptationChange]:
    for item in template.items:
        on = adaptation.switched.get(item.key, item.on)
        if on is not item.on:
            yield AdaptationChange(
                ChangeKind.ITEM_ON if on else ChangeKind.ITEM_OFF, item.key, after=item.wording
            )
        gate = adaptation.gates.get(item.key, item.from_year)
        if gate != item.from_year:
            yield AdaptationChange(ChangeKind.GATE_RAISED, item.key, item.from_year, gate)
        wording = adaptation.wordings.get(item.key, item.wording)
        if wording != item.wording:
            yield AdaptationChange(ChangeKind.REWORDED, item.key, item.wording, wording)
    for own in adaptation.own_items:
        yield AdaptationChange(ChangeKind.ITEM_ADDED, own.key, after=own.wording)


def _of_places(template: Questionnaire, adaptation: Adaptation) -> Iterator[AdaptationChange]:
    for place in template.places:
        label = adaptation.place_labels.get(place.key, place.label)
        if label != place.label:
            yield AdaptationChange(ChangeKind.PLACE_RENAMED, place.key, place.label, label)
        if place.key in adaptation.absent:
            yield AdaptationChange(ChangeKind.PLACE_ABSENT, place.key, before=place.label)
    for own in adaptation.own_places:
        yield AdaptationChange(ChangeKind.PLACE_ADDED, own.key, after=own.label)


def _of_the_whole(template: Questionnaire, adaptation: Adaptation) -> Iterator[AdaptationChange]:
    order = tuple(section.key for section in template.sections)
    if adaptation.section_order and adaptation.section_order != order:
        yield AdaptationChange(ChangeKind.SECTIONS_REORDERED, "", order, adaptation.section_order)
    if adaptation.languages and adaptation.languages != template.languages:
        yield AdaptationChange(
            ChangeKind.LANGUAGES_CHOSEN, "", template.languages, adaptation.languages
        )
    if adaptation.crossed:
        yield AdaptationChange(ChangeKind.GROUPS_CROSSED, "")
    for number, contact in enumerate(adaptation.contacts, start=1):
        yield AdaptationChange(ChangeKind.CONTACT_ADDED, f"school_{number}", after=contact.name)
