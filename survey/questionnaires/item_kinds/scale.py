"""A whole number from 0 to 10, with words for both ends."""

from __future__ import annotations

from collections.abc import Mapping

from survey.questionnaires.item_kinds.base_kind import BlockLayout, ItemKind, ItemLike, _l, register


@register("scale")
class ScaleKind(ItemKind):
    has_options = False
    has_ends = True
    fixed_answers = tuple(str(number) for number in range(11))
    is_in_format = True
    block = BlockLayout.BANDS

    def how(self, item: ItemLike) -> tuple[str, Mapping[str, object]]:
        return _l("Choose a number from 0 to 10"), {}


ItemKind.SCALE = SCALE = ItemKind("scale")
