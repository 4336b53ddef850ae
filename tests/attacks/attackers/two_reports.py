"""A reader of two reports of the same answers, who knows that they are the same."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from tests.attacks.attackers import joint_reader as reader


def attack_both(
    one: Mapping[str, Any],
    other: Mapping[str, Any],
    questionnaire: Any,
    sizes: Mapping[reader.Cell, int],
) -> list[reader.Narrowed]:
    """The same of two reports, for a reader who knows that both count the same answers."""
    items = {item.key: item for item in questionnaire.items}
    indicators = {f"@{one.key}": one for one in questionnaire.indicators}
    second = {table["key"]: table for table in other["tables"]}
    found = []
    for family in reader._families(one, questionnaire, items):
        system = reader._system(family, one, questionnaire, items, sizes)
        for table in family:
            reader._printed(
                system,
                second[table["key"]],
                other,
                sizes,
                reader._asked(sizes, one),
                items,
                indicators,
            )
        found.extend(reader._narrowed(system, one, sizes, reader.SMALL, ()))
    return found
