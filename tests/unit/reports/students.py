"""Invented students for tests: answers as `routing.check` gives them, from a seed."""

from __future__ import annotations

import random

from survey.questionnaires.check_answers import Answers, check
from survey.questionnaires.model import Item, ItemKind, Questionnaire


def answer_at_random(
    questionnaire: Questionnaire, chance: random.Random, *, year: str | None, gender: str | None
) -> Answers:
    """One student who leaves out about one item in six, and says year and gender as given."""
    raw: dict[str, str | list[str]] = {}
    for item in questionnaire.asked:
        if item.kind is ItemKind.TEXT or item.key in ("A1", "A2") or chance.random() < 0.17:
            continue
        raw.update(_fields(item, chance))
    if year is not None:
        raw["A1"] = year
    if gender is not None and gender in questionnaire.by_key["A2"].answers:
        raw["A2"] = gender
    # A crafted form would be refused; a student of a younger year simply does not see the item.
    return check(questionnaire, None, raw)


def _fields(item: Item, chance: random.Random) -> dict[str, str | list[str]]:
    if item.kind is ItemKind.GRID:
        return {
            f"{item.key}.{row.key}": chance.choice(item.answers)
            for row in item.rows
            if chance.random() < 0.9
        }
    if item.kind is ItemKind.SEVERAL:
        alone = [option.key for option in item.options if option.stands_alone]
        if alone and chance.random() < 0.3:
            return {item.key: [chance.choice(alone)]}
        rest = [option.key for option in item.options if not option.stands_alone]
        most = min(item.most or 4, len(rest))
        return {item.key: chance.sample(rest, chance.randint(1, most))}
    return {item.key: chance.choice(item.answers)}


def make_students(
    questionnaire: Questionnaire,
    number: int,
    seed: int = 1,
    years: tuple[str | None, ...] = ("y7", "y8", "y9", "y10", "y11", "y11", "y12", None),
) -> list[Answers]:
    chance = random.Random(seed)
    genders = ("girl", "boy", "girl", "boy", "girl", "boy", "another", "prefer_not", None)
    return [
        answer_at_random(
            questionnaire, chance, year=chance.choice(years), gender=chance.choice(genders)
        )
        for _ in range(number)
    ]
