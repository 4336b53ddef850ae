"""Places whose names in some languages are not those of the others."""

from __future__ import annotations

from collections.abc import Mapping

from survey.questionnaires.adaptation import Adaptation
from survey.questionnaires.model import Questionnaire


def unmatched(template: Questionnaire, adaptation: Adaptation) -> Mapping[str, tuple[str, ...]]:
    """Place to the languages that still have the template's name, or none, although the school
    calls it otherwise in another. Their readers would answer about something else."""
    languages = adaptation.languages or template.languages
    found: dict[str, tuple[str, ...]] = {}
    for key, label in adaptation.place_labels.items():
        place = template.place(key)
        if place is None:
            continue
        same = tuple(
            tag
            for tag in languages
            if not label.has(tag) or label.in_language(tag) == place.label.in_language(tag)
        )
        if len(same) < len(languages):
            found[key] = same
    for own in adaptation.own_places:
        found[own.key] = tuple(tag for tag in languages if not own.label.has(tag))
    return {key: tags for key, tags in found.items() if tags and key not in adaptation.absent}
