"""Adults with stated answers, for pulses: so many of them tick a place, so many answer so."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache

from survey.disclosure.release import Release
from survey.questionnaires.check_answers import Answers
from survey.questionnaires.load import load_all
from survey.questionnaires.model import ItemKind, Questionnaire
from survey.releases.tabulation import count
from tests.unit.reports.schools import print_release

PARENTS = load_all()["parent-pulse", "2026.1"]
STAFF = load_all()["staff-pulse", "2026.1"]
WORRY = {"stops": 60, "transport": 45, "toilets": 12, "parks": 30, "gates": 3}
"""Parents out of a hundred who name a place; any other is named by ten."""
UNWATCHED = {"corridors": 40, "outdoors": 30, "canteen": 22, "toilets": 9, "classrooms": 2}


def adults(questionnaire: Questionnaire, people: int, named: Mapping[str, int]) -> list[Answers]:
    """The first so many of them name a place; items with one answer are answered in turn."""
    return [
        {
            item.key: (
                tuple(
                    option.key
                    for option in item.options
                    if not option.stands_alone and who < named.get(option.key, 10)
                )
                or ("none",)
            )
            if item.kind is ItemKind.SEVERAL
            else item.base[who % len(item.base)]
            for item in questionnaire.asked
        }
        for who in range(people)
    ]


@cache
def pulse(audience: str, people: int = 100) -> tuple[Release, Questionnaire]:
    """A printed release of a pulse, and what it answers."""
    questionnaire, named = {"parents": (PARENTS, WORRY), "staff": (STAFF, UNWATCHED)}[audience]
    counted = count(questionnaire, adults(questionnaire, people, named))
    header = {"title": questionnaire.title.in_language("en"), "wave": 1, "roll": 0}
    return print_release(counted, header), questionnaire
